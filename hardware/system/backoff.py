"""How long to wait before a device is tried again."""

from __future__ import annotations


class Backoff:
    """Doubles from `first_s` to `most_s` (seconds); `reset` after success."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s

    def next_s(self) -> float:
        """Seconds to wait now; the following wait is twice as long, up to the ceiling."""
        wait = self._next_s
        self._next_s = min(self._most_s, wait * 2)
        return wait

    def reset(self) -> None:
        """Note a success: the next failure starts from the shortest wait."""
        self._next_s = self._first_s
