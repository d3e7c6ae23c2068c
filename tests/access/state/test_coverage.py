"""How far the numbers can be trusted: who has been heard, and what may not have been told yet."""

from __future__ import annotations

from typing import Any

import pytest

from access.state.coverage import (
    BEHIND_AFTER_MS,
    BEHIND_FROM,
    SILENT_AFTER_MS,
    Contact,
    Coverage,
    CoverageReport,
    area_fields,
    silent_fields,
    standing,
)
from access.state.headcount import Headcount

ALONE = "hall-1"
"""The kiosk of which the tests say something; all others were heard just now."""


@pytest.fixture
def at(forum: Any) -> int:
    moment: int = forum.at("10:00")
    return moment


@pytest.fixture
def coverage() -> Coverage:
    return Coverage()


def report(
    forum: Any, coverage: Coverage, at: int, heard_ms: int | None, missing: int | None = None
) -> CoverageReport:
    contacts = {door.device: Contact(at) for door in forum.doors.values()}
    contacts[forum.doors[ALONE].device] = Contact(heard_ms, missing)
    known = forum.known()
    counts = Headcount(known).areas(at)
    return coverage.report(known, forum.programme, counts, contacts, at)


def touch(forum: Any, coverage: Coverage, at: int, heard_ms: int | None, missing: int = 0) -> str:
    found = report(forum, coverage, at, heard_ms, missing or None)
    return found.touch(forum.doors[ALONE].device)


def test_whoever_was_heard_and_lacks_nothing_is_in_touch(
    forum: Any, coverage: Coverage, at: int
) -> None:
    found = report(forum, coverage, at, at - SILENT_AFTER_MS)
    assert {one.touch for one in found.kiosks} == {"in_touch"}
    assert found.silences == ()


@pytest.mark.parametrize("heard", [None, SILENT_AFTER_MS + 1])
def test_whoever_is_not_heard_is_silent(
    forum: Any, coverage: Coverage, at: int, heard: int | None
) -> None:
    since = None if heard is None else at - heard
    found = report(forum, coverage, at, since)
    (silence,) = found.silences
    assert (silence.gate, silence.since_ms) == (ALONE, since)
    assert found.touch(forum.doors[ALONE].device) == "silent"
    assert found.touch("nobody") == "silent"


def test_entries_on_their_way_are_no_fault_until_they_stay_away(
    forum: Any, coverage: Coverage, at: int
) -> None:
    assert touch(forum, coverage, at, at, 3) == "in_flight"
    later = at + BEHIND_AFTER_MS
    assert touch(forum, coverage, later, later, 3) == "in_flight"
    later += 1
    assert touch(forum, coverage, later, later, 5) == "behind"
    assert touch(forum, coverage, later, later, 2) == "in_flight", "they become fewer"
    assert touch(forum, coverage, later, later, 0) == "in_touch"
    later += BEHIND_AFTER_MS + 1
    assert touch(forum, coverage, later, later, 4) == "in_flight", "it had caught up"
    assert touch(forum, coverage, later, later, BEHIND_FROM) == "behind", "many are too many"


def test_asked_about_an_earlier_time_nobody_is_behind_for_what_comes_later(
    forum: Any, coverage: Coverage, at: int
) -> None:
    touch(forum, coverage, at, at, 3)
    assert touch(forum, coverage, at - 1, at - 1, 3) == "in_flight"
    later = at + BEHIND_AFTER_MS
    assert touch(forum, coverage, later, later, 3) == "behind"


def test_an_area_was_heard_when_the_last_of_its_kiosks_was(
    forum: Any, coverage: Coverage, at: int
) -> None:
    heard = report(forum, coverage, at, at - 5_000).heard
    assert (heard["hall"], heard["north"]) == (at - 5_000, at - 5_000)
    assert (heard["room"], heard["south"]) == (at, at)
    assert report(forum, coverage, at, None).heard["hall"] is None


def test_kiosks_count_where_they_stand_by_whoevers_word_and_are_not_cut_off(
    forum: Any, build: Any
) -> None:
    forum.registry.assigns(forum.at("09:00"), forum.doors["room-1"], "room-1", cut_off=True)
    forum.registry.assigns(forum.at("09:00"), build.kiosk("spare", 0), None)
    known = forum.known()
    known.event_state.introduced("f" * 16, "hall-2")
    found = standing(known)
    assert found["f" * 16] == "hall-2"
    assert set(found.values()) == set(forum.programme.gates) - {"room-1"}
    assert list(found) == sorted(found)


def test_every_area_and_every_silent_kiosk_is_given_out_in_one_shape(
    forum: Any, coverage: Coverage, at: int
) -> None:
    forum.enters(ALONE, "09:55", 1)
    found = report(forum, coverage, at, at - 60_000, 7)
    counts = Headcount(forum.known()).areas(at)
    hall = area_fields(forum.programme, "hall", counts["hall"], found, at)
    assert (hall["inside"], hall["places_left"], hall["silent"], hall["missing"]) == (1, 4, 1, 7)
    assert (hall["as_of"], hall["heard"]) == (
        "2020-11-17T10:00:00.000+08:00",
        "2020-11-17T09:59:00.000+08:00",
    )
    south = area_fields(forum.programme, "south", counts["south"], found, at)
    assert (south["silent"], south["places_left"], south["parent"]) == (0, None, None)
    never = report(forum, coverage, at, None)
    assert area_fields(forum.programme, "hall", counts["hall"], never, at)["heard"] is None
    (silence,) = never.silences
    silent = silent_fields(forum.programme, silence, "silent")
    assert (silent["area"], silent["venue"], silent["since"]) == ("hall", "north", None)


def test_a_kiosk_at_a_gate_that_is_no_more_is_named_without_an_area(
    forum: Any, coverage: Coverage, at: int, build: Any
) -> None:
    forum.registry.assigns(forum.at("09:00"), build.kiosk("lost", 0), "a-window")
    found = report(forum, coverage, at, at)
    (silence,) = found.silences
    silent = silent_fields(forum.programme, silence, "silent")
    assert (silent["gate"], silent["area"], silent["venue"]) == ("a-window", None, None)
