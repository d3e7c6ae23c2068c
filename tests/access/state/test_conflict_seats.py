"""The partition report on seats: which let-ins would have found the room full."""

from __future__ import annotations

from typing import Any

import pytest

from access.state.conflicts import Conflicts


def reasons(forum: Any) -> list[str | None]:
    return [line.reason for line in Conflicts(forum.known()).lines()]


def test_a_seat_received_in_an_instant_can_be_spent_in_it(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    forum.enters("room-1", "13:41", 2)
    forum.gives("room", "room-2", "13:50", "room-1", 1)
    forum.enters("room-1", "13:50", 3)
    assert reasons(forum) == []


@pytest.mark.parametrize("listed", [True, False])
def test_somebody_exempt_let_into_a_full_room_is_no_line(forum: Any, listed: bool) -> None:
    forum.enters("room-2", "13:40", 1)  # on its only seat
    speaker = forum.build.claims(forum.programme, "speaker")
    if listed:
        forum.registry.issues(forum.at("13:00"), forum.build.badge(2), speaker)
        forum.enters("room-2", "13:41", 2, seat=False)
    else:
        own = forum.build.signed("small", forum.build.badge(77), speaker).signed
        forum.enters("room-2", "13:41", 77, seat=False, claims=own)
    assert reasons(forum) == []


def test_a_seat_that_one_left_is_there_for_one(forum: Any) -> None:
    forum.enters("room-2", "13:40", 1)
    forum.leaves("room-2", "13:50", 1)
    forum.enters("room-2", "13:51", 2)
    forum.enters("room-2", "13:52", 3)
    (line,) = Conflicts(forum.known()).lines()
    assert (line.reason, line.badge) == ("full", forum.build.badge(3))


def test_a_stranger_at_a_gate_who_writes_of_no_seat_had_none(forum: Any) -> None:
    stranger = forum.build.kiosk("stranger", forum.at("08:00"))
    stranger.boots()
    stranger.trusts(forum.at("08:00"))
    stranger.scans(forum.at("13:40"), forum.build.badge(1), gate="room-1")
    known = forum.build.log_state([*forum.entries, *stranger.entries])
    assert [line.reason for line in Conflicts(known).lines()] == ["full"]
