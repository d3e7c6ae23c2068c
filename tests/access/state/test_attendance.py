"""Who came to what, and for how long."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from access.rules.opening_check import opening_badges
from access.state.attendance import Attended, Registered, at_session, at_venue, stays

MINUTE_MS = 60_000


def session_of(forum: Any, number: int, clock: str) -> Attended | None:
    known = forum.known()
    history = known.history(forum.build.badge(number))
    talk = forum.programme.sessions["talk"]
    return at_session(known.event_state, talk, history, forum.at(clock))


def venue_of(forum: Any, number: int, clock: str, venue: str = "north") -> Attended | None:
    known = forum.known()
    history = known.history(forum.build.badge(number))
    day = forum.programme.day_of(forum.at(clock))
    return at_venue(known.event_state, venue, day, history, forum.at(clock))


def test_who_was_never_let_in_did_not_come(forum: Any) -> None:
    forum.refuses("room-1", "14:00", 1, "not_booked")
    assert session_of(forum, 1, "17:00") is None
    assert venue_of(forum, 1, "17:00") is None


def test_a_session_is_attended_from_the_first_entry_for_it_to_the_exit(forum: Any) -> None:
    forum.enters("north-in", "13:00", 1)
    forum.enters("room-1", "14:10", 1, session="talk")
    forum.leaves("room-1", "15:00", 1)
    assert session_of(forum, 1, "17:00") == Attended(
        forum.at("14:10"), forum.at("15:00"), 50 * MINUTE_MS
    )
    assert session_of(forum, 1, "17:00").minutes == 50  # type: ignore[union-attr]


def test_who_is_not_scanned_out_stays_until_the_session_ends(forum: Any) -> None:
    forum.enters("room-1", "14:10", 1, session="talk")
    assert session_of(forum, 1, "18T09:00") == Attended(
        forum.at("14:10"), None, 110 * MINUTE_MS, no_exit=True
    )


def test_time_outside_the_room_is_not_counted_and_a_return_is(forum: Any) -> None:
    forum.enters("room-1", "14:00", 1, session="talk")
    forum.leaves("room-1", "14:20", 1)
    forum.enters("room-2", "14:50", 1, session="talk")
    assert session_of(forum, 1, "15:00") == Attended(forum.at("14:00"), None, 30 * MINUTE_MS)


def test_a_session_that_goes_on_is_counted_until_now(forum: Any) -> None:
    forum.enters("room-1", "14:00", 1, session="talk")
    assert session_of(forum, 1, "14:25") == Attended(forum.at("14:00"), None, 25 * MINUTE_MS)


def test_an_entry_that_was_taken_back_is_no_attendance(forum: Any) -> None:
    entry = forum.enters("room-1", "14:00", 1, session="talk")
    forum.voids("room-1", "14:01", entry)
    assert session_of(forum, 1, "17:00") is None


def test_a_day_at_a_venue_counts_every_stay_and_the_last_exit(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "09:30", 1)
    forum.leaves("north-out", "10:00", 1)
    forum.enters("north-in", "11:00", 1)
    forum.leaves("north-out", "11:30", 1)
    assert venue_of(forum, 1, "18:00") == Attended(
        forum.at("09:00"), forum.at("11:30"), 90 * MINUTE_MS
    )
    assert venue_of(forum, 1, "18:00", "south") is None


def test_who_is_not_scanned_out_stays_until_the_last_session_there_or_their_last_scan(
    forum: Any,
) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:00", 2)
    forum.enters("hall-1", "18:30", 2)
    first = forum.at("09:00")
    while_it_lasts, later = venue_of(forum, 1, "11:00"), venue_of(forum, 1, "23:00")
    assert while_it_lasts == Attended(first, None, 120 * MINUTE_MS)
    assert later == Attended(first, None, 7 * 60 * MINUTE_MS, no_exit=True)
    assert venue_of(forum, 2, "23:00") == Attended(first, None, 570 * MINUTE_MS, no_exit=True)


def test_where_no_session_follows_nobody_can_say_how_long_they_stayed(forum: Any) -> None:
    forum.enters("south-in", "09:00", 1)
    forum.enters("north-in", "16:30", 2)
    alone = Attended(forum.at("09:00"), None, None, no_exit=True)
    assert venue_of(forum, 1, "18:00", "south") == alone
    assert alone.minutes is None
    assert venue_of(forum, 2, "18:00") == Attended(forum.at("16:30"), None, None, no_exit=True)


@given(st.lists(st.sampled_from(["north-in", "hall-1", "room-1", "south-in", "out"]), max_size=8))
def test_stays_follow_each_other_without_overlap(new_forum: Any, moves: list[str]) -> None:
    forum = new_forum()
    for number, gate in enumerate(moves):
        clock = f"{9 + number:02}:00"
        if gate == "out":
            forum.leaves("north-out", clock, 1)
        else:
            forum.enters(gate, clock, 1)
    known = forum.known()
    history = known.history(forum.build.badge(1))
    found = stays(known.event_state, history, forum.at("20:00"))
    assert all(stay.from_ms < stay.to_ms for stay in found)
    assert all(one.to_ms <= other.from_ms for one, other in pairwise(found))


def test_without_an_event_definition_nobody_came(forum: Any) -> None:
    entry = forum.enters("north-in", "09:00", 1)
    known = forum.build.log_state([entry])
    history = known.history(forum.build.badge(1))
    assert at_venue(known.event_state, "north", 1, history, forum.at("10:00")) is None


def test_registered_are_those_whose_newest_badge_is_good(forum: Any) -> None:
    registry, badge = forum.registry, forum.build.badge
    first = Registered(forum.known())
    assert first.count() == 9
    assert Registered(forum.build.log_state()).count() == 0
    forum.enters("north-in", "09:00", 99)  # nobody's badge
    registry.revokes(forum.at("09:10"), badge(1))
    registry.revokes(forum.at("09:11"), badge(2), issue=1)
    registry.revokes(forum.at("09:12"), badge(3), issue=1)
    registry.issues(forum.at("09:13"), badge(3), forum.delegate, issue=2)
    trial = min(opening_badges(forum.programme.event))
    registry.issues(forum.at("09:14"), trial, forum.delegate)
    forum.refuses("north-in", "09:15", None, "not_a_badge")
    for one in forum.entries:
        first.log_state.file(one.entry)
    assert first.count() == Registered(forum.known()).count() == 7
