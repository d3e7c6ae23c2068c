"""The state that is about no single badge and that every fold needs: clocks, event definitions, keys, kiosks, cut-offs.

It is small (some hundreds of entries in a whole event), so every door keeps it in memory.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

import msgspec

from access.event.definition import Event
from access.event.programme import Programme
from access.log.entry import (
    REGISTRY_KINDS,
    UNREADABLE,
    Alarm,
    Body,
    Boot,
    Clock,
    EntryRef,
    EventDefined,
    GateGiven,
    Health,
    Key,
    Kiosk,
    Override,
    Recount,
    Ruling,
    SamePerson,
    Scan,
    Seats,
    Span,
    Void,
)
from access.log.log_entry import ABOUT_BADGES, LogEntry, Order, log_position
from access.log.sign_offs import Close
from access.state.kept.persons import Persons
from access.state.time_repair import FAR_MS, Clocks

DAY_MS = 86_400_000


class EventState:
    """A fold over the entries that are about no badge. Adding is idempotent and takes any order."""

    def __init__(self, registry: str, earliest_ms: int) -> None:
        """`registry` is the registry's device id: entries about badges, keys and kiosks count only in its logs. Trusted
        times before `earliest_ms` (the build date) are ignored."""
        self.registry = registry
        self.clocks = Clocks(earliest_ms, earliest_ms + 3660 * DAY_MS, earliest_ms + 3660 * DAY_MS)
        self.version = self.definitions_version = 0
        """These grow whenever an answer not about one badge may have changed, or is read by another definition."""
        self.programme: Programme | None = None
        """The event definition in force, or None before the first is known."""
        self.keys: dict[int, bytes] = {}
        self.key_history: dict[int, bytes] = {}
        """Every key of the event known to this device, withdrawn ones too, by number."""
        self.kiosks: dict[str, Kiosk] = {}
        self.assignments: list[tuple[Order, Kiosk]] = []
        self.events: list[tuple[Order, Programme]] = []
        self.rulings: list[tuple[Order, Ruling]] = []
        self.closes: list[tuple[Order, Close]] = []
        self.alarms: dict[bytes, tuple[LogEntry, Alarm]] = {}
        self.persons = Persons()
        self.seats: list[tuple[LogEntry, Seats]] = []
        self.recounts: list[tuple[LogEntry, Recount]] = []
        self.last_seq: dict[str, int] = {}
        self.registry_newest = (0, "", 0)  # wall clock (ms), log, number
        self._cut_off: dict[str, Mapping[str, int]] = {}
        self._kiosk_entries: list[tuple[Order, Kiosk]] = []
        self._seen: set[bytes] = set()
        self._given_programme: Programme | None = None
        self._given_keys: dict[int, bytes] = {}
        self._given_gates: dict[str, str] = {}
        self._key_entries: dict[int, tuple[Order, Key]] = {}
        self._assigned_ms: dict[str, int] = {}
        self._gate_grants: dict[str, list[tuple[LogEntry, GateGiven]]] = {}
        self._taken_back: list[tuple[LogEntry, EntryRef]] = []
        self._health: dict[str, tuple[LogEntry, Health]] = {}

    def enrolled_with(
        self, event: Event, keys: Mapping[int, bytes], device: str, gate: str | None
    ) -> None:
        """Set the definition, keys and gate (None: a spare kiosk) that a kiosk got at its enrolment. They count until
        entries of the registry's log replace them."""
        self._given_programme = Programme(event)
        self._given_keys.update(keys)
        if gate is not None:
            self._given_gates[device] = gate
        self._find_keys()
        self._bound(self.events[-1][1] if self.events else self._given_programme)

    def introduced(self, device: str, gate: str) -> None:
        """Set the gate of a kiosk known only by its enrolment certificate, until the registry's log names it."""
        self._given_gates[device] = gate
        self.version += 1

    @property
    def registry_head(self) -> tuple[str, int] | None:
        """The newest entry of the registry's logs that is known here: log and number."""
        _, log, seq = self.registry_newest
        return (log, seq) if seq else None

    def programme_at(self, order: Order) -> Programme | None:
        """The definition in force at an entry's time: the last one not after it, else the first."""
        events = self.events
        if len(events) < 2:  # most events have one, and this is asked for every entry
            return events[0][1] if events else self._given_programme
        index = bisect_right(events, order.at_ms, key=lambda event: event[0].at_ms)
        return events[max(0, index - 1)][1]

    def programme_known_to(self, device: str, until: Order) -> Programme | None:
        """The definition in use at a kiosk that knew the registry's log up to `until`: the newest of that log, else the
        one of its enrolment."""
        heard = [programme for order, programme in self.events if order <= until]
        if heard:
            return heard[-1]
        enrolled = next((at for at, one in self.assignments if one.device == device), None)
        return self.programme if enrolled is None else self.programme_at(enrolled)

    def definitions(self) -> Sequence[tuple[int, Programme]]:
        """Every known event definition with the instant (ms) from which it is in force; the first always was."""
        if len(self.events) < 2:
            programme = self.programme
            return () if programme is None else ((-FAR_MS, programme),)
        later = ((order.at_ms, programme) for order, programme in self.events[1:])
        return ((-FAR_MS, self.events[0][1]), *later)

    def area_of(self, order: Order, body: Scan | Override) -> str | None:
        """The area into which the entry's gate led: as recorded in the entry, or by the definition of its time.

        Where that definition lacks the gate (the door did not have it yet), the nearest one that has it counts;
        None where none has.
        """
        if body.area is not None:
            return body.area
        in_force = self.programme_at(order)
        gate = in_force.gates.get(body.gate) if in_force is not None else None
        if gate is not None:
            return gate.area
        for programme in self.nearest_first(order):
            gate = programme.gates.get(body.gate)
            if gate is not None:
                return gate.area
        return None

    def above(self, order: Order, area: str | None) -> tuple[str, ...]:
        """An area and those above it up to the venue, by the definition of that time or else the nearest one that has
        the area; empty where none has."""
        if area is None:
            return ()
        in_force = self.programme_at(order)
        if in_force is not None and area in in_force.above:
            return in_force.above[area]
        for programme in self.nearest_first(order):
            if area in programme.above:
                return programme.above[area]
        return ()

    def nearest_first(self, order: Order) -> Iterator[Programme]:
        """The definition in force at that position, then those before it, newest first, then those after it."""
        if len(self.events) < 2:
            if self.programme is not None:
                yield self.programme
            return
        index = bisect_right(self.events, order.at_ms, key=lambda event: event[0].at_ms)
        now = max(0, index - 1)
        for _, programme in (*self.events[now::-1], *self.events[now + 1 :]):
            yield programme

    def is_registry(self, log: str) -> bool:
        return log.startswith(self.registry)

    def order(self, entry: LogEntry) -> Order:
        """The position of an entry in the total order. It changes when clocks are repaired."""
        log = entry.log
        if log.startswith(self.registry):
            return Order(entry.wall_ms, log, entry.seq, entry.digest)
        return Order(self.clocks.line(log).order + entry.mono_ms, log, entry.seq, entry.digest)

    def at_ms(self, entry: LogEntry) -> int:
        """The instant by which an entry is ordered."""
        return self.order(entry).at_ms

    def span(self, entry: LogEntry) -> Span:
        """The corrected time of an entry, as an interval."""
        if entry.log.startswith(self.registry):
            return Span(entry.wall_ms, entry.wall_ms)
        return self.clocks.line(entry.log).span(entry.mono_ms)

    @property
    def doubts_any(self) -> bool:
        """Whether there are entries that do not count: some kiosk is cut off."""
        return bool(self._cut_off)

    def believed(self, entry: LogEntry) -> bool:
        """Whether the entry counts: a cut-off names the last number of each log that is believed."""
        believed = self._cut_off.get(entry.device) if self._cut_off else None
        return believed is None or entry.seq <= believed.get(entry.log, 0)

    def assigned(self, device: str) -> str | None:
        """The gate that the registry assigned to a kiosk: by its log, or before that by the enrolment."""
        kiosk = self.kiosks.get(device)
        return kiosk.gate if kiosk is not None else self._given_gates.get(device)

    def gate_grants(self, device: str) -> list[tuple[LogEntry, GateGiven]]:
        """Gates given to a kiosk by supervisors since the registry last named one, and not cancelled; oldest first."""
        gone = {
            ref
            for entry, ref in self._taken_back
            if entry.device == device and self.believed(entry)
        }
        assigned_ms = self._assigned_ms.get(device)
        standing = [
            (entry, grant)
            for entry, grant in self._gate_grants.get(device, ())
            if self.believed(entry)
            and EntryRef(entry.log, entry.seq, entry.digest) not in gone
            and (assigned_ms is None or self.span(entry).hi > assigned_ms)
        ]
        return sorted(standing, key=lambda grant: self.order(grant[0]))

    def gate_of(self, device: str) -> str | None:
        """The gate a kiosk stands at: the one the registry assigned, or else the last that a supervisor gave it."""
        assigned = self.assigned(device)
        if assigned is not None:
            return assigned
        grants = self.gate_grants(device)
        return grants[-1][1].gate if grants else None

    @property
    def devices(self) -> set[str]:
        """Every kiosk that is known to have been given a gate, or named by the registry."""
        return {*self.kiosks, *self._given_gates, *self._gate_grants}

    @property
    def health(self) -> dict[str, tuple[LogEntry, Health]]:
        """The newest health entry of each device."""
        newest: dict[str, tuple[LogEntry, Health]] = {}
        for entry, health in self._health.values():
            known = newest.get(entry.device)
            if self.believed(entry) and (known is None or self.order(entry) > self.order(known[0])):
                newest[entry.device] = (entry, health)
        return newest

    def kiosk_at(self, gate: str) -> str | None:
        """The device that stands at a gate now: the last one assigned, by the registry's log or by a supervisor. A
        device enrolled so recently that the registry's log does not name it yet counts as later than those named."""
        assigned, sent = self._assigned_at(gate), self._sent_to(gate)
        if sent is not None:
            came, device = sent
            # Where the order of the two is uncertain the supervisor, who saw the gate, counts.
            if assigned is None or self.span(came).hi >= assigned[0].at_ms:
                return device
        for device, given in reversed(self._given_gates.items()):
            if given == gate and device not in self.kiosks:
                return device
        return assigned[1] if assigned is not None else None

    def _assigned_at(self, gate: str) -> tuple[Order, str] | None:
        """The device that the registry's log assigned to a gate last, and since when."""
        came: dict[str, Order] = {}
        stood: dict[str, str | None] = {}
        for order, kiosk in self.assignments:
            # A kiosk of which only the address is repeated has not come to its gate again.
            if kiosk.device not in came or stood[kiosk.device] != kiosk.gate:
                came[kiosk.device] = order
            stood[kiosk.device] = kiosk.gate
        here = [
            (order, device)
            for device, order in came.items()
            if stood[device] == gate and not self.kiosks[device].cut_off
        ]
        return max(here, default=None)

    def _sent_to(self, gate: str) -> tuple[LogEntry, str] | None:
        """The device that a supervisor assigned to a gate last, and the entry that did it."""
        found: list[tuple[LogEntry, str]] = []
        for device in self._gate_grants:
            kiosk = self.kiosks.get(device)
            if self.assigned(device) is not None or (kiosk is not None and kiosk.cut_off):
                continue
            grants = self.gate_grants(device)
            if grants and grants[-1][1].gate == gate:
                found.append((grants[-1][0], device))
        return max(found, key=lambda one: self.order(one[0]), default=None)

    def observe(self, entry: LogEntry) -> None:
        """Take from an entry of any kind what it contains about its log's clock and length."""
        log = entry.log
        if entry.seq > self.last_seq.get(log, 0):
            self.last_seq[log] = entry.seq
        if log.startswith(self.registry):
            self.registry_newest = max(self.registry_newest, (entry.wall_ms, log, entry.seq))
            return
        self.clocks.observe(log, entry.mono_ms)
        body = entry.body
        if type(body) is Scan and (span := body.span) is not None and span.lo != span.hi:
            self.clocks.not_before(log, entry.seq, entry.mono_ms, span.lo)

    def add(self, entry: LogEntry) -> None:
        """Fold one entry. Of those about a badge only the clock counts here; unknown kinds do nothing."""
        self.observe(entry)
        body = entry.body
        if (
            body is None
            or (entry.kind in ABOUT_BADGES and not (type(body) is Void and body.badge is None))
            or (entry.kind in REGISTRY_KINDS and not self.is_registry(entry.log))
        ):
            return
        match body:
            case Boot():
                if entry.seq == 1 and not self.is_registry(entry.log):
                    self.clocks.began(entry.log, body)
            case Clock():
                if not self.is_registry(entry.log):
                    self.clocks.add_trusted_time(entry.log, entry.seq, body)
            case _ if entry.digest not in self._seen:
                self._take(entry, body)

    def _take(self, entry: LogEntry, body: Body) -> None:
        """Fold an entry for the first time."""
        match body:
            case EventDefined():
                self._define(entry, body)
            case Key():
                keyed = (self.order(entry), body)
                self._key_entries[body.number] = max(
                    keyed, self._key_entries.get(body.number, keyed), key=itemgetter(0)
                )
                self._find_keys()
            case Kiosk():
                insort(self._kiosk_entries, (self.order(entry), body), key=itemgetter(0))
                self._assign()
                self._cut_off = {d: k.believed for d, k in self.kiosks.items() if k.cut_off}
                self.clocks.cut_off(body.device, self._cut_off.get(body.device))
            case Seats():
                self.seats.append((entry, body))
            case Recount():
                self.recounts.append((entry, body))
            case Ruling():
                insort(self.rulings, (self.order(entry), body), key=lambda r: r[0])
            case Close():
                insort(self.closes, (self.order(entry), body), key=lambda c: c[0])
            case SamePerson():
                self.persons.add(self.order(entry), body.before, body.after)
            case GateGiven():
                self._gate_grants.setdefault(entry.device, []).append((entry, body))
            case Void():  # of an entry about no badge: perhaps of a gate given
                self._taken_back.append((entry, body.entry))
            case _:
                self._take_state(entry, body)
                return
        self._seen.add(entry.digest)
        self.version += not isinstance(body, Seats | Recount)

    def _assign(self) -> None:
        """Rebuild the state of each kiosk and the history of assignments."""
        kiosks: dict[str, Kiosk] = {}
        assignments = []
        self._assigned_ms = {}
        for order, change in self._kiosk_entries:
            if change.gate is not None:
                self._assigned_ms[change.device] = order.at_ms
            kiosks[change.device] = kiosks.get(change.device, change).then(change)
            assignments.append((order, kiosks[change.device]))
        self.kiosks, self.assignments = kiosks, assignments

    def _take_state(self, entry: LogEntry, body: Body) -> None:
        if isinstance(body, Health):
            known, _ = self._health.get(entry.log, (entry, body))
            if log_position(entry) >= log_position(known):
                self._health[entry.log] = (entry, body)
        if isinstance(body, Alarm):
            self.alarms[entry.digest] = (entry, body)

    def _find_keys(self) -> None:
        """Combine the keys: entries of the registry's log override, by number, the keys of the enrolment."""
        entered = {number: key for number, (_, key) in self._key_entries.items()}
        self.keys = {n: key for n, key in self._given_keys.items() if n not in entered}
        self.keys.update((n, key.public) for n, key in entered.items() if not key.withdrawn)
        self.key_history = {**self._given_keys, **{n: key.public for n, key in entered.items()}}

    def _define(self, entry: LogEntry, body: EventDefined) -> None:
        try:
            programme = Programme(msgspec.msgpack.decode(body.event, type=Event))
        except (*UNREADABLE, ValueError):
            return  # a definition that a newer registry understands: kept, and not in force here
        insort(self.events, (self.order(entry), programme), key=lambda e: e[0])
        self._bound(self.events[-1][1])

    def _bound(self, programme: Programme) -> None:
        """This definition is in force from now on."""
        self.programme = programme
        self.version += 1
        self.definitions_version += 1
        retention_ms = programme.policy.retention_days * DAY_MS
        # The instant at which the last day ends belongs to no day of the event any more.
        self.clocks.bound(programme.end_ms + retention_ms, programme.end_ms - 1)
