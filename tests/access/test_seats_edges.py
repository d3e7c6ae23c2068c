"""Seats at their edges."""

from __future__ import annotations

from typing import Any


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
