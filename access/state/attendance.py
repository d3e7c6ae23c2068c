"""Who came, when, and for how long: stays of one person in areas, and what they add up to for a session or a day.

Pure, like every fold: a stay is derived from a badge's moves, and ends by an exit, by a move to another area, by a
session's clearing or at the day's end. Beside them, how many are registered at all, and how many people there are of
each kind: what their badge may do, which sessions they were let in for, and at which venues on which days. Whatever is
told of an event's attendance in numbers is a sum over the kinds, of which there are few.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

from access.badge.credential import Claims
from access.event.definition import Session
from access.event.programme import Programme
from access.log.entry import BadgeIssued, Revoked
from access.log.log_entry import Order
from access.rules.opening_check import opening_badges
from access.state.badge_history import History, Presentation, Whereabouts
from access.state.event_state import EventState
from access.state.kept.entries import Badge
from access.state.log_state import LogState

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Stay:
    """A person's time in one area, from `from_ms` (included) to `to_ms` (excluded), in milliseconds since 1970.

    `around` is the area and those above it, the innermost first, by the definition in force then. `left`: whether
    an exit ended it; otherwise a session's clearing, the day's end or "now" did.
    """

    around: tuple[str, ...]
    from_ms: int
    to_ms: int
    left: bool


@dataclass(frozen=True, slots=True)
class Attended:
    """A person's attendance: the first time they were let in, when they were last seen to leave (None: never), how long
    they were inside, in milliseconds (None: nobody can say), and whether they went without an exit scan: then the
    time inside is the longest that it can have been."""

    first_in_ms: int
    last_out_ms: int | None
    inside_ms: int | None
    no_exit: bool = False

    @property
    def minutes(self) -> int | None:
        """Whole minutes inside, rounded down."""
        return None if self.inside_ms is None else self.inside_ms // MINUTE_MS


def booked(programme: Programme, session: str, claims: Claims) -> bool:
    """Whether a badge has a booking for a session."""
    return bool(claims.sessions >> programme.session_bit[session] & 1)


def valid_at(programme: Programme, venue: str, day: int, claims: Claims) -> bool:
    """Whether a badge is good at a venue on an event day (a proleptic ordinal)."""
    ticket, bit = programme.ticket(claims.ticket), programme.bit_of_day(day)
    at_venue = claims.venues >> programme.venue_bit[venue] & 1
    on_day = bit is not None and claims.days >> bit & 1
    return bool(at_venue and on_day and ticket is not None and ticket.on_site)


def was_good(history: History, at: Order, wanted: Callable[[Claims], bool]) -> bool:
    """Whether a badge of a history's person was good at an instant, and for what is `wanted`."""
    issues = (one.good(at) for one in (history, *history.others.values()))
    return any(issue is not None and wanted(issue.claims) for issue in issues)


def last_session_ends_ms(programme: Programme, day: int, venue: str | None = None) -> int | None:
    """When the last session of an event day (a proleptic ordinal) ends, at one venue or at all. None: there is none."""
    return max(
        (
            one.ends_ms
            for one in programme.sessions.values()
            if not one.cancelled
            and venue in (None, programme.venue_of(one.area))
            and programme.day_of(one.starts_ms) == day
        ),
        default=None,
    )


def stays(state: EventState, history: History, now_ms: int) -> list[Stay]:
    """Where one person's moves put them, up to `now_ms`, in order of time."""
    person = Whereabouts(state.definitions())
    since_ms = 0
    found: list[Stay] = []

    def moved(at_ms: int, before: tuple[str, ...], *, left: bool) -> None:
        nonlocal since_ms
        if before and at_ms > since_ms:
            found.append(Stay(before, since_ms, at_ms, left))
        since_ms = at_ms

    def pass_time(until_ms: int) -> None:
        while (change_ms := person.changes_ms()) is not None and change_ms <= until_ms:
            before = person.around
            person.until(change_ms)
            moved(change_ms, before, left=False)

    for move in history.moves:
        pass_time(move.order.at_ms)
        before = person.around
        person.step(move)
        moved(move.order.at_ms, before, left=move.direction == "out")
    pass_time(now_ms)
    moved(now_ms, person.around, left=False)
    return found


