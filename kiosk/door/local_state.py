"""What one kiosk knows and records: its own journal, the carrier's replica, and the folds over both.

Writing and folding are one step here, so that nothing can be durable and not counted. One thread calls it; whoever else
wants something recorded submits it to that thread.
"""

from collections.abc import Callable, Iterable
from typing import Any

from access.event.definition import Gate
from access.event.programme import Programme
from access.log.clock_reading import ClockReading
from access.log.entry import Body, Clock, EntryRef
from access.log.log_entry import LogEntry
from access.rules.opening_check import OpeningRecords
from access.state.badge_history import Account, History
from access.state.event_state import EventState
from access.state.facts import Moment
from access.state.seat_leases import SeatBook
from access.state.time_repair import Line
from kiosk.door.clock import KioskClock
from sync.store.journal import Journal
from sync.store.replica import ReplicaReader

NO_EVENT = "no event definition has come yet: is the carrier running?"


class NotReadyError(Exception):
    """The kiosk cannot decide yet: it has no event definition, or no gate. `why` is for the operator."""


class LocalState:
    """Everything is answered from the kiosk's own two files. Methods that write raise sqlite3.Error where nothing could
    be recorded."""

    def __init__(
        self,
        journal: Journal,
        replica: ReplicaReader | None,
        event_state: EventState,
        read_clock: Callable[[], ClockReading],
    ) -> None:
        """`replica` is None until the carrier has made one."""
        self._journal = journal
        self._replica = replica
        self._registry_heard_ms: int | None = None
        self._event_state = event_state
        self._clock = KioskClock(event_state, read_clock)
        self.opening_records = OpeningRecords()
        self._seats: SeatBook | None = None
        self._gate_id: str | None = None
        self._gate: Gate | None = None
        self._gate_as_of: tuple[int, int] | None = None

    # Writing.

    def record(self, kind: str, body: Body, reading: ClockReading | None = None) -> LogEntry:
        """Append one entry to the own log and fold it. It is durable when this returns. `reading` are the clocks to
        stamp it with (None: now)."""
        return self.record_many([(kind, body)], reading)[0]

    def record_many(
        self,
        bodies: Iterable[tuple[str, Body]],
        reading: ClockReading | None = None,
        inbox: int | None = None,
    ) -> list[LogEntry]:
        """Append entries (kind, body) in one transaction and fold them. `inbox`: how far the carrier's inbox is dealt
        with once they are durable."""
        stamp = reading if reading is not None else self._clock.read()
        written = self._journal.extend(bodies, stamp, inbox=inbox)
        for entry in written:
            self._fold(entry)
        return written

    def begin_log(
        self,
        reading: ClockReading,
        boot_id: str,
        why: str,
        versions: dict[str, str],
        random: bytes | None = None,
    ) -> LogEntry:
        """Open the log of this start. `random` are the 4 bytes that end its id (None: drawn).

        Where it raises sqlite3.Error nothing was written, and it may be tried again.
        """
        entry = self._journal.begin(reading, boot_id, why, versions, self.gate_id, random)
        self._fold(entry)
        return entry

    @property
    def salvage_note(self) -> str:
        """What became of a damaged journal that this one replaced, until it is recorded; "" if there was none."""
        return self._journal.salvaged

    @salvage_note.setter
    def salvage_note(self, note: str) -> None:
        self._journal.salvaged = note

    def check_writable(self) -> None:
        """Commit a transaction that adds no entry. Raises sqlite3.Error where the journal cannot be written."""
        self._journal.extend((), self._clock.read(), inbox=self._journal.inbox_read())

    def pin_tries(self, badge: bytes) -> tuple[int, int]:
        """A staff card's wrong PINs since its last right one, and when the last was tried (ms of CLOCK_BOOTTIME, of
        this kernel boot or an earlier one)."""
        return self._journal.pin_tries(badge)

    def set_pin_tries(self, badge: bytes, wrong: int) -> None:
        """Keep that count, as of now. It is durable when this returns."""
        self._journal.set_pin_tries(badge, wrong, self._clock.read().mono_ms)

    # Folding what is stored already.

    def fold(self, entry: LogEntry, reading: ClockReading) -> None:
        """Fold an entry of another log, or of an earlier start: it is stored now, so now is not before it."""
        self._fold(entry)
        self._clock.heard(entry, reading)

    def _fold(self, entry: LogEntry) -> None:
        self._event_state.add(entry)
        self.opening_records.add(entry)
        if self._seats is not None:
            self._seats.observe(entry)

    def own_entries(self) -> Iterable[LogEntry]:
        """All entries of the own logs, log by log."""
        return self._journal.everything()

    def introduce(self, device: str, gate: str) -> None:
        """Another kiosk is known by its enrolment certificate, before the registry's log names it."""
        self._event_state.introduced(device, gate)

    def follow(self, replica: ReplicaReader | None) -> None:
        """Read from this replica from now on. It stays the caller's to close."""
        self._replica = replica

    @property
    def has_replica(self) -> bool:
        """Whether there is a replica to read."""
        return self._replica is not None

    @property
    def inbox_read(self) -> int:
        """The number of the last item of the carrier's inbox that was dealt with."""
        return self._journal.inbox_read()

    # Who and where this kiosk is.

    @property
    def device(self) -> str:
        return self._journal.identity.fingerprint

    @property
    def log(self) -> str:
        """The id of the log being written; "" before `begin_log`."""
        return self._journal.log

    @property
    def seq(self) -> int:
        """The number of the last entry of that log."""
        return self._journal.seq

    @property
    def has_event(self) -> bool:
        """Whether an event definition has come."""
        return self._event_state.programme is not None

    @property
    def programme(self) -> Programme:
        """Raises NotReadyError without an event definition."""
        programme = self._event_state.programme
        if programme is None:
            raise NotReadyError(NO_EVENT)
        return programme

    @property
    def gate_id(self) -> str | None:
        """The gate at which this kiosk was put, by the registry or a supervisor, whether the event has it or not."""
        self._find_gate()
        return self._gate_id

    def _find_gate(self) -> None:
        """Find the gate again, where an entry may have changed it: every scan asks for it several times."""
        state = self._event_state
        as_of = state.version, state.clocks.version
        if self._gate_as_of == as_of:
            return
        self._gate_id, self._gate = state.gate_of(self.device), None
        if self._gate_id is not None and state.programme is not None:
            self._gate = state.programme.gate_or_none(self._gate_id)
        self._gate_as_of = as_of

    @property
    def gate(self) -> Gate:
        """The gate this kiosk stands at. Raises NotReadyError without one."""
        self._find_gate()
        if self._gate is None:
            if not self.has_event:
                raise NotReadyError(NO_EVENT)
            raise NotReadyError(
                "this kiosk has no gate yet: assign one at the registry, or let a supervisor give it one here"
            )
        return self._gate

    @property
    def assigned(self) -> str | None:
        """The gate at which the registry put this kiosk; None: it has none, or a supervisor gave it one."""
        return self._event_state.assigned(self.device)

    @property
    def gate_grants(self) -> list[EntryRef]:
        """The entries with which supervisors gave this kiosk a gate, and that still count; oldest first."""
        return [
            EntryRef(entry.log, entry.seq, entry.digest)
            for entry, _ in self._event_state.gate_grants(self.device)
        ]

    @property
    def account(self) -> Account:
        return (self.device, self.gate.id)

    # Time.

    def read_clock(self) -> ClockReading:
        """Read the machine's clocks."""
        return self._clock.read()

    def now(self, reading: ClockReading | None = None) -> Moment:
        """What time it may be now, or was at a reading of this boot's clocks."""
        return self._clock.now(
            self._journal.log, reading if reading is not None else self._clock.read()
        )

    @property
    def clock_line(self) -> Line:
        """How this boot's steady clock relates to the true time, and which source it is known from."""
        return self._event_state.clocks.line(self._journal.log)

    def is_better_time(self, clock: Clock) -> bool:
        """Whether a trusted time is worth an entry: it is better than those recorded, or contradicts them."""
        return self._clock.worth_writing(self._journal.log, clock)

    def is_plausible(self, wall_ms: int) -> bool:
        """Whether a time may be the present: not before this version was built, not long after the event."""
        clocks = self._event_state.clocks
        return clocks.earliest_ms <= wall_ms <= clocks.latest_ms

    # What is known of badges, seats and other kiosks.

    def history(self, badge: bytes) -> History:
        """All that is known here of a badge, and where its person went with others."""
        history = History(self._event_state, self._about(badge))
        others = self._event_state.persons.others(badge)
        if not others:
            return history
        return history.joined(
            {other: History(self._event_state, self._about(other)) for other in others}
        )

    def _about(self, badge: bytes) -> list[LogEntry]:
        entries = list(self._journal.about(badge))
        if self._replica is not None:
            entries += self._replica.about(badge)
        return entries

    def name_card(self, badge: bytes, issue: int) -> bytes | None:
        """The sealed name card of an issue, as it travels; None where it is not stored here."""
        return self._replica.card(badge, issue) if self._replica is not None else None

    def seats(self) -> SeatBook | None:
        """The seats of this gate's area, or None where it has no capacity (or the gate lets nobody in)."""
        gate = self.gate
        if self.programme.area_tree[gate.area].capacity is None or not gate.lets_in:
            return None
        if self._seats is None or self._seats.area != gate.area:
            self._seats = SeatBook(gate.area, self._event_state, self.history)
            for entry in self._journal.everything():
                self._seats.observe(entry)
            if self._replica is not None:
                for _, entry in self._replica.since(0, -1):
                    self._seats.observe(entry)
        return self._seats

    def kiosk_at(self, gate: str) -> str | None:
        """The device that stands at a gate, or None."""
        return self._event_state.kiosk_at(gate)

    def others_at_gates(self) -> dict[str, list[int | None]]:
        """When each other kiosk was last heard of (ms since 1970 by its own clock; None: never), by gate. Those cut off
        are left out."""
        found: dict[str, list[int | None]] = {}
        for device in self._event_state.devices - {self.device}:
            kiosk, gate = self._event_state.kiosks.get(device), self._event_state.gate_of(device)
            if gate is not None and (kiosk is None or not kiosk.cut_off):
                heard = self._replica.heard_ms(device) if self._replica is not None else None
                found.setdefault(gate, []).append(heard)
        return found

    def heard_ms(self, device: str) -> int | None:
        """When a kiosk was last heard of (ms since 1970 by its own clock; None: never); this one now."""
        if device == self.device:
            return self.now().at_ms
        return self._replica.heard_ms(device) if self._replica is not None else None

    def at_ms(self, entry: LogEntry) -> int:
        """The corrected time of an entry, in ms since 1970."""
        return self._event_state.at_ms(entry)

    # The registry, and the way to it.

    @property
    def registry(self) -> str:
        """The fingerprint of the registry's key."""
        return self._event_state.registry

    @property
    def registry_head(self) -> tuple[str, int] | None:
        """The newest entry of the registry's logs that is folded: log and number."""
        return self._event_state.registry_head

    @property
    def registry_heard_ms(self) -> int | None:
        """When the registry last signed how far its log goes, by its own clock, as of the last look into the replica
        (`look_for_registry`)."""
        return self._registry_heard_ms

    def look_for_registry(self) -> None:
        """Look into the replica how far the registry has signed its log. Raises sqlite3.Error."""
        self._registry_heard_ms = (
            self._replica.heard_ms(self._event_state.registry)
            if self._replica is not None
            else None
        )

    def exchange_states(self) -> dict[str, dict[str, Any]]:
        """How the carrier's exchange with each peer stands, by the peer's name."""
        return self._replica.targets() if self._replica is not None else {}
