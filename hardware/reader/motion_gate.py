"""A gate that keeps the decoder idle while nothing moves before the camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray

THUMBNAIL = (160, 90)
"""Pixels: small enough to cost a fifth of a millisecond, large enough to show a badge."""

TILES = (10, 6)
"""A badge fills a tile or two of these; noise over the whole picture fills none."""

CHANGE = 6.0
"""Shades: mean change of a tile that counts as movement; sensor noise stays below two."""

HOLD_FRAMES = 45
"""Frames the gate stays open after the last movement: a badge held very still must still be read."""

EVERY = 8
"""Even at rest every eighth frame passes, so that no stillness can lock a badge out."""

LEARNING = 0.05
"""Part by which the remembered background follows each frame: about a second at 30 frames."""


class MotionGate:
    """Decides for each frame whether looking at it is worth the time."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._open_for = 0
        self._count = 0

    def passes(self, gray: Gray) -> bool:
        """Whether to decode this frame: something moved lately, or its turn has come."""
        small = np.asarray(cv2.resize(gray, THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
        self._count += 1
        if self._background is None:
            self._background = small
            self._open_for = HOLD_FRAMES
            return True
        change = cv2.absdiff(small, self._background)
        tiles = cv2.resize(change, TILES, interpolation=cv2.INTER_AREA)
        self._background += LEARNING * (small - self._background)
        moving = bool(np.max(tiles) > CHANGE)
        self._open_for = HOLD_FRAMES if moving else max(0, self._open_for - 1)
        return self._open_for > 0 or self._count % EVERY == 0

    def keep_open(self) -> None:
        """A code is in view: go on looking, even if the hand that holds it does not move."""
        self._open_for = HOLD_FRAMES
