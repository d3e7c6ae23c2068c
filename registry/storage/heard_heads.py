"""Heads without new entries: noted in memory, and written every few seconds, all at once."""

import threading
import time

from access.log.chain import Head, device_of
from sync.store.log_store import newer

WRITE_EVERY_S = 5.0
"""After a crash the time at which a kiosk was last heard is up to this old (s), until its next request a second
later."""


class HeardHeads:
    """Newer signatures than those in the database, over the same entries, by device. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: dict[str, Head] = {}
        self._due_s = 0.0

    def note(self, head: Head) -> None:
        """Note a newer signature."""
        with self._lock:
            self._heads[device_of(head.log)] = head

    def newest(self, device: str, stored: Head | None) -> Head | None:
        """The newer one of what was noted and what is stored."""
        noted = self._heads.get(device)
        return noted if noted is not None and (stored is None or newer(noted, stored)) else stored

    def take(self, *, at_once: bool = False) -> list[Head]:
        """The heads to be written now, each once; empty where it is not time yet (unless `at_once`)."""
        with self._lock:
            if not self._heads or (time.monotonic() < self._due_s and not at_once):
                return []
            self._due_s = time.monotonic() + WRITE_EVERY_S
            heads, self._heads = list(self._heads.values()), {}
            return heads
