"""The time rules over an interval of time: which session's doors, what is refused, and when the clock is unsure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge.credential import Claims
from access.event.definition import Event, Gate, Session, Ticket, Venue
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.access_plan import who_may_enter
from access.rules.session_times import (
    Opening,
    Timing,
    at_instant,
    cancelled_session,
    door_session,
    timing,
    turning_points,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY_MS = 24 * HOUR
START = 1_605_556_800_000  # 2020-11-17T04:00+08:00, where the first day begins
ALL = 0xFF


def talk(name: str, area: str, start_h: float, end_h: float, **more: Any) -> Session:
    """A session from and until some hours after the first day began."""
    starts, ends = START + int(start_h * HOUR), START + int(end_h * HOUR)
    return Session(id=name, area=area, starts_ms=starts, ends_ms=ends, name={"en": name}, **more)


SESSIONS = (
    talk("early", "room", 4, 6, booking="required", early_min=20, standby_after_min=30),
    talk("late", "room", 10, 12, booking="required", early_min=20, closing_min=15),
    talk("open", "annex", 5, 8),
    talk("booked", "annex", 6, 9, booking="required", early_min=30),
    talk("other booked", "annex", 6, 9, booking="required", early_min=15),
    talk("tomorrow", "annex", 30, 31, booking="required"),
)


def programme_of(*sessions: Session) -> Programme:
    names = ("hall", "room", "annex")
    return Programme(
        Event(
            id="fair",
            name={"en": "Fair"},
            timezone="Asia/Shanghai",
            days=("2020-11-17", "2020-11-18"),
            venues=tuple(Venue(id=name, name={"en": name}) for name in names),
            gates=(Gate(id="main", area="hall"),),
            tickets=(Ticket(id="guest", name={"en": "Guest"}, areas=("*",)),),
            sessions=sessions or SESSIONS,
        )
    )


FAIR = programme_of()


def booked(*names: str, days: int = ALL) -> Claims:
    return Claims(0, ALL, sum(1 << FAIR.session_bit[name] for name in names), days)


def at(hours: float, until: float | None = None) -> Span:
    lo = START + int(hours * HOUR)
    return Span(lo, lo if until is None else START + int(until * HOUR))


def ask(area: str, when: Span, *names: str, days: int = ALL) -> Timing:
    return timing(FAIR, area, booked(*names, days=days), when)


# At one instant.


def test_an_area_without_sessions_is_open_all_day() -> None:
    assert ask("hall", at(0)) == Timing(Opening(None))
    assert ask("hall", at(47.9)) == Timing(Opening(None))


@pytest.mark.parametrize("hours", [-0.01, 48])
def test_outside_the_event_every_day_is_wrong(hours: float) -> None:
    assert ask("hall", at(hours)).reason == "wrong_day"


def test_a_badge_is_good_on_its_own_days_alone() -> None:
    assert ask("hall", at(23.99), days=0b10).reason == "wrong_day"
    assert ask("hall", at(24), days=0b10).opening == Opening(None)
    assert ask("hall", at(24), days=0b01).reason == "wrong_day"


def test_of_two_sessions_with_open_doors_the_booked_one_is_the_doors() -> None:
    assert ask("annex", at(6), "booked").session == "booked"
    assert ask("annex", at(6), "other booked").session == "other booked"


def test_of_two_sessions_both_booked_the_one_whose_doors_open_first_is_the_doors() -> None:
    assert ask("annex", at(6), "booked", "other booked").session == "booked"


def test_without_a_booking_the_session_that_needs_none_is_the_doors() -> None:
    assert ask("annex", at(6)).session == "open"
    assert door_session(FAIR, "annex", None, at(6).lo) == FAIR.sessions["open"]


def test_where_all_need_a_booking_the_earlier_one_is_the_doors() -> None:
    overlap = programme_of(
        talk("second", "room", 5, 8, booking="required", early_min=60),
        talk("first", "room", 4.5, 8, booking="required"),
    )
    found = door_session(overlap, "room", Claims(0, ALL, 0, ALL), at(6).lo)
    assert found is not None
    assert found.id == "first"


def test_the_door_has_no_session_between_sessions() -> None:
    assert door_session(FAIR, "room", booked("late"), at(7).lo) is None


def test_a_session_whose_doors_never_open_is_over_once_its_start_has_passed() -> None:
    never = programme_of(talk("never", "room", 4, 5, closing_min=90))
    nobody = Claims(0, ALL, 0, ALL)
    assert at_instant(never, "room", nobody, at(3).lo) == "too_early"
    assert at_instant(never, "room", nobody, at(4).lo) == "too_late"


@pytest.mark.parametrize(
    ("hours", "answer"),
    [
        (3.6, "too_early"),
        (3.7, "not_booked"),
        (4.5, Opening("early", standby=True)),
        (7.0, "too_early"),
        (11.7, "not_booked"),
        (11.8, "too_late"),
        (23.9, "too_late"),
        (24.0, "no_session"),
    ],
)
def test_a_day_in_a_room_for_a_badge_without_bookings(hours: float, answer: object) -> None:
    assert at_instant(FAIR, "room", booked(), at(hours).lo) == answer


# What a refusal names.


def test_too_early_names_the_next_session_of_this_room() -> None:
    assert ask("room", at(1), "booked").coming == FAIR.sessions["early"]
    assert ask("room", at(7), "booked").coming == FAIR.sessions["late"]


def test_too_late_names_what_the_badge_has_booked_today_else_later() -> None:
    after = programme_of(*SESSIONS, talk("evening", "annex", 14, 15, booking="required"))
    evening = 1 << after.session_bit["evening"]
    tomorrow = 1 << after.session_bit["tomorrow"]

    def coming(sessions: int) -> Session | None:
        return timing(after, "room", Claims(0, ALL, sessions, ALL), at(13)).coming

    assert coming(evening | tomorrow) == after.sessions["evening"]
    assert coming(tomorrow) == after.sessions["tomorrow"]
    assert coming(0) is None


def test_no_session_names_the_next_one_here_where_nothing_is_booked() -> None:
    second = programme_of(talk("second day", "room", 30, 31))
    answer = timing(second, "room", Claims(0, ALL, 0, ALL), at(5))
    assert (answer.reason, answer.coming) == ("no_session", second.sessions["second day"])


def test_not_booked_names_a_booking_of_the_same_day_alone() -> None:
    assert ask("room", at(4), "booked").coming == FAIR.sessions["booked"]
    assert ask("room", at(4), "tomorrow").coming is None
    assert ask("room", at(4)).coming is None


def test_not_booked_names_the_doors_session_and_when_it_takes_standby() -> None:
    early, late = ask("room", at(4)), ask("room", at(11))
    assert (early.session, early.standby_ms) == ("early", at(4.5).lo)
    assert (late.session, late.standby_ms) == ("late", None)


def test_a_wrong_day_names_no_session() -> None:
    assert ask("room", at(4), "early", days=0b10).coming is None


# Over an interval.


def test_an_interval_that_opens_throughout_is_sure() -> None:
    assert ask("room", at(4, 5), "early") == Timing(Opening("early"), session="early")


def test_an_interval_that_refuses_throughout_has_its_earliest_instants_reason() -> None:
    answer = ask("room", at(3, 4.2))
    assert (answer.opening, answer.reason, answer.unsure) == (None, "too_early", False)
    assert answer.coming == FAIR.sessions["early"]
    assert ask("room", at(-1, 3)).reason == "wrong_day"
    assert ask("room", at(4, 4.2)).reason == "not_booked"


@pytest.mark.parametrize(
    ("span", "session"),
    [
        (at(3.6, 4), "early"),  # the doors open within it
        (at(5, 7), "early"),  # and close
        (at(7, 48.5), "late"),  # refused at both ends
        (at(-5, 100), "early"),
    ],
)
def test_an_interval_that_refuses_at_some_instants_is_unsure_and_opens(
    span: Span, session: str
) -> None:
    answer = ask("room", span, "early", "late")
    assert (answer.unsure, answer.session) == (True, session)
    assert answer.opening == Opening(session)


def test_of_several_openings_the_earliest_is_taken() -> None:
    assert ask("room", at(5, 11), "early", "late").session == "early"


@pytest.mark.parametrize(
    ("lo", "hi", "unsure"),
    [(-1, 0, True), (0, 1, False), (-2, -1, False)],
)
def test_the_edge_of_an_interval_counts_to_the_millisecond(lo: int, hi: int, unsure: bool) -> None:
    opens = FAIR.sessions["early"].doors_open_ms
    answer = ask("room", Span(opens + lo, opens + hi), "early")
    assert answer.unsure == unsure
    assert (answer.opening is None) == (hi < 0)


def test_an_interval_over_the_beginning_of_standby_is_unsure() -> None:
    answer = ask("room", at(4.4, 4.6))
    assert (answer.opening, answer.unsure) == (Opening("early", standby=True), True)


def test_an_interval_over_a_day_that_the_badge_lacks_is_unsure() -> None:
    answer = ask("hall", at(23, 25), days=0b10)
    assert (answer.opening, answer.unsure) == (Opening(None), True)
    assert not ask("hall", at(24, 25), days=0b10).unsure


def test_an_interval_that_ends_years_later_asks_the_events_own_days_alone() -> None:
    points = list(turning_points(FAIR, "hall", Span(START - 1, START + 10_000 * DAY_MS)))
    assert points == [START - 1, START, START + DAY_MS, START + 2 * DAY_MS]


@given(
    st.sampled_from(["hall", "room", "annex"]),
    st.integers(-120, 3000),
    st.integers(0, 600),
    st.integers(0, 0b111111),
    st.integers(0, 3),
)
def test_turning_points_miss_no_instant_at_which_the_answer_changes(
    area: str, first_min: int, length_min: int, sessions: int, days: int
) -> None:
    claims = Claims(0, ALL, sessions, days)
    span = Span(START + first_min * MINUTE, START + (first_min + length_min) * MINUTE)
    every = [at_instant(FAIR, area, claims, ms) for ms in range(span.lo, span.hi + 1, MINUTE)]
    asked = [at_instant(FAIR, area, claims, ms) for ms in turning_points(FAIR, area, span)]
    assert [a for a, b in zip(every, [None, *every], strict=False) if a != b] == [
        a for a, b in zip(asked, [None, *asked], strict=False) if a != b
    ]


def test_the_example_events_doors_are_asked_in_its_own_zone(
    example: Programme, instant: Callable[[str], int]
) -> None:
    delegate = Claims(0, ALL, 1 << example.session_bit["5g"], ALL)
    closes = instant("2020-11-18T11:15:00+08:00")
    last, after = (Span(ms, ms) for ms in (closes - 1000, closes))
    assert timing(example, "mianyang-room", delegate, last).session == "5g"
    assert timing(example, "mianyang-room", delegate, after).reason == "too_late"


def test_a_cancelled_session_opens_no_doors_and_its_room_stays_closed(fair: Any) -> None:
    sessions = tuple(
        msgspec.structs.replace(one, cancelled=True) for one in fair.programme.event.sessions
    )
    event = msgspec.structs.replace(fair.programme.event, sessions=sessions)
    world = replace(fair, programme=Programme(event))
    rooms = {one.area for one in sessions}
    gates = [gate.id for gate in event.gates if gate.area in rooms and gate.lets_in]
    assert gates
    for gate in gates:
        answer = world.ask(gate)
        assert (answer.verdict, answer.reason) == ("refuse", "no_session")
        assert answer.next.session is None


def test_of_cancelled_sessions_the_booked_one_else_the_next_is_missed() -> None:
    gone = [msgspec.structs.replace(one, cancelled=True) for one in SESSIONS]
    programme = programme_of(*gone)
    nine = START + 5 * HOUR
    missed = cancelled_session(programme, "room", (), nine)
    assert missed is not None
    assert missed.id == "early"
    missed = cancelled_session(programme, "room", ("late",), nine)
    assert missed is not None
    assert missed.id == "late"
    assert cancelled_session(programme, "annex", ("tomorrow",), START + 20 * HOUR) is None
    assert cancelled_session(FAIR, "room", (), nine) is None


def test_one_without_a_booking_is_in_the_later_session_if_only_that_needs_none() -> None:
    both = programme_of(
        talk("booked", "room", 5, 8, booking="required"), talk("open", "room", 6, 9)
    )
    assert door_session(both, "room", booked(), at(7).lo) == both.sessions["open"]
    answer = timing(both, "room", booked(), at(7))
    assert answer == Timing(Opening("open"), session="open")


def test_an_interval_that_begins_years_before_asks_the_events_own_days_alone() -> None:
    years_before = START - 10_000 * 24 * HOUR
    points = list(turning_points(FAIR, "hall", Span(years_before, at(1).lo)))
    assert points == [years_before, START]


def test_too_early_for_a_session_whose_doors_never_open_names_none() -> None:
    never = programme_of(talk("never", "room", 4, 5, closing_min=90))
    answer = timing(never, "room", booked(), at(3.7))
    assert (answer.reason, answer.coming) == ("too_early", None)


def test_too_late_names_todays_booking_before_last_nights_that_still_runs() -> None:
    nights = programme_of(
        talk("over", "room", 24.2, 24.5),
        talk("night", "annex", 20, 27, booking="required"),
        talk("today", "annex", 26, 27, booking="required"),
    )
    claims = Claims(0, 0xFF, 0b111, 0xFF)
    answer = timing(nights, "room", claims, at(25))
    assert (answer.reason, answer.coming) == ("too_late", nights.sessions["today"])


def test_a_ticket_that_needs_no_booking_opens_every_session_and_no_other_does() -> None:
    event = msgspec.structs.replace(
        FAIR.event,
        tickets=(
            *FAIR.event.tickets,
            Ticket(id="crew", name={"en": "Crew"}, areas=("*",), booking_exempt=True),
        ),
    )
    programme = Programme(event)
    crew, guest = Claims(1, ALL, 0, ALL), Claims(0, ALL, 0, ALL)
    assert timing(programme, "room", crew, at(4)) == Timing(Opening("early"), session="early")
    assert timing(programme, "room", guest, at(4)).reason == "not_booked"
    assert timing(programme, "room", crew, at(2)).reason == "too_early"
    rows = {row.ticket: row for row in who_may_enter(Programme(room_gate(event)))}
    assert [window.booking for window in rows["crew"].windows] == [None, None]
    assert [window.booking for window in rows["guest"].windows] == ["early", None, "late"]


def room_gate(event: Event) -> Event:
    return msgspec.structs.replace(event, gates=(Gate(id="door", area="room"),))
