"""The decoder port: what a code is, what was seen in a picture, and which of several codes counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import hypot
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from access.text.encoding import UndecodableError, decoded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Point = tuple[float, float]
Corners = tuple[Point, Point, Point, Point]
"""Top left, top right, bottom right, bottom left of the code itself, in pixels (x, y)."""

Symbol = Literal["aztec", "data_matrix", "pdf417", "code_128"]
"""Kinds of codes besides QR that badges of other systems carry."""

SYMBOLS: tuple[Symbol, ...] = get_args(Symbol)

COMPARABLE = 0.4
"""Two codes of which one has at least this part of the other's area are shown together: a badge
behind another one, or on the next person in the queue, is well below half as far away."""

MIDDLE_WEIGHT = 0.5
"""The fraction of its size by which a code in the corner of the picture counts less than one in the middle."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code that was read."""

    text: str
    """See `payload_text`."""
    raw: bytes
    decoder: str
    corners: Corners
    ms: float
    """From the start of the decoding to this code."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything found in one picture."""

    codes: tuple[Code, ...] = ()
    unreadable: tuple[Corners, ...] = ()
    """Where there certainly is a code that could not be read."""
    modules: tuple[int, ...] = ()
    """How many modules wide each of those is; empty where the decoder does not know."""


class Decoder(Protocol):
    """Finds QR codes in a picture.

    Must leave the picture as it is, drop empty payloads, return coordinates of the picture it was
    given, and never raise for anything that a camera can see. May be used from one thread
    at a time only.
    """

    name: str

    def decode(self, gray: NDArray[np.uint8]) -> Sight: ...


class Several(Enum):
    """The answer when no single code can be meant."""

    SHOW_ONE = "show_one"


def every_code(_text: str) -> bool:
    """The default for `badge_like`: every text looks like a badge."""
    return True


def payload_text(raw: bytes, declared: str | None = None, guessed: str | None = None) -> str:
    """The text of a payload, the same whoever read it.

    UTF-8 where valid; else what the code itself declares (`declared`); else GB18030 or Big5 where it
    looks like Chinese, which badge makers print without declaring it; else what the decoder makes of it
    (`guessed`: Japanese), and Latin-1 at last.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return declared or _chinese(raw) or guessed or raw.decode("latin-1")


def _chinese(raw: bytes) -> str | None:
    try:
        text, encoding = decoded(raw)
    except UndecodableError:
        return None
    return None if encoding == "utf-16" else text


def area(corners: Corners) -> float:
    """Area in square pixels (shoelace formula), whatever the direction of the corners."""
    ends = (*corners[1:], corners[0])
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, ends, strict=True))) / 2


def centre(corners: Corners) -> Point:
    """The mean of the four corners."""
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def covers(corners: Corners, other: Corners) -> bool:
    """Whether the middle of `other` lies in the upright box around `corners`."""
    x, y = centre(other)
    xs, ys = zip(*corners, strict=True)
    return bool(min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys))


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """Which decoder, and how long it may think about one frame."""

    adapter: str = "cascade"
    """`cascade` (the door's), `still` (for single pictures), `zxing` or `zbar` alone."""
    budget_ms: float = 40.0
    """Time for retries on codes that were seen and not read."""
    symbols: tuple[Symbol, ...] = ()
    """What is read besides QR codes."""
    join_frames: int = 5
    """The cascade before a camera: frames that are averaged where no single one can be read; 0 turns it off."""


def choose(
    codes: Sequence[Code],
    frame_shape: tuple[int, int],
    badge_like: Callable[[str], bool] = every_code,
) -> Code | Several | None:
    """Which code is meant: the largest, nearest the middle.

    `frame_shape` is (height, width). Codes that look like a badge go before those that do not (a
    sponsor's address beside the badge's own code). Two different badge-like codes of comparable size
    are `Several.SHOW_ONE`: it is unknown which one was meant.
    """
    if len(codes) < 2:
        return next(iter(codes), None)
    badges = [code for code in codes if badge_like(code.text)]
    ranked = sorted(badges or codes, key=lambda code: _weight(code, frame_shape), reverse=True)
    best = ranked[0]
    for other in ranked[1:] if badges else ():
        sizes = sorted((area(best.corners), area(other.corners)))
        if other.raw != best.raw and sizes[0] >= COMPARABLE * sizes[1]:
            return Several.SHOW_ONE
    return best


def _weight(code: Code, frame_shape: tuple[int, int]) -> float:
    height, width = frame_shape
    x, y = centre(code.corners)
    off_middle = hypot(x - width / 2, y - height / 2) / hypot(width / 2, height / 2)
    return area(code.corners) * (1 - MIDDLE_WEIGHT * min(off_middle, 1.0))
