"""Who came: per session, and per venue and day; who was booked and did not come, and who came without a booking."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from access.badge.credential import Claims, human_code
from access.event.programme import Programme
from access.state.attendance import (
    Attended,
    at_session,
    at_venue,
    booked,
    last_session_ends_ms,
    valid_at,
    was_good,
)
from access.state.badge_history import History
from access.state.event_state import EventState
from registry.queries.queries import Queries
from registry.queries.shapes import Answer, Time
from registry.queries.table_files import Step, unseen
from registry.roster.model import Known

Status = Literal[
    "came", "no_show", "came_unbooked", "came_unregistered", "came_no_longer", "not_yet", "cancelled",
]  # fmt: skip
"""A person's attendance. At a session who had no booking is `came_unbooked`, at a venue on a day who was not registered
for it `came_unregistered`, and `came_no_longer` who was when they came, and is not any more. Who has not come is
`no_show` once it is over, `not_yet` before, and `cancelled` where the session is."""

Phase = Literal["to_come", "running", "over", "cancelled"]


class SessionAttendance(Answer, frozen=True, kw_only=True):
    """A session's totals: people with a booking (null: it needs none), of these who came and who did not (yet, unless
    `phase` is over), people who came without a booking, people who came with one and have none any more, and everybody
    who came."""

    session: str
    booked: int | None
    booked_and_came: int
    no_show: int
    unbooked: int
    came: int
    no_longer: int
    phase: Phase


class DayAttendance(Answer, frozen=True, kw_only=True):
    """A venue's totals on one day: people whose badge is good there and then, of these who came and who did not (yet,
    unless `phase` is over: the day's last session has ended, or the day), everybody who came, and of them those whose
    badge was good there when they came and is not any more, and those whose badge was not (let in by hand)."""

    venue: str
    day: str
    registered: int
    arrived: int
    no_show: int
    came: int
    no_longer: int
    unregistered: int
    phase: Phase


class AttendanceTotals(Answer, frozen=True, kw_only=True):
    """People registered (not revoked), on site and for the broadcast alone; who came at all, registered or not; the
    same for every session and for every venue and day; of the registered on site those who have not come anywhere, and
    of the registered those whose data were erased, who are in these numbers and in no list."""

    as_of: Time
    registered: int
    on_site: int
    online: int
    arrived: int
    sessions: list[SessionAttendance]
    days: list[DayAttendance]
    missing: int
    erased: int


class Attendee(Answer, frozen=True, kw_only=True):
    """One person at a session, or at a venue on a day. `last_out` null: nobody saw them leave. `no_exit_scan`: and it
    is over, or they left once without it; then `minutes` are the longest that they can have been inside, up to the end
    of the session, or of the day's last one there, or to their last scan; null: nobody can say."""

    name: str
    organisation: str
    ref: str
    code: str
    ticket: str
    status: Status
    first_in: Time | None
    last_out: Time | None
    minutes: int | None
    no_exit_scan: bool = False


class Attendees(Answer, frozen=True, kw_only=True):
    """The people of one session, or of one venue and day: those who came, in order of arrival, then those who did
    not. `nameless`: how many are in the totals and not here: their data were erased, or nobody is registered with their
    badge."""

    as_of: Time
    session: str | None
    venue: str | None
    day: str | None
    people: list[Attendee]
    nameless: int = 0


AT_ONCE = 500
"""People whose moves are read under one lock of the folds."""


