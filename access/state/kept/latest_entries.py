"""What has changed since a fold last looked, for one that can go on from what it had."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet

from access.log.log_entry import LogEntry
from access.state.kept.entries import Badge

MOST = 10_000
"""So many entries are kept for a fold that does not look; of further badges only their names."""


class LatestEntries:
    """Badges whose histories may be others now, and badges that were only presented once more, each with the entry."""

    def __init__(self, changed: Collection[Badge]) -> None:
        self.changed = set(changed)
        """Badges of which more than one entry is new, or may have changed what was before."""
        self._entries: dict[Badge, LogEntry] = {}

    def __contains__(self, badge: Badge) -> bool:
        return badge in self.changed or badge in self._entries

    def __iter__(self) -> Iterator[Badge]:
        yield from self.changed
        yield from self._entries

    def update(self, badges: Collection[Badge]) -> None:
        """The histories of these badges may be others now."""
        self.changed.update(badges)
        for badge in self._entries.keys() & self.changed:
            del self._entries[badge]

    def add(self, entries: Mapping[Badge, LogEntry | None]) -> None:
        """These badges have new entries. None: several, or one that is no mere presentation."""
        for badge, entry in entries.items():
            if badge in self.changed:
                continue
            before = self._entries.pop(badge, None)
            if entry is not None and before is None and len(self._entries) < MOST:
                self._entries[badge] = entry
            else:
                self.changed.add(badge)

    def among(self, badges: AbstractSet[Badge]) -> tuple[set[Badge], dict[Badge, LogEntry]]:
        """Those of these badges that have changed, and the entries of the others."""
        return self.changed & badges, dict(self._entries)

    def clear(self) -> None:
        """Forget all of them."""
        self.changed, self._entries = set(), {}
