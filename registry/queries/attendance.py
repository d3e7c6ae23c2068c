"""Who came: per session, and per venue and day; who was booked and did not come, and who came without a booking."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from access.badge.credential import Claims, human_code, read_human_code
from access.event.programme import Programme
from access.state.attendance import Attended, at_session, at_venue
from access.state.badge_history import History
from access.state.event_state import EventState
from registry.queries.queries import Queries
from registry.queries.shapes import Answer, Time
from registry.queries.table_files import Cell, Step, Table, unseen
from registry.roster.model import Known

Status = Literal["came", "no_show", "came_unbooked"]


class SessionAttendance(Answer, frozen=True, kw_only=True):
    """A session's totals: people with a booking (null: it needs none), of these who came and who did not, people who
    came without a booking, and everybody who came."""

    session: str
    booked: int | None
    booked_and_came: int
    no_show: int
    unbooked: int
    came: int


class DayAttendance(Answer, frozen=True, kw_only=True):
    """A venue's totals on one day: people whose badge is good there and then, of these who came and who did not, and
    everybody who came (also those let in by hand with another badge)."""

    venue: str
    day: str
    registered: int
    arrived: int
    no_show: int
    came: int


class AttendanceTotals(Answer, frozen=True, kw_only=True):
    """People registered (not revoked), on site and for the broadcast alone; who came at all; and the same for every
    session and for every venue and day."""

    as_of: Time
    registered: int
    on_site: int
    online: int
    arrived: int
    sessions: list[SessionAttendance]
    days: list[DayAttendance]


class Attendee(Answer, frozen=True, kw_only=True):
    """One person at a session, or at a venue on a day. `last_out` null: nobody saw them leave."""

    name: str
    organisation: str
    ref: str
    code: str
    ticket: str
    status: Status
    first_in: Time | None
    last_out: Time | None
    minutes: int


class Attendees(Answer, frozen=True, kw_only=True):
    """The people of one session, or of one venue and day: those who came, in order of arrival, then those who did
    not."""

    as_of: Time
    session: str | None
    venue: str | None
    day: str | None
    people: list[Attendee]


class HybridAttendance(Answer, frozen=True, kw_only=True):
    """How people took part: at a venue alone, online alone, both ways, or not at all; and the lines of the broadcast's
    list that are nobody's here."""

    on_site: int
    online: int
    both: int
    neither: int
    unknown: list[str]


AT_ONCE = 500
"""People whose moves are read under one lock of the folds."""

Ask = Callable[[EventState, History, int], Attended | None]


