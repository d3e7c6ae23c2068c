"""Fits a text into a column: the largest size, one line or several, broken where its script allows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from access.event.definition import Language
from printing.fonts import Fonts, break_points, letter_breaks, needs_shaping
from printing.layout import Text

POINT_MM = 25.4 / 72
STEP = 0.92
"""Factor from each size that is tried to the next smaller one."""

ONE_LINE = 0.7
"""Part of the wanted size down to which one line is preferred to several."""

LINE_HEIGHT = 1.2
"""From line to line, in their size."""

ELLIPSIS = "…"


@dataclass(frozen=True)
class Fitted:
    """A text as it is printed: its size in points, its lines, and whether it is there in full."""

    points: float
    lines: list[str]
    whole: bool


def fitted(content: str, text: Text, language: Language, fonts: Fonts) -> Fitted:
    """The largest size between `text.points` and `text.least` in which the content fits; if none does, as much of it
    as fits in the smallest, with an ellipsis at the end.

    One line is better than several as long as it need not be much smaller; a word is broken only where it would be
    shortened otherwise.
    """
    measured = _Measured(content, text, language, fonts)
    whole_width = measured.whole_width()
    one_line = text.width / (whole_width * POINT_MM) if whole_width else text.points
    if one_line >= max(text.least, ONE_LINE * text.points):
        return Fitted(min(one_line, text.points), [content], whole=True)
    for break_lines in (measured.broken, measured.broken_in_words):
        for points in _sizes(text):
            lines = break_lines(text.width / (points * POINT_MM), _lines(text, points))
            if lines is not None:
                return Fitted(points, lines, whole=True)
    return _shortened(content, text, language, fonts)


def _sizes(text: Text) -> Iterator[float]:
    points = text.points
    while points > text.least:
        yield points
        points *= STEP
    yield text.least


def _lines(text: Text, points: float) -> int:
    """The number of lines of a size that fit."""
    if not text.height:
        return text.lines
    return max(1, min(text.lines, int(text.height / (points * POINT_MM * LINE_HEIGHT))))


def _shortened(content: str, text: Text, language: Language, fonts: Fonts) -> Fitted:
    width = text.width / (text.least * POINT_MM)
    low, high, best = 0, len(content), [ELLIPSIS]
    while low < high:
        middle = (low + high + 1) // 2
        shorter = _Measured(content[:middle].rstrip() + ELLIPSIS, text, language, fonts)
        lines = shorter.broken_in_words(width, _lines(text, text.least))
        if lines is None:
            high = middle - 1
        else:
            low, best = middle, lines
    return Fitted(text.least, best, whole=False)


class _Measured:
    """A text with the widths of its beginnings, in ems."""

    def __init__(self, content: str, text: Text, language: Language, fonts: Fonts) -> None:
        self._content = content
        self._fonts, self._language, self._weight = fonts, language, text.weight
        self._words, self._anywhere = break_points(content)
        self._sums: list[float] | None = None
        if not needs_shaping(content):
            self._sums = [0.0]
            for advance in fonts.advances(content, language, text.weight):
                self._sums.append(self._sums[-1] + advance)

    def whole_width(self) -> float:
        return self._width(0, len(self._content))

    def _width(self, start: int, end: int) -> float:
        if self._sums is not None:
            return self._sums[end] - self._sums[start]
        return self._fonts.width(self._content[start:end], self._language, self._weight)

    def broken(self, width: float, lines: int) -> list[str] | None:
        """The text in at most so many lines of this width (ems), or None. Between words where that is possible."""
        if self.whole_width() <= width:
            return [self._content]
        for points in (self._words, self._anywhere):
            found = (
                self._in_two(points, width) if lines == 2 else self._in_many(points, width, lines)
            )
            if found is not None:
                return found
        return None

    def _in_two(self, points: list[int], width: float) -> list[str] | None:
        """Two lines of which neither is much longer than the other."""
        end = len(self._content)
        widths = {at: max(self._width(0, at), self._width(at, end)) for at in points}
        possible = [at for at in points if widths[at] <= width]
        if not possible:
            return None
        at = min(possible, key=widths.__getitem__)
        return [self._content[:at].rstrip(), self._content[at:].lstrip()]

    def _in_many(self, points: list[int], width: float, most: int) -> list[str] | None:
        """Return lines filled as far as fits, at most `most`, or None."""
        return self._filled(width, most, lambda start: self._last(points, start, width))

    def broken_in_words(self, width: float, most: int) -> list[str] | None:
        """Return lines filled as far as fits, at most `most`, or None. A word that is longer than a line is broken."""
        letters = letter_breaks(self._content)
        return self._filled(
            width,
            most,
            lambda start: (
                self._last(self._anywhere, start, width) or self._last(letters, start, width)
            ),
        )

    def _last(self, points: list[int], start: int, width: float) -> int | None:
        """The last of the points up to which a line from `start` on fits."""
        fitting = (at for at in reversed(points) if at > start and self._width(start, at) <= width)
        return next(fitting, None)

    def _filled(
        self, width: float, most: int, line_end: Callable[[int], int | None]
    ) -> list[str] | None:
        lines: list[str] = []
        start, end = 0, len(self._content)
        while self._width(start, end) > width:
            at = line_end(start)
            if at is None or len(lines) >= most - 1:
                return None
            lines.append(self._content[start:at].strip())
            start = at
        return [*lines, self._content[start:].strip()]
