"""When people came and went, minute by minute."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from access.state.arrivals import Arrivals, DayArrivals


def minute(forum: Any, clock: str) -> int:
    day = forum.programme.day_of(forum.at("09:00"))
    return int((forum.at(clock) - forum.programme.day_end_ms(day - 1)) // 60_000)


def day(forum: Any, clock: str = "18:00") -> DayArrivals:
    return Arrivals(forum.known()).on_day_of(forum.at(clock))


def test_without_an_event_definition_nobody_came(forum: Any) -> None:
    known = forum.build.log_state(forum.doors["north-in"].entries)
    assert Arrivals(known).on_day_of(forum.at("09:00")).came == 0


def test_an_entry_arrives_in_the_area_and_on_the_first_visit_in_those_above(forum: Any) -> None:
    forum.enters("room-1", "09:30", 1)
    forum.enters("room-1", "09:40", 1)
    found = day(forum)
    assert {key: n for key, n in found.entries.items() if n} == {
        ("room", minute(forum, "09:30")): 1,
        ("hall", minute(forum, "09:30")): 1,
        ("north", minute(forum, "09:30")): 1,
        ("room", minute(forum, "09:40")): 1,
    }
    assert found.again == {"room": 1}
    assert found.came == 1


def test_exits_and_the_moves_of_a_gate_are_counted_by_the_minute(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-1", "09:00", 2)
    forum.leaves("hall-1", "09:05", 1)
    found = day(forum)
    assert found.exits == {("hall", minute(forum, "09:05")): 1}
    assert found.gates["hall-1", minute(forum, "09:00")] == 2
    start = minute(forum, "09:00")
    assert found.within(found.gates, "hall-1", start, start + 6) == 3
    assert found.within(found.gates, "hall-1", start, start + 5) == 2
    assert found.came == 2


def test_another_day_and_a_refusal_do_not_count(forum: Any) -> None:
    forum.enters("north-in", "18T09:00", 1)
    forum.refuses("north-in", "09:00", 2, "revoked")
    assert day(forum).came == 0
    assert day(forum, "18T10:00").came == 1


def test_a_gate_of_no_definition_leads_nowhere(forum: Any) -> None:
    forum.doors["north-in"].scans(forum.at("09:00"), forum.build.badge(1), gate="gone")
    assert day(forum).came == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(["north-in", "hall-1", "room-1", "out"])),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_asking_in_between_changes_nothing(
    new_forum: Any, moves: list[tuple[int, str]], asked_after: int
) -> None:
    forum = new_forum()
    known = forum.known()
    fold = Arrivals(known)
    for number, (person, gate) in enumerate(moves):
        clock = f"{9 + number // 60:02}:{number % 60:02}"
        goes = forum.leaves if gate == "out" else forum.enters
        entry = goes("north-out" if gate == "out" else gate, clock, person)
        known.file(entry.entry)
        if number == asked_after:
            fold.on_day_of(forum.at("18:00"))
    found, wanted = fold.on_day_of(forum.at("18:00")), day(forum)
    assert +found.entries == +wanted.entries
    assert +found.again == +wanted.again
    assert +found.exits == +wanted.exits
    assert +found.gates == +wanted.gates
    assert found.came == wanted.came
