"""What every fold needs, whichever badge it is about: clocks, event definitions, keys, kiosks, cut-offs.

It is small (some hundreds of entries in a whole event), so every door keeps it in memory.
"""

from bisect import insort
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from access.clocks import Clocks
from access.entry import (
    REGISTRY_KINDS,
    UNREADABLE,
    Alarm,
    Body,
    Boot,
    Clock,
    Close,
    EventDefined,
    GateGiven,
    Health,
    Key,
    Kiosk,
    Recount,
    Ruling,
    Scan,
    Seats,
    Span,
    body_of,
    decode,
)
from access.event import Event
from access.programme import Programme

DAY_MS = 86_400_000


class Held(msgspec.Struct, frozen=True, gc=False):
    """An entry as folds take it: where it stands, its clocks, and its body (None: cannot be read)."""

    log: str
    seq: int
    digest: bytes
    mono_ms: int
    wall_ms: int
    kind: str
    body: Body | None

    @property
    def device(self) -> str:
        return self.log[:16]


class Order(NamedTuple):
    """The place of an entry among all: corrected time (ms), then log, number and hash."""

    at_ms: int
    log: str
    seq: int
    digest: bytes


def hold(log: str, digest: bytes, raw: bytes) -> Held:
    """The entry that these bytes are. Raises EntryError where they are none."""
    entry = decode(raw)
    return Held(log, entry.seq, digest, entry.mono_ms, entry.wall_ms, entry.kind, body_of(entry))


