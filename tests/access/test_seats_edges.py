"""Seats at their edges."""

from __future__ import annotations

from typing import Any

import msgspec

from access.seats import gifts


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
    book = build.knowledge(entries).seat_book("hall")
    accounts = [(kiosk.device, "hall-2") for kiosk in (stolen, spare, honest)]
    assert [book.free(account, forum.at("09:00")) for account in accounts] == [0, 0, 2]


def test_a_gate_with_two_seats_gives_one_to_a_gate_with_none() -> None:
    assert gifts("a", {"a": 2, "b": 0}, ["b"], ["a", "b"]) == [("b", 1)]