def at_session(
    state: EventState, session: Session, history: History, now_ms: int
) -> Attended | None:
    """A person's attendance of a session: let in for it at any of its doors. None: they did not come.

    Time inside is counted from the first time they were let in for it until it ends, in its area or below.
    """
    let_in = [one for one in _let_in(history) if one.body.session == session.id]
    if not let_in:
        return None
    first_ms = let_in[0].order.at_ms
    inside = [
        stay
        for stay in stays(state, history, now_ms)
        if session.area in stay.around and stay.to_ms > first_ms and stay.from_ms < session.ends_ms
    ]
    inside_ms = sum(
        min(stay.to_ms, session.ends_ms) - max(stay.from_ms, first_ms) for stay in inside
    )
    last_out_ms = _last_out(inside)
    no_exit = last_out_ms is None and now_ms >= session.ends_ms
    return Attended(first_ms, last_out_ms, inside_ms, no_exit)


def at_venue(
    state: EventState, venue: str, day: int, history: History, now_ms: int
) -> Attended | None:
    """A person's attendance of a venue on an event day (a proleptic ordinal), or None: they did not come.

    Of a visit that no exit scan ended, they are taken to have stayed until the last session there that day ended, or
    until their last scan, if that was later. Where no session follows their entry nobody can say for how long.
    """
    programme = state.programme
    if programme is None:
        return None
    from_ms, to_ms = programme.day_end_ms(day - 1), programme.day_end_ms(day)
    let_in = [
        one
        for one in _let_in(history)
        if from_ms <= one.order.at_ms < to_ms and venue in state.above(one.order, one.area)
    ]
    if not let_in:
        return None
    inside = [
        stay
        for stay in stays(state, history, now_ms)
        if venue in stay.around and from_ms <= stay.from_ms < to_ms
    ]
    closes_ms = last_session_ends_ms(programme, day, venue)
    times = [_time_of(visit, history, closes_ms, now_ms) for visit in _visits(inside)]
    known = [inside_ms for inside_ms, _ in times if inside_ms is not None]
    return Attended(
        let_in[0].order.at_ms,
        _last_out(inside),
        sum(known) if len(known) == len(times) else None,
        any(no_exit for _, no_exit in times),
    )


class _Visit(NamedTuple):
    """Stays that follow each other without a gap; `left`: an exit scan ended the last of them."""

    from_ms: int
    to_ms: int
    left: bool


def _visits(inside: Sequence[Stay]) -> list[_Visit]:
    visits: list[_Visit] = []
    for stay in inside:
        if visits and visits[-1].to_ms == stay.from_ms:
            visits[-1] = visits[-1]._replace(to_ms=stay.to_ms, left=stay.left)
        else:
            visits.append(_Visit(stay.from_ms, stay.to_ms, stay.left))
    return visits


def _time_of(
    visit: _Visit, history: History, closes_ms: int | None, now_ms: int
) -> tuple[int | None, bool]:
    """How long a visit was (ms), as far as anybody can say, and whether it ended without an exit scan."""
    if visit.left:
        return visit.to_ms - visit.from_ms, False
    if closes_ms is None or closes_ms <= visit.from_ms:
        return None, True
    scans_ms = [one.order.at_ms for one in history.moves]
    seen_ms = max((at for at in scans_ms if at < visit.to_ms), default=visit.from_ms)
    until_ms = max(seen_ms, min(visit.to_ms, closes_ms))
    return until_ms - visit.from_ms, not visit.to_ms == now_ms < closes_ms


def _let_in(history: History) -> Sequence[Presentation]:
    return [one for one in history.moves if one.direction == "in"]


def _last_out(inside: Sequence[Stay]) -> int | None:
    """When the person was last seen to leave the area, if they did not come back."""
    if not inside or not inside[-1].left:
        return None
    return inside[-1].to_ms


class Registered:
    """How many people are registered: those whose newest badge is good. Erased people count, as their badges do; test
    badges are nobody's. Asking again costs only what has changed since. Not for several threads at once."""

    def __init__(self, log_state: LogState) -> None:
        self.log_state = log_state
        self._changed = log_state.watch()
        self._changed.clear()
        self._good = _good(log_state)

    def count(self) -> int:
        """As far as the logs go. 0 without an event definition."""
        log_state = self.log_state
        programme = log_state.programme
        if programme is None:
            return 0
        log_state.settle()
        changed = {badge for badge in self._changed if badge is not None}
        self._good -= changed
        for badge, history in log_state.roster_histories(changed):
            if badge is not None and history.good() is not None:
                self._good.add(badge)
        self._changed.clear()
        return len(self._good) - len(self._good & opening_badges(programme.event).keys())


