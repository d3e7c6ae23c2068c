"""The effects of a changed event definition, listed before it is put in force."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.event.definition import Area, Event, Policy
from access.event.programme import Programme
from access.state.event_changes import (
    ChangeFacts,
    change_facts,
    event_change_effects,
)


@pytest.fixture
def event(small: Programme) -> Event:
    return small.event


def changed(event: Event, part: str, known: str, /, **changes: Any) -> Event:
    """The event with one gate, area, session, venue or ticket changed."""
    entries = tuple(
        msgspec.structs.replace(one, **changes) if one.id == known else one
        for one in getattr(event, part)
    )
    return msgspec.structs.replace(event, **{part: entries})


def effects(old: Event, new: Event, **facts: Any) -> list[tuple[str, str, bool]]:
    return [(e.kind, e.id, e.asks) for e in event_change_effects(old, new, ChangeFacts(**facts))]


def detail(old: Event, new: Event, **facts: Any) -> str:
    (effect,) = event_change_effects(old, new, ChangeFacts(**facts))
    return effect.detail


def without(event: Event, gate: str) -> Event:
    return msgspec.structs.replace(event, gates=tuple(g for g in event.gates if g.id != gate))


def test_nothing_changed_does_nothing(event: Event) -> None:
    assert effects(event, event) == []


def test_a_gate_renamed_is_one_removed_and_one_added_and_asks_where_it_is_in_use(
    event: Event,
) -> None:
    renamed = changed(event, "gates", "hall-1", id="hall-one")
    assert effects(event, renamed, kiosks={"hall-1": ["Pi 3"]}) == [
        ("gate_removed", "hall-1", True),
        ("gate_added", "hall-one", False),
    ]
    assert effects(event, renamed, scans={"hall-1": 1})[0][2]
    assert not effects(event, renamed)[0][2]


def test_a_gate_removed_says_whose_kiosk_loses_its_gate_and_that_counts_stay(event: Event) -> None:
    outcome = detail(
        event, without(event, "hall-1"), kiosks={"hall-1": ["Pi 3"]}, scans={"hall-1": 2}
    )
    assert "kiosk Pi 3 stands there" in outcome
    assert "2 presentations recorded, which stay as counted" in outcome
    assert "no gate until" in outcome
    unused = detail(event, without(event, "hall-1"))
    assert "no kiosk stands there" in unused
    assert "until" not in unused
    assert "1 presentation recorded" in detail(event, without(event, "hall-1"), scans={"hall-1": 1})


def test_a_gate_that_comes_back_says_whose_kiosk_works_there_again(event: Event) -> None:
    gone = without(event, "hall-1")
    back = detail(gone, event, kiosks={"hall-1": ["Pi 3"]}, scans={"hall-1": 2})
    assert "kiosk Pi 3 is assigned to it" in back
    assert "2 presentations recorded when it was there before" in back
    assert "no kiosk" not in back
    assert "no kiosk stands there, 1 presentation recorded" in detail(
        gone, event, scans={"hall-1": 1}
    )
    assert detail(gone, event).endswith("no kiosk stands there yet")


def test_a_gate_moved_or_changed_says_from_what_to_what(event: Event) -> None:
    assert "into south instead of hall" in detail(
        event, changed(event, "gates", "hall-1", area="south")
    )
    assert "reentry free → flag" in detail(event, changed(event, "gates", "hall-1", reentry="flag"))


def test_a_gate_that_leaves_a_room_with_seats_says_what_becomes_of_those_that_it_has(
    event: Event,
) -> None:
    moved = changed(event, "gates", "hall-1", area="south")
    for other in (moved, without(event, "hall-1")):
        assert "its free seats of hall stay with it" in detail(event, other)
    unlimited = changed(event, "areas", "hall", capacity=None)
    assert "seats" not in detail(unlimited, without(unlimited, "hall-1"))
    for gate in event.gates:
        if gate.direction == "out":
            assert "seats" not in detail(event, without(event, gate.id))


def test_sessions_moved_cancelled_and_held_after_all_are_named(event: Event) -> None:
    talk = event.sessions[0]
    later = changed(event, "sessions", "talk", starts_ms=talk.starts_ms + 3_600_000)
    assert "2020-11-17 14:00 to 16:00 → room, 2020-11-17 15:00 to 16:00" in detail(event, later)
    cancelled = changed(event, "sessions", "talk", cancelled=True)
    assert effects(event, cancelled) == [("session_cancelled", "talk", False)]
    assert effects(cancelled, event) == [("session_restored", "talk", False)]
    second = msgspec.structs.replace(talk, id="second")
    more = msgspec.structs.replace(event, sessions=(talk, second))
    assert effects(event, more) == [("session_added", "second", False)]


def test_a_capacity_says_which_gates_are_dealt_what(event: Event) -> None:
    assert detail(event, changed(event, "areas", "hall", capacity=8)) == (
        "capacity 5 → 8; seats dealt: hall-1 +2, hall-2 +1"
    )
    assert detail(event, changed(event, "areas", "hall", capacity=None)) == (
        "capacity 5 → none; seats dealt: hall-1 -3, hall-2 -2"
    )
    alone = msgspec.structs.replace(event, gates=tuple(g for g in event.gates if g.area != "south"))
    assert detail(alone, changed(alone, "venues", "south", capacity=9)) == "capacity none → 9"


def test_areas_that_come_and_go_are_named(event: Event) -> None:
    booth = Area(id="booth", venue="north", parent="hall", name={"en": "Booth"})
    more = msgspec.structs.replace(event, areas=(*event.areas, booth))
    assert effects(event, more) == [("area_added", "booth", False)]
    assert effects(more, event) == [("area_removed", "booth", True)]


def test_names_the_policy_and_the_rest_are_named(event: Event) -> None:
    assert detail(event, changed(event, "venues", "north", name={"en": "Far North"})) == (
        "North → Far North"
    )
    stricter = msgspec.structs.replace(event, policy=Policy(unknown="refuse"))
    assert effects(event, stricter) == [("policy_changed", "policy", False)]
    assert effects(event, msgspec.structs.replace(event, day_ends_min=300)) == [
        ("other_changed", "day_ends_min", False)
    ]


def test_what_stands_at_the_gates_is_read_from_the_logs(forum: Any, build: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-1", "09:01", 2)
    forum.refuses("south-in", "09:02", None, "not_a_badge")
    stolen = build.kiosk("stolen", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), stolen, "room-1", cut_off=True)
    spare = build.kiosk("spare", forum.at("08:00"))
    forum.registry.assigns(forum.at("09:00"), spare, None)
    known = forum.known()
    known.event_state.introduced("f" * 16, "hall-2")
    facts = change_facts(known)
    assert facts.scans == {"hall-1": 2, "south-in": 1}
    assert facts.kiosks["hall-1"] == [forum.doors["hall-1"].device]
    assert facts.kiosks["hall-2"] == sorted([forum.doors["hall-2"].device, "f" * 16])
    assert facts.kiosks["room-1"] == [forum.doors["room-1"].device]
