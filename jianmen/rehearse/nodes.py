"""The machines of a rehearsal: kiosks and a registry, with real journals, stores and doors, and clocks."""

from copy import copy
from dataclasses import dataclass, field, replace
from random import Random

from access.event.definition import Event
from access.log.clock_reading import ClockReading
from access.log.entry import Clock, badge_of, body_of, decode
from access.state.event_state import EventState
from access.state.headcount import Count, Headcount
from access.state.log_state import LogState
from access.state.time_repair import RANK
from kiosk.door.door import Door
from kiosk.door.gate_assignment import GateAssignment
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.door.staff_actions import StaffActions
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.carrier.journal_copy import JournalCopier
from sync.carrier.time_exchange import TimeKeeper
from sync.enrolment.record import prepare
from sync.exchange.exchange import Answerer, Asker
from sync.store.journal import Journal
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol, Enrolled, TimeReport

DAY_MS = 86_400_000
BUILT_BEFORE_MS = 30 * DAY_MS
"""In a rehearsal the build date is 30 days before the first event day."""


@dataclass
class TrueTime:
    """What time it really is, in ms since 1970 UTC."""

    ms: int = 0


@dataclass
class MachineClock:
    """One machine's clocks, seen from the true time."""

    true: TrueTime
    booted_ms: int = 0
    offset_ms: int = 0
    synced: bool = False

    def read(self) -> ClockReading:
        return ClockReading(
            self.true.ms - self.booted_ms, self.true.ms + self.offset_ms, self.synced
        )


class RegistryNode:
    """The registry, on an empty database in memory."""

    name = "registry"

    def __init__(self, true: TrueTime, event: Event, earliest_ms: int, random: Random) -> None:
        self.clock = MachineClock(true, true.ms, synced=True)
        self.ledger = Ledger("sqlite://", None)
        self.service = RegistryService(self.ledger, self.clock.read, random.randbytes, earliest_ms)
        self.service.init(event)
        self.answerer = Answerer(
            self.ledger,
            self.service.identity,
            lambda: true.ms,
            lambda: TimeReport(true.ms, 0, "registry"),
            random.randbytes,
        )

    def close(self) -> None:
        """Safe to repeat."""
        self.ledger.close()

    @property
    def device(self) -> str:
        return self.service.identity.fingerprint

    def vouch(self) -> None:
        """Sign how far the log goes, as of now: a door that is cut off counts the age of its roster from there."""
        identity = self.service.identity
        with self.ledger.transaction():
            last = self.ledger.latest_head(identity.fingerprint)
            if last is not None:
                now_ms = self.clock.true.ms
                self.ledger.keep_head(identity.head(last.log, last.seq, last.digest, now_ms))


