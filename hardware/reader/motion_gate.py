"""A gate that keeps the decoder idle while nothing moves before the camera."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray

THUMBNAIL = (80, 45)
"""Pixels: small enough to cost little, large enough to show a badge."""

TILES = (10, 6)
"""A badge fills a tile or two of these; noise over the whole picture fills none."""

CHANGE = 3.0
"""Shades: least mean change of a tile that counts as movement."""

OVER_NOISE = 2.5
"""The same in a noisy picture: so many times the median change of all tiles."""

FIRST_FRAMES = 3
"""Frames that are looked at when the camera starts, before anything can have moved."""

HOLD_FRAMES = 45
"""Frames the gate stays open after the last movement: a motionless badge must still be read."""

FIRST_PAUSE, LONGEST_PAUSE = 8, 32
"""Even at rest a frame passes now and then, so that a motionless badge is never locked out: the first after
so many frames, then after twice as many each time, and every `LONGEST_PAUSE` frames at last."""

LEARNING = 0.05
"""Part by which the remembered background follows each frame: about a second at 30 frames."""

SLOW_LEARNING = 0.01
"""The same for `changed`: a badge must not become background while it is shown."""


class MotionGate:
    """Decides for each frame whether it is worth decoding."""

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._slow: NDArray[np.float32] | None = None
        self._small: NDArray[np.float32] | None = None
        self._open_for = 0
        self._pause = FIRST_PAUSE
        self._rested = 0

    @property
    def is_open(self) -> bool:
        """Whether the next frame passes whatever it shows."""
        return self._open_for > 1

    def passes(self, gray: Gray) -> bool:
        """Whether to decode this frame: something moved recently, or a pause has passed."""
        small = _thumbnail(gray)
        self._small = small
        if self._background is None or self._slow is None:
            self._background, self._slow = small.copy(), small.copy()
            self._open_for = FIRST_FRAMES
            return True
        change = np.asarray(cv2.subtract(small, self._background), np.float32)
        cv2.accumulateWeighted(small, self._background, LEARNING)
        cv2.accumulateWeighted(small, self._slow, SLOW_LEARNING)
        if _moving(change):
            self.keep_open()
        else:
            self._open_for = max(0, self._open_for - 1)
        return self._open_for > 0 or self._turn_at_rest()

    def keep_open(self) -> None:
        """A code is in view: keep decoding, even if it does not move."""
        self._open_for = HOLD_FRAMES
        self._rested, self._pause = 0, FIRST_PAUSE

    def _turn_at_rest(self) -> bool:
        self._rested += 1
        if self._rested < self._pause:
            return False
        self._rested = 0
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return True

    def changed(self) -> NDArray[np.float32]:
        """How much each pixel of the newest thumbnail differs from the room: (45, 80), in shades."""
        if self._small is None or self._slow is None:
            return np.zeros(THUMBNAIL[::-1], np.float32)
        return np.asarray(cv2.absdiff(self._small, self._slow), np.float32)


def _thumbnail(gray: Gray) -> NDArray[np.float32]:
    """Of the rows only as many as are needed: fetching the whole picture from memory would cost more
    than all the rest of the gate."""
    rows = gray[:: max(1, gray.shape[0] // THUMBNAIL[1])]
    small = cv2.resize(rows, THUMBNAIL, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _moving(change: NDArray[np.float32]) -> bool:
    """Whether some part of the picture changed, apart from noise and light that changed everywhere."""
    light = _middle(cv2.resize(change, TILES, interpolation=cv2.INTER_AREA))
    tiles = cv2.resize(np.abs(change - light), TILES, interpolation=cv2.INTER_AREA)
    return bool(tiles.max() > max(CHANGE, OVER_NOISE * _middle(tiles)))


def _middle(tiles: Any) -> np.float32:
    """The median: ten times faster than numpy's for so few numbers."""
    ordered = np.sort(tiles, axis=None)
    return np.float32(ordered[ordered.size // 2])
