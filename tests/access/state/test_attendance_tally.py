"""Kinds of attendance: kept up to date, they are what a count from the beginning would be."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from access.rules.opening_check import opening_badges
from access.state.attendance import AttendanceTally, Kind
from access.state.log_state import LogState


def counted(known: LogState) -> Counter[Kind]:
    tally = AttendanceTally(known)
    while tally.catch_up(2):
        pass
    return tally.kinds


def brought_up_to_date(tally: AttendanceTally) -> Counter[Kind]:
    while tally.catch_up(100):
        pass
    return tally.kinds


def test_who_was_let_in_counts_by_session_and_venue(forum: Any) -> None:
    forum.enters("north-in", "13:00", 1)
    forum.enters("room-1", "14:10", 1, session="talk")
    forum.refuses("room-1", "14:00", 2, "not_booked")
    kinds = counted(forum.known())
    day = forum.programme.day_of(forum.at("13:00"))
    [came] = [kind for kind in kinds if kind.came]
    assert (came.sessions, came.days) == (frozenset({"talk"}), frozenset({("north", day)}))
    assert (kinds[came], sum(kinds.values())) == (1, 9)


def test_a_let_in_at_a_gate_that_no_definition_knows_is_at_no_venue(forum: Any) -> None:
    forum.doors["north-in"].scans(forum.at("09:00"), forum.build.badge(1), gate="gone")
    [came] = [kind for kind in counted(forum.known()) if kind.came]
    assert (came.sessions, came.days) == (frozenset(), frozenset())


def test_after_each_entry_only_its_badge_is_looked_at_and_the_sum_is_that_of_a_new_count(
    forum: Any,
) -> None:
    known = forum.known()
    tally = AttendanceTally(known)
    brought_up_to_date(tally)
    steps = [
        lambda: forum.enters("north-in", "13:00", 1),
        lambda: forum.enters("room-1", "14:10", 1, session="talk"),
        lambda: forum.enters("north-in", "13:05", 2),
        lambda: forum.voids("north-in", "13:06", entry),
        lambda: forum.registry.revokes(forum.at("13:07"), forum.build.badge(1)),
    ]
    for step in steps:
        entry = step()
        known.add(entry.log, entry.digest, entry.raw)
        assert tally.catch_up(1)
        assert brought_up_to_date(tally) == counted(forum.known())
        assert not tally.catch_up(100)


def test_a_new_definition_counts_everybody_again(forum: Any) -> None:
    forum.enters("north-in", "13:00", 1)
    known = forum.known()
    tally = AttendanceTally(known)
    brought_up_to_date(tally)
    event = forum.programme.event
    later = msgspec.structs.replace(event, name={"en": "Later"})
    entry = forum.registry.defines(forum.at("15:00"), later)
    known.add(entry.log, entry.digest, entry.raw)
    assert brought_up_to_date(tally) == counted(forum.known())


def test_a_test_badge_is_nobody(forum: Any) -> None:
    trial = min(opening_badges(forum.programme.event))
    before = counted(forum.known())
    forum.doors["north-in"].scans(forum.at("09:00"), trial, area="north")
    assert counted(forum.known()) == before


def test_without_an_event_definition_nobody_is_counted(forum: Any) -> None:
    tally = AttendanceTally(forum.build.log_state([forum.enters("north-in", "09:00", 1)]))
    assert not tally.catch_up(100)
    assert not tally.kinds