@dataclass
class KioskNode:
    """A kiosk, by the name of its gate, or a spare one. Its two files live in memory, and outlive a restart but not a
    wipe."""

    name: str
    clock: MachineClock
    registry: RegistryNode
    earliest_ms: int
    random: Random
    gate: str | None = None
    """Where it is enrolled for; left out: the gate of its name."""
    spare: bool = False
    identity: DeviceKey = field(init=False)
    journal: Journal = field(init=False)
    replica: Replica = field(init=False)
    door: Door = field(init=False)
    given: Enrolled = field(init=False)
    boots: int = 0

    def __post_init__(self) -> None:
        if self.gate is None and not self.spare:
            self.gate = self.name
        self.enrol()

    def enrol(self) -> None:
        """Begin with new storage and a new key, and enrol it at the registry."""
        if self.boots:
            self.close()
        self.identity = DeviceKey.from_seed(self.random.randbytes(32))
        service = self.registry.service
        code = service.enrol_code(self.gate)
        self.given = service.enrol(Enrol(self.identity.public, code, b"", self.name))
        self.journal = Journal(":memory:", self.identity, durable=False)
        self.replica = Replica(":memory:", service.identity.public, service.identity.fingerprint)
        self.own = JournalCopier(self.replica, self.identity)
        self.boot("enrolled")

    def close(self) -> None:
        """Close its two files: they are gone with that. Safe to repeat."""
        self.journal.close()
        self.replica.close()

    def clone(self, name: str) -> "KioskNode":
        """A copy of this kiosk's card in another machine, running on from where this one stands: the same device."""
        self.publish()
        twin = copy(self)
        twin.name, twin.clock = name, replace(self.clock)
        twin._take_over(self)
        return twin

    def _take_over(self, card: "KioskNode") -> None:
        """Go on with the files of another machine, in the middle of its log."""
        self.journal = Journal(":memory:", self.identity, durable=False)
        rows = [
            (log, seq, digest, badge_of(body_of(decode(raw))), raw)
            for log in card.journal.logs()
            for seq, (digest, raw) in enumerate(card.journal.raws(log, 0, -1), 1)
        ]
        self.journal.restore(rows, ())
        self.journal.log, self.journal.seq = card.journal.log, card.journal.seq
        self.journal.digest = card.journal.digest
        service = self.registry.service
        self.replica = Replica(":memory:", service.identity.public, service.identity.fingerprint)
        self.own = JournalCopier(self.replica, self.identity)
        self._start()
        self.talk_to(card)

    def boot(self, why: str) -> None:
        """Power on: a new kernel boot, a new log, nothing remembered but what is in the files."""
        self.boots += 1
        self.clock.booted_ms = self.clock.true.ms
        reading = self._start()
        self.door.begin_log(reading, f"{self.name} {self.boots}", why, {}, self.random.randbytes(4))
        self.feed.catch_up()

    def _start(self) -> ClockReading:
        """Start the programs on the files; return the reading of the clocks then."""
        event_state = EventState(self.registry.device, self.earliest_ms)
        prepare(event_state, self.device, self.given)
        self.door = Door(self.journal, self.replica, event_state, self.clock.read)
        self.feed = ReplicaFeed(self.door, replica=self.replica)
        self.staff = StaffActions(self.door)
        self.assignment = GateAssignment(self.door)
        self.times = TimeKeeper(self.registry.device)
        self.askers: dict[str, Asker] = {}
        self._headcount: Headcount | None = None
        reading = self.clock.read()
        for log_entry in self.journal.everything():
            self.door.fold(log_entry, reading)
        self.answerer = Answerer(
            self.replica, self.identity, self.at_ms, self.time_report, self.random.randbytes
        )
        self.answerer.warrant = self.given.warrant
        return reading

    @property
    def device(self) -> str:
        return self.identity.fingerprint

    @property
    def exact(self) -> bool:
        """Whether this kiosk has a trusted source of time, and it is right."""
        now = self.door.now()
        return now.sure and now.span.exact and now.at_ms == self.clock.true.ms

    @property
    def wants_time(self) -> bool:
        """Whether a neighbour's time is of use: this kiosk has nothing better."""
        return self.door.clock_line.rank >= RANK["neighbour"]

    def at_ms(self) -> int:
        return self.door.now().at_ms

    def time_report(self) -> TimeReport | None:
        """The time that this kiosk may report to its neighbours: its own source, never one it has from a neighbour."""
        line = self.door.clock_line
        source = next((name for name, rank in RANK.items() if rank == line.rank), None)
        if source is None or source == "neighbour" or not line.sure:
            return None
        span = self.door.now().span
        return TimeReport((span.lo + span.hi) // 2, (span.hi - span.lo + 1) // 2, source)

    def set_kernel_clock(self, *, synced: bool | None, offset_ms: int | None) -> None:
        """Set the machine's wall clock, and whether its kernel calls it synchronised."""
        if offset_ms is not None:
            self.clock.offset_ms = offset_ms
        if synced is not None:
            self.clock.synced = synced
        reading = self.clock.read()
        clock = Clock(
            source="kernel", trusted_ms=reading.wall_ms, mono_ms=reading.mono_ms, error_ms=0
        )
        if self.clock.synced and self.door.is_better_time(clock):
            self.door.record("clock", clock, reading)

    def publish(self) -> None:
        """Copy the door's journal into the replica, as the carrier does first."""
        with self.replica.transaction():
            self.own.copy(self.journal, self.at_ms())

    def talk_to(self, other: "RegistryNode | KioskNode") -> None:
        """Exchange with another node until neither has anything new."""
        if isinstance(other, KioskNode):
            other.publish()
        asker = self.askers.get(other.device)
        if asker is None:
            asker = self.askers[other.device] = Asker(
                self.replica,
                self.identity,
                self.at_ms,
                self.time_report,
                other.device,
                self.random.randbytes,
            )
            asker.warrant = self.given.warrant
        self.publish()
        offering, again = False, True
        while again:
            asked = self.clock.read().mono_ms
            request = asker.request(offering=offering)
            answer, _ = other.answerer.answer(request, self.clock.true.ms)
            taken, again = asker.receive(answer)
            if not offering:
                again = again or bool(asker.ahead())
            offering = True
            if taken.time is not None:
                accepted_time = self.times.heard(
                    taken.time, other.device, asked, self.clock.read().mono_ms
                )
                if accepted_time is not None:
                    self.replica.notify_door("clock", accepted_time)
        self.hear()
        if isinstance(other, KioskNode):
            other.hear()

    def hear(self) -> None:
        """Fold what has come in, as the door does between scans."""
        self.feed.catch_up()
        self.feed.read_inbox()

    def level(self, reached: list[str]) -> bool:
        """Pass seats to other gates that were reached and have fewer; whether any were passed."""
        before = self.journal.seq
        self.replica.notify_door("reached", reached)
        self.feed.read_inbox()
        return self.journal.seq > before

    def seats_by_gate(self) -> dict[str, int]:
        """The free seats of each entry gate of this gate's area, as this kiosk knows them."""
        seats = self.door.seats()
        return {} if seats is None else seats.by_gate(self.at_ms())

    def headcount(self) -> dict[str, Count]:
        """The counts as this kiosk knows them."""
        if self._headcount is None:
            log_state = LogState(self.registry.device, self.earliest_ms)
            prepare(log_state.event_state, self.device, self.given)
            self._headcount = Headcount(log_state)
            self._counted = 0
        self.publish()
        for position, log_entry in self.replica.since(self._counted, -1):
            self._headcount.log_state.file(log_entry)
            self._counted = position
        return self._headcount.areas(self.at_ms())