class AttendanceReport:
    """Attendance as of now, from the folds and the people of one registry."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def totals(self) -> AttendanceTotals:
        """The totals of everything. Asked again, it costs what has changed."""
        queries, now_ms = self._queries, self._queries.now_ms()
        programme, kinds = queries.service.attendance_kinds()
        sessions = {session: [0, 0, 0] for session in programme.sessions}
        days = {
            (venue, day): [0, 0, 0]
            for venue in programme.venues
            for day in range(len(programme.event.days))
        }
        registered = on_site = arrived = 0
        for kind, people in kinds.items():
            claims = kind.claims
            arrived += people * kind.came
            if claims is not None:
                registered += people
                ticket = programme.ticket(claims.ticket)
                on_site += people * (ticket is not None and ticket.on_site)
            for session, count in sessions.items():
                booked = claims is not None and _booked(programme, claims, session)
                _count(count, people, awaited=booked, came=session in kind.sessions)
            for (venue, day), count in days.items():
                valid = claims is not None and _valid_at(programme, claims, venue, day)
                here = (venue, _ordinal(programme, day)) in kind.days
                _count(count, people, awaited=valid, came=here)
        return AttendanceTotals(
            as_of=queries.time(now_ms),
            registered=registered,
            on_site=on_site,
            online=registered - on_site,
            arrived=arrived,
            sessions=[
                _session_totals(programme, session, *count) for session, count in sessions.items()
            ],
            days=[_day_totals(programme, *key, *count) for key, count in days.items()],
        )

    def hybrid(self, watched: Sequence[str]) -> HybridAttendance:
        """How people took part, given who watched the broadcast: refs, or human codes of badges."""
        people = list(self._queries.service.people.everyone())
        names = {name: known.badge for known in people for name in _names_of(known)}
        online, unknown = set(), []
        for line in watched:
            badge = names.get(line.strip().casefold()) or read_human_code(line)
            if badge is None:
                unknown.append(line)
            else:
                online.add(badge)
        counts: Counter[tuple[bool, bool]] = Counter()
        with self._queries.snapshot() as log_state:
            online = {log_state.event_state.persons.current(badge) for badge in online}
            for badge, history in log_state.histories([known.badge for known in people]):
                came = any(one.direction == "in" for one in history.moves)
                counts[came, badge in online] += 1
        return HybridAttendance(
            on_site=counts[True, False],
            online=counts[False, True],
            both=counts[True, True],
            neither=counts[False, False],
            unknown=unknown,
        )

    def of_session(self, session: str, step: Step = unseen) -> Attendees:
        """The people of a session that the event has."""
        known = self._queries.programme.sessions[session]
        return self._people(
            lambda state, history, now_ms: at_session(state, known, history, now_ms),
            lambda programme, claims: _booked(programme, claims, session),
            step,
            session=session,
        )

    def of_day(self, venue: str, day: str, step: Step = unseen) -> Attendees:
        """The people of a venue on an event day, both of which the event has."""
        programme = self._queries.programme
        number = list(programme.event.days).index(day)
        ordinal = _ordinal(programme, number)
        return self._people(
            lambda state, history, now_ms: at_venue(state, venue, ordinal, history, now_ms),
            lambda programme, claims: _valid_at(programme, claims, venue, number),
            step,
            venue=venue,
            day=day,
        )

    def _people(
        self,
        ask: Ask,
        expected: Callable[[Programme, Claims], bool],
        step: Step,
        *,
        session: str | None = None,
        venue: str | None = None,
        day: str | None = None,
    ) -> Attendees:
        queries, now_ms = self._queries, self._queries.now_ms()
        found: list[tuple[int, str, Attendee]] = []
        people = list(queries.service.people.everyone())
        for start in range(0, len(people), AT_ONCE):
            step(start)
            some = {known.badge: known for known in people[start : start + AT_ONCE]}
            with queries.snapshot() as log_state:  # in pieces: others wait for it meanwhile
                programme = queries.programme
                for badge, history in log_state.histories(some):
                    attended = ask(log_state.event_state, history, now_ms)
                    claims = _valid_claims(history)
                    awaited = claims is not None and expected(programme, claims)
                    if attended is None and not awaited:
                        continue
                    known = some[badge]  # type: ignore[index]
                    row = self._row(programme, known, history, attended, awaited=awaited)
                    order_ms = attended.first_in_ms if attended is not None else now_ms + 1
                    found.append((order_ms, known.ref, row))
        return Attendees(
            as_of=queries.time(now_ms),
            session=session,
            venue=venue,
            day=day,
            people=[row for _, _, row in sorted(found, key=lambda one: one[:2])],
        )

    def _row(
        self,
        programme: Programme,
        known: Known,
        history: History,
        attended: Attended | None,
        *,
        awaited: bool,
    ) -> Attendee:
        newest = history.newest()
        ticket = programme.ticket(newest.claims.ticket) if newest is not None else None
        status: Status = "came" if awaited else "came_unbooked"
        first = last = None
        if attended is None:
            status = "no_show"
        else:
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
        )


def _count(count: list[int], people: int, *, awaited: bool, came: bool) -> None:
    """Add people to those who were awaited and came, were awaited and did not, came without."""
    if awaited or came:
        count[2 if not awaited else 0 if came else 1] += people


def _names_of(known: Known) -> Iterator[str]:
    """What a list may call a person, in lower case."""
    yield known.ref.casefold()


@dataclass(frozen=True)
class Words:
    """What a file calls its columns, the three statuses, and tickets (by id; any other is shown as it is)."""

    columns: Sequence[str]
    status: Mapping[Status, str]
    tickets: Mapping[str, str] = field(default_factory=dict)


FOR_PROGRAMS = Words(
    (
        "name", "organisation", "ref", "code", "ticket", "status", "first in", "last out", "minutes inside",
    ),
    {"came": "came", "no_show": "did not come", "came_unbooked": "came without booking"},
)  # fmt: skip
"""Of files that nobody has asked for in a language: they stay as they are, for whatever reads them."""


def as_table(people: Attendees, name: str, words: Words = FOR_PROGRAMS) -> Table:
    """The people of an answer as a sheet."""
    return Table(name, words.columns, [list(_cells(one, words)) for one in people.people])


def _cells(one: Attendee, words: Words) -> Iterator[Cell]:
    yield from (one.name, one.organisation, one.ref, one.code)
    yield words.tickets.get(one.ticket, one.ticket)
    yield words.status[one.status]
    yield from (_local(one.first_in), _local(one.last_out))
    yield one.minutes if one.first_in is not None else None


def _local(at: str | None) -> datetime | None:
    """A time as the clock on the wall showed it, without its zone."""
    return None if at is None else datetime.fromisoformat(at).replace(tzinfo=None)


def _valid_claims(history: History) -> Claims | None:
    """What the person's newest badge may do; None: it is revoked, or they never had one."""
    good = history.good()
    return None if good is None else good.claims


def _booked(programme: Programme, claims: Claims, session: str) -> bool:
    return bool(claims.sessions >> programme.session_bit[session] & 1)


def _valid_at(programme: Programme, claims: Claims, venue: str, day: int) -> bool:
    ticket = programme.ticket(claims.ticket)
    at_venue = claims.venues >> programme.venue_bit[venue] & 1
    return bool(at_venue and claims.days >> day & 1 and ticket is not None and ticket.on_site)


def _ordinal(programme: Programme, day: int) -> int:
    return datetime.fromisoformat(programme.event.days[day]).toordinal()


def _day_totals(
    programme: Programme, venue: str, day: int, arrived: int, missing: int, without: int
) -> DayAttendance:
    return DayAttendance(
        venue=venue,
        day=programme.event.days[day],
        registered=arrived + missing,
        arrived=arrived,
        no_show=missing,
        came=arrived + without,
    )


def _session_totals(
    programme: Programme, session: str, came: int, missing: int, unbooked: int
) -> SessionAttendance:
    needs_booking = programme.sessions[session].booking == "required"
    return SessionAttendance(
        session=session,
        booked=came + missing if needs_booking or came + missing else None,
        booked_and_came=came,
        no_show=missing,
        unbooked=unbooked,
        came=came + unbooked,
    )
