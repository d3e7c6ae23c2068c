"""The event definition made ready for questions: days in zones with a clock change, trees of areas, tickets, doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.definition import Area, Event, Gate, Session, Ticket, Venue
from access.event.programme import DAYS_AROUND, Programme

MINUTE = 60_000
DAY_MS = 86_400_000


def event(**more: Any) -> Event:
    return Event(
        **{
            "id": "fair",
            "name": {"en": "Fair"},
            "timezone": "Asia/Shanghai",
            "days": ("2020-11-17",),
            "venues": (Venue(id="hall", name={"en": "Hall"}),),
            "gates": (Gate(id="main", area="hall"),),
            "tickets": (Ticket(id="guest", name={"en": "Guest"}, areas=("*",)),),
        }
        | more
    )


def area(name: str, parent: str, **more: Any) -> Area:
    return Area(id=name, venue="hall", parent=parent, name={"en": name}, **more)


def in_zone(zone: str, days: list[str], day_ends: str) -> Programme:
    hours, minutes = map(int, day_ends.split(":"))
    return Programme(event(timezone=zone, days=tuple(days), day_ends_min=hours * 60 + minutes))


# Days.

EDGES = [
    # A plain day in Shanghai, where no clock ever changes.
    ("Asia/Shanghai", "2020-11-17", "04:00", "2020-11-17T04:00:00+08:00"),
    ("Asia/Shanghai", "2020-11-17", "00:00", "2020-11-17T00:00:00+08:00"),
    # Berlin, spring: 02:00 becomes 03:00, so 02:30 is not on the clock; it is 03:30.
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:30:00+02:00"),
    ("Europe/Berlin", "2026-03-29", "04:00", "2026-03-29T04:00:00+02:00"),
    ("Europe/Berlin", "2026-03-28", "04:00", "2026-03-28T04:00:00+01:00"),
    # Berlin, autumn: 02:30 is on the clock twice; the day ends at the first.
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30:00+02:00"),
    ("Europe/Berlin", "2026-10-25", "04:00", "2026-10-25T04:00:00+01:00"),
    # New York, spring and autumn.
    ("America/New_York", "2026-03-08", "02:30", "2026-03-08T03:30:00-04:00"),
    ("America/New_York", "2026-03-08", "04:00", "2026-03-08T04:00:00-04:00"),
    ("America/New_York", "2026-11-01", "02:30", "2026-11-01T02:30:00-05:00"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T01:30:00-04:00"),
    ("America/New_York", "2026-11-01", "04:00", "2026-11-01T04:00:00-05:00"),
]


@pytest.mark.parametrize(("zone", "day", "day_ends", "begins"), EDGES)
def test_a_day_begins_when_the_one_before_it_ends_to_the_second(
    instant: Callable[[str], int], zone: str, day: str, day_ends: str, begins: str
) -> None:
    before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    programme = in_zone(zone, [before, day], day_ends)
    at = instant(begins)
    assert programme.day_name(programme.day_of(at)) == day
    assert programme.day_name(programme.day_of(at - 1000)) == before
    assert programme.day_end_ms(programme.day_of(at - 1000)) == at


@pytest.mark.parametrize(("zone", "day", "day_ends", "begins"), EDGES)
def test_a_day_far_from_the_event_has_the_same_edges(
    instant: Callable[[str], int], zone: str, day: str, day_ends: str, begins: str
) -> None:
    far = in_zone(zone, ["2031-06-01"], day_ends)
    at = instant(begins)
    assert far.day_name(far.day_of(at)) == day
    assert far.day_of(at - 1000) == far.day_of(at) - 1
    assert far.day_end_ms(far.day_of(at) - 1) == at


def test_a_day_with_a_clock_change_is_an_hour_longer_or_shorter() -> None:
    spring = in_zone("Europe/Berlin", ["2026-03-28"], "04:00")
    autumn = in_zone("America/New_York", ["2026-10-31"], "04:00")
    assert spring.end_ms - spring.start_ms == 23 * 3_600_000
    assert autumn.end_ms - autumn.start_ms == 25 * 3_600_000


def test_an_event_lasts_from_its_first_days_beginning_to_its_last_days_end(
    example: Programme, instant: Callable[[str], int]
) -> None:
    assert example.start_ms == instant("2020-11-17T04:00:00+08:00")
    assert example.end_ms == instant("2020-11-19T04:00:00+08:00")


@given(st.integers(-(2**62), 2**62), st.sampled_from(["Asia/Shanghai", "Europe/Berlin"]))
def test_every_instant_a_broken_clock_can_write_has_a_day(at_ms: int, zone: str) -> None:
    programme = in_zone(zone, ["2026-03-29"], "02:30")
    day = programme.day_of(at_ms)
    assert programme.day_name(day)
    assert programme.day_end_ms(day) > programme.day_end_ms(day - 1)


@given(st.integers(-(DAYS_AROUND + 2), DAYS_AROUND + 2), st.integers(0, DAY_MS - 1))
def test_an_instant_lies_between_the_edges_of_its_day(days: int, rest: int) -> None:
    programme = in_zone("America/New_York", ["2026-11-01"], "02:30")
    at_ms = programme.start_ms + days * DAY_MS + rest
    day = programme.day_of(at_ms)
    assert programme.day_end_ms(day - 1) <= at_ms < programme.day_end_ms(day)


# Areas.

TREE = {
    "areas": (
        area("room", "hall", capacity=100, clear_min=20),
        area("corner", "room"),
        area("table", "corner"),
        area("other", "hall"),
    )
}


def test_a_person_in_an_area_is_in_all_areas_above_it_and_in_none_below_or_beside() -> None:
    programme = Programme(event(**TREE))
    inside = {a for a in programme.area_tree if programme.within("corner", a)}
    assert inside == {"corner", "room", "hall"}
    assert programme.above["table"] == ("table", "corner", "room", "hall")
    assert programme.venue_of("table") == "hall"


def test_nobody_is_inside_who_is_nowhere_or_in_an_area_of_an_older_definition() -> None:
    programme = Programme(event(**TREE))
    assert not programme.within(None, "hall")
    assert not programme.within("torn down", "hall")


def test_the_seats_of_an_area_are_shared_among_the_gates_that_lead_into_it() -> None:
    gates = (
        Gate(id="b", area="room", direction="both"),
        Gate(id="out", area="room", direction="out"),
        Gate(id="a", area="room"),
        Gate(id="elsewhere", area="other"),
    )
    programme = Programme(event(**TREE, gates=gates))
    assert programme.entry_gates("room") == ("b", "a")
    assert programme.entry_gates("corner") == ()
    assert programme.entry_gates("no such area") == ()


def test_a_gate_from_outside_may_be_one_that_the_event_does_not_have(example: Programme) -> None:
    assert example.gate_or_none("chengdu-main-1") == example.gates["chengdu-main-1"]
    assert example.gate_or_none("north-pole") is None


# Tickets.


@pytest.mark.parametrize(
    ("areas", "reached"),
    [
        (("*",), {"hall", "room", "corner", "table", "other"}),
        (("hall",), {"hall"}),
        (("corner",), {"corner", "room", "hall"}),
        (("table", "other"), {"table", "corner", "room", "hall", "other"}),
        ((), set()),
    ],
)
def test_a_ticket_reaches_its_areas_and_those_above_them_not_those_below(
    areas: tuple[str, ...], reached: set[str]
) -> None:
    ticket = Ticket(id="guest", name={"en": "Guest"}, areas=areas)
    programme = Programme(event(**TREE, tickets=(ticket,)))
    assert {a for a in programme.area_tree if programme.admits(0, a)} == reached


@pytest.mark.parametrize("number", [-1, 1, 255, 2**70])
def test_a_ticket_number_that_the_event_lacks_is_no_ticket(number: int) -> None:
    programme = Programme(event())
    assert programme.ticket(number) is None
    assert not programme.admits(number, "hall")
    assert programme.ticket(0) is not None


# Sessions.


def talk(name: str, start: int, **more: Any) -> Session:
    return Session(
        id=name,
        area="room",
        starts_ms=start,
        ends_ms=start + 60 * MINUTE,
        name={"en": name},
        **more,
    )


def test_the_sessions_of_an_area_stand_in_the_order_in_which_their_doors_open() -> None:
    base = Programme(event()).start_ms
    sessions = (
        talk("late", base + 120 * MINUTE),
        talk("early doors", base + 130 * MINUTE, early_min=60),
        talk("first", base),
    )
    programme = Programme(event(**TREE, sessions=sessions))
    assert [s.id for s in programme.sessions_in("room")] == ["first", "early doors", "late"]
    assert programme.sessions_in("hall") == ()
    assert programme.sessions_in("no such area") == ()


def test_a_room_is_cleared_some_minutes_after_the_session_people_came_for() -> None:
    base = Programme(event()).start_ms
    programme = Programme(event(**TREE, sessions=(talk("talk", base),)))
    assert programme.clears_at("room", "talk") == base + 80 * MINUTE
    assert programme.clears_at("room", None) is None
    assert programme.clears_at("room", "of an older definition") is None
    assert programme.clears_at("corner", "talk") is None
    assert programme.clears_at("torn down", "talk") is None


# Definitions that do not hold together. An event file with such a mistake is refused with its line; one in a
# registry's log is kept and not put in force.


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"days": ()}, "at least one day"),
        ({"days": ("17 November",)}, "isoformat"),
        ({"days": ("0001-01-01",)}, "calendar"),
        ({"days": ("9999-12-31",)}, "calendar"),
        ({"day_ends_min": 1440}, "minute of the next day"),
        ({"day_ends_min": -1}, "minute of the next day"),
        ({"timezone": "Asia/Chengdu"}, "no time zone"),
        ({"timezone": "Asia"}, "no time zone"),
        ({"timezone": "../zone"}, "keys"),
        ({"gates": (Gate(id="main", area="attic"),)}, "attic"),
        ({"areas": (area("room", "attic"),)}, "attic"),
        ({"areas": (Area(id="a", venue="sea", parent="hall", name={"en": "A"}),)}, "sea"),
        ({"areas": (area("room", "room"),)}, "inside itself"),
        ({"areas": (area("one", "two"), area("two", "one"))}, "inside itself"),
        ({"areas": (area("in", "one"), area("one", "two"), area("two", "one"))}, "inside itself"),
        ({"sessions": (talk("talk", 0),)}, "room"),
        ({"tickets": (Ticket(id="t", name={"en": "T"}, areas=("attic",)),)}, "attic"),
    ],
)
def test_an_inconsistent_definition_is_a_named_error(broken: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Programme(event(**broken))


def test_an_event_of_three_hundred_gates_and_rooms_without_seats_is_defined() -> None:
    gates = tuple(Gate(id=f"g{n}", area="room") for n in range(300))
    programme = Programme(event(areas=(area("room", "hall", capacity=0),), gates=gates))
    assert len(programme.entry_gates("room")) == 300
    assert programme.area_tree["room"].capacity == 0
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(programme.event), type=Event)