def _good(log_state: LogState) -> set[bytes]:
    """The badges whose newest issue is not revoked, by the registry's logs as a whole: sooner read than everybody's
    histories."""
    newest: dict[bytes, int] = {}
    revoked: set[tuple[bytes, int | None]] = set()
    for log in log_state.logs_of(log_state.event_state.registry):
        for entry in log_state.oldest_first(log):
            body = entry.body
            if isinstance(body, BadgeIssued):
                newest[body.badge] = max(body.issue, newest.get(body.badge, 0))
            elif isinstance(body, Revoked):
                revoked.add((body.badge, body.issue))
    return {
        badge
        for badge, issue in newest.items()
        if (badge, issue) not in revoked and (badge, None) not in revoked
    }


class Kind(NamedTuple):
    """What counts of a person. `claims` None: their badge is revoked, or they never had one; `came`: they were let in
    somewhere; `sessions`: for these; `days`: venues, each with the event day (a proleptic ordinal); `booked_then` and
    `valid_then`: those of them for which their badge was good when they were first let in there."""

    claims: Claims | None
    came: bool
    sessions: frozenset[str]
    days: frozenset[tuple[str, int]]
    booked_then: frozenset[str] = frozenset()
    valid_then: frozenset[tuple[str, int]] = frozenset()


class AttendanceTally:
    """The kinds of everybody in the logs but test badges. Not for several threads at once."""

    def __init__(self, log_state: LogState) -> None:
        self._log_state = log_state
        self._stale = log_state.watch()
        self._definitions = -1
        self._kind_of: dict[bytes, Kind] = {}
        self._same: dict[Kind, Kind] = {}
        self.kinds: Counter[Kind] = Counter()
        """How many people there are of each kind; right once `catch_up` has nothing more to do."""

    def catch_up(self, at_most: int) -> bool:
        """Look at this many of the badges whose history has changed; whether there were any."""
        log_state = self._log_state
        log_state.settle()
        programme = log_state.programme
        if programme is None:
            return False
        if self._definitions != log_state.event_state.definitions_version:
            self._definitions = log_state.event_state.definitions_version
            self._kind_of.clear()
            self.kinds.clear()
            self._stale.update(log_state.badges)
        trials = opening_badges(programme.event)
        some: list[Badge] = list(islice(self._stale, at_most))
        for badge, history in log_state.histories(some):
            if badge is not None and badge not in trials:
                self._put(badge, self._kind(programme, history))
        self._stale.difference_update(some)
        return bool(some)

    def _put(self, badge: bytes, kind: Kind) -> None:
        before = self._kind_of.get(badge)
        if before is not None:
            self.kinds[before] -= 1
            if not self.kinds[before]:
                del self.kinds[before]
        kind = self._same.setdefault(kind, kind)
        self._kind_of[badge] = kind
        self.kinds[kind] += 1

    def _kind(self, programme: Programme, history: History) -> Kind:
        good = history.good()
        above = self._log_state.event_state.above
        sessions: dict[str, bool] = {}
        days: dict[tuple[str, int], bool] = {}
        let_in = _let_in(history)
        for one in let_in:
            session, around = one.body.session, above(one.order, one.area)
            if session is not None and session not in sessions:
                sessions[session] = session in programme.sessions and was_good(
                    history, one.order, partial(booked, programme, session)
                )
            if not around:
                continue
            venue, day = around[-1], programme.day_of(one.order.at_ms)
            if (venue, day) not in days:
                days[venue, day] = venue in programme.venues and was_good(
                    history, one.order, partial(valid_at, programme, venue, day)
                )
        return Kind(
            good.claims if good is not None else None,
            bool(let_in),
            frozenset(sessions),
            frozenset(days),
            frozenset(session for session, then in sessions.items() if then),
            frozenset(day for day, then in days.items() if then),
        )
