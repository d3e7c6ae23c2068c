"""When people came and went, minute by minute."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.state.arrivals import Arrivals, DayArrivals, SavedArrivals


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


@pytest.fixture
def morning(forum: Any) -> Any:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "09:05", 1)
    forum.leaves("hall-1", "09:10", 1)
    forum.enters("hall-1", "09:20", 1)
    forum.enters("north-in", "09:30", 2)
    forum.refuses("north-in", "09:31", None, "not_a_badge")
    return forum


def saved(forum: Any) -> SavedArrivals:
    fold = Arrivals(forum.known())
    fold.on_day_of(forum.at("10:00"))
    found = fold.saved()
    assert found is not None
    return msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=SavedArrivals)


def test_what_was_saved_is_gone_on_from(morning: Any) -> None:
    fold = Arrivals(morning.known())
    assert fold.restore(saved(morning))
    at_ms = morning.at("10:30")
    assert fold.on_day_of(at_ms) == Arrivals(morning.known()).on_day_of(at_ms)
    for entry in (morning.leaves("north-out", "10:10", 2), morning.enters("south-in", "10:20", 3)):
        fold.log_state.add(entry.log, entry.digest, entry.raw)
    now, anew = (one.on_day_of(at_ms) for one in (fold, Arrivals(morning.known())))
    assert (+now.entries, +now.exits, +now.gates, +now.again, now.came) == (
        +anew.entries, +anew.exits, +anew.gates, +anew.again, anew.came,
    )  # fmt: skip


def test_moves_of_others_are_not_gone_on_from(morning: Any) -> None:
    kept = saved(morning)
    badges, moves = zip(*kept.moves, strict=True)
    turned = SavedArrivals(kept.day, kept.names, list(zip(badges, moves[::-1], strict=True)))
    assert not Arrivals(morning.known()).restore(turned)


def test_without_an_event_there_is_nothing_to_save_or_go_on_from(morning: Any) -> None:
    nothing = Arrivals(morning.build.log_state())
    assert nothing.saved() is None
    assert not nothing.restore(saved(morning))
