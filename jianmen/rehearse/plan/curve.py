"""When people arrive: the share of all who have come by each minute after the doors open."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from config.errors import ConfigError, Mistake, shown

FORUM = ((0.0, 0.0), (20.0, 0.1), (60.0, 0.6), (100.0, 0.85), (180.0, 1.0))
"""A forum with an opening ceremony: half of all come within 40 minutes, from minute 20 to minute 60."""

Point = tuple[float, float]


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
    """The curve in a CSV file of lines `minute,share`; a first line without a number is taken for a header. Semicolons
    and tabs separate as well, as some spreadsheets write them.

    Raises ConfigError with every mistake, its line, and what would be right.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        wrong = f"cannot be read: {error.strerror or error}"
        raise ConfigError(
            [Mistake(str(file), "", wrong, "name a CSV file of minutes and shares")]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Mistake(str(file), "", "is not text in UTF-8", "save it as CSV in UTF-8")]
        ) from error
    lines = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(text.splitlines(), delimiter=_delimiter(text)), 1)
        if any(cell.strip() for cell in row)
    ]
    if lines and len(lines[0][1]) == 2 and not any(_has_digit(cell) for cell in lines[0][1]):
        lines = lines[1:]
    mistakes: list[Mistake] = []
    points: list[tuple[int, Point]] = []
    for number, row in lines:
        try:
            points.append((number, _point(row)))
        except ValueError as error:
            wrong, right = error.args
            mistakes.append(Mistake(str(file), "", wrong, right, number))
    mistakes += [
        Mistake(str(file), "", wrong, right, number) for number, wrong, right in _faults(points)
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return ArrivalCurve(tuple(point for _, point in points))


def _delimiter(text: str) -> str:
    return next((sign for sign in ";\t" if sign in text), ",")


def _has_digit(cell: str) -> bool:
    return any(character.isdigit() for character in cell)


def _point(row: Sequence[str]) -> Point:
    """A line of the file. Raises ValueError with what is wrong and what would be right."""
    if len(row) != 2:
        wrong = f"has {len(row)} {'cell' if len(row) == 1 else 'cells'}"
        raise ValueError(wrong, "should be a minute and a share, such as 40,0.5")
    return _number(row[0], "minute", "40"), _share(row[1])


def _number(cell: str, what: str, example: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1440:
        raise ValueError(
            f"the {what} is {shown(cell)}",
            f"should be a number of minutes after the doors open, 0 to 1440, such as {example}",
        )
    return number


def _share(cell: str) -> float:
    right = "should be the share of all who have come by then, 0 to 1 or 0% to 100%"
    percent = cell.endswith("%")
    try:
        share = float(cell.removesuffix("%")) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {shown(cell)}", right)
    return share


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
