"""The seats of a room, shared among doors that may not be able to talk to each other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.event.definition import Event
from access.state.log_state import LogState
from access.state.seat_leases import SeatBook, deal, gifts


def resized(event: Event, area: str, capacity: int | None) -> Event:
    areas = tuple(
        msgspec.structs.replace(a, capacity=capacity) if a.id == area else a for a in event.areas
    )
    return msgspec.structs.replace(event, areas=areas)


def without_gates(event: Event, area: str) -> Event:
    return msgspec.structs.replace(
        event, gates=tuple(gate for gate in event.gates if gate.area != area)
    )


def free(forum: Any, gate: str, clock: str, known: LogState | None = None) -> int:
    area = forum.programme.gates[gate].area
    book = (known or forum.known()).seat_book(area)
    return book.free((forum.doors[gate].device, gate), forum.at(clock))


# Sharing out.


@pytest.mark.parametrize(
    ("seats", "gates", "shares"),
    [
        (5, ["a", "b"], {"a": 3, "b": 2}),
        (6, ["a", "b", "c"], {"a": 2, "b": 2, "c": 2}),
        (1, ["a", "b", "c"], {"a": 1, "b": 0, "c": 0}),
        (0, ["a"], {"a": 0}),
        (-5, ["a", "b"], {"a": -3, "b": -2}),
        (7, [], {}),
    ],
)
def test_seats_are_dealt_equally_the_remainder_in_file_order(
    seats: int, gates: list[str], shares: dict[str, int]
) -> None:
    assert deal(seats, gates) == shares


def test_each_entry_gate_begins_with_its_share(forum: Any) -> None:
    assert [free(forum, gate, "09:00") for gate in ("hall-1", "hall-2")] == [3, 2]
    assert [free(forum, gate, "09:00") for gate in ("room-1", "room-2")] == [2, 1]


def test_a_changed_capacity_is_dealt_as_a_difference(forum: Any) -> None:
    forum.registry.defines(forum.at("09:00"), resized(forum.programme.event, "hall", 8))
    assert [free(forum, gate, "09:00") for gate in ("hall-1", "hall-2")] == [5, 3]
    forum.registry.defines(forum.at("10:00"), resized(forum.programme.event, "hall", 1))
    assert [free(forum, gate, "10:00") for gate in ("hall-1", "hall-2")] == [1, 0]


def test_a_smaller_capacity_can_leave_a_gate_owing_seats(forum: Any) -> None:
    for number in (1, 2, 3):
        forum.enters("hall-1", "09:00", number)
    forum.registry.defines(forum.at("10:00"), resized(forum.programme.event, "hall", None))
    assert free(forum, "hall-1", "10:00") == -3


def test_an_area_that_comes_back_is_not_dealt_twice(forum: Any) -> None:
    event = forum.programme.event
    forum.registry.defines(forum.at("09:00"), without_gates(event, "hall"))
    forum.registry.defines(forum.at("10:00"), event)
    assert [free(forum, gate, "10:00") for gate in ("hall-1", "hall-2")] == [3, 2]


def test_a_share_of_a_gate_without_a_kiosk_waits_for_the_first_one_that_comes(
    forum: Any, build: Any, small: Any
) -> None:
    registry = build.registry(forum.at("08:00"))
    late, later = build.kiosk("late", 0), build.kiosk("later", 0)
    entries = [
        registry.defines(forum.at("08:00"), small.event),
        registry.assigns(forum.at("08:01"), late, "hall-1"),
        registry.assigns(forum.at("08:02"), later, "hall-1"),
        registry.assigns(forum.at("08:03"), build.kiosk("spare", 0), None),
        registry.assigns(forum.at("08:04"), build.kiosk("stolen", 0), "hall-2", cut_off=True),
    ]
    book = build.log_state(entries).seat_book("hall")
    assert book.free((late.device, "hall-1"), forum.at("09:00")) == 3
    assert book.free((later.device, "hall-1"), forum.at("09:00")) == 0
    assert book.by_gate(forum.at("09:00")) == {"hall-1": 0}


def test_a_wiped_kiosk_gets_its_seats_back_only_from_an_admin(forum: Any, build: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    new = build.kiosk("hall-1 again", forum.at("10:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    account = (new.device, "hall-1")
    assert forum.known().seat_book("hall").free(account, forum.at("10:01")) == 0
    forum.registry.assigns(forum.at("11:00"), new, "hall-1", seats={"hall": 2})
    assert forum.known().seat_book("hall").free(account, forum.at("11:00")) == 2
    # What an admin gave is a total: repeated it gives nothing more.
    forum.registry.assigns(forum.at("12:00"), new, "hall-1", seats={"hall": 2})
    forum.registry.assigns(forum.at("12:01"), new, "hall-1", seats={"hall": 3, "room": 9})
    assert forum.known().seat_book("hall").free(account, forum.at("12:01")) == 3


def test_the_seats_that_a_replaced_kiosk_took_with_it_are_known(forum: Any, build: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    assert forum.known().seat_book("hall").lost(forum.at("09:30")) == 0
    new = build.kiosk("hall-1 again", forum.at("10:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    assert forum.known().seat_book("hall").lost(forum.at("10:01")) == 2
    forum.registry.assigns(forum.at("11:00"), new, "hall-1", seats={"hall": 2})
    assert forum.known().seat_book("hall").lost(forum.at("11:00")) == 0
    # The seat that was taken comes back to the kiosk that is gone.
    forum.leaves("hall-1", "12:00", 1)
    assert forum.known().seat_book("hall").lost(forum.at("12:01")) == 1


def test_a_kiosk_that_is_replaced_when_all_its_seats_are_taken_loses_none(
    forum: Any, build: Any
) -> None:
    for number in (1, 2, 3):
        forum.enters("hall-1", "09:00", number)
    new = build.kiosk("hall-1 again", forum.at("10:00"))
    forum.registry.assigns(forum.at("10:00"), new, "hall-1")
    assert forum.known().seat_book("hall").lost(forum.at("10:01")) == 0


# Spending and getting back.


def test_letting_somebody_in_spends_a_seat_of_that_gate(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    assert [free(forum, gate, "09:00") for gate in ("hall-1", "hall-2")] == [2, 2]


@pytest.mark.parametrize("how", ["its door", "another door", "the venue", "elsewhere"])
def test_the_seat_is_free_again_at_its_gate_however_the_person_left(forum: Any, how: str) -> None:
    forum.enters("hall-1", "09:00", 1)
    match how:
        case "its door":
            forum.leaves("hall-1", "10:00", 1)
        case "another door":
            forum.leaves("hall-2", "10:00", 1)
        case "the venue":
            forum.leaves("north-out", "10:00", 1)
        case "elsewhere":
            forum.enters("south-in", "10:00", 1)
    assert [free(forum, gate, "10:00") for gate in ("hall-1", "hall-2")] == [3, 2]


def test_the_seat_in_the_hall_stays_taken_by_somebody_in_its_room(forum: Any) -> None:
    forum.enters("hall-1", "13:00", 1)
    forum.enters("room-1", "13:40", 1)
    assert (free(forum, "hall-1", "13:40"), free(forum, "room-1", "13:40")) == (2, 1)
    forum.leaves("room-1", "14:00", 1)
    assert (free(forum, "hall-1", "14:00"), free(forum, "room-1", "14:00")) == (2, 2)


@pytest.mark.parametrize(("clock", "seats"), [("16:19", 1), ("16:20", 2)])
def test_clearing_gives_the_seats_back(forum: Any, clock: str, seats: int) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    known = forum.known()
    assert free(forum, "room-1", "13:40", known) == 1
    assert free(forum, "room-1", clock, known) == seats


@pytest.mark.parametrize(("clock", "seats"), [("18T03:59", 2), ("18T04:00", 3)])
def test_the_days_end_gives_the_seats_back(forum: Any, clock: str, seats: int) -> None:
    forum.enters("hall-1", "09:00", 1)
    known = forum.known()
    assert free(forum, "hall-1", "09:00", known) == 2
    assert free(forum, "hall-1", clock, known) == seats


def test_asked_about_an_earlier_time_the_book_forgets_what_the_later_one_moved(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    known = forum.known()
    assert free(forum, "room-1", "16:20", known) == 2
    assert free(forum, "room-1", "16:19", known) == 1


def test_a_voided_entry_gives_its_seat_back(forum: Any) -> None:
    scan = forum.enters("hall-1", "09:00", 1)
    forum.voids("hall-1", "09:01", scan)
    assert free(forum, "hall-1", "09:01") == 3


def test_voiding_an_exit_whose_seat_was_spent_since_leaves_the_gate_owing_one(forum: Any) -> None:
    forum.enters("room-2", "13:40", 1)
    gone = forum.leaves("room-2", "13:50", 1)
    forum.enters("room-2", "13:55", 2)
    assert free(forum, "room-2", "13:56") == 0
    forum.voids("room-2", "14:00", gone)
    assert free(forum, "room-2", "14:00") == -1
    forum.leaves("room-2", "14:10", 2)
    assert free(forum, "room-2", "14:10") == 0


def test_a_reentry_takes_the_seat_over(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-1", "10:00", 1, reason="reentry")
    assert free(forum, "hall-1", "10:00") == 2
    forum.leaves("hall-1", "11:00", 1)
    assert free(forum, "hall-1", "11:00") == 3


def test_a_reentry_spends_one_again_if_it_was_already_free(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.leaves("north-out", "10:00", 1)
    forum.enters("hall-1", "11:00", 1)
    assert free(forum, "hall-1", "11:00") == 2


def test_a_second_door_spends_a_seat_of_its_own_and_the_first_doors_is_free(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    known = forum.known()
    again = forum.enters("hall-2", "10:00", 1, reason="reentry")
    assert free(forum, "hall-1", "10:00", known) == 2  # before it has learned of it
    known.add(*_bytes(again))
    assert [free(forum, gate, "10:00", known) for gate in ("hall-1", "hall-2")] == [3, 1]
    forum.leaves("hall-2", "11:00", 1)
    assert [free(forum, gate, "11:00") for gate in ("hall-1", "hall-2")] == [3, 2]


def test_people_let_in_by_staff_or_exempt_use_no_seat(forum: Any) -> None:
    forum.overrides("hall-1", "09:00", 1)
    forum.enters("hall-1", "09:00", 2, seat=False)
    assert free(forum, "hall-1", "09:00") == 3


def test_a_refusal_or_a_question_spends_nothing(forum: Any) -> None:
    forum.refuses("hall-1", "09:00", 1, "revoked")
    forum.enters("hall-1", "09:00", 2, verdict="ask_staff", seat=True)
    assert free(forum, "hall-1", "09:00") == 3


def test_who_holds_a_seat_of_this_gate_is_known(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    book = forum.known().seat_book("hall")
    at = forum.at("09:00")
    here = (forum.doors["hall-1"].device, "hall-1")
    there = (forum.doors["hall-2"].device, "hall-2")
    assert book.holds(forum.build.badge(1), here, at)
    assert not book.holds(forum.build.badge(1), there, at)
    assert not book.holds(forum.build.badge(2), here, at)


# Moving.


def test_seats_passed_on_are_the_receivers(forum: Any) -> None:
    forum.gives("hall", "hall-1", "09:00", "hall-2", 2)
    assert [free(forum, gate, "09:00") for gate in ("hall-1", "hall-2")] == [1, 4]
    assert free(forum, "room-1", "09:00") == 2


def test_what_a_cut_off_kiosk_gave_later_was_not_its_own_to_give(forum: Any) -> None:
    door = forum.doors["hall-1"]
    forum.gives("hall", "hall-1", "09:00", "hall-2", 2)
    forum.registry.assigns(forum.at("10:00"), door, "hall-1", cut_off=True, believed={door.log: 2})
    assert free(forum, "hall-2", "10:00") == 2


def test_a_gate_gives_half_of_what_it_has_more_rounded_down() -> None:
    gates = ["a", "b"]
    assert gifts("a", {"a": 7, "b": 2}, ["b"], gates) == [("b", 2)]
    assert gifts("a", {"a": 3, "b": 2}, ["b"], gates) == []
    assert gifts("a", {"a": 2, "b": 5}, ["b"], gates) == []


def test_gifts_go_in_file_order_each_seeing_the_ones_before() -> None:
    assert gifts("b", {"a": 0, "b": 9, "c": 1}, ["a", "b", "c"], ["a", "b", "c"]) == [
        ("a", 4),
        ("c", 2),
    ]


def test_a_gate_gives_only_to_those_it_can_reach_and_knows() -> None:
    gates = ["a", "b", "c", "d"]
    assert gifts("a", {"a": 8, "b": 0, "c": 0}, ["c", "d"], gates) == [("c", 4)]
    assert gifts("a", {"b": 0}, ["b"], gates) == []


def test_a_gate_that_owes_seats_is_given_some() -> None:
    assert gifts("a", {"a": 3, "b": -1}, ["b"], ["a", "b"]) == [("b", 2)]


# Keeping up.


def test_a_book_kept_up_entry_by_entry_equals_one_made_afterwards(forum: Any) -> None:
    known = forum.build.log_state()
    book = known.seat_book("hall")
    account = (forum.doors["hall-1"].device, "hall-1")
    assert book.free(account, forum.at("08:00")) == 0
    assert book.by_gate(forum.at("08:00")) == {}
    first, gone = forum.enters("hall-1", "09:00", 1), forum.leaves("hall-2", "10:00", 1)
    for entry, seats in [
        *((entry, None) for entry in forum.registry.entries),
        *((entry, None) for entry in forum.doors["hall-1"].entries[:2]),
        (first, 2),
        *((entry, None) for entry in forum.doors["hall-2"].entries[:2]),
        (gone, 3),
        (forum.voids("hall-2", "10:01", gone), 2),
        (forum.gives("hall", "hall-1", "10:02", "hall-2", 1), 1),
        (forum.overrides("south-in", "10:03", 1), 1),
        (forum.refuses("hall-2", "10:04", None, "not_a_badge"), None),
    ]:
        known.add(entry.log, entry.digest, entry.raw)
        now = book.free(account, forum.at("11:00"))
        assert seats is None or now == seats
    known.add(*_bytes(forum.doors["south-in"].entries[0]))
    known.add(*_bytes(forum.doors["south-in"].entries[1]))
    assert book.free(account, forum.at("11:00")) == 2 == free(forum, "hall-1", "11:00")


def test_somebody_seated_before_the_definition_came_is_found_when_it_comes(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    known = forum.build.log_state(forum.doors["hall-1"].entries)
    book: SeatBook = known.seat_book("hall")
    account = (forum.doors["hall-1"].device, "hall-1")
    assert book.free(account, forum.at("09:00")) == 0
    for entry in forum.registry.entries:
        known.add(*_bytes(entry))
    assert book.free(account, forum.at("09:00")) == 2


def test_seats_of_the_hall_given_to_a_door_of_the_room_are_no_seats_of_the_room(
    forum: Any,
) -> None:
    forum.gives("hall", "hall-1", "09:00", "room-1", 2)
    assert free(forum, "room-1", "09:00") == 2
    assert free(forum, "hall-1", "09:00") == 1


def test_seats_dealt_later_are_for_the_kiosk_that_came_last_whoevers_address_is_repeated(
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


def _bytes(entry: Any) -> tuple[str, bytes, bytes]:
    return entry.log, entry.digest, entry.raw
