"""Capacity leases: the seats of a room, shared among its doors, so that doors which cannot talk to each other can never
admit more people than the room holds.

Every entry gate of an area with a capacity begins with an equal share of it. A share belongs to an account: the kiosk
that stood at the gate when it was dealt. An account has

    free = dealt + received - given + freed by an admin - people who have one of its seats

A person has the seat on which a gate let them in until they leave the area (through any door, by entering elsewhere,
by the clearing of the room, at the day's end) or the entry is voided. A re-entry at the same gate takes the same seat
over; one at another gate of the area spends a seat there, and the first gate's is free when that gate learns of it: of
each area a person has one seat, that of their last let-in on a seat (though that be a re-entry taken
back since: the first gate may have given its seat away). So nothing is counted up or down: who has a seat
is read off each person's history. Spending is the scan entry itself, giving is a `seats` entry in the giver's log,
receiving is having that entry.

Why no partition overfills a room: a gate frees a seat only when it has an entry by which the person left after their
last let-in there, or was let in since on another gate's seat. Whoever is in the room was let in last by some gate; that
gate has no such entry, for there is none. So at every moment each person in the room has at least one spent seat, and
spent seats, free ones and those on their way make up the capacity. A void alone can leave a gate owing a seat: of an
exit whose seat was spent since, or of a let-in by a gate that did not know the person to be inside already.

This is a bounded counter (Balegas et al., "Extending Eventual Consistency", EuroSys 2015) whose rights are seats.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from access.event.programme import Programme
from access.log.entry import Kiosk, Scan
from access.log.log_entry import LogEntry, Order
from access.state.badge_history import OPENED, Account, History
from access.state.event_state import EventState


def deal(difference: int, gates: Sequence[str]) -> dict[str, int]:
    """Equal shares of seats (or of seats taken away), the remainder in file order."""
    if not gates:
        return {}
    sign = -1 if difference < 0 else 1
    each, rest = divmod(abs(difference), len(gates))
    return {gate: sign * (each + (index < rest)) for index, gate in enumerate(gates)}


def dealings(event_state: EventState, area: str) -> Iterator[tuple[Order, Account, int]]:
    """Every change of the seats that an account may spend, with its position in the total order: shares dealt (of a
    changed capacity, the difference), seats freed by an admin, seats passed on.

    A share of a gate where no kiosk stood yet waits for the first one that comes. Gates keep their account where a
    kiosk is replaced: the new one begins with nothing.
    """
    yield from _shares(event_state, area)
    for entry, seats in event_state.seats:
        if seats.area == area and event_state.believed(entry):
            order = event_state.order(entry)
            yield order, (entry.device, seats.from_gate), -seats.count
            # Received before anything else of that instant: the receiver may spend at once.
            received = Order(order.at_ms, "", 0, b"")
            yield received, (seats.to_device, seats.to_gate), seats.count


def _shares(event_state: EventState, area: str) -> Iterator[tuple[Order, Account, int]]:
    waiting: dict[str, int] = {}
    stands: dict[str, str] = {}
    at: dict[str, str] = {}
    freed: dict[str, int] = {}
    shared = 0
    changes: list[tuple[Order, Programme | Kiosk]] = [*event_state.events, *event_state.assignments]
    for order, change in sorted(changes, key=lambda change: change[0]):
        if isinstance(change, Programme):
            now = (change.area_tree[area].capacity or 0) if area in change.area_tree else 0
            shares = deal(now - shared, change.entry_gates(area))
            shared += sum(shares.values())
            for gate, count in shares.items():
                if gate in stands:
                    yield order, (stands[gate], gate), count
                else:
                    waiting[gate] = waiting.get(gate, 0) + count
        elif change.gate is not None and not change.cut_off:
            account = (change.device, change.gate)
            if at.get(change.device) != change.gate:  # else only its address is repeated
                stands[change.gate] = change.device
            at[change.device] = change.gate
            if change.gate in waiting:
                yield order, account, waiting.pop(change.gate)
            more = change.seats.get(area, 0) - freed.get(change.device, 0)
            if more:
                freed[change.device] = change.seats[area]
                yield order, account, more


def gifts(
    gate: str, free: Mapping[str, int], reachable: Iterable[str], gates: Sequence[str]
) -> list[tuple[str, int]]:
    """What a gate gives to the area's other gates that it can reach: half of what it has more, rounded down.

    `free` are the free seats of each gate, as this one knows them; `gates` the entry gates in file order.
    """
    known = dict(free)
    given: list[tuple[str, int]] = []
    reached = set(reachable)
    for other in gates:
        if other == gate or other not in reached or other not in known or gate not in known:
            continue
        count = (known[gate] - known[other]) // 2
        if count > 0:
            known[gate] -= count
            known[other] += count
            given.append((other, count))
    return given


class SeatBook:
    """Which account each seat of one area belongs to now, updated as entries arrive.

    `history` returns the history of a badge from the caller's store.
    """

    def __init__(
        self, area: str, event_state: EventState, history: Callable[[bytes], History]
    ) -> None:
        self.area = area
        self._event_state = event_state
        self._history = history
        self._badges: dict[bytes, tuple[Account | None, int | None]] = {}
        self._stale: set[bytes] = set()
        self._holding: dict[Account, int] = {}
        self._seated: set[bytes] = set()
        """Everybody who was ever let in on a seat, of whatever area."""
        self._version: tuple[int, int] = (-1, -1)
        self._asked_ms = 0
        self._seats_known = -1
        self._next_ms: int | None = None
        self._balance: dict[Account, int] = {}

    def observe(self, entry: LogEntry) -> None:
        """Note a new entry; a person who may have a seat here is computed again at the next question."""
        body = entry.body
        badge: bytes | None = getattr(body, "badge", None)
        if badge is None:
            return
        badge = self._event_state.persons.current(badge)
        if badge in self._badges:
            self._stale.add(badge)
        elif type(body) is Scan and body.seat and body.verdict in OPENED:
            self._seated.add(badge)
            if body.area in (None, self.area):  # None: an entry of an older version
                self._stale.add(badge)

    def let_in(self, badges: Iterable[bytes], *, here: bool) -> None:
        """Note people who were let in on a seat; `here`: perhaps of this area."""
        self._seated.update(badges)
        if here:
            self._stale.update(badges)

    def free(self, account: Account, at_ms: int) -> int:
        """Seats that this account may still spend; below 0 it owes some."""
        self._refresh(at_ms)
        return self._balance.get(account, 0) - self._holding.get(account, 0)

    def holds(self, badge: bytes, account: Account, at_ms: int) -> bool:
        """Whether the person is in the area on a seat of this account."""
        self._refresh(at_ms)
        return self._has(badge) == account

    def seat_of(self, badge: bytes, at_ms: int) -> Account | None:
        """The account whose seat of this area the person has, or None, as far as known here."""
        self._refresh(at_ms)
        return self._has(badge)

    def _has(self, badge: bytes) -> Account | None:
        badge = self._event_state.persons.current(badge)
        return self._badges[badge][0] if badge in self._badges else None

    def by_gate(self, at_ms: int) -> dict[str, int]:
        """The free seats of each entry gate with a kiosk, as far as known here."""
        programme = self._event_state.programme
        if programme is None:
            return {}
        return {
            gate: self.free((device, gate), at_ms)
            for gate in programme.entry_gates(self.area)
            if (device := self._event_state.kiosk_at(gate)) is not None
        }

    def lost(self, at_ms: int) -> int:
        """Free seats of kiosks that stand at no gate of the area any more (wiped, replaced, their gate moved or
        removed), as far as no admin has given them to another: nobody can spend them."""
        self._refresh(at_ms)
        programme = self._event_state.programme
        gates = () if programme is None else programme.entry_gates(self.area)
        gone = sum(
            max(0, self.free((device, gate), at_ms))
            for device, gate in self._balance
            if gate not in gates or self._event_state.kiosk_at(gate) != device
        )
        kiosks = self._event_state.kiosks.values()
        return max(0, gone - sum(kiosk.seats.get(self.area, 0) for kiosk in kiosks))

    def _refresh(self, at_ms: int) -> None:
        version = (self._event_state.version, self._event_state.clocks.version)
        if version != self._version or at_ms < self._asked_ms:
            self._version = version
            self._stale |= self._seated
            self._forget_given_up()
            self._seats_known = -1
        elif self._next_ms is not None and at_ms >= self._next_ms:
            self._stale.update(self._due(at_ms))
            later = [at for _, at in self._badges.values() if at is not None and at > at_ms]
            self._next_ms = min(later, default=None)
        self._asked_ms = at_ms
        if self._seats_known != len(self._event_state.seats):
            self._seats_known = len(self._event_state.seats)
            self._balance = {}
            for _, account, count in dealings(self._event_state, self.area):
                self._balance[account] = self._balance.get(account, 0) + count
        if self._stale:
            self._look_again(at_ms)

    def _forget_given_up(self) -> None:
        """Whoever was given another badge has the seat under that one."""
        current = self._event_state.persons.current
        for badge in [badge for badge in self._badges if current(badge) != badge]:
            account, _ = self._badges.pop(badge)
            if account is not None:
                self._holding[account] -= 1

    def _due(self, at_ms: int) -> list[bytes]:
        """The people whom time alone has moved by now."""
        return [
            badge
            for badge, (_, changes_ms) in self._badges.items()
            if changes_ms is not None and at_ms >= changes_ms
        ]

    def _look_again(self, at_ms: int) -> None:
        current = self._event_state.persons.current
        for badge in {current(badge) for badge in self._stale}:
            before = self._has(badge)
            state = self._history(badge).whereabouts(at_ms)
            now = state.seats.get(self.area)
            self._badges[badge] = (now, None if now is None else state.changes_ms())
            if before is not None:
                self._holding[before] -= 1
            if now is not None:
                self._holding[now] = self._holding.get(now, 0) + 1
            changes_ms = self._badges[badge][1]
            if changes_ms is not None and (self._next_ms is None or changes_ms < self._next_ms):
                self._next_ms = changes_ms
        self._stale.clear()
