"""The load of the reader: optional effort is left out before frames are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST = 0.85
"""Part of the time between two frames that may be spent on one before extra effort is left out."""

FOLLOWING = 0.15
"""Part by which the mean follows each frame: about half a second."""


class Load:
    """The part of the time between frames that is spent on them; `now` in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._mean = 0.0
        self._last_ms: int | None = None

    @property
    def allows_more(self) -> bool:
        """Whether there is time for extra effort on a frame."""
        return self._mean < MOST

    @contextmanager
    def of(self, taken_ms: int) -> Iterator[None]:
        """Around the work on the frame that was taken then."""
        began = self._now()
        try:
            yield
        finally:
            last, self._last_ms = self._last_ms, taken_ms
            if last is not None and taken_ms > last:
                part = (self._now() - began) * 1000 / (taken_ms - last)
                self._mean += FOLLOWING * (min(part, 2.0) - self._mean)