class Background:
    """A fold over the entries that are about no badge. Adding is idempotent and takes any order."""

    def __init__(self, registry: str, earliest_ms: int) -> None:
        """`registry` is the fingerprint (16 hex digits) of the registry's device key: only its logs may speak of
        badges, keys and kiosks. No trusted time before `earliest_ms` (the build date) is believed."""
        self.registry = registry
        self.clocks = Clocks(earliest_ms, earliest_ms + 3660 * DAY_MS, earliest_ms + 3660 * DAY_MS)
        self.version = 0
        """Grows whenever an answer that is not about one badge may have changed."""
        self.keys: dict[int, bytes] = {}
        self.kiosks: dict[str, Kiosk] = {}
        self.assignments: list[tuple[Order, Kiosk]] = []
        self.events: list[tuple[Order, Programme]] = []
        self.rulings: list[tuple[Order, Ruling]] = []
        self.closes: list[tuple[Order, Close]] = []
        self.given_gates: dict[str, tuple[tuple[int, int], str]] = {}
        self.health: dict[str, tuple[tuple[int, int], Health]] = {}
        self.alarms: dict[bytes, tuple[Held, Alarm]] = {}
        self.seats: list[tuple[Held, Seats]] = []
        self.recounts: list[tuple[Held, Recount]] = []
        self.last_seq: dict[str, int] = {}
        self.registry_head: tuple[str, int] | None = None
        self._registry_newest = (0, 0)
        self._seen: set[bytes] = set()
        self._given_programme: Programme | None = None
        self._key_orders: dict[int, Order] = {}

    def enrolled_with(
        self, event: Event, keys: Mapping[int, bytes], device: str, gate: str
    ) -> None:
        """What a kiosk was given when it was enrolled, until the registry's log has told it more."""
        self._given_programme = Programme(event)
        for number, public in keys.items():
            self.keys.setdefault(number, public)
        self.given_gates.setdefault(device, ((0, 0), gate))
        self._bound(self._given_programme)
        self.version += 1

    @property
    def programme(self) -> Programme | None:
        """The event definition in force, or None before the first is held."""
        return self.events[-1][1] if self.events else self._given_programme

    def programme_at(self, order: Order) -> Programme | None:
        """The definition in force at an entry's place: the last one before it, else the first."""
        before = [programme for since, programme in self.events if since <= order]
        return before[-1] if before else (self.events[0][1] if self.events else None)

    def is_registry(self, log: str) -> bool:
        return log.startswith(self.registry)

    def order(self, held: Held) -> Order:
        """The place of an entry among all that are held. It moves when clocks are repaired."""
        return Order(self.at_ms(held), held.log, held.seq, held.digest)

    def at_ms(self, held: Held) -> int:
        if held.log.startswith(self.registry):
            return held.wall_ms
        return self.clocks.line(held.log).sorts_at(held.mono_ms)

    def span(self, held: Held) -> Span:
        """The corrected time of an entry, as an interval."""
        if held.log.startswith(self.registry):
            return Span(held.wall_ms, held.wall_ms)
        return self.clocks.line(held.log).span(held.mono_ms)

    def believed(self, held: Held) -> bool:
        """Whether the entry counts: a cut-off names the last number of each log that is believed."""
        kiosk = self.kiosks.get(held.device)
        if kiosk is None or not kiosk.cut_off:
            return True
        return held.seq <= kiosk.believed.get(held.log, 0)

    def gate_of(self, device: str) -> str | None:
        """The gate a kiosk stands at: the registry's word, or a supervisor's since."""
        kiosk = self.kiosks.get(device)
        given = self.given_gates.get(device)
        if given is not None and (kiosk is None or kiosk.gate is None):
            return given[1]
        return kiosk.gate if kiosk is not None else None

    def kiosk_at(self, gate: str) -> str | None:
        """The device that stands at a gate now: the one assigned last."""
        at = [
            (order, kiosk.device)
            for order, kiosk in self.assignments
            if self.gate_of(kiosk.device) == gate and not self.kiosks[kiosk.device].cut_off
        ]
        return max(at)[1] if at else None

    def saw(self, held: Held) -> None:
        """Take what any entry says of its log's clock, whatever its kind."""
        log = held.log
        if held.seq > self.last_seq.get(log, 0):
            self.last_seq[log] = held.seq
        if log.startswith(self.registry):
            if (held.wall_ms, held.seq) >= self._registry_newest:
                self._registry_newest = (held.wall_ms, held.seq)
                self.registry_head = (log, held.seq)
            return
        self.clocks.saw(log, held.mono_ms)
        body = held.body
        if type(body) is Scan and body.span is not None and not body.span.exact:
            self.clocks.not_before(log, held.mono_ms, body.span.lo)

    def add(self, held: Held) -> None:
        """Fold one entry. Those about a badge only tell the time here; kinds unknown to this version do nothing."""
        self.saw(held)
        body = held.body
        if body is None or (held.kind in REGISTRY_KINDS and not self.is_registry(held.log)):
            return
        match body:
            case Boot():
                self.clocks.began(held.log, body)
            case Clock():
                if not self.is_registry(held.log):
                    self.clocks.told(held.log, body)
            case _ if held.digest not in self._seen:
                self._take(held, body)

    def _take(self, held: Held, body: Body) -> None:
        """Fold an entry for the first time."""
        match body:
            case EventDefined():
                self._define(held, body)
            case Key():
                self._set_key(self.order(held), body)
            case Kiosk():
                insort(self.assignments, (self.order(held), body), key=lambda a: a[0])
                self.kiosks = {kiosk.device: kiosk for _, kiosk in self.assignments}
            case Seats() | Recount():
                self._seen.add(held.digest)
                if isinstance(body, Seats):
                    self.seats.append((held, body))
                else:
                    self.recounts.append((held, body))
                return
            case Ruling():
                insort(self.rulings, (self.order(held), body), key=lambda r: r[0])
            case Close():
                insort(self.closes, (self.order(held), body), key=lambda c: c[0])
            case _:
                self._take_word_of_kiosk(held, body)
                return
        self._seen.add(held.digest)
        self.version += 1

    def _take_word_of_kiosk(self, held: Held, body: Body) -> None:
        newness = (held.wall_ms, held.seq)
        match body:
            case GateGiven():
                if newness >= self.given_gates.get(held.device, (newness, ""))[0]:
                    self.given_gates[held.device] = (newness, body.gate)
                    self.version += 1
            case Health():
                if newness >= self.health.get(held.device, (newness, body))[0]:
                    self.health[held.device] = (newness, body)
            case Alarm():
                self.alarms[held.digest] = (held, body)

    def _set_key(self, order: Order, key: Key) -> None:
        if order < self._key_orders.get(key.number, order):
            return
        self._key_orders[key.number] = order
        self.keys.pop(key.number, None)
        if not key.withdrawn:
            self.keys[key.number] = key.public

    def _define(self, held: Held, body: EventDefined) -> None:
        try:
            programme = Programme(msgspec.msgpack.decode(body.event, type=Event))
        except (*UNREADABLE, ValueError):
            return  # a definition that a newer registry understands: kept, and not in force here
        insort(self.events, (self.order(held), programme), key=lambda e: e[0])
        self._bound(self.events[-1][1])

    def _bound(self, programme: Programme) -> None:
        retention_ms = programme.policy.retention_days * DAY_MS
        self.clocks.bound(programme.end_ms + retention_ms, programme.end_ms)
