"""What happened is read with the event definition that was in force then, whatever has changed since."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.definition import Event
from access.state.conflicts import Conflicts
from access.state.headcount import Headcount

MINUTE = 60_000
GATES = ("north-in", "hall-1", "hall-2", "room-1", "south-in")


def with_gate(event: Event, gate: str, **changes: Any) -> Event:
    gates = tuple(msgspec.structs.replace(g, **changes) if g.id == gate else g for g in event.gates)
    return msgspec.structs.replace(event, gates=gates)


def without(event: Event, gate: str) -> Event:
    return msgspec.structs.replace(event, gates=tuple(g for g in event.gates if g.id != gate))


def with_area(event: Event, area: str, **changes: Any) -> Event:
    areas = tuple(msgspec.structs.replace(a, **changes) if a.id == area else a for a in event.areas)
    return msgspec.structs.replace(event, areas=areas)


def with_talk(event: Event, **changes: Any) -> Event:
    return msgspec.structs.replace(
        event, sessions=tuple(msgspec.structs.replace(s, **changes) for s in event.sessions)
    )


def without_room(event: Event) -> Event:
    """No room, nor anything that names it."""
    return msgspec.structs.replace(
        event,
        areas=tuple(a for a in event.areas if a.id != "room"),
        gates=tuple(g for g in event.gates if g.area != "room"),
        sessions=tuple(msgspec.structs.replace(s, area="hall") for s in event.sessions),
    )


CHANGES: dict[str, Any] = {
    "renamed": lambda event: with_gate(event, "hall-1", id="hall-one"),
    "moved": lambda event: with_gate(event, "hall-1", area="south"),
    "removed": lambda event: without(event, "hall-1"),
    "without the room": without_room,
    "a venue's": lambda event: with_area(event, "room", parent="north"),
}


def location(forum: Any, clock: str) -> str | None:
    state = forum.known().history(forum.build.badge(1)).whereabouts(forum.at(clock))
    found: str | None = state.location
    return found


@pytest.mark.parametrize("change", ["renamed", "moved", "removed"])
@pytest.mark.parametrize("old", [False, True], ids=["area in the entry", "older entries"])
def test_a_changed_gate_changes_no_count_of_what_happened(
    forum: Any, change: str, *, old: bool
) -> None:
    scan = {"area": None} if old else {}
    forum.enters("hall-1", "09:00", 1, **scan)
    forum.enters("hall-1", "09:01", 2, **scan)
    forum.leaves("hall-1", "09:02", 2, **scan)
    before = Headcount(forum.known()).areas(forum.at("10:00"))
    forum.registry.defines(forum.at("10:00"), CHANGES[change](forum.programme.event))
    after = Headcount(forum.known()).areas(forum.at("10:00"))
    for area, count in before.items():
        assert (count.inside, count.people, count.entries, count.exits) == (
            after[area].inside,
            after[area].people,
            after[area].entries,
            after[area].exits,
        ), area


def test_a_door_that_had_not_heard_yet_lets_people_in_where_its_gate_led(forum: Any) -> None:
    forum.registry.defines(forum.at("09:00"), without(forum.programme.event, "hall-1"))
    forum.enters("hall-1", "09:30", 1)
    assert location(forum, "09:30") == "hall"
    forum.enters("hall-1", "09:40", 2, area=None)
    inside = Headcount(forum.known()).areas(forum.at("09:40"))["hall"].inside
    assert inside == 2


def test_a_gate_that_no_definition_knows_moves_nobody(forum: Any) -> None:
    forum.doors["hall-1"].scans(forum.at("09:00"), forum.build.badge(1), gate="a-window")
    assert location(forum, "09:00") is None
    counts = Headcount(forum.known()).areas(forum.at("09:00"))
    assert all(count.entries == 0 for count in counts.values())


def test_an_area_that_no_definition_knows_moves_nobody(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1, area="attic", seat=False)
    assert location(forum, "09:00") is None
    counts = Headcount(forum.known()).areas(forum.at("09:00"))
    assert all(count.people == 0 for count in counts.values())


def test_whoever_stands_in_a_room_that_is_taken_away_is_in_the_hall_around_it(forum: Any) -> None:
    forum.enters("hall-1", "13:30", 1)
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.registry.defines(forum.at("14:00"), without_room(forum.programme.event))
    assert location(forum, "13:59") == "room"
    assert location(forum, "14:00") == "hall"


def test_a_late_scan_at_the_door_of_a_room_taken_away_counts_for_the_hall(forum: Any) -> None:
    forum.registry.defines(forum.at("09:00"), without_room(forum.programme.event))
    forum.enters("room-1", "13:40", 1, session="talk")
    assert location(forum, "13:40") == "hall"
    forum.leaves("room-1", "13:50", 1)
    assert location(forum, "13:50") == "hall"


def test_a_session_put_back_clears_the_room_later_unless_it_is_cleared_already(forum: Any) -> None:
    later = with_talk(forum.programme.event, ends_ms=forum.at("17:00"))
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.registry.defines(forum.at("15:00"), later)
    assert location(forum, "16:30") == "room"
    assert location(forum, "17:20") == "hall"


def test_a_session_put_back_after_its_room_was_cleared_brings_nobody_back(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.registry.defines(
        forum.at("16:30"), with_talk(forum.programme.event, ends_ms=forum.at("17:00"))
    )
    assert location(forum, "16:40") == "hall"


def test_what_the_time_to_come_changes_is_seen_coming(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.registry.defines(forum.at("15:00"), without_room(forum.programme.event))
    state = forum.known().history(forum.build.badge(1)).whereabouts(forum.at("14:00"))
    assert state.changes_ms() == forum.at("15:00")


def test_nobodys_whereabouts_are_known_without_a_definition(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    known = forum.build.log_state(forum.doors["hall-1"].entries)
    state = known.history(forum.build.badge(1)).whereabouts(forum.at("10:00"))
    assert (state.location, state.around, state.changes_ms()) == (None, (), None)
    event_state = known.event_state
    assert event_state.definitions() == ()
    order = event_state.order(forum.doors["hall-1"].entries[-1].entry)
    assert event_state.above(order, "hall") == ()


def test_seats_of_a_moved_gate_are_named_as_lost(forum: Any) -> None:
    event = forum.programme.event
    forum.registry.defines(forum.at("09:00"), with_gate(event, "hall-1", area="south"))
    assert forum.known().seat_book("hall").lost(forum.at("09:00")) == 3


moves = st.lists(
    st.tuples(
        st.sampled_from(["in", "in", "out"]),
        st.sampled_from(GATES),
        st.integers(1, 3),
        st.integers(0, 600),
        st.booleans(),
    ),
    max_size=12,
)
definitions = st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 600)), max_size=4)


def answers(known: Any, at: int) -> object:
    book = known.seat_book("hall")
    accounts = sorted((kiosk, gate) for kiosk in known.event_state.kiosks for gate in GATES)
    return (
        Headcount(known).areas(at),
        Headcount(known).attendance(at),
        Conflicts(known).lines(),
        [(account, book.free(account, at)) for account in accounts],
    )


@given(chosen=moves, changes=definitions, random=st.randoms(use_true_random=False))
def test_whatever_order_definitions_and_scans_arrive_in_all_know_the_same(
    new_forum: Any, chosen: Any, changes: Any, random: Any
) -> None:
    forum = new_forum()
    begin = forum.at("09:00")
    for direction, gate, number, minute, old in chosen:
        act = forum.enters if direction == "in" else forum.leaves
        clock = f"{9 + minute // 60:02}:{minute % 60:02}"
        act(gate, clock, number, **({"area": None} if old else {}))
    for name, minute in changes:
        forum.registry.defines(begin + minute * MINUTE, CHANGES[name](forum.programme.event))
    entries = list(forum.entries)
    at = begin + 700 * MINUTE
    one = answers(forum.build.log_state(entries), at)
    random.shuffle(entries)
    kept = forum.build.log_state()
    headcount = Headcount(kept)
    for entry in entries:
        kept.add(entry.log, entry.digest, entry.raw)
        headcount.areas(at)
    assert headcount.areas(at) == one[0]  # type: ignore[index]
    assert answers(kept, at) == one


@given(chosen=moves, changes=definitions)
def test_no_definition_that_comes_later_changes_what_was_counted(
    new_forum: Any, chosen: Any, changes: Any
) -> None:
    """Entries, exits and people of the time before a change are the same after it."""
    forum = new_forum()
    for direction, gate, number, minute, old in chosen:
        act = forum.enters if direction == "in" else forum.leaves
        clock = f"{9 + minute // 60:02}:{minute % 60:02}"
        act(gate, clock, number, **({"area": None} if old else {}))
    at = forum.at("19:30")
    before = Headcount(forum.known()).areas(at)
    for name, minute in changes:
        forum.registry.defines(at + minute, CHANGES[name](forum.programme.event))
    after = Headcount(forum.known()).areas(at)
    for area, count in after.items():
        was = before[area]
        assert (count.people, count.entries, count.exits) == (was.people, was.entries, was.exits)


def test_before_the_registrys_log_comes_the_definition_of_the_enrolment_counts(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1, area=None)
    known = forum.build.log_state(forum.doors["hall-1"].entries)
    door = forum.doors["hall-1"].device
    known.event_state.enrolled_with(forum.programme.event, {}, door, "hall-1")
    assert known.history(forum.build.badge(1)).whereabouts(forum.at("09:00")).location == "hall"
