"""The decoder for single pictures: it tries every method, because nobody is waiting at a door.

A picture is reduced to about the size of a camera frame first (big modules are easier than many
pixels) and looked at whole, then at full size. Codes seen and not read are cut out and tried again;
if nothing has been read, the whole picture is enhanced, enlarged, and shown to the second decoder.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from hardware.decoding.cascade import Engines, Unread, in_whole, moved, retries, unread_codes
from hardware.decoding.enhance import (
    enlarged,
    equalised,
    sharpened,
    smoothed,
    thresholded,
)
from hardware.files.picture_file import reduced
from hardware.ports.camera import Gray
from hardware.ports.decoder import Code, Decoder, Sight, covers

LONGEST_SIDE = 1280
"""Pixels: what a picture is reduced to first; the size of a door camera's frame."""

WHOLE: tuple[tuple[str, Callable[[Gray], Gray]], ...] = (
    ("2x", enlarged),
    ("equalised", equalised),
    ("sharpened", sharpened),
    ("threshold", thresholded),
    ("smoothed", smoothed),
)
"""What is tried on the whole picture when nothing has been read."""


class StillDecoder:
    """Reads every code of a single picture, taking some tenths of a second if it must."""

    name = "still"

    def __init__(self, engines: Engines, now: Callable[[], float] = time.perf_counter) -> None:
        self._engines = engines
        self._now = now

    def decode(self, gray: Gray) -> Sight:
        """All codes in the picture, each once, and the corners of those that stayed unreadable."""
        began = self._now()
        codes: list[Code] = []
        unreadable: list[Unread] = []

        def note(sight: Sight) -> None:
            ms = (self._now() - began) * 1000
            for code in sight.codes:
                if not any(_same(code, known) for known in codes):
                    codes.append(replace(code, ms=ms))
            unreadable.extend(unread_codes(sight))

        def left() -> list[Unread]:
            return [p for p in unreadable if not any(covers(c.corners, p.corners) for c in codes)]

        scale = min(1.0, LONGEST_SIDE / max(gray.shape))
        small = reduced(gray, scale) if scale < 1 else gray
        note(_whole(self._engines.first, small, scale))
        if scale < 1:
            note(_whole(self._engines.first, gray, 1.0))
        if self._engines.others is not None:
            note(_whole(self._engines.others, gray, 1.0))
        for unread in left():
            note(Sight(self._retry(gray, unread)))
        for sight in self._effort(small, scale):
            if codes:
                break
            note(sight)
        return Sight(tuple(codes), tuple(unread.corners for unread in left()))

    def _retry(self, gray: Gray, unread: Unread) -> tuple[Code, ...]:
        return next((codes for codes in retries(gray, unread, self._engines) if codes), ())

    def _effort(self, small: Gray, scale: float) -> Iterator[Sight]:
        """Every further way to look at the whole picture, cheapest first."""
        engines = self._engines
        quick = engines.histogram
        if quick is not None:
            yield _whole(quick, small, scale)
        for name, enhance in WHOLE:
            picture = enhance(small)
            bigger = picture.shape[1] / small.shape[1]
            yield _whole(engines.first, picture, scale * bigger, name)
            if quick is not None:
                yield _whole(quick, picture, scale * bigger, name)
        if engines.second is not None:
            yield _whole(engines.second, small, scale)
        if engines.second_enlarged is not None:
            yield _whole(engines.second_enlarged, enlarged(small), scale * 2, "2x")


def _whole(decoder: Decoder, picture: Gray, scale: float, how: str = "") -> Sight:
    """Return what a decoder sees in a changed picture, in coordinates of the original."""
    sight = decoder.decode(picture)
    return Sight(
        tuple(in_whole(code, scale=scale, how=how) for code in sight.codes),
        tuple(moved(corners, 0, 0, scale) for corners in sight.unreadable),
        sight.modules,
    )


def _same(code: Code, known: Code) -> bool:
    return code.raw == known.raw and covers(known.corners, code.corners)
