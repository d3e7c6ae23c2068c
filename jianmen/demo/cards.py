"""Badges for a real camera: pictures to print, or to show on a phone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import segno

from jianmen.demo.crowd import Guest

SCALE = 12
"""Pixels of a module: large enough for any screen."""

QUIET_ZONE = 4


def set_aside(guests: Sequence[Guest], venue: str, folder: Path) -> list[Guest]:
    """Draw some badges into `folder`, named by what a door of `venue` says to them; returns the other guests, who are
    free to be simulated."""
    kinds: dict[str, Callable[[Guest], bool]] = {
        "welcome": lambda one: one.may_enter(venue) and not one.revoked,
        "another-venue": lambda one: one.person.ticket == "delegate" and not one.may_enter(venue),
        "revoked": lambda one: one.revoked,
        "online-only": lambda one: one.person.ticket == "online" and not one.revoked,
    }
    folder.mkdir()
    left = list(guests)
    for name, fits in kinds.items():
        guest = next((one for one in left if fits(one)), None)
        if guest is not None:
            left.remove(guest)
            code = segno.make(guest.badge.text, error=guest.error, micro=False, boost_error=False)
            code.save(str(folder / f"{name}.png"), scale=SCALE, border=QUIET_ZONE)
    return left
