"""Seats at their edges."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.state.badge_history import History
from access.state.seat_leases import SeatBook, gifts


def free(forum: Any, area: str, gate: str, clock: str) -> int:
    account = (forum.doors[gate].device, gate)
    seats: int = forum.known().seat_book(area).free(account, forum.at(clock))
    return seats


def test_seats_of_the_hall_given_to_a_door_of_the_room_are_no_seats_of_the_room(
    forum: Any,
) -> None:
    forum.gives("hall", "hall-1", "09:00", "room-1", 2)
    assert free(forum, "room", "room-1", "09:00") == 2
    assert free(forum, "hall", "hall-1", "09:00") == 1


def test_seats_dealt_later_are_for_the_kiosk_that_came_last_whoevers_address_is_told_anew(
    forum: Any, build: Any
) -> None:
    old, new = forum.doors["hall-1"], build.kiosk("hall-1 again", forum.at("10:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    forum.registry.assigns(forum.at("11:00"), old, "hall-1")
    event = forum.programme.event
    areas = tuple(msgspec.structs.replace(a, capacity=8) for a in event.areas)
    forum.registry.defines(forum.at("12:00"), msgspec.structs.replace(event, areas=areas))
    book = forum.known().seat_book("hall")
    assert book.free((new.device, "hall-1"), forum.at("12:00")) == 2
    assert book.free((old.device, "hall-1"), forum.at("12:00")) == 3


def test_a_kiosk_already_cut_off_is_dealt_nothing_and_the_share_waits_for_an_honest_one(
    forum: Any, build: Any
) -> None:
    registry = build.registry(forum.at("08:00"))
    stolen, spare, honest = (build.kiosk(name, 0) for name in ("stolen", "spare", "honest"))
    entries = [
        registry.defines(forum.at("08:00"), forum.programme.event),
        registry.assigns(forum.at("08:01"), stolen, "hall-2", cut_off=True, seats={"hall": 4}),
        registry.assigns(forum.at("08:02"), spare, None, seats={"hall": 4}),
        registry.assigns(forum.at("08:03"), honest, "hall-2"),
    ]
    book = build.log_state(entries).seat_book("hall")
    accounts = [(kiosk.device, "hall-2") for kiosk in (stolen, spare, honest)]
    assert [book.free(account, forum.at("09:00")) for account in accounts] == [0, 0, 2]


def test_a_gate_with_two_seats_gives_one_to_a_gate_with_none() -> None:
    assert gifts("a", {"a": 2, "b": 0}, ["b"], ["a", "b"]) == [("b", 1)]


# A book kept up over the day.


@pytest.fixture
def day_in_the_room(forum: Any) -> Any:
    """Seats of the room held until the short talk's clearing, until the long one's, until night, and one given back."""
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


class Kept:
    """The room's book, told of every entry, and whose history it asked for."""

    def __init__(self, forum: Any) -> None:
        self.forum = forum
        self.known = forum.known()
        self.asked: list[bytes] = []
        self.book = SeatBook("room", self.known.event_state, self._history)
        for entry in forum.entries:
            self.book.saw(entry.entry)

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

    def hears(self, entry: Any) -> None:
        self.known.add(entry.log, entry.digest, entry.raw)
        self.book.saw(entry.entry)


@pytest.mark.parametrize(
    "clocks",
    [
        ["14:00", "15:19", "15:20", "16:19", "16:20", "18T04:00"],
        ["14:00", "16:20", "18T04:00"],
        ["18T04:00", "14:00", "16:19", "15:20", "16:20"],
    ],
)
def test_a_book_asked_all_day_says_what_one_made_then_says(
    day_in_the_room: Any, clocks: list[str]
) -> None:
    kept = Kept(day_in_the_room)
    for clock in clocks:
        assert kept.free(clock) == Kept(day_in_the_room).free(clock)


def test_only_whom_the_time_moved_is_looked_at_again(day_in_the_room: Any) -> None:
    kept = Kept(day_in_the_room)
    assert sorted(kept.looks_at("14:00")) == [1, 2, 3, 4]
    clocks = ("14:00", "15:00", "15:20", "15:30", "16:20", "16:30", "18T04:00")
    assert [kept.looks_at(clock) for clock in clocks] == [[], [], [1], [], [2], [], [3]]


def test_only_a_let_in_on_a_seat_of_the_room_is_looked_at(day_in_the_room: Any) -> None:
    forum, kept = day_in_the_room, Kept(day_in_the_room)
    kept.looks_at("14:00")
    kept.hears(forum.enters("hall-1", "14:01", 5))
    kept.hears(forum.enters("room-1", "14:02", 6, seat=False))
    kept.hears(forum.enters("room-1", "14:03", 7, verdict="refuse", reason="full"))
    assert kept.looks_at("14:10") == []
    kept.hears(forum.enters("room-1", "14:11", 8))
    assert kept.looks_at("14:11") == [8]


def test_a_let_in_of_nobody_holds_no_seat(day_in_the_room: Any) -> None:
    forum, kept = day_in_the_room, Kept(day_in_the_room)
    before = kept.free("14:00")
    kept.hears(forum.doors["room-1"].scans(forum.at("14:01"), None, seat=True))
    assert kept.free("14:01") == before


def test_a_reentry_at_another_door_taken_back_leaves_the_seat_with_that_door(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    again = forum.enters("hall-2", "09:10", 1, reason="reentry")
    forum.voids("hall-2", "09:20", again)
    book, at = forum.known().seat_book("hall"), forum.at("09:20")
    accounts = [(forum.doors[gate].device, gate) for gate in ("hall-1", "hall-2")]
    assert [book.free(account, at) for account in accounts] == [3, 1]
    assert book.seat_of(forum.build.badge(1), at) == accounts[1]
    forum.leaves("hall-1", "09:30", 1)
    book, at = forum.known().seat_book("hall"), forum.at("09:30")
    assert [book.free(account, at) for account in accounts] == [3, 2]
