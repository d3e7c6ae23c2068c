"""The result of a measurement: its figure, the floor beside it, and their ratio."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `floor` and `ratio` are None where there is nothing to set it against; smaller ratios are better."""

    bench: str
    figure: float
    floor: float | None
    unit: str
    note: str

    @property
    def ratio(self) -> float | None:
        return None if not self.floor else self.figure / self.floor


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return percentile(values, 50)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that this many in a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
