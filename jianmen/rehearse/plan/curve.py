"""When people arrive: the share of all who have come by each minute after the doors open."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from config.errors import ConfigError, Mistake, shown
from registry.lists.files.cells import text_of
from registry.lists.files.table import Cell, ListError, read_table

FORUM = ((0.0, 0.0), (20.0, 0.1), (60.0, 0.6), (100.0, 0.85), (180.0, 1.0))
"""A forum with an opening ceremony: half of all come within 40 minutes, from minute 20 to minute 60."""

Point = tuple[float, float]

DAY_MIN = 1440

RIGHT = "name a list of minutes and shares, as CSV or workbook"

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")


@dataclass(frozen=True, slots=True)
class ArrivalCurve:
    """Straight lines between points (minute, share of all who have come by then), from share 0 to share 1.

    Minutes grow from point to point and shares never fall.
    """

    points: tuple[Point, ...] = FORUM

    @property
    def opens_min(self) -> float:
        """The minute before which nobody comes."""
        return self.points[0][0]

    @property
    def ends_min(self) -> float:
        """The minute by which all have come."""
        return self.points[-1][0]

    def minute_of(self, share: float) -> float:
        """The minute by which this share (0 to 1) has come."""
        for (from_min, low), (until_min, high) in pairwise(self.points):
            if low < high and share <= high:
                return from_min + (share - low) / (high - low) * (until_min - from_min)
        return self.ends_min

    def share_by(self, minute: float) -> float:
        """The share that has come by this minute."""
        if minute <= self.opens_min:
            return 0.0
        for (from_min, low), (until_min, high) in pairwise(self.points):
            if minute <= until_min:
                return low + (minute - from_min) / (until_min - from_min) * (high - low)
        return 1.0

    def draw(self, people: int, random: Random) -> list[float]:
        """Arrival times of so many people, in seconds after minute 0, in order."""
        return sorted(60 * self.minute_of(random.random()) for _ in range(people))

    def half_within_min(self) -> float:
        """The shortest time within which half of all come: what makes a curve steep or gentle, in minutes."""
        starts = [share for _, share in self.points] + [share - 0.5 for _, share in self.points]
        spans = (
            self.minute_of(low + 0.5) - self.minute_of(low) for low in starts if 0 <= low <= 0.5
        )
        return min(spans)


FORUM_CURVE = ArrivalCurve()


def read_curve(file: Path) -> ArrivalCurve:
    """The curve in a list of minutes and shares, in any of the forms in which lists of people come: a text file
    separated by commas, semicolons or tabs in any usual encoding, or a workbook.

    A first line without a number is taken for a header. Minutes may be times of day (08:00), of which the first is
    minute 0, and shares of 0 to 100 in percent. Raises ConfigError with every mistake, its line, and what would be
    right.
    """
    try:
        rows = read_table(file.read_bytes()).rows
    except OSError as error:
        wrong = f"cannot be read: {error.strerror or error}"
        raise ConfigError([Mistake(str(file), "", wrong, RIGHT)]) from error
    except ListError as error:
        raise ConfigError([Mistake(str(file), "", f"cannot be read: {error}", RIGHT)]) from error
    lines = [(number, _cells(row)) for number, row in rows]
    if lines and not any(_has_digit(cell) for cell in lines[0][1]):
        lines = lines[1:]
    percent = bool(lines) and lines[-1][1][-1] == "100"
    mistakes: list[Mistake] = []
    points: list[tuple[int, Point]] = []
    for number, cells in lines:
        try:
            points.append((number, _point(cells, percent=percent)))
        except ValueError as error:
            wrong, right = error.args
            mistakes.append(Mistake(str(file), "", wrong, right, number))
    points = _from_the_opening(points, lines)
    mistakes += [
        Mistake(str(file), "", wrong, right, number) for number, wrong, right in _faults(points)
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return ArrivalCurve(tuple(point for _, point in points))


def _cells(row: Sequence[Cell]) -> list[str]:
    """The cells of a line up to the last that is filled."""
    cells = [text_of(cell).strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _from_the_opening(
    points: list[tuple[int, Point]], lines: Sequence[tuple[int, Sequence[str]]]
) -> list[tuple[int, Point]]:
    """Of times of day the minutes since the first."""
    if not points or not all(_CLOCK.fullmatch(cells[0]) for _, cells in lines):
        return points
    opens = points[0][1][0]
    return [(number, (minute - opens, share)) for number, (minute, share) in points]


def _has_digit(cell: str) -> bool:
    return any(character.isdigit() for character in cell)


def _point(row: Sequence[str], *, percent: bool) -> Point:
    """A line of the file. Raises ValueError with what is wrong and what would be right."""
    if len(row) != 2:
        wrong = f"has {len(row)} {'cell' if len(row) == 1 else 'cells'}"
        raise ValueError(wrong, "should be a minute and a share, such as 40,0.5")
    return _minute(row[0]), _share(row[1], percent=percent)


def _minute(cell: str) -> float:
    clock = _CLOCK.fullmatch(cell)
    try:
        minute = int(clock[1]) * 60.0 + int(clock[2]) if clock else _number(cell)
    except ValueError:
        minute = -1.0
    if not 0 <= minute <= DAY_MIN:
        raise ValueError(
            f"the minute is {shown(cell)}",
            f"should be a number of minutes after the doors open, 0 to {DAY_MIN}, such as 40",
        )
    return minute


def _share(cell: str, *, percent: bool) -> float:
    right = "should be the share of all who have come by then, 0 to 1 or 0% to 100%"
    hundredths = percent or cell.endswith("%")
    try:
        share = _number(cell.removesuffix("%")) / (100 if hundredths else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {shown(cell)}", right)
    return share


def _number(cell: str) -> float:
    """A number, with a decimal comma where the file is separated by something else. Raises ValueError."""
    return float(cell.replace(",", "."))


def _faults(points: Sequence[tuple[int, Point]]) -> Iterator[tuple[int | None, str, str]]:
    """What is wrong between lines: line, what, and what would be right."""
    if len(points) < 2:
        yield (
            None,
            f"has {len(points)} usable lines",
            "should have at least two, such as 0,0 and 60,1",
        )
        return
    for (_, before), (number, point) in pairwise(points):
        if point[0] <= before[0]:
            yield number, f"minute {point[0]:g} follows minute {before[0]:g}", "minutes should grow"
        if point[1] < before[1]:
            yield (
                number,
                f"the share falls from {before[1]:g} to {point[1]:g}",
                "should be the share of all who have come by then, not of those who come in between",
            )
    if points[0][1][1] != 0:
        yield (
            points[0][0],
            f"begins with share {points[0][1][1]:g}",
            "the first line should have share 0",
        )
    if points[-1][1][1] != 1:
        yield (
            points[-1][0],
            f"ends with share {points[-1][1][1]:g}",
            "the last line should have share 1 (100%)",
        )
