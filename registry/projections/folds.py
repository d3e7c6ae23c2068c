"""The projections of the ledger, kept up to date by folding the entries that have arrived since."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat

from access.event.programme import Programme
from access.log.entry import BadgeIssued, Boot, Scan
from access.log.log_entry import LogEntry
from access.state.arrivals import Arrivals, DayArrivals
from access.state.attendance import AttendanceTally, Kind
from access.state.conflicts import Conflict, Conflicts
from access.state.headcount import Count, Headcount
from access.state.log_state import LogState
from registry.projections import saved_counts
from registry.projections.saved_counts import Saved
from registry.projections.stored_entries import StoredEntries
from registry.storage.ledger import Arrived, Ledger

log = logging.getLogger(__name__)

KEEP_AFTER = 2000
"""Entries that must have arrived before the counts are saved again."""

AT_ONCE = 2000
"""Entries read from the ledger at a time."""

BADGES_AT_ONCE = 500
"""Badges of which every let-in is decided again at a time."""

BREATH_S = 0.001
"""Between some thousand entries and the next."""

SAME_MOMENT_MS = 60_000
"""Threads ask one after another, each as of when it began: by less than this none of them means the past, which
would be counted anew."""


Look = Callable[[LogState], None]
"""A look at the newest state before something is written. It raises what is to stop that, such as ChangedError."""


class Projections:
    """The folds of one ledger. Threads may share it."""

    def __init__(self, ledger: Ledger, registry: str, earliest_ms: int) -> None:
        """`registry` is the fingerprint of the registry's key; no trusted time before `earliest_ms` is accepted."""
        self._ledger = ledger
        self._lock = threading.RLock()
        self._registry = registry
        self._earliest_ms = earliest_ms
        self._watching: list[set[bytes]] = []
        self._asked_ms = 0
        self._begin()

    def _begin(self) -> None:
        """Start with empty folds."""
        self._entries = StoredEntries(self._ledger)
        self.log_state = LogState(self._registry, self._earliest_ms, self._entries)
        self._headcount = Headcount(self.log_state)
        self._arrivals = Arrivals(self.log_state)
        self._conflicts = Conflicts(self.log_state)
        self._tally: AttendanceTally | None = None
        self._newest = b""
        self._server: str | None = None
        self._begun = False
        self._counted = (0, 0)
        self._kept = 0
        self._before: dict[str, tuple[str, int]] = {}
        """Of each log that names one before it: that log, and its last number."""

    @contextmanager
    def snapshot(self) -> Iterator[LogState]:
        """All folds as of now, for this thread alone. Raises RuntimeError inside a transaction."""
        with self._lock:
            self._refresh()
            yield self.log_state

    @contextmanager
    def glance(self) -> Iterator[LogState]:
        """The folds for this thread alone, of the last thousands of entries perhaps not all: where many arrive at once,
        as from an import, counts need not wait for them. Raises RuntimeError inside a transaction."""
        with self._lock:
            if self._begun:
                self._fold_some()
            else:
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

    def fold_some(self, patience_s: float) -> bool | None:
        """Fold some thousand new entries; whether these were all. None: another thread had the folds for this many
        seconds (-1: wait)."""
        if not self._lock.acquire(timeout=patience_s):
            return None
        try:
            if self._begun:
                return not self._fold_some()
            self._refresh()
            return True
        finally:
            self._lock.release()

    def programme(self) -> Programme | None:
        """The event definition in force. Does not wait for a long fold that has nothing to say about it."""
        seen, programme = self._entries.until, self.log_state.programme
        if programme is not None and not self._ledger.has_event_entries_since(seen):
            return programme
        with self.snapshot() as known:
            return known.programme

    def change(self, kind: str, look: Look, write: Callable[[], object]) -> None:
        """Write what `look` does not raise at. It sees the newest state: where somebody else, perhaps in another
        process, has written an entry of this kind between the look and the write, it looks again."""
        while True:
            with self.snapshot() as log_state:
                seen = self._entries.until
                look(log_state)
            with self._ledger.transaction():
                if all(entry.kind != kind for entry in self._ledger.registry_since(seen)):
                    write()
                    return

    def _refresh(self) -> None:
        """Fold all entries that there are."""
        while self._fold_some():
            # Whoever only wants to count gets a turn; the interpreter's locks know no order.
            self._lock.release()
            try:
                time.sleep(BREATH_S)
            finally:
                self._lock.acquire()

    def _fold_some(self) -> bool:
        """Fold some thousand entries; whether there may be more."""
        if self._ledger.database.writer is not None:
            raise RuntimeError("the folds were asked inside a transaction, which may yet be undone")
        self._check_lineage()
        if not self._begun:
            self._begun = True
            self._go_on()
        arrived = self._ledger.arrived(self._entries.until, AT_ONCE)
        if arrived:
            self._fold(arrived)
        return len(arrived) == AT_ONCE

    def _fold(self, arrived: list[Arrived]) -> None:
        self._file([one.entry for one in arrived], [one.listed for one in arrived])
        newest = arrived[-1]
        self._entries.until, self._newest = newest.entry_id, newest.entry.digest

    def _file(self, entries: Sequence[LogEntry], listed: Iterable[bytes | None]) -> None:
        for entry, badge in zip(entries, listed, strict=False):
            if badge is None and (named := getattr(entry.body, "badge", None)) is not None:
                self._entries.beside(named, entry)
            if type(entry.body) is not Scan:
                self._note(entry)
        self.log_state.file_all(entries)

    def _go_on(self) -> None:
        """Begin with what was saved, if it stands for these entries."""
        folder = self._ledger.folder
        saved = saved_counts.read(folder) if folder is not None else None
        if saved is None:
            return
        if not self._entries.has(saved.entries) or not self._restored(saved):
            log.info("the saved counts are of other entries; everything is counted again")
            server = self._server
            self._begin()
            self._begun, self._server = True, server

    def _restored(self, saved: Saved) -> bool:
        common = self._entries.common(saved.entries.entry_id)
        self._file(common, repeat(None))
        self.log_state.restore(saved.state)
        self._entries.go_on(saved.entries, self.log_state.event_state.last_seq)
        newest = self._ledger.digest_of(saved.entries.entry_id)
        self._newest, self._kept = newest, saved.entries.entry_id
        return self._headcount.restore(saved.counts) and (
            saved.arrivals is None or self._arrivals.restore(saved.arrivals)
        )

    def keep_counts(self, *, at_once: bool) -> None:
        """Save the counts for the next start, if anything (`at_once`) or much has arrived since that was done last.
        Raises OSError."""
        folder = self._ledger.folder
        with self._lock:
            seen, at_ms = self._counted
            if folder is None or seen < self._kept + (1 if at_once else KEEP_AFTER):
                return
            self._refresh()
            self._on_day_of(max(at_ms, self._asked_ms))
            arrivals = self._arrivals.saved()
            counts, state = self._headcount.saved(), self.log_state.saved()
            entries = self._entries.saved(state.count)
            self._kept = entries.entry_id
        if counts is not None:
            saved_counts.write(
                folder, Saved(saved_counts.VERSION, entries, state, counts, arrivals)
            )

    def _check_lineage(self) -> None:
        """Begin again where another server answers by now."""
        # Asked before the entries are: one that takes over between the two questions is noticed at the next refresh.
        lineage = self._ledger.lineage(self._entries.until)
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

    def _moment(self, at_ms: int) -> int:
        """The instant as of which to answer."""
        if self._asked_ms - SAME_MOMENT_MS <= at_ms < self._asked_ms:
            return self._asked_ms
        self._asked_ms = at_ms
        return at_ms

    def headcount(self, at_ms: int, *, whole: bool = True) -> dict[str, Count]:
        """The counts of every area, by area id in file order; `whole` False: as by `glance`."""
        with self.snapshot() if whole else self.glance():
            self._counted = (self._entries.until, at_ms)
            return self._headcount.areas(self._moment(at_ms))

    def by_gate(self, at_ms: int) -> dict[str, dict[str, int]]:
        """What each gate did today: presentations by reason."""
        with self.snapshot():
            by_gate = self._headcount.by_gate(self._moment(at_ms))
            return {gate: dict(reasons) for gate, reasons in by_gate.items()}

    def attendance(self, at_ms: int) -> dict[str, int]:
        """Distinct people let in for each session."""
        with self.snapshot():
            return self._headcount.attendance(self._moment(at_ms))

    def arrivals(self, at_ms: int) -> DayArrivals:
        """When people came and went on the day of an instant; for within a snapshot."""
        with self.snapshot():
            return self._on_day_of(at_ms)

    def _on_day_of(self, at_ms: int) -> DayArrivals:
        moment = self._moment(at_ms)
        self._headcount.areas(moment)
        return self._arrivals.on_day_of(moment, self._headcount.presented_since)

    def conflicts(self) -> list[Conflict]:
        """The partition report, in order of corrected time. It is worked out in pieces: a whole event would take half a
        minute, in which nobody could count."""
        while True:
            with self.snapshot():
                if not self._conflicts.catch_up(BADGES_AT_ONCE):
                    return self._conflicts.lines()
            time.sleep(BREATH_S)

    def attendance_kinds(self) -> tuple[Programme | None, dict[Kind, int]]:
        """How many people there are of each kind, and the definition by which they were judged. Worked out in pieces
        like the conflicts, and after the first time only of those of whom there is news."""
        while True:
            with self.snapshot():
                if self._tally is None:
                    self._tally = AttendanceTally(self.log_state)
                if not self._tally.catch_up(BADGES_AT_ONCE):
                    return self.log_state.programme, dict(self._tally.kinds)
            time.sleep(BREATH_S)

    def missing(self, device: str) -> int:
        """Entries of a kiosk's earlier logs that its later ones name and that are not stored here; as of what is folded
        by now."""
        with self._lock:
            last_seq = self.log_state.event_state.last_seq
            return sum(
                max(0, last - last_seq.get(earlier, 0))
                for log, (earlier, last) in self._before.items()
                if log.startswith(device)
            )