class AttendanceReport:
    """Attendance as of now, from the folds and the people of one registry."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._nameless: tuple[tuple[int, int], list[bytes]] | None = None

    def totals(self) -> AttendanceTotals:
        """The totals of everything. Asked again, it costs what has changed."""
        queries, now_ms = self._queries, self._queries.now_ms()
        programme, kinds = queries.service.attendance_kinds()
        sessions = {session: _Count() for session in programme.sessions}
        days = {(venue, day): _Count() for venue in programme.venues for day in _days(programme)}
        registered = on_site = arrived = missing = 0
        for kind, people in kinds.items():
            claims = kind.claims
            arrived += people * kind.came
            if claims is not None:
                registered += people
                ticket = programme.ticket(claims.ticket)
                here = ticket is not None and ticket.on_site
                on_site += people * here
                missing += people * (here and not kind.came)
            for session, count in sessions.items():
                awaited = claims is not None and booked(programme, session, claims)
                came, then = session in kind.sessions, session in kind.booked_then
                count.add(people, awaited=awaited, came=came, then=then)
            for place, count in days.items():
                awaited = claims is not None and valid_at(programme, *place, claims)
                came, then = place in kind.days, place in kind.valid_then
                count.add(people, awaited=awaited, came=came, then=then)
        return AttendanceTotals(
            as_of=queries.time(now_ms),
            registered=registered,
            on_site=on_site,
            online=registered - on_site,
            arrived=arrived,
            sessions=[
                _session_totals(programme, session, count, now_ms)
                for session, count in sessions.items()
            ],
            days=[_day_totals(programme, *place, count, now_ms) for place, count in days.items()],
            missing=missing,
            erased=self._erased(sum(kinds.values())),
        )

    def _erased(self, badges: int) -> int:
        """How many of the registered have no data here. `badges`: how many badges the logs know by now."""
        people = self._queries.service.people
        known = (people.count(), badges)
        if self._nameless is None or self._nameless[0] != known:
            self._nameless = (known, self._without(people.refs()))
        with self._queries.snapshot() as log_state:
            histories = list(log_state.histories(self._nameless[1]))
        return sum(history.good() is not None for _, history in histories)

    def _without(self, people: Collection[bytes]) -> list[bytes]:
        """The badges in the logs that are none of these people's."""
        with self._queries.snapshot() as log_state:
            badges = list(log_state.badges)
        return [badge for badge in badges if badge is not None and badge not in people]

    def _programme(self) -> Programme:
        """The definition in force, by all that is stored."""
        with self._queries.snapshot():
            return self._queries.programme

    def of_session(self, session: str, step: Step = unseen) -> Attendees:
        """The people of a session that the event has."""
        programme, now_ms = self._programme(), self._queries.now_ms()
        known = programme.sessions[session]
        asked = _Asked(
            attended=lambda state, history: at_session(state, known, history, now_ms),
            good_for=lambda claims: booked(programme, session, claims),
            without="came_unbooked",
            absent=_ABSENT[_phase_of_session(programme, session, now_ms)],
        )
        people, nameless = self._people(programme, asked, step)
        return Attendees(
            as_of=self._queries.time(now_ms),
            session=session,
            venue=None,
            day=None,
            people=people,
            nameless=nameless,
        )

    def of_day(self, venue: str, day: str, step: Step = unseen) -> Attendees:
        """The people of a venue on an event day, both of which the event has."""
        programme, now_ms = self._programme(), self._queries.now_ms()
        ordinal = date.fromisoformat(day).toordinal()
        asked = _Asked(
            attended=lambda state, history: at_venue(state, venue, ordinal, history, now_ms),
            good_for=lambda claims: valid_at(programme, venue, ordinal, claims),
            without="came_unregistered",
            absent=_ABSENT[_phase_of_day(programme, ordinal, now_ms)],
        )
        people, nameless = self._people(programme, asked, step)
        return Attendees(
            as_of=self._queries.time(now_ms),
            session=None,
            venue=venue,
            day=day,
            people=people,
            nameless=nameless,
        )

    def _people(
        self, programme: Programme, asked: "_Asked", step: Step
    ) -> tuple[list[Attendee], int]:
        """The people, and how many there are of whom nothing is kept."""
        queries = self._queries
        found: list[tuple[bool, int, str, Attendee]] = []
        people = {known.badge: known for known in queries.service.people.everyone()}
        badges = [*people, *self._without(people)]
        nameless = 0
        for start in range(0, len(badges), AT_ONCE):
            step(min(start, len(people)))
            with queries.snapshot() as log_state:  # in pieces: others wait for it meanwhile
                for badge, history in log_state.histories(badges[start : start + AT_ONCE]):
                    attended = asked.attended(log_state.event_state, history)
                    good = history.good()
                    awaited = good is not None and asked.good_for(good.claims)
                    if attended is None and not awaited:
                        continue
                    known = people.get(badge or b"")
                    if known is None:
                        nameless += 1
                        continue
                    status = asked.status(history, attended, awaited=awaited)
                    row = self._row(programme, known, history, attended, status)
                    first_ms = attended.first_in_ms if attended is not None else 0
                    found.append((attended is None, first_ms, known.ref, row))
        return [row for *_, row in sorted(found, key=lambda one: one[:3])], nameless

    def _row(
        self,
        programme: Programme,
        known: Known,
        history: History,
        attended: Attended | None,
        status: Status,
    ) -> Attendee:
        newest = history.newest()
        ticket = programme.ticket(newest.claims.ticket) if newest is not None else None
        first = last = None
        if attended is not None:
            first = self._queries.time(attended.first_in_ms)
            last = attended.last_out_ms and self._queries.time(attended.last_out_ms)
        return Attendee(
            name=known.name,
            organisation=known.organisation,
            ref=known.ref,
            code=human_code(known.badge),
            ticket=ticket.id if ticket is not None else "",
            status=status,
            first_in=first,
            last_out=last or None,
            minutes=attended.minutes if attended is not None else 0,
            no_exit_scan=attended is not None and attended.no_exit,
        )


