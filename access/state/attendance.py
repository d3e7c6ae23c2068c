"""Who came, when, and for how long: stays of one person in areas, and what they add up to for a session or a day.

Pure, like every fold: a stay is derived from a badge's moves, and ends by an exit, by a move to another area, by a
session's clearing or at the day's end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from access.event.definition import Session
from access.state.badge_history import History, Presentation, Whereabouts
from access.state.event_state import EventState

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
    """A person's attendance: the first time they were let in, when they were last seen to leave (None: never), and
    how long they were inside, in milliseconds."""

    first_in_ms: int
    last_out_ms: int | None
    inside_ms: int

    @property
    def minutes(self) -> int:
        """Whole minutes inside, rounded down."""
        return self.inside_ms // MINUTE_MS


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
    return Attended(first_ms, _last_out(inside), inside_ms)


def at_venue(
    state: EventState, venue: str, day: int, history: History, now_ms: int
) -> Attended | None:
    """A person's attendance of a venue on an event day (a proleptic ordinal), or None: they did not come."""
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
    inside_ms = sum(stay.to_ms - stay.from_ms for stay in inside)
    return Attended(let_in[0].order.at_ms, _last_out(inside), inside_ms)


def _let_in(history: History) -> Sequence[Presentation]:
    return [one for one in history.moves if one.direction == "in"]


def _last_out(inside: Sequence[Stay]) -> int | None:
    """When the person was last seen to leave the area, if they did not come back."""
    if not inside or not inside[-1].left:
        return None
    return inside[-1].to_ms
