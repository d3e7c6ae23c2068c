"""The partition report at its seams: days, clearings, and what is looked at again."""

from __future__ import annotations

from typing import Any

import pytest

from access.state.badge_history import History
from access.state.conflicts import Conflicts
from access.state.log_state import LogState


class Watched(LogState):
    """LogState that notes whose history was asked for."""

    asked: list[bytes | None]

    def history(self, badge: bytes | None) -> History:
        self.asked.append(badge)
        return super().history(badge)


def reasons(forum: Any) -> list[str | None]:
    return [line.reason for line in Conflicts(forum.known()).lines()]


def test_whoever_was_inside_yesterday_is_not_inside_today(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "18T09:00", 1)
    assert reasons(forum) == []


def test_only_badges_of_which_something_was_heard_are_decided_again(forum: Any) -> None:
    known = Watched(forum.registry.device, 0)
    known.asked = []
    for number in (1, 2):
        forum.enters("north-in", "09:00", number)
    for entry in forum.entries:
        known.add(entry.log, entry.digest, entry.raw)
    report = Conflicts(known)
    report.lines()
    known.asked.clear()
    report.lines()
    assert known.asked == []
    again = forum.enters("north-in", "09:10", 1)
    known.add(again.log, again.digest, again.raw)
    assert [line.entry for line in report.lines()] == [again.ref]
    assert known.asked == [forum.build.badge(1)]


def test_whoever_was_inside_until_this_very_instant_is_not_inside_any_more(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "18T04:00", 1)
    assert reasons(forum) == []


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


@pytest.mark.parametrize(
    ("gate", "clock", "reason"),
    [
        ("north-in", "19T09:00", "wrong_day"),
        ("room-1", "13:00", "too_early"),
        ("room-1", "16:30", "too_late"),
        ("room-1", "18T14:00", "no_session"),
    ],
)
def test_an_entry_that_only_the_time_forbids_is_read_as_clocks_that_crossed(
    forum: Any, gate: str, clock: str, reason: str
) -> None:
    forum.enters(gate, clock, 1)
    (line,) = Conflicts(forum.known()).lines()
    assert (line.reason, line.reading) == (reason, "clocks_crossed")


def test_a_gate_that_the_definition_has_lost_is_in_no_venue(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.doors["south-in"].scans(forum.at("09:01"), forum.build.badge(1), gate="attic")
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


def test_an_order_is_uncertain_only_between_two_places(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:01", 1)
    assert [line.overlap for line in Conflicts(forum.known()).lines()] == [False]
