"""Who is cleared out of an area some minutes after a session, and who is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from access.event.definition import Area, Event, Gate
from access.event.programme import Programme
from access.state.badge_history import Whereabouts
from access.state.headcount import Headcount

CLEARED = "16:20"
"""The room is cleared 20 minutes after the talk."""


@pytest.fixture
def nested(build: Any, small: Programme) -> Any:
    """The small event with a booth inside the room: a room that is cleared, and one in it that is not."""
    event: Event = small.event
    booth = Area(id="booth", venue="north", parent="room", name={"en": "Booth"})
    gate = Gate(id="booth-1", area="booth", direction="both")
    return Programme(
        msgspec.structs.replace(event, areas=(*event.areas, booth), gates=(*event.gates, gate))
    )


@pytest.fixture
def forum(new_forum: Any, nested: Programme) -> Any:
    made = new_forum()
    return type(made)(made.build, nested)


def walked(forum: Any, clock: str) -> Whereabouts:
    state: Whereabouts = forum.known().history(forum.build.badge(1)).whereabouts(forum.at(clock))
    return state


def goes(forum: Any, steps: Iterable[tuple[str, str, str]]) -> None:
    """Steps of person 1: direction, gate, clock. Let-ins into the room are for the talk."""
    for direction, gate, clock in steps:
        if direction == "in":
            session = "talk" if gate.startswith("room") else None
            forum.enters(gate, clock, 1, session=session)
        else:
            forum.leaves(gate, clock, 1)


@pytest.mark.parametrize(
    "after",
    [
        [("in", "booth-1", "14:30"), ("out", "booth-1", "14:40")],
        [("out", "booth-1", "14:40")],
        [("in", "booth-1", "14:30"), ("out", "booth-1", "14:40"), ("out", "booth-1", "14:41")],
    ],
    ids=["in and out of an inner room", "out alone", "out twice"],
)
def test_moves_inside_an_area_do_not_keep_a_person_in_it(forum: Any, after: Any) -> None:
    goes(forum, [("in", "room-1", "13:40"), *after])
    assert walked(forum, "16:19").location == "room"
    assert "room" in walked(forum, "16:19").seats
    state = walked(forum, CLEARED)
    assert (state.location, state.seats) == ("hall", {})


def test_whoever_stands_in_an_inner_room_by_a_later_let_in_stays_there(forum: Any) -> None:
    goes(forum, [("in", "room-1", "13:40"), ("in", "booth-1", "14:30")])
    state = walked(forum, "16:30")
    assert state.location == "booth"
    assert "room" in state.seats


def test_and_leaves_the_area_when_leaving_that_room(forum: Any) -> None:
    goes(
        forum,
        [("in", "room-1", "13:40"), ("in", "booth-1", "14:30"), ("out", "booth-1", "16:30")],
    )
    state = walked(forum, "16:30")
    assert (state.location, state.seats) == ("hall", {})


def test_the_last_let_in_at_the_area_counts_not_the_one_before(forum: Any) -> None:
    goes(forum, [("in", "room-1", "13:40")])
    forum.enters("room-2", "15:00", 1)
    assert walked(forum, "17:00").location == "room"


def test_a_let_in_before_leaving_the_area_counts_for_whoever_comes_back_through_an_inner_room(
    forum: Any,
) -> None:
    steps = [("in", "room-1", "13:40"), ("out", "room-1", "13:50"), ("in", "booth-1", "14:00")]
    goes(forum, [*steps, ("out", "booth-1", "14:10")])
    assert walked(forum, "16:19").location == "room"
    assert walked(forum, CLEARED).location == "hall"


def test_yesterdays_let_in_clears_nobody_today(forum: Any) -> None:
    goes(forum, [("in", "room-1", "13:40"), ("in", "booth-1", "18T09:00")])
    goes(forum, [("out", "booth-1", "18T09:10")])
    assert walked(forum, "18T17:00").location == "room"


def test_the_next_change_is_named_only_for_areas_that_will_be_cleared(forum: Any) -> None:
    goes(forum, [("in", "room-1", "13:40")])
    assert walked(forum, "13:41").changes_ms() == forum.at(CLEARED)
    goes(forum, [("in", "booth-1", "14:30")])
    assert walked(forum, "14:31").changes_ms() == forum.at("18T04:00")


def test_the_headcount_forgets_them_by_itself(forum: Any) -> None:
    goes(forum, [("in", "room-1", "13:40"), ("out", "booth-1", "14:40")])
    headcount = Headcount(forum.known())
    before, after = (headcount.areas(forum.at(clock)) for clock in ("16:19", CLEARED))
    assert [(before[a].inside, after[a].inside) for a in ("room", "hall")] == [(1, 0), (1, 1)]
