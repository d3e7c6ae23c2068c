"""Folds that are asked again: they answer as a new fold would, and look only at badges that something has moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from access.log.entry import Recount
from access.state.arrivals import Arrivals
from access.state.badge_history import History
from access.state.conflicts import Conflicts
from access.state.headcount import Headcount
from access.state.log_state import LogState
from access.state.seat_leases import SeatBook

CLOCKS = [
    ["14:00", "15:19", "15:20", "16:19", "16:20", "18T04:00"],
    ["14:00", "16:20", "18T04:00"],
    ["18T04:00", "14:00", "16:19", "15:20", "16:20"],
]
"""Instants at which a fold is asked, one after the other; the last row goes back in time."""


class Watched(LogState):
    """A `LogState` that records whose history was requested."""

    def __init__(self, forum: Any) -> None:
        super().__init__(forum.registry.device, 0)
        self.asked: list[bytes | None] = []
        for entry in forum.entries:
            self.add(entry.log, entry.digest, entry.raw)

    def histories(self, badges: Iterable[bytes | None]) -> Iterator[tuple[bytes | None, History]]:
        asked = list(badges)
        self.asked += asked
        return super().histories(asked)


@pytest.fixture
def day_in_the_room(forum: Any) -> Any:
    """Four people with a seat in the room: until the short talk's clearing, until the long one's, until night, and one
    who leaves at once."""
    event = forum.programme.event
    short = msgspec.structs.replace(
        event.sessions[0], id="short", ends_ms=event.sessions[0].ends_ms - 3_600_000
    )
    definition = msgspec.structs.replace(event, sessions=(*event.sessions, short))
    forum.registry.defines(forum.at("08:30"), definition)
    forum.enters("room-1", "13:40", 1, session="short")
    forum.enters("room-1", "13:41", 2, session="talk")
    forum.enters("room-2", "13:42", 3)
    forum.enters("room-1", "13:43", 4)
    forum.leaves("room-1", "13:44", 4)
    return forum


def test_conflicts_are_decided_again_only_for_badges_with_new_entries(forum: Any) -> None:
    for number in (1, 2):
        forum.enters("north-in", "09:00", number)
    known = Watched(forum)
    report = Conflicts(known)
    report.lines()
    known.asked.clear()
    report.lines()
    assert known.asked == []
    again = forum.enters("north-in", "09:10", 1)
    known.add(again.log, again.digest, again.raw)
    assert [line.entry for line in report.lines()] == [again.ref]
    assert known.asked == [forum.build.badge(1)]


@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_headcount_asked_all_day_equals_a_new_one(
    day_in_the_room: Any, clocks: list[str]
) -> None:
    forum = day_in_the_room
    kept = Headcount(forum.known())
    for clock in clocks:
        assert kept.areas(forum.at(clock)) == Headcount(forum.known()).areas(forum.at(clock))


def test_a_headcount_looks_again_only_at_people_moved_by_time(day_in_the_room: Any) -> None:
    forum = day_in_the_room
    known = Watched(forum)
    headcount = Headcount(known)
    one, two = forum.build.badge(1), forum.build.badge(2)
    headcount.areas(forum.at("14:00"))
    looked_at = []
    for clock in ("14:00", "15:00", "15:20", "15:30", "16:20", "16:30", "18T04:00", "18T09:00"):
        known.asked.clear()
        headcount.areas(forum.at(clock))
        looked_at.append(list(known.asked))
    assert looked_at == [[], [], [one], [], [two], [], [], []]


def test_one_more_presentation_is_counted_without_the_history_before_it(
    day_in_the_room: Any,
) -> None:
    """Where nothing is cleared, and nothing before it changes, it alone says where the person is."""
    forum, door = day_in_the_room, day_in_the_room.doors["south-in"]
    forum.enters("south-in", "13:00", 6)
    known = Watched(forum)
    headcount, at, badge = Headcount(known), forum.at, forum.build.badge
    headcount.areas(at("14:00"))

    def counted(clock: str, *entries: Any) -> list[bytes | None]:
        for entry in entries:
            known.add(entry.log, entry.digest, entry.raw)
        known.asked.clear()
        fresh = Headcount(forum.known())
        assert headcount.areas(at(clock)) == fresh.areas(at(clock))
        assert headcount.by_gate(at(clock)) == fresh.by_gate(at(clock))
        assert headcount.attendance(at(clock)) == fresh.attendance(at(clock))
        return list(known.asked)

    assert counted("14:02", forum.leaves("south-out", "14:01", 6)) == []
    assert counted("14:04", forum.enters("south-in", "14:03", 6)) == []
    refused = door.scans(at("14:05"), badge(1), verdict="refuse", reason="wrong_venue")
    assert counted("14:06", refused) == []
    assert counted("14:08", door.scans(at("14:07"), badge(6), test=True)) == []
    # Nobody has counted this one before; the room is cleared; two at once; a taken-back one.
    assert counted("14:10", forum.enters("south-in", "14:09", 7)) == [badge(7)]
    assert counted("14:12", forum.enters("room-1", "14:11", 4, session="talk")) == [badge(4)]
    twice = (forum.leaves("south-out", "14:13", 6), forum.enters("south-in", "14:14", 6))
    assert counted("14:15", *twice) == [badge(6)]
    assert counted("14:17", door.voids(at("14:16"), twice[1], badge(6))) == [badge(6)]
    assert counted("14:19", forum.enters("south-in", "14:18", 6)) == [badge(6)]
    # One that comes late stands before others.
    assert counted("14:20", forum.leaves("south-out", "14:10", 7)) == []
    assert counted("14:21", forum.enters("hall-1", "13:00", 7)) == [badge(7)]


def test_on_a_new_day_only_who_is_presented_on_it_is_looked_at(day_in_the_room: Any) -> None:
    forum = day_in_the_room
    known = Watched(forum)
    headcount, arrivals = Headcount(known), Arrivals(known)
    evening, morning = forum.at("20:00"), forum.at("18T09:30")
    headcount.areas(evening)
    arrivals.on_day_of(evening, headcount.presented_since)
    again = forum.enters("hall-1", "18T09:00", 4)
    known.add(again.log, again.digest, again.raw)
    known.asked.clear()
    assert headcount.areas(morning) == Headcount(forum.known()).areas(morning)
    day = arrivals.on_day_of(morning, headcount.presented_since)
    assert set(known.asked) == {forum.build.badge(4)}
    assert day == Arrivals(forum.known()).on_day_of(morning)
    assert day.came == 1


def test_a_recount_looks_only_at_people_who_have_moved_since(day_in_the_room: Any) -> None:
    forum = day_in_the_room
    door, at = forum.doors["room-1"], forum.at
    known = Watched(forum)
    headcount = Headcount(known)

    def counted(clock: str, entry: Any) -> list[bytes | None]:
        known.add(entry.log, entry.digest, entry.raw)
        known.asked.clear()
        assert headcount.areas(at(clock)) == Headcount(forum.known()).areas(at(clock))
        return sorted(set(known.asked))  # type: ignore[type-var]

    def recount(clock: str) -> Any:
        body = Recount(area="room", inside=5, staff=None, why="")
        return door.writes(at(clock), "recount", body)

    badge = forum.build.badge
    assert counted("14:01", recount("14:00")) == [badge(number) for number in (1, 2, 3, 4)]
    assert counted("14:03", forum.enters("room-1", "14:02", 4)) == [badge(4)]
    assert counted("14:05", recount("14:04")) == [badge(number) for number in (1, 2, 3, 4)]


def test_where_days_end_otherwise_by_now_everybody_is_looked_at(day_in_the_room: Any) -> None:
    forum = day_in_the_room
    event = msgspec.structs.replace(forum.programme.event, day_ends_min=0)
    headcount = Headcount(forum.known())
    headcount.areas(forum.at("20:00"))
    later = forum.registry.defines(forum.at("21:00"), event)
    headcount.log_state.add(later.log, later.digest, later.raw)
    for clock in ("22:00", "18T00:00", "18T09:00"):
        at_ms = forum.at(clock)
        assert headcount.areas(at_ms) == Headcount(forum.known()).areas(at_ms)


class Kept:
    """The seat book of the room with every entry added, and a record of whose history it requested."""

    def __init__(self, forum: Any) -> None:
        self.forum = forum
        self.known = forum.known()
        self.asked: list[bytes] = []
        self.book = SeatBook("room", self.known.event_state, self._history)
        for entry in forum.entries:
            self.book.observe(entry.entry)

    def _history(self, badge: bytes) -> History:
        self.asked.append(badge)
        history: History = self.known.history(badge)
        return history

    def free(self, clock: str) -> list[int]:
        doors, at = self.forum.doors, self.forum.at(clock)
        return [self.book.free((doors[gate].device, gate), at) for gate in ("room-1", "room-2")]

    def looks_at(self, clock: str) -> list[int]:
        self.asked.clear()
        self.free(clock)
        return [int.from_bytes(badge) for badge in self.asked]

    def add(self, entry: Any) -> None:
        self.known.add(entry.log, entry.digest, entry.raw)
        self.book.observe(entry.entry)


@pytest.mark.parametrize("clocks", CLOCKS)
def test_a_seat_book_asked_all_day_equals_a_new_one(
    day_in_the_room: Any, clocks: list[str]
) -> None:
    kept = Kept(day_in_the_room)
    for clock in clocks:
        assert kept.free(clock) == Kept(day_in_the_room).free(clock)


def test_a_seat_book_looks_again_only_at_people_moved_by_time(day_in_the_room: Any) -> None:
    kept = Kept(day_in_the_room)
    assert sorted(kept.looks_at("14:00")) == [1, 2, 3, 4]
    clocks = ("14:00", "15:00", "15:20", "15:30", "16:20", "16:30", "18T04:00")
    assert [kept.looks_at(clock) for clock in clocks] == [[], [], [1], [], [2], [], [3]]


def test_a_seat_book_looks_only_at_let_ins_on_a_seat_of_its_area(day_in_the_room: Any) -> None:
    forum, kept = day_in_the_room, Kept(day_in_the_room)
    kept.looks_at("14:00")
    kept.add(forum.enters("hall-1", "14:01", 5))
    kept.add(forum.enters("room-1", "14:02", 6, seat=False))
    kept.add(forum.enters("room-1", "14:03", 7, verdict="refuse", reason="full"))
    assert kept.looks_at("14:10") == []
    kept.add(forum.enters("room-1", "14:11", 8))
    assert kept.looks_at("14:11") == [8]


def test_a_let_in_of_nobody_holds_no_seat(day_in_the_room: Any) -> None:
    forum, kept = day_in_the_room, Kept(day_in_the_room)
    before = kept.free("14:00")
    kept.add(forum.doors["room-1"].scans(forum.at("14:01"), None, seat=True))
    assert kept.free("14:01") == before
