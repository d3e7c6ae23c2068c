"""The door's decoder: cheap first, and effort only where a code is known to be.

1. The first decoder looks at the whole picture; before a camera at its textured parts, and seldom at the rest.
2. Where it saw a code that it could not read, the region is cut out and tried again enlarged,
   sharpened, equalised and thresholded, then shown to the second decoder, within a time budget.
3. Where it saw nothing, one quick look with a single brightness threshold.

Frame rate beats effort per frame: a person moves, and the next frame may be the good one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hardware.decoding.enhance import RETRIES, swapped
from hardware.decoding.straighten import straightened
from hardware.decoding.texture import Box, textured_parts
from hardware.decoding.zbar import ZbarDecoder
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.camera import Gray
from hardware.ports.decoder import Code, Corners, Decoder, Sight, Symbol, area
from hardware.ports.errors import AdapterMissing

CROP_MARGIN = 0.35
"""Part of the code's size kept around it: the quiet zone, and a position that is a little off."""

MAX_CROPS = 2
"""Unread codes retried in one picture: a wall of posters must not take the time of the badge."""

OTHERS_EVERY = 2
"""Of frames without a QR code every second one is searched for other symbols, which takes longer."""

MIN_SIDE = 12
"""Pixels: a crop smaller than this cannot hold the 21 modules of the smallest code."""


class Unread(NamedTuple):
    """An unreadable code: its corners (pixels), and how many modules wide it is (0: unknown)."""

    corners: Corners
    modules: int = 0


@dataclass(frozen=True, slots=True)
class Crop:
    """A piece of a picture and where its top left corner lies in the whole."""

    gray: Gray
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class Engines:
    """The decoders a cascade is made of; all but the first may be absent."""

    first: Decoder
    upright: Decoder | None = None
    """The first one without codes with light and dark swapped: faster."""
    histogram: Decoder | None = None
    second: Decoder | None = None
    second_enlarged: Decoder | None = None
    """The second one for a picture that was enlarged, whose half it has been shown before."""
    others: Decoder | None = None
    """For symbols that are no QR codes, where the event has such badges."""


def installed_engines(symbols: Sequence[Symbol] = ()) -> Engines:
    """zxing-cpp first and pyzbar second; whichever is installed alone if the other is not.

    `symbols` are read besides QR codes, by zxing-cpp. Raises `AdapterMissing` when there is no decoder,
    or none for the symbols.
    """
    others = ZxingDecoder(symbols=symbols) if symbols else None
    second = _or_none(ZbarDecoder)
    first = _or_none(ZxingDecoder)
    if first is not None:
        enlarged = _or_none(lambda: ZbarDecoder(half=False))
        upright, histogram = ZxingDecoder(inverted=False), ZxingDecoder(histogram=True)
        return Engines(first, upright, histogram, second, enlarged, others)
    if second is not None:
        return Engines(second)
    raise AdapterMissing(
        "no QR decoder is installed; install the package zxing-cpp (or pyzbar with libzbar0)"
    )


def _or_none(make: Callable[[], Decoder]) -> Decoder | None:
    try:
        return make()
    except AdapterMissing:
        return None


class Cascade:
    """Decodes as described at the top of this module. `budget_ms` bounds the retries on crops of one picture; of the
    pictures in which nothing was seen one in `second_look_every` gets the quick look of step 3.

    With `seldom` above 1 the textured parts of a picture are searched first: in them are nearly all codes,
    and they take a fifth of the time. Where nothing is in them, or the same thing again, one picture in `seldom` is
    searched as a whole, and one for codes with light and dark swapped."""

    name = "cascade"

    def __init__(
        self,
        engines: Engines,
        budget_ms: float = 40.0,
        now: Callable[[], float] = time.perf_counter,
        second_look_every: int = 1,
        seldom: int = 1,
    ) -> None:
        self._engines = engines
        self._seldom = seldom
        self._pictures = 0
        self._in_a_row = 0
        self._second_look_every = second_look_every
        self._nothing_seen = 0
        self._budget_s = budget_ms / 1000
        self._now = now

    def decode(self, gray: Gray) -> Sight:
        """The codes in the picture, and the corners of those that stayed unreadable."""
        began = self._now()
        sight = self._first_look(gray)
        if sight.codes:
            return self._timed(sight, began)
        if sight.unreadable:
            return self._retry(gray, sight, began)
        self._nothing_seen += 1
        others = self._engines.others
        if others is not None and self._nothing_seen % OTHERS_EVERY == 0:
            other = others.decode(gray)
            if other.codes:
                return self._timed(other, began)
        if (
            self._engines.histogram is not None
            and self._nothing_seen % self._second_look_every == 0
        ):
            sight = self._engines.histogram.decode(gray)
        return self._timed(sight, began)

    def _first_look(self, gray: Gray) -> Sight:
        upright = self._engines.upright
        if upright is None or self._seldom == 1:
            return self._engines.first.decode(gray)
        parts = textured_parts(gray)
        sight = upright.decode(gray) if parts is None else _in_parts(upright, gray, parts)
        if sight == Sight():
            turn, self._pictures = self._pictures % self._seldom, self._pictures + 1
            self._in_a_row = 0
        else:
            turn, self._in_a_row = self._in_a_row % self._seldom, self._in_a_row + 1
            if (
                self._in_a_row == 1
            ):  # said at once; but what stays, such as a poster, must not hide a badge beside it
                return sight
        if turn == 0 and parts is not None:
            return upright.decode(gray)
        if turn == 1:
            dark = swapped(gray)
            more = upright.decode(dark) if parts is None else _in_parts(upright, dark, parts)
            return more if sight == Sight() else replace(sight, codes=(*sight.codes, *more.codes))
        return sight

    def _retry(self, gray: Gray, sight: Sight, began: float) -> Sight:
        largest = sorted(unread_codes(sight), key=lambda unread: area(unread.corners), reverse=True)
        for unread in largest[:MAX_CROPS]:
            for found in retries(gray, unread, self._engines):
                if found:
                    rest = tuple(other for other in sight.unreadable if other != unread.corners)
                    return self._timed(Sight(found, rest), began)
                if self._now() - began > self._budget_s:
                    return sight
        return sight

    def _timed(self, sight: Sight, began: float) -> Sight:
        """The same, with the time spent since `began` instead of the last decoder's own."""
        ms = (self._now() - began) * 1000
        return replace(sight, codes=tuple(replace(code, ms=ms) for code in sight.codes))


