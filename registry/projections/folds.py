"""The projections of the ledger, kept up to date by folding the entries that have arrived since."""

import gc
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from access.event.programme import Programme
from access.log.entry import BadgeIssued, Boot, Scan
from access.log.log_entry import LogEntry
from access.state.conflicts import Conflict, Conflicts
from access.state.headcount import Count, Headcount
from access.state.log_state import LogState
from registry.projections import saved_counts
from registry.projections.saved_counts import Saved
from registry.storage.ledger import Ledger

log = logging.getLogger(__name__)

KEEP_AFTER = 2000
"""Entries that must have arrived before the counts are saved again."""

AT_ONCE = 5000
"""Entries read from the ledger at a time."""


@contextmanager
def _no_collections() -> Iterator[None]:
    """Without the garbage collector, which would go through all entries again and again while they are read: a fifth
    of a start. None of them is in a cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Projections:
    """The folds of one ledger. Threads may share it."""

    def __init__(self, ledger: Ledger, registry: str, earliest_ms: int) -> None:
        """`registry` is the fingerprint of the registry's key; no trusted time before `earliest_ms` is accepted."""
        self._ledger = ledger
        self._lock = threading.RLock()
        self._registry = registry
        self._earliest_ms = earliest_ms
        self._watching: list[set[bytes]] = []
        self._begin()

    def _begin(self) -> None:
        """Start with empty folds."""
        self.log_state = LogState(self._registry, self._earliest_ms)
        self._headcount = Headcount(self.log_state)
        self._conflicts = Conflicts(self.log_state)
        self._seen = 0
        self._newest = b""
        self._server: str | None = None
        self._sequence = hashlib.sha256()
        """Of the digests of all entries, in the order of their ids."""
        self._counted = (0, 0)
        self._kept = 0
        folder = self._ledger.folder
        self._saved = saved_counts.read(folder) if folder is not None else None
        """Counts from before the start, until the entry is read up to which they go."""
        self._before: dict[str, tuple[str, int]] = {}
        """Of each log that names one before it: that log, and its last number."""

    @contextmanager
    def snapshot(self) -> Iterator[LogState]:
        """All folds as of now, for this thread alone. Raises RuntimeError inside a transaction."""
        with self._lock:
            self._refresh()
            yield self.log_state

    def refresh(self, patience_s: float = -1) -> bool:
        """Fold new entries. False: another thread was still folding after this many seconds (-1: wait)."""
        if not self._lock.acquire(timeout=patience_s):
            return False
        try:
            self._refresh()
        finally:
            self._lock.release()
        return True

    def programme(self) -> Programme | None:
        """The event definition in force. Does not wait for a long fold that has nothing to say about it."""
        seen, programme = self._seen, self.log_state.programme
        if programme is not None and not self._ledger.has_event_entries_since(seen):
            return programme
        with self.snapshot() as known:
            return known.programme

    def _refresh(self) -> None:
        if self._ledger.database.writer is not None:
            raise RuntimeError("the folds were asked inside a transaction, which may yet be undone")
        self._check_lineage()
        arrived = self._ledger.since(self._seen, AT_ONCE)
        with _no_collections() if len(arrived) == AT_ONCE else nullcontext():
            while arrived:
                self._fold(arrived)
                full = len(arrived) == AT_ONCE
                arrived = self._ledger.since(self._seen, AT_ONCE) if full else []

    def _fold(self, arrived: list[tuple[int, LogEntry]]) -> None:
        for some in self._up_to_what_was_saved(arrived):
            self.log_state.file_all([entry for _, entry in some])
            for _, entry in some:
                self._sequence.update(entry.digest)
                if type(entry.body) is not Scan:
                    self._note(entry)
            self._seen, self._newest = some[-1][0], some[-1][1].digest
            if self._saved is not None and self._seen >= self._saved.entry_id:
                self._restore(self._saved)

    def _up_to_what_was_saved(
        self, arrived: list[tuple[int, LogEntry]]
    ) -> list[list[tuple[int, LogEntry]]]:
        """Entries with their ids in one piece; in two where the first ends with what saved counts stand for."""
        if self._saved is None:
            return [arrived]
        until = self._saved.entry_id
        pieces = (
            [one for one in arrived if one[0] <= until],
            [one for one in arrived if one[0] > until],
        )
        return [piece for piece in pieces if piece]

    def _restore(self, saved: Saved) -> None:
        """Go on from saved counts if these entries are those that they stand for."""
        self._saved = None
        same = (self._seen, self._sequence.digest()) == (saved.entry_id, saved.sequence)
        if not (same and self._headcount.restore(saved.counts)):
            log.info("the saved counts are of other entries; everything is counted again")

    def keep_counts(self, *, at_once: bool) -> None:
        """Save the counts for the next start, if anything (`at_once`) or much has arrived since that was done last.
        Raises OSError."""
        folder = self._ledger.folder
        with self._lock:
            seen, at_ms = self._counted
            if folder is None or seen < self._kept + (1 if at_once else KEEP_AFTER):
                return
            self._refresh()
            self._headcount.areas(at_ms)
            counts, sequence = self._headcount.saved(), self._sequence.digest()
            seen = self._kept = self._seen
        if counts is not None:
            saved_counts.write(folder, seen, sequence, counts)

    def _check_lineage(self) -> None:
        """Begin again where another server answers by now."""
        # Asked before the entries are: one that takes over between the two questions is noticed at the next refresh.
        lineage = self._ledger.lineage(self._seen)
        if lineage is None:
            return
        if self._server is not None and lineage != (self._server, self._newest):
            log.warning("Another database server answers: everything is read and counted again.")
            self._begin()
        self._server = lineage[0]

    def changed_badges(self) -> set[bytes]:
        """A set to which every later roster entry's badge is added. The caller takes out what it has looked at."""
        with self.snapshot():
            changed: set[bytes] = set()
            self._watching.append(changed)
            return changed

    def _note(self, entry: LogEntry) -> None:
        body = entry.body
        if isinstance(body, BadgeIssued):
            for changed in self._watching:
                changed.add(body.badge)
        if isinstance(body, Boot) and body.previous is not None:
            self._before[entry.log] = body.previous[:2]

    def headcount(self, at_ms: int) -> dict[str, Count]:
        """The counts of every area, by area id in file order."""
        with self.snapshot():
            self._counted = (self._seen, at_ms)
            return self._headcount.areas(at_ms)

    def by_gate(self, at_ms: int) -> dict[str, dict[str, int]]:
        """What each gate did today: presentations by reason."""
        with self.snapshot():
            return {gate: dict(reasons) for gate, reasons in self._headcount.by_gate(at_ms).items()}

    def conflicts(self) -> list[Conflict]:
        """The partition report, in order of corrected time."""
        with self.snapshot():
            return self._conflicts.lines()

    def missing(self, device: str) -> int:
        """Entries of a kiosk's earlier logs that its later ones name and that are not stored here."""
        with self.snapshot() as known:
            return self._missing(known, device)

    def _missing(self, known: LogState, device: str) -> int:
        """Entries of a kiosk's earlier logs that its later ones name and that are not stored here."""
        return sum(
            max(0, last - known.event_state.last_seq.get(earlier, 0))
            for log, (earlier, last) in self._before.items()
            if log.startswith(device)
        )
