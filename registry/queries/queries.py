"""Answers of the public interface from what the registry knows: counts with their age, gates, sessions, conflicts.

Threads share one instance; whoever asks first within a second does the work for all who ask then.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from access.badge.credential import human_code
from access.event.programme import Programme
from access.event.rfc3339 import rfc3339
from access.log.clock_reading import ClockReading
from access.log.entry import EntryRef
from access.log.log_entry import LogEntry, Order
from access.state.attendance import Registered
from access.state.conflicts import Conflict, answered
from access.state.coverage import (
    Contact,
    Coverage,
    CoverageReport,
    Silence,
    Touch,
    area_fields,
    silent_fields,
    standing,
)
from access.state.log_state import LogState
from registry.devices.reported_vectors import ReportedVectors, missing
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.queries.kiosks import kiosk_report
from registry.queries.name_index import PersonIndex
from registry.service import RegistryService

FRESH_MS = 500
"""Counts are worked out at most twice a second, however many pages are open."""

CONFLICTS_FRESH_MS = 5000
"""Replaying a day costs more, and nobody answers a line within five seconds."""

LONGEST_MS = 5000
CONFLICTS_LONGEST_MS = 60_000
"""No answer is kept for longer, however much it costs."""

PATIENCE_S = 0.05
"""How long a caller waits for another thread's fold where a recent enough answer is cached."""