_ABSENT: dict[Phase, Status] = {
    "to_come": "not_yet",
    "running": "not_yet",
    "over": "no_show",
    "cancelled": "cancelled",
}
"""What somebody is who was expected and has not come."""


@dataclass(frozen=True)
class _Asked:
    """What people are asked about: whether they were there, for what a badge has to be good, and what those are who
    came without, and those who did not come."""

    attended: Callable[[EventState, History], Attended | None]
    good_for: Callable[[Claims], bool]
    without: Status
    absent: Status

    def status(self, history: History, attended: Attended | None, *, awaited: bool) -> Status:
        """What a person is who came or was expected."""
        if attended is None:
            return self.absent
        if awaited:
            return "came"
        entry = next(
            one.order
            for one in history.moves
            if one.direction == "in" and one.order.at_ms == attended.first_in_ms
        )
        return "came_no_longer" if was_good(history, entry, self.good_for) else self.without


@dataclass
class _Count:
    """People who were expected and came, were expected and did not, came without, and came and are not expected any
    more."""

    came: int = 0
    missing: int = 0
    without: int = 0
    no_longer: int = 0

    def add(self, people: int, *, awaited: bool, came: bool, then: bool) -> None:
        if awaited and came:
            self.came += people
        elif awaited:
            self.missing += people
        elif came and then:
            self.no_longer += people
        elif came:
            self.without += people

    @property
    def everybody(self) -> int:
        return self.came + self.without + self.no_longer


def _days(programme: Programme) -> list[int]:
    """The event's days as proleptic ordinals."""
    return [date.fromisoformat(day).toordinal() for day in programme.event.days]


def _phase(now_ms: int, begins_ms: int, ends_ms: int) -> Phase:
    return "to_come" if now_ms < begins_ms else "running" if now_ms < ends_ms else "over"


def _phase_of_session(programme: Programme, session: str, now_ms: int) -> Phase:
    known = programme.sessions[session]
    return "cancelled" if known.cancelled else _phase(now_ms, known.starts_ms, known.ends_ms)


def _phase_of_day(programme: Programme, day: int, now_ms: int) -> Phase:
    ends_ms = last_session_ends_ms(programme, day) or programme.day_end_ms(day)
    return _phase(now_ms, programme.day_end_ms(day - 1), ends_ms)


def _day_totals(
    programme: Programme, venue: str, day: int, count: _Count, now_ms: int
) -> DayAttendance:
    return DayAttendance(
        venue=venue,
        day=programme.day_name(day),
        registered=count.came + count.missing,
        arrived=count.came,
        no_show=count.missing,
        came=count.everybody,
        no_longer=count.no_longer,
        unregistered=count.without,
        phase=_phase_of_day(programme, day, now_ms),
    )


def _session_totals(
    programme: Programme, session: str, count: _Count, now_ms: int
) -> SessionAttendance:
    needs_booking = programme.sessions[session].booking == "required"
    booked_by = count.came + count.missing
    return SessionAttendance(
        session=session,
        booked=booked_by if needs_booking or booked_by else None,
        booked_and_came=count.came,
        no_show=count.missing,
        unbooked=count.without,
        came=count.everybody,
        no_longer=count.no_longer,
        phase=_phase_of_session(programme, session, now_ms),
    )
