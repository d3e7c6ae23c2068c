"""The partition report: decisions that would have been different had everything been known, and signs of copied badges.

A fold: every let-in is decided again at its own corrected time, with every fact that is not later, wherever it was
logged. What the door did is never rewritten; each line has a proposed reading, and the admin's answer is an entry.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice, pairwise
from typing import Literal

from access.log.entry import EntryRef, Scan, Span
from access.log.log_entry import Order
from access.rules.decide import decide
from access.state.badge_history import Account, History, Presentation, Whereabouts
from access.state.event_state import EventState
from access.state.facts import facts_as_known
from access.state.log_state import LogState
from access.state.seat_leases import dealings
from access.state.time_repair import FAR_MS

Kind = Literal["would_refuse", "two_places", "fork"]
KINDS: tuple[Kind, ...] = ("would_refuse", "two_places", "fork")
"""In the order in which lines of one entry stand."""

Reading = Literal[
    "left_unseen",
    "copied_badge",
    "clocks_crossed",
    "news_came_late",
    "room_overfull",
    "cloned_kiosk",
]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A line of the partition report. `gates` are the two of `two_places`, in time order; `overlap` says that the
    corrected times of the two entries cross, so that their order is not certain."""

    kind: Kind
    reason: str | None
    badge: bytes | None
    gate: str | None
    entry: EntryRef
    at: Span
    order: Order
    reading: Reading
    gates: tuple[str, str] | None = None
    overlap: bool = False
    ruling: str | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A let-in that passes every rule but needs a seat; whether there was one depends on all gates of the area."""

    account: Account
    area: str
    line: Conflict


@dataclass(frozen=True, slots=True)
class _Taken:
    """A seat of an account in an area, taken from one position in the total order until another."""

    area: str
    account: Account
    since: Order
    until: Order


@dataclass(frozen=True, slots=True)
class _Replay:
    """One badge's history decided again."""

    lines: tuple[Conflict, ...]
    wanted: tuple[_Wanted, ...]
    seats: tuple[_Taken, ...]


class Conflicts:
    """The partition report over a set of logs. Asking again costs only what has changed."""

    def __init__(self, log_state: LogState) -> None:
        self._log_state = log_state
        self._changed = log_state.watch()
        self._replays: dict[bytes, _Replay] = {}

    def lines(self) -> list[Conflict]:
        """All lines, in order of corrected time."""
        event_state = self._log_state.event_state
        self.catch_up()
        found = [line for replay in self._replays.values() for line in replay.lines]
        found += _without_seat(event_state, self._replays.values())
        found += self._forks()
        found.sort(key=lambda line: (line.order, KINDS.index(line.kind)))
        return answered(found, event_state)

    def catch_up(self, most: int | None = None) -> bool:
        """Decide the badges again that have changed, so many at most (None: all of them); whether there are more."""
        self._log_state.settle()
        changed = self._changed & self._log_state.presented
        some = set(islice(changed, most))
        for badge, history in self._log_state.histories(some):
            if badge is not None:
                self._replays[badge] = replay_badge(self._log_state.event_state, history)
        self._changed.intersection_update(changed - some)
        return bool(self._changed)

    def _forks(self) -> Iterator[Conflict]:
        event_state = self._log_state.event_state
        for entry in self._log_state.forks():
            yield Conflict(
                "fork",
                None,
                None,
                event_state.gate_of(entry.device),
                EntryRef(entry.log, entry.seq, entry.digest),
                event_state.span(entry),
                event_state.order(entry),
                "cloned_kiosk",
            )


def answered(lines: Sequence[Conflict], event_state: EventState) -> list[Conflict]:
    """The lines with the admins' answers as of now."""
    answers = {(ruling.conflict, ruling.entry): ruling.answer for _, ruling in event_state.rulings}
    return [
        line if answer == line.ruling else replace(line, ruling=answer)
        for line in lines
        for answer in (answers.get((line.kind, line.entry)),)
    ]


def replay_badge(event_state: EventState, history: History) -> _Replay:
    """Decide every let-in of a badge again, each with what was known of the badge by then."""
    lines: list[Conflict] = []
    wanted: list[_Wanted] = []
    seats = _SeatsOfOne()
    definitions = event_state.definitions()
    if definitions:
        state = Whereabouts(definitions)
        for one in history.walked:
            seats.time_passes(state, one.order.at_ms)
            if one.direction == "in" and isinstance(one.body, Scan) and not one.voided:
                answer = _decide_again(event_state, history, one, one.body, state)
                if isinstance(answer, Conflict):
                    lines.append(answer)
                elif answer is not None:
                    wanted.append(answer)
            seats.walks(state, one)
        seats.stays(state)
        lines += _impossible_travel(event_state, history)
    return _Replay(tuple(lines), tuple(wanted), tuple(seats.taken))