SHARE = 10
"""An answer is kept for at least ten times the CPU time that it took to work out, so that no more than a tenth of the
machine goes into looking. Time in which others had the machine, a lock or the database does not count."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Answer(Generic[Value]):
    """As of when it is, and for how long it is fresh."""

    since_ms: int
    fresh_ms: int
    value: Value


class CachedAnswer(Generic[Value]):
    """An answer that many threads ask for and one computes."""

    def __init__(
        self,
        fresh_ms: int,
        longest_ms: int,
        now_ms: Callable[[], int],
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        """It is kept for `fresh_ms` at least and `longest_ms` at most; `cpu_s`: the CPU time of the calling thread."""
        self._fresh_ms = fresh_ms
        self._longest_ms = longest_ms
        self._now_ms = now_ms
        self._cpu_s = cpu_s
        self._lock = threading.Lock()
        self._kept: _Answer[Value] | None = None

    def get(self, fold: Callable[[float], bool], work: Callable[[int], Value]) -> Value:
        """An answer that is fresh enough, or what `work` finds as of now.

        `fold` comes before it, and its cost does not count; it gives up after so many seconds (-1: never) and says
        whether it has folded all. Meanwhile, and while somebody else works, whoever asks gets the kept answer, if it is
        not too old."""
        if not self._lock.acquire(blocking=False):
            kept = self._kept
            if kept is not None and self._is_younger(kept, self._longest_ms):
                return kept.value
            self._lock.acquire()
        try:
            kept = self._kept
            if kept is not None and self._is_younger(kept, kept.fresh_ms):
                return kept.value
            if kept is not None and self._is_younger(kept, self._longest_ms):
                if not fold(PATIENCE_S):
                    return kept.value
            else:
                fold(-1)
            return self._work(work)
        finally:
            self._lock.release()

    def _work(self, work: Callable[[int], Value]) -> Value:
        now_ms, began_s = self._now_ms(), self._cpu_s()
        value = work(now_ms)
        took_ms = int((self._cpu_s() - began_s) * 1000)
        fresh_ms = min(max(self._fresh_ms, SHARE * took_ms), self._longest_ms)
        self._kept = _Answer(now_ms, fresh_ms, value)
        return value

    def _is_younger(self, kept: "_Answer[Value]", ms: int) -> bool:
        return 0 <= self._now_ms() - kept.since_ms < ms


@dataclass(frozen=True)
class Counted:
    """A headcount, with the news number before it and the monotonic time."""

    count: answers.Headcount
    news: int
    made_s: float


class Queries:
    """The registry, read by many threads."""

    def __init__(self, service: RegistryService, clock: Callable[[], ClockReading]) -> None:
        self.service = service
        self._registered: Registered | None = None
        self.reported_vectors = ReportedVectors(service.ledger)
        self._coverage = Coverage()
        self._coverage_lock = threading.Lock()
        self.names = PersonIndex(service)
        self.clock = clock
        self._headcount: CachedAnswer[Counted] = CachedAnswer(FRESH_MS, LONGEST_MS, self.now_ms)
        self._news = service.ledger.database.news
        self._folded_to = 0
        self._conflicts: CachedAnswer[list[Conflict]] = CachedAnswer(
            CONFLICTS_FRESH_MS, CONFLICTS_LONGEST_MS, self.now_ms
        )

    def snapshot(self) -> AbstractContextManager[LogState]:
        """The folds, brought up to date, for this thread alone."""
        return self.service.snapshot()

    def registered(self, log_state: LogState) -> int:
        """How many people have a good badge, in a snapshot."""
        if self._registered is None or self._registered.log_state is not log_state:
            self._registered = Registered(log_state)
        return self._registered.count()

    @property
    def programme(self) -> Programme:
        """The event definition in force, as of the last question: asked for every line of a long answer."""
        known = self.service.log_state.programme
        return known if known is not None else self.service.programme

    def now_ms(self) -> int:
        """The registry's wall clock (ms)."""
        return self.clock().wall_ms

    def time(self, at_ms: int) -> str:
        return rfc3339(at_ms, self.programme.zone)

    def headcount(self) -> answers.Headcount:
        """Everybody, everywhere: half a second old, or up to five where there is much to count."""
        return self.counted().count

    def counted(self) -> "Counted":
        """The headcount, and how far the news had come before it."""
        return self._headcount.get(self._fold, self._count)

    def _fold(self, patience_s: float) -> bool:
        number = self._news.number
        folded = self.service.fold_some(patience_s)
        if folded:
            self._folded_to = number
        return folded is not None

    def prepare(self) -> None:
        """Fold what there is and count it, before somebody asks: by then others would wait for it."""
        self.headcount()
        self.service.arrivals(self.now_ms())

    def _count(self, now: int) -> "Counted":
        with self.service.glance() as log_state:
            programme = self.programme
            counts = self.service.headcount(now, whole=False)
            coverage = self.coverage(log_state, now)
            state = log_state.event_state
            kiosks = [device for device, one in state.kiosks.items() if not one.cut_off]
            gates = {state.gate_of(device) for device in kiosks} - {None}
        count = answers.Headcount(
            event=programme.event.id,
            name=programme.event.name,
            day=programme.day_name(programme.day_of(now)),
            as_of=self.time(now),
            areas=[
                answers.AreaCount(**area_fields(programme, area, count, coverage, now))
                for area, count in counts.items()
            ],
            kiosks=len(kiosks),
            silent=[self.silent(one, coverage.touch(one.device)) for one in coverage.silences],
            missing=sum(one.missing or 0 for one in coverage.silences),
            gates=len(gates),
        )
        return Counted(count, self._folded_to, time.monotonic())

    def coverage(self, log_state: LogState, now: int) -> CoverageReport:
        """Which kiosks have been heard, and which entries of theirs may be missing."""
        stored = log_state.event_state.last_seq
        reported = self.reported_vectors.all()
        contacts = {}
        for device in standing(log_state):
            lacking = max(missing(reported.get(device, {}), stored), self.service.missing(device))
            contacts[device] = Contact(self.service.ledger.heard_ms(device), lacking or None)
        counts = self.service.headcount(now, whole=False)
        with self._coverage_lock:
            return self._coverage.report(log_state, self.programme, counts, contacts, now)

    def silent(self, silence: Silence, touch: Touch) -> answers.SilentKiosk:
        """A kiosk of which entries may be missing, with its area."""
        return answers.SilentKiosk(**silent_fields(self.programme, silence, touch))

    def gates(self) -> answers.Gates:
        """Every gate with its kiosk, and what it answered today."""
        now = self.now_ms()
        with self.snapshot() as log_state:
            programme = self.programme
            reasons = self.service.by_gate(now)
            return answers.Gates(
                as_of=self.time(now),
                gates=[
                    answers.GateCount(
                        id=gate.id,
                        area=gate.area,
                        venue=programme.venue_of(gate.area),
                        direction=gate.direction,
                        mode=gate.mode,
                        kiosk=log_state.event_state.kiosk_at(gate.id),
                        reasons=dict(reasons.get(gate.id, {})),
                    )
                    for gate in programme.gates.values()
                ],
            )

    def sessions(self) -> answers.Sessions:
        """Every session with the people let in for it."""
        now = self.now_ms()
        with self.snapshot():
            programme = self.programme
            attended = self.service.attendance(now)
            return answers.Sessions(
                as_of=self.time(now),
                sessions=[
                    answers.SessionCount(
                        id=session.id,
                        area=session.area,
                        venue=programme.venue_of(session.area),
                        name=session.name,
                        starts=self.time(session.starts_ms),
                        ends=self.time(session.ends_ms),
                        booking=session.booking,
                        capacity=programme.area_tree[session.area].capacity,
                        attended=attended.get(session.id, 0),
                        cancelled=session.cancelled,
                    )
                    for session in programme.sessions.values()
                ],
            )

    def kiosks(self) -> admin_shapes.Kiosks:
        """Every kiosk, unhealthy ones first, and the alarms of the last day."""
        now = self.now_ms()
        with self.snapshot() as log_state:
            coverage = self.coverage(log_state, now)
            return kiosk_report(self.service, log_state, self.programme, coverage, now)

    def order(self, entry: LogEntry) -> Order:
        """The position of an entry in the total order."""
        with self.snapshot() as log_state:
            return log_state.event_state.order(entry)

    def conflict_lines(self) -> list[Conflict]:
        """The partition report, in order of corrected time: some seconds old, but the answers as of now, whichever
        process took them."""
        lines = self._conflicts.get(self.service.refresh, lambda _: self.service.conflicts())
        with self.snapshot() as log_state:
            return answered(lines, log_state.event_state)

    def conflicts(self, offset: int, limit: int, *, with_codes: bool) -> answers.ConflictReport:
        """A page of the report, the unanswered first and of these the newest; `with_codes`: with the badges' human
        codes."""
        lines = self.conflict_lines()
        newest_first = lines[::-1]
        newest_first.sort(key=lambda line: line.ruling is not None)
        page = newest_first[max(0, offset) :][: max(0, limit)]
        with self.snapshot() as log_state:
            shown = [self._line(line, log_state, with_codes=with_codes) for line in page]
        return answers.ConflictReport(
            as_of=self.time(self.now_ms()),
            total=len(lines),
            open=sum(line.ruling is None for line in lines),
            conflicts=shown,
        )

    def _line(
        self, line: Conflict, log_state: LogState, *, with_codes: bool
    ) -> answers.ConflictLine:
        entry = log_state.entry(line.entry) if line.kind != "fork" else None
        return answers.ConflictLine(
            kind=line.kind,
            reason=line.reason,
            badge=badge_mark(line.badge),
            code=human_code(line.badge) if with_codes and line.badge is not None else None,
            gate=line.gate,
            gates=list(line.gates or ()),
            at=self.time(line.at.lo),
            latest=self.time(line.at.hi),
            overlap=line.overlap,
            reading=line.reading,
            ruling=line.ruling,
            receipt=log_state.receipt_of(entry) if entry is not None else None,
            entry=entry_name(line.entry),
        )

    def health(self) -> answers.Health:
        """The registry itself."""
        now = self.clock()
        with self.snapshot() as log_state:
            entries = len(log_state)
        return answers.Health(
            event=self.programme.event.id,
            fingerprint=self.service.identity.fingerprint,
            entries=entries,
            synced=now.synced,
            as_of=self.time(now.wall_ms),
        )

    def close_day(self, day: str) -> answers.Closed:
        """Close an event day. Return the kiosks of which entries may be missing."""
        self.service.close_day(day)
        with self.snapshot() as log_state:
            coverage = self.coverage(log_state, self.now_ms())
        return answers.Closed(
            day=day,
            drained=not coverage.silences,
            silent=[self.silent(one, coverage.touch(one.device)) for one in coverage.silences],
        )


def badge_mark(badge: bytes | None) -> str | None:
    """How a badge is named to those who may not know whose it is: `b` and 12 hex digits of its id's SHA-256.

    The letter is there for spreadsheets, which take some hex digits for numbers (05773237e263 for a power of ten).
    """
    return f"b{hashlib.sha256(badge).hexdigest()[:12]}" if badge is not None else None


def entry_name(entry: EntryRef) -> answers.EntryName:
    return answers.EntryName(log=entry.log, seq=entry.seq, digest=entry.digest.hex())
