"""How large a screen is and from how far it is read: how high its letters must be."""

from dataclasses import dataclass

LETTER = 200
HEADLINE = 120
"""Letters are to be at least as high as this part of the distance from which they are read."""

METRES_PER_INCH = 0.093
"""From how far, for each inch of its diagonal, every text of ours still fits a screen at that height."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """A screen of so many inches, read from so many metres."""

    inches: float
    metres: float

    @property
    def letter_mm(self) -> float:
        """The least height of a letter."""
        return self.metres * 1000 / LETTER

    @property
    def headline_mm(self) -> float:
        """The least height of a letter of a headline."""
        return self.metres * 1000 / HEADLINE

    @property
    def farthest_m(self) -> float:
        """From how far every text can be read."""
        return self.inches * METRES_PER_INCH


def viewing(inches: float | None, metres: float | None) -> Viewing | None:
    """What the settings say; None: nothing. Without a distance people stand at arm's length before a small screen, and
    two metres from a large one."""
    if inches is None:
        return None
    if metres is None:
        metres = 0.6 if inches < 10 else 1.0 if inches < 17 else 2.0
    return Viewing(inches, metres)
