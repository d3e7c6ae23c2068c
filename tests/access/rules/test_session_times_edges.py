"""The time rules at their edges."""

from __future__ import annotations

from access.badge.credential import Claims
from access.event.definition import Event, Gate, Session, Ticket, Venue
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.session_times import Opening, Timing, door_session, timing, turning_points

HOUR = 3_600_000
START = 1_605_556_800_000  # 2020-11-17T04:00+08:00, where the first day begins
NOBODY = Claims(0, 0xFF, 0, 0xFF)


def at(hours: float) -> int:
    """An instant some hours after the first day began."""
    return START + int(hours * HOUR)


def talk(name: str, start_h: float, end_h: float, area: str = "room", **more: object) -> Session:
    return Session(
        id=name, area=area, starts_ms=at(start_h), ends_ms=at(end_h), name={"en": name},
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def programme(*sessions: Session) -> Programme:
    return Programme(
        Event(
            id="fair",
            name={"en": "Fair"},
            timezone="Asia/Shanghai",
            days=("2020-11-17", "2020-11-18"),
            venues=tuple(Venue(id=name, name={"en": name}) for name in ("room", "annex")),
            gates=(Gate(id="door", area="room"),),
            tickets=(Ticket(id="guest", name={"en": "Guest"}, areas=("*",)),),
            sessions=sessions,
        )
    )


def test_one_without_a_booking_is_in_the_later_session_if_only_that_needs_none() -> None:
    both = programme(talk("booked", 5, 8, booking="required"), talk("open", 6, 9))
    assert door_session(both, "room", NOBODY, at(7)) == both.sessions["open"]
    answer = timing(both, "room", NOBODY, Span(at(7), at(7)))
    assert answer == Timing(Opening("open"), session="open")


def test_an_interval_that_begins_years_before_asks_the_events_own_days_alone() -> None:
    years_before = START - 10_000 * 24 * HOUR
    points = list(turning_points(programme(), "room", Span(years_before, at(1))))
    assert points == [years_before, START]


def test_too_early_for_a_session_whose_doors_never_open_names_none() -> None:
    never = programme(talk("never", 4, 5, closing_min=90))
    answer = timing(never, "room", NOBODY, Span(at(3.7), at(3.7)))
    assert (answer.reason, answer.coming) == ("too_early", None)


def test_too_late_names_todays_booking_before_last_nights_that_still_runs() -> None:
    nights = programme(
        talk("over", 24.2, 24.5),
        talk("night", 20, 27, "annex", booking="required"),
        talk("today", 26, 27, "annex", booking="required"),
    )
    claims = Claims(0, 0xFF, 0b111, 0xFF)
    answer = timing(nights, "room", claims, Span(at(25), at(25)))
    assert (answer.reason, answer.coming) == ("too_late", nights.sessions["today"])
