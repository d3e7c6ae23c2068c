"""Slows down those who guess passwords: after a few wrong ones an address waits, twice as long each time."""

import math
import threading
from collections.abc import Callable

FREE_TRIES = 5
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 900
FORGET_AFTER_S = 3600
MOST_ADDRESSES = 10_000
"""Remembered at once; beyond, the oldest is forgotten."""


class Throttle:
    """Wrong tries by address."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._tries: dict[str, tuple[int, float]] = {}

    def wait_s(self, address: str) -> int:
        """Seconds until this address may try again; 0: now."""
        with self._lock:
            count, last = self._tries.get(address, (0, 0.0))
            passed = self._now_s() - last
            if count < FREE_TRIES or passed > FORGET_AFTER_S:
                return 0
            wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * (1 << min(count - FREE_TRIES, 10)))
            return max(0, math.ceil(wait - passed))

    def failed(self, address: str) -> None:
        with self._lock:
            count, last = self._tries.pop(address, (0, 0.0))
            now = self._now_s()
            if now - last > FORGET_AFTER_S:
                count = 0
            self._tries[address] = (count + 1, now)
            if len(self._tries) > MOST_ADDRESSES:
                del self._tries[next(iter(self._tries))]

    def worked(self, address: str) -> None:
        with self._lock:
            self._tries.pop(address, None)
