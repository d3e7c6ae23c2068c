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
"""Five a second: enough to hold a badge by."""


def preview_of(gray: Gray, corners: Corners | None, taken_ms: int) -> Preview:
    """The frame at most `WIDEST` pixels wide, mirrored as people know themselves, with a code's outline in it."""
    height, width = gray.shape
    small = gray
    while small.shape[1] >= 2 * WIDEST:
        small = halved(small)
    size = (min(WIDEST, width), max(1, round(height * min(1.0, WIDEST / width))))
    mirrored = cv2.flip(cv2.resize(small, size, interpolation=cv2.INTER_AREA), 1)
    _, picture = cv2.imencode(".jpg", mirrored, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    outline = tuple(_mirrored(corners, size[0] / width, size[0])) if corners is not None else ()
    return Preview(np.asarray(picture).tobytes(), *size, outline, taken_ms)


def _mirrored(corners: Corners, scale: float, width: int) -> list[tuple[float, float]]:
    return [(round(width - x * scale, 1), round(y * scale, 1)) for x, y in corners]


class PreviewMaker:
    """Decides which frames become previews. `ask` may be called from another thread."""

    def __init__(self) -> None:
        self._asked = False
        self._until_ms = 0
        self._due_ms = 0

    def ask(self) -> None:
        """A screen wants to show what the camera sees."""
        self._asked = True

    def make(self, gray: Gray, corners: Corners | None, taken_ms: int) -> Preview | None:
        """The preview of this frame, or None where none is asked for or due."""
        if self._asked:
            self._asked = False
            self._until_ms = taken_ms + ASKED_MS
        if taken_ms >= self._until_ms or taken_ms < self._due_ms:
            return None
        self._due_ms = taken_ms + EVERY_MS
        return preview_of(gray, corners, taken_ms)
