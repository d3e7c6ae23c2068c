"""A state that goes on from what was saved, and from the entries that name no badge."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.log.entry import Span, badge_of
from access.state.log_state import LogState, SavedState


@pytest.fixture
def morning(forum: Any) -> list[Any]:
    forum.enters("north-in", "09:00", 1)
    forum.enters("room-1", "13:40", 2)
    forum.enters("hall-1", "13:41", 3, seat=True, area=None)
    forum.voids("room-1", "13:50", forum.enters("room-1", "13:45", 2))
    # A kiosk that has met no trusted time only knows what it was not before.
    unsure = forum.build.kiosk("south-in", forum.at("08:00"), epoch=2)
    unsure.boots()
    at_ms = forum.at("11:00")
    scan = forum.enters("south-in", "08:30", 4).entry.body
    span = Span(at_ms, at_ms + 60_000)
    unsure.writes(forum.at("09:00"), "scan", msgspec.structs.replace(scan, span=span))
    return [
        *forum.registry.entries,
        *(one for door in (*forum.doors.values(), unsure) for one in door.entries),
    ]


def test_times_and_lengths_are_as_before(forum: Any, morning: list[Any]) -> None:
    whole = forum.build.log_state(morning)
    saved = msgspec.msgpack.decode(msgspec.msgpack.encode(whole.saved()), type=SavedState)
    again: LogState = forum.build.log_state(
        one for one in morning if badge_of(one.entry.body) is None
    )
    watch = again.watch()
    again.restore(saved)
    assert len(again) == len(whole)
    assert again.presented == whole.presented == watch
    before, now = whole.event_state, again.event_state
    assert now.last_seq == before.last_seq
    assert now.registry_head == before.registry_head
    for log in before.last_seq:
        assert now.clocks.line(log) == before.clocks.line(log)
    assert _sorted(again.saved()) == _sorted(saved)


def _sorted(saved: SavedState) -> list[object]:
    seated = {area: sorted(badges) for area, badges in saved.seated.items()}
    return [sorted(saved.presented), sorted(saved.taken_back), seated, saved.logs]
