"""Histories that were folded lately, up to a bound: those of a large event do not fit into memory."""

from access.state.badge_history import History
from access.state.kept.entries import Badge

MOST_ENTRIES = 10_000
"""Entries of all histories kept: ten megabytes."""


class HistoryCache:
    """The histories that were asked for last."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._size = 0
        self._kept: dict[Badge, tuple[History, int]] = {}

    def get(self, badge: Badge) -> History | None:
        """The history of a badge, if it is kept."""
        found = self._kept.pop(badge, None)
        if found is None:
            return None
        self._kept[badge] = found  # the last to be dropped
        return found[0]

    def put(self, badge: Badge, history: History, entries: int) -> None:
        """Keep a history made of so many entries; drop the oldest ones beyond the bound, though never the last one."""
        self.drop(badge)
        self._kept[badge] = (history, 1 + entries)
        self._size += 1 + entries
        while self._size > self._most and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def drop(self, badge: Badge) -> None:
        """Something has changed this history."""
        found = self._kept.pop(badge, None)
        if found is not None:
            self._size -= found[1]

    def clear(self) -> None:
        self._kept.clear()
        self._size = 0
