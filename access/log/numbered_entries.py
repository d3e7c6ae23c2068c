"""The entries of one log by number, in whatever order they arrive."""

from collections.abc import Iterator
from itertools import chain

from access.log.log_entry import LogEntry


class NumberedEntries:
    """One entry for each number of a log: those from 1 on without a gap in a list, as nearly all are, and those behind
    a gap beside it."""

    __slots__ = ("_behind_gap", "_run")

    def __init__(self) -> None:
        self._run: list[LogEntry] = []
        self._behind_gap: dict[int, LogEntry] = {}

    def get(self, seq: int) -> LogEntry | None:
        """The entry with this number, or None."""
        if 0 < seq <= len(self._run):
            return self._run[seq - 1]
        return self._behind_gap.get(seq)

    def put_first(self, entry: LogEntry) -> LogEntry | None:
        """Put an entry at its number, if there is none yet. Return the entry that is there already, or None."""
        run, seq = self._run, entry.seq
        if seq != len(run) + 1:
            first = self.get(seq)
            if first is None:
                self._behind_gap[seq] = entry
            return first
        run.append(entry)
        while self._behind_gap and (following := self._behind_gap.pop(len(run) + 1, None)):
            run.append(following)
        return None

    def by_number(self, *, newest_first: bool = False) -> Iterator[LogEntry]:
        """All entries, ordered by number."""
        behind = sorted(self._behind_gap.items(), reverse=newest_first)
        later = [entry for _, entry in behind]
        return chain(later, reversed(self._run)) if newest_first else chain(self._run, later)
