"""Notices a camera that gives one and the same picture for ever, because its driver or its lens cap hides the door."""

from __future__ import annotations

import numpy as np

from hardware.ports.camera import Frame, Gray

FROZEN_MS = 60_000
"""A sensor's noise changes every picture; none that sees anything stays the same for a minute."""

STEP = 16
"""Pixels, across and down, between those that are compared."""


class Standstill:
    """For the frames of one camera, also after it was closed and opened again."""

    def __init__(self) -> None:
        self._seen: Gray | None = None
        self._since_ms = 0
        self._frozen = False

    def frozen(self, frame: Frame) -> bool:
        """Whether this frame is the one that has been seen for a minute; once it is, until another one comes."""
        sample = frame.gray[::STEP, ::STEP]
        if self._seen is None or not np.array_equal(sample, self._seen):
            self._seen, self._since_ms, self._frozen = sample.copy(), frame.taken_ms, False
        elif frame.taken_ms - self._since_ms >= FROZEN_MS:
            self._frozen = True
        return self._frozen
