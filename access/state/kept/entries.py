"""Where a `LogState` has its entries: in memory, as doors and rehearsals do, or in a store that is read when asked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from access.log.entry import Scan
from access.log.log_entry import LogEntry, SharedValues
from access.log.numbered_entries import NumberedEntries

Badge = bytes | None
"""None: presentations without a badge."""


class Entries(Protocol):
    """A grow-only set of entries."""

    def put(self, entry: LogEntry) -> bool:
        """Take in an entry; whether it is new. A second one of the same number is a fork, and new too."""

    def name(self, badge: Badge, entry: LogEntry) -> None:
        """From now on an entry that was taken in is found by its badge."""

    def badges(self) -> Iterable[Badge]:
        """Every badge that an entry names."""

    def of_badges(
        self, badges: Collection[Badge], writer: str = ""
    ) -> Iterator[tuple[Badge, Sequence[LogEntry]]]:
        """Each of the badges with the entries that name it, in no order; `writer`: those alone of logs that begin
        so."""

    def badges_in(self, log: str) -> Iterable[Badge]:
        """Every badge that an entry of a log names."""

    def logs_of(self, device: str) -> list[str]:
        """The logs of a device, in no order."""

    def numbered(self, log: str, seq: int) -> Sequence[LogEntry]:
        """The entries with a number, of all branches, the one that came first in front."""

    def by_number(self, log: str, *, newest_first: bool) -> Iterator[LogEntry]:
        """The entries of a log by number, those of all its branches."""

    def forked(self) -> Collection[str]:
        """The logs that have branches."""

    def branchings(self, log: str) -> Iterable[int]:
        """The numbers of which a log has several entries."""


class KeptEntries:
    """Entries in memory."""

    def __init__(self) -> None:
        self._by_badge: dict[Badge, list[LogEntry]] = {}
        self._logs: dict[str, NumberedEntries] = {}
        self._branches: dict[str, dict[int, list[LogEntry]]] = {}
        self._shared = SharedValues()

    def put(self, entry: LogEntry) -> bool:
        known = self._logs.get(entry.log)
        if known is None:
            known = self._logs[entry.log] = NumberedEntries()
        if type(entry.body) is Scan:
            self._shared.share(entry, entry.body)
        first = known.put_first(entry)
        if first is None:
            return True
        if first.digest == entry.digest:
            return False
        branches = self._branches.setdefault(entry.log, {}).setdefault(entry.seq, [first])
        if any(one.digest == entry.digest for one in branches):
            return False
        branches.append(entry)
        return True

    def name(self, badge: Badge, entry: LogEntry) -> None:
        same = self._by_badge.get(badge)
        if same is None:
            self._by_badge[badge] = [entry]
        else:
            same.append(entry)

    def badges(self) -> Iterable[Badge]:
        return self._by_badge.keys()

    def of_badges(
        self, badges: Collection[Badge], writer: str = ""
    ) -> Iterator[tuple[Badge, Sequence[LogEntry]]]:
        for badge in badges:
            entries = self._by_badge.get(badge, [])
            yield (
                badge,
                [one for one in entries if one.log.startswith(writer)] if writer else entries,
            )

    def badges_in(self, log: str) -> Iterable[Badge]:
        return {
            badge
            for entry in self.by_number(log, newest_first=False)
            if (badge := getattr(entry.body, "badge", None)) in self._by_badge
        }

    def logs_of(self, device: str) -> list[str]:
        return [log for log in self._logs if log.startswith(device)]

    def numbered(self, log: str, seq: int) -> Sequence[LogEntry]:
        branches = self._branches.get(log, {}).get(seq)
        if branches is not None:
            return branches
        known = self._logs.get(log)
        first = known.get(seq) if known is not None else None
        return [] if first is None else [first]

    def by_number(self, log: str, *, newest_first: bool) -> Iterator[LogEntry]:
        known = self._logs.get(log)
        branches = self._branches.get(log, {})
        for first in known.by_number(newest_first=newest_first) if known is not None else ():
            yield from branches.get(first.seq, (first,))

    def forked(self) -> Collection[str]:
        return self._branches.keys()

    def branchings(self, log: str) -> Iterable[int]:
        return self._branches[log]