def unread_codes(sight: Sight) -> list[Unread]:
    """The codes in `sight` that stayed unreadable."""
    known = sight.modules or (0,) * len(sight.unreadable)
    return [Unread(*each) for each in zip(sight.unreadable, known, strict=True)]


def cut_out(gray: Gray, corners: Corners) -> Crop:
    """The upright box around a code with `CROP_MARGIN` on each side, inside the picture."""
    xs, ys = zip(*corners, strict=True)
    margin_x = (max(xs) - min(xs)) * CROP_MARGIN
    margin_y = (max(ys) - min(ys)) * CROP_MARGIN
    left, top = max(0, int(min(xs) - margin_x)), max(0, int(min(ys) - margin_y))
    right, bottom = int(max(xs) + margin_x) + 1, int(max(ys) + margin_y) + 1
    return Crop(gray[top:bottom, left:right], left, top)


def _in_parts(decoder: Decoder, gray: Gray, parts: Sequence[Box]) -> Sight:
    """What a decoder sees in these parts of a picture. They may overlap: a code is in the sight once or twice."""
    codes: list[Code] = []
    unread: list[Unread] = []
    for left, top, right, bottom in parts:
        sight = decoder.decode(gray[top:bottom, left:right])
        codes += (in_whole(code, left, top) for code in sight.codes)
        unread += (
            Unread(moved(one.corners, left, top, 1.0), one.modules) for one in unread_codes(sight)
        )
    return Sight(
        tuple(codes),
        tuple(one.corners for one in unread),
        tuple(one.modules for one in unread),
    )


def retries(gray: Gray, unread: Unread, engines: Engines) -> Iterator[tuple[Code, ...]]:
    """Try an unread code again in every way, cheapest first; each step yields the codes it read."""
    crop = cut_out(gray, unread.corners)
    if min(crop.gray.shape) < MIN_SIDE:
        return
    for name, enhance in RETRIES:
        picture = enhance(crop.gray)
        scale = picture.shape[1] / crop.gray.shape[1]
        codes = engines.first.decode(picture).codes
        yield tuple(in_whole(code, crop.left, crop.top, scale, name) for code in codes)
    if unread.modules:
        flat = straightened(gray, unread.corners, unread.modules)
        for decoder in (engines.first, engines.histogram):
            codes = decoder.decode(flat).codes if decoder is not None else ()
            yield tuple(replace(in_whole(c, how="flat"), corners=unread.corners) for c in codes)
    if engines.second is not None:
        codes = engines.second.decode(crop.gray).codes
        yield tuple(in_whole(code, crop.left, crop.top) for code in codes)


def in_whole(code: Code, left: int = 0, top: int = 0, scale: float = 1.0, how: str = "") -> Code:
    """A code found in a changed piece of a picture, in the coordinates of the whole."""
    decoder = f"{code.decoder} {how}" if how else code.decoder
    return replace(code, corners=moved(code.corners, left, top, scale), decoder=decoder)


def moved(corners: Corners, left: int, top: int, scale: float) -> Corners:
    """Corners in a piece that was enlarged by `scale`, as corners in the whole picture."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (
        (ax / scale + left, ay / scale + top),
        (bx / scale + left, by / scale + top),
        (cx / scale + left, cy / scale + top),
        (dx / scale + left, dy / scale + top),
    )
