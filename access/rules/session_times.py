"""The time rules: event days, doors of sessions, bookings, asked over an interval of time.

At one instant the answer is an `Opening` (come in, for this session or for none) or one of the reasons `wrong_day`
(rule 11), `too_early`, `too_late`, `no_session` (rule 13) and `not_booked` (rule 14). The answer can only change at a
few instants: where a day or a session's doors begin or end, and where standby begins. So an interval is asked at its
first instant and at each of these inside it. If every instant refuses, the earliest one's reason stands; if only some
do, the earliest opening is taken and the clock is unsure.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from typing import Literal

import msgspec

from access.badge.credential import Claims
from access.event.definition import Session
from access.event.programme import Programme
from access.log.entry import Span

TimeReason = Literal["wrong_day", "too_early", "too_late", "no_session", "not_booked"]


class Opening(msgspec.Struct, frozen=True):
    """The door may open for `session`, or (None) in an area without sessions; `standby`: without a booking."""

    session: str | None
    standby: bool = False


class Timing(msgspec.Struct, frozen=True):
    """The answer over an interval: an opening, or the reason against it.

    `unsure`: some instants refuse and others do not. `session` is the door's own, `coming` the
    one to name to a person refused, and `standby_ms` when it lets people without a booking in.
    """

    opening: Opening | None
    reason: TimeReason | None = None
    unsure: bool = False
    session: str | None = None
    coming: Session | None = None
    standby_ms: int | None = None


def booked(programme: Programme, claims: Claims, session: Session) -> bool:
    """Whether the badge has booked the session."""
    return bool(claims.sessions >> programme.session_bit[session.id] & 1)


def may_attend(programme: Programme, claims: Claims, session: Session) -> bool:
    """Whether the badge needs no booking for the session, or has it."""
    if session.booking == "open" or booked(programme, claims, session):
        return True
    ticket = programme.ticket(claims.ticket)
    return ticket is not None and ticket.booking_exempt


def door_session(
    programme: Programme, area: str, claims: Claims | None, at_ms: int
) -> Session | None:
    """The session whose doors are open: the booked one of several, else one without booking, else the earlier."""
    sessions = [
        s for s in programme.sessions_in(area) if s.doors_open_ms <= at_ms < s.doors_close_ms
    ]
    if claims is not None:
        for session in sessions:
            if booked(programme, claims, session):
                return session
    free = [s for s in sessions if s.booking == "open"]
    return min(free or sessions, key=lambda s: s.starts_ms, default=None)


def at_instant(programme: Programme, area: str, claims: Claims, at_ms: int) -> Opening | TimeReason:
    """The time rules at one instant."""
    today = programme.day_of(at_ms)
    bit = programme.bit_of_day(today)
    if bit is None or not claims.days >> bit & 1:
        return "wrong_day"
    if not programme.has_sessions(area):
        return Opening(None)
    sessions = programme.sessions_in(area)
    session = door_session(programme, area, claims, at_ms)
    if session is None:
        todays = [s for s in sessions if programme.day_of(s.starts_ms) == today]
        if any(s.doors_open_ms > at_ms for s in todays):
            return "too_early"
        return "too_late" if todays else "no_session"
    if may_attend(programme, claims, session):
        return Opening(session.id)
    standby = session.standby_ms
    if standby is not None and at_ms >= standby:
        return Opening(session.id, standby=True)
    return "not_booked"


def turning_points(programme: Programme, area: str, at: Span) -> Iterable[int]:
    """The instants of the interval at which the answer can change, the first included, in order."""
    points = programme.turning_points(area)
    return (at.lo, *points[bisect_right(points, at.lo) : bisect_right(points, at.hi)])


def timing(programme: Programme, area: str, claims: Claims, at: Span) -> Timing:
    """The time rules over an interval."""
    first: TimeReason | None = None
    first_ms = at.lo
    opening: Opening | None = None
    refused = False
    for instant in (at.lo,) if at.exact else turning_points(programme, area, at):
        answer = at_instant(programme, area, claims, instant)
        if isinstance(answer, Opening):
            opening = opening or answer
        else:
            refused = True
            if first is None:
                first, first_ms = answer, instant
    if opening is not None:
        return Timing(opening, unsure=refused, session=opening.session)
    coming = _coming(programme, area, claims, first, first_ms)
    open_now = door_session(programme, area, claims, first_ms) if first == "not_booked" else None
    return Timing(
        None,
        first,
        session=open_now.id if open_now else None,
        coming=coming,
        standby_ms=open_now.standby_ms if open_now else None,
    )


def cancelled_session(
    programme: Programme, area: str, booked_ids: Collection[str], at_ms: int
) -> Session | None:
    """The cancelled session that somebody comes for who is at this area's doors now: of today's that would not have
    closed its doors yet the one they have booked, else the next."""
    today = programme.day_of(at_ms)
    missed = [
        s
        for s in programme.event.sessions
        if s.cancelled
        and s.area == area
        and programme.day_of(s.starts_ms) == today
        and s.doors_close_ms > at_ms
    ]
    return min(missed, key=lambda s: (s.id not in booked_ids, s.starts_ms), default=None)


def _coming(
    programme: Programme, area: str, claims: Claims, reason: TimeReason | None, at_ms: int
) -> Session | None:
    """The session to name to a person refused: one they booked for this time, else the next one in this area."""
    if reason == "wrong_day":
        return None
    ahead = sorted(
        (s for s in programme.event.sessions if s.doors_close_ms > at_ms and not s.cancelled),
        key=lambda s: (s.doors_open_ms, programme.session_bit[s.id]),
    )
    today = programme.day_of(at_ms)
    here = [s for s in ahead if s.area == area]
    mine = [s for s in ahead if booked(programme, claims, s)]
    if reason == "too_early" and here:
        return here[0]
    mine_today = [s for s in mine if programme.day_of(s.starts_ms) == today]
    if reason == "not_booked":
        return next(iter(mine_today), None)
    return next(iter(mine_today or mine or here), None)