class _SeatsOfOne:
    """The intervals for which one person had seats."""

    def __init__(self) -> None:
        self.taken: list[_Taken] = []
        self._open: dict[str, tuple[Account, Order]] = {}

    def time_passes(self, state: Whereabouts, at_ms: int) -> None:
        """Time alone clears a room, and at the day's end the house."""
        while (leaves_ms := state.changes_ms()) is not None and leaves_ms <= at_ms:
            state.until(leaves_ms)
            self._release(state.seats, _instant(leaves_ms))

    def walks(self, state: Whereabouts, one: Presentation) -> None:
        state.step(one)
        self._release(state.seats, one.order)
        for area, account in state.seats.items():
            self._open.setdefault(area, (account, one.order))

    def stays(self, state: Whereabouts) -> None:
        """No more presentations: the seats are taken until time alone moves the person."""
        self.time_passes(state, FAR_MS)

    def _release(self, still: dict[str, Account], until: Order) -> None:
        for area, (account, since) in list(self._open.items()):
            if still.get(area) != account:
                del self._open[area]
                self.taken.append(_Taken(area, account, since, until))


def _instant(at_ms: int) -> Order:
    """An instant (ms) as a position in the total order, before every entry of that millisecond."""
    return Order(at_ms, "", 0, b"")


def _decide_again(
    event_state: EventState, history: History, one: Presentation, body: Scan, state: Whereabouts
) -> Conflict | _Wanted | None:
    """A let-in that the rule book would refuse, one that still needs a seat, or None: it stands."""
    question = facts_as_known(one.entry, body, history, event_state, state.location)
    if question is None:
        return None
    answer = decide(*question)
    if answer.verdict == "refuse":
        return _line(event_state, one, "would_refuse", answer.reason, _reading(answer.reason))
    programme, claims = question.programme, question.facts.listed or question.presented.claims
    area = programme.gates[one.gate].area
    ticket = programme.ticket(claims.ticket) if claims is not None else None
    exempt = ticket is not None and ticket.capacity_exempt
    account = (one.entry.device, one.gate)
    if programme.area_tree[area].capacity is None or exempt or state.seats.get(area) == account:
        return None
    line = _line(event_state, one, "would_refuse", "full", "room_overfull")
    return _Wanted(account, area, line)


def _reading(reason: str) -> Reading:
    if reason == "already_inside":
        return "left_unseen"
    if reason in ("wrong_day", "too_early", "too_late", "no_session"):
        return "clocks_crossed"
    return "news_came_late"


def _line(
    event_state: EventState, one: Presentation, kind: Kind, reason: str | None, reading: Reading
) -> Conflict:
    return Conflict(
        kind,
        reason,
        one.body.badge,
        one.gate,
        EntryRef(one.entry.log, one.entry.seq, one.entry.digest),
        event_state.span(one.entry),
        one.order,
        reading,
    )


def _impossible_travel(event_state: EventState, history: History) -> Iterator[Conflict]:
    """Let-ins at two venues with too little time between them to travel: compared with the one before only."""
    let_in = [
        (one, around[-1])
        for one in history.moves
        if one.direction == "in" and (around := event_state.above(one.order, one.area))
    ]
    for (first, here), (second, there) in pairwise(let_in):
        programme = event_state.programme_at(second.order)
        travel_ms = programme.policy.travel_min * 60_000 if programme is not None else 0
        if here != there and second.order.at_ms - first.order.at_ms < travel_ms:
            line = _line(event_state, second, "two_places", None, "copied_badge")
            crossed = event_state.span(first.entry).hi >= line.at.lo
            yield replace(line, gates=(first.gate, second.gate), overlap=crossed)


def _without_seat(event_state: EventState, replays: Collection[_Replay]) -> list[Conflict]:
    """The let-ins for which their gate had no seat, counting every let-in and every exit in order."""
    wanted = [want for replay in replays for want in replay.wanted]
    if not wanted:
        return []
    areas = {want.area for want in wanted}
    changes: dict[tuple[str, Account], list[tuple[Order, int]]] = {}
    for area in areas:
        for order, account, count in dealings(event_state, area):
            changes.setdefault((area, account), []).append((order, count))
    for replay in replays:
        for seat in replay.seats:
            if seat.area in areas:
                mine = changes.setdefault((seat.area, seat.account), [])
                mine.append((seat.since, -1))
                mine.append((seat.until, 1))
    tallies: dict[tuple[str, Account], tuple[list[Order], list[int]]] = {}
    for key, mine in changes.items():
        mine.sort()
        tallies[key] = ([o for o, _ in mine], [0, *accumulate(n for _, n in mine)])
    full = []
    for want in wanted:
        positions, free = tallies.get((want.area, want.account), ([], [0]))
        if free[bisect_left(positions, want.line.order)] <= 0:
            full.append(want.line)
    return full
