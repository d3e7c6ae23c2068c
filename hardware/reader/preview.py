"""A small grey picture of what the camera sees, for the person before it and nobody else.

Made only while a screen asks for it, from frames that the reader has anyway; never stored, and sent to the
kiosk's own door process alone.
"""

from __future__ import annotations

import cv2
import numpy as np

from hardware.decoding.enhance import halved
from hardware.ports.camera import Gray
from hardware.ports.decoder import Corners
from hardware.ports.events import Preview

WIDEST = 160
"""Pixels: enough to see where the badge is, too few to know a face by."""

JPEG_QUALITY = 60

ASKED_MS = 3_000
"""How long previews are made after a screen asked for one."""

EVERY_MS = 200
"""Five a second: enough to guide a badge by."""


STILL_SHADES = 2.0
"""Shades by which two pictures differ in the mean where nothing moves: the noise of a camera."""

STILL_EVERY_MS = 800
"""While nothing moves a picture is still sent now and then, so that the screen stays fresh."""


def preview_of(gray: Gray, corners: Corners | None, taken_ms: int) -> Preview:
    """Return the frame at most `WIDEST` pixels wide, mirrored as in a mirror, with the outline of a code."""
    return _preview(_small(gray), gray.shape[1], corners, taken_ms)


def _small(gray: Gray) -> Gray:
    """The frame at most `WIDEST` pixels wide, mirrored."""
    height, width = gray.shape
    small = gray
    while small.shape[1] >= 2 * WIDEST:
        small = halved(small)
    size = (min(WIDEST, width), max(1, round(height * min(1.0, WIDEST / width))))
    return np.asarray(cv2.flip(cv2.resize(small, size, interpolation=cv2.INTER_AREA), 1), np.uint8)


def _preview(small: Gray, width: int, corners: Corners | None, taken_ms: int) -> Preview:
    """Encode a small picture of a frame that was `width` pixels wide."""
    _, picture = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    height, narrow = small.shape
    outline = tuple(_mirrored(corners, narrow / width, narrow)) if corners is not None else ()
    return Preview(np.asarray(picture).tobytes(), narrow, height, outline, taken_ms)


def _mirrored(corners: Corners, scale: float, width: int) -> list[tuple[float, float]]:
    return [(round(width - x * scale, 1), round(y * scale, 1)) for x, y in corners]


class PreviewMaker:
    """Decides which frames become previews. `ask` may be called from another thread."""

    def __init__(self) -> None:
        self._asked = False
        self._until_ms = 0
        self._due_ms = 0
        self._still_until_ms = 0
        self._last: Gray | None = None

    def ask(self) -> None:
        """A screen wants to show what the camera sees."""
        self._asked = True

    def make(self, gray: Gray, corners: Corners | None, taken_ms: int) -> Preview | None:
        """The preview of this frame, or None where none is asked for or due, or nothing has moved."""
        if self._asked:
            self._asked = False
            self._until_ms = taken_ms + ASKED_MS
        if taken_ms >= self._until_ms:
            self._last = None
            return None
        if taken_ms < self._due_ms:
            return None
        self._due_ms = taken_ms + EVERY_MS
        small = _small(gray)
        if corners is None and taken_ms < self._still_until_ms and self._is_like_last(small):
            return None
        self._still_until_ms = taken_ms + STILL_EVERY_MS
        self._last = small if corners is None else None
        return _preview(small, gray.shape[1], corners, taken_ms)

    def _is_like_last(self, small: Gray) -> bool:
        last = self._last
        if last is None or last.shape != small.shape:
            return False
        return float(cv2.absdiff(last, small).mean()) < STILL_SHADES
