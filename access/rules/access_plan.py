"""Which ticket may enter through which gate at what times: the rule book evaluated in advance, for planning an
event."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from access.badge.credential import Claims
from access.event.definition import MAX_DAYS, MAX_VENUES, Session
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.decide import Decision, Facts, Presented, Reason, decide
from access.rules.session_times import may_attend, turning_points


@dataclass(frozen=True, slots=True)
class Window:
    """From `from_ms` until before `until_ms` the gate lets people in for `session` (None: its area has no sessions).

    `reason` is `ok` or `standby`; `booking` the session they must have booked, None: any badge of the ticket type.
    """

    from_ms: int
    until_ms: int
    session: str | None
    reason: Reason
    booking: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket type at one gate: its windows in order of time, at most one day each. Without any, `refusal` is the
    gate's reason."""

    gate: str
    ticket: str
    windows: tuple[Window, ...]
    refusal: Reason | None = None


def who_may_enter(programme: Programme) -> list[Row]:
    """A row for each gate that leads in and each ticket type, in file order.

    Asked for badges valid at every venue and on every day, of people outside, while seats are left.
    """
    return [
        _row(programme, gate.id, number)
        for gate in programme.event.gates
        if gate.lets_in
        for number in range(len(programme.event.tickets))
    ]


def _row(programme: Programme, gate: str, ticket: int) -> Row:
    area = programme.gates[gate].area
    anyone = Claims(ticket, (1 << MAX_VENUES) - 1, 0, (1 << MAX_DAYS) - 1)
    whole = Span(programme.start_ms, programme.end_ms)
    instants = list(turning_points(programme, area, whole))
    without = [_ask(programme, gate, anyone, at_ms) for at_ms in instants]
    windows = list(_windows(programme, instants, without, None))
    for session in programme.sessions_in(area):
        if not may_attend(programme, anyone, session):
            holder = _having_booked(programme, anyone, session)
            answers = [_ask(programme, gate, holder, at_ms) for at_ms in instants]
            windows += [
                window
                for window in _windows(programme, instants, answers, session.id)
                if window.session == session.id
            ]
    windows.sort(key=lambda window: (window.from_ms, window.booking or ""))
    refusal = None if windows else without[0].reason
    return Row(gate, programme.event.tickets[ticket].id, tuple(windows), refusal)


def _having_booked(programme: Programme, claims: Claims, session: Session) -> Claims:
    bit = 1 << programme.session_bit[session.id]
    return Claims(claims.ticket, claims.venues, bit, claims.days)


def _ask(programme: Programme, gate: str, claims: Claims, at_ms: int) -> Decision:
    presented = Presented(gate, "in", "plain", issue=1, proof="proven")
    facts = Facts(listed=claims, newest_issue=1)
    return decide(presented, facts, programme, Span(at_ms, at_ms))


def _windows(
    programme: Programme, instants: list[int], answers: list[Decision], booking: str | None
) -> Iterator[Window]:
    """Yield a window for each run of decisions that open with the same day, session and reason."""

    def meaning(piece: tuple[tuple[int, int], Decision]) -> tuple[int, bool, str | None, Reason]:
        (since_ms, _), answer = piece
        return programme.day_of(since_ms), answer.opens, answer.session, answer.reason

    pieces = zip(pairwise(instants), answers[:-1], strict=True)
    for (_, opens, session, reason), same in groupby(pieces, key=meaning):
        if opens:
            spans = [span for span, _ in same]
            yield Window(spans[0][0], spans[-1][1], session, reason, booking)
