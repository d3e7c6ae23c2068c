"""One count kept up over the day: it says what a count made afterwards says, and looks only at whom something moved."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.log.entry import Recount
from access.state.badge_history import History
from access.state.headcount import Headcount, Quiet, attendance, silences
from access.state.log_state import LogState


class Watched(LogState):
    """LogState that notes whose history was asked for."""

    asked: list[bytes | None]

    def history(self, badge: bytes | None) -> History:
        self.asked.append(badge)
        return super().history(badge)


@pytest.fixture
def short_and_long(forum: Any) -> Any:
    """Three people in the room: one until the short talk's clearing, one until the long one's, one until night."""
    event = forum.programme.event
    short = msgspec.structs.replace(
        event.sessions[0], id="short", ends_ms=event.sessions[0].ends_ms - 3_600_000
    )
    definition = msgspec.structs.replace(event, sessions=(*event.sessions, short))
    forum.registry.defines(forum.at("08:30"), definition)
    forum.enters("room-1", "13:40", 1, session="short")
    forum.enters("room-1", "13:41", 2, session="talk")
    forum.enters("room-2", "13:42", 3)
    return forum


def watched(forum: Any) -> Watched:
    known = Watched(forum.registry.device, 0)
    known.asked = []
    for entry in forum.entries:
        known.add(entry.log, entry.digest, entry.raw)
    return known


@pytest.mark.parametrize(
    "clocks",
    [
        ["14:00", "15:19", "15:20", "16:19", "16:20", "18T04:00"],
        ["14:00", "16:20", "18T04:00"],
        ["18T04:00", "14:00", "16:19", "15:20", "16:20"],
    ],
)
def test_a_count_asked_all_day_says_what_one_made_then_says(
    short_and_long: Any, clocks: list[str]
) -> None:
    forum = short_and_long
    kept = Headcount(forum.known())
    for clock in clocks:
        assert kept.areas(forum.at(clock)) == Headcount(forum.known()).areas(forum.at(clock))


def test_only_whom_the_time_moved_is_looked_at_again(short_and_long: Any) -> None:
    forum = short_and_long
    known = watched(forum)
    headcount = Headcount(known)
    one, two = forum.build.badge(1), forum.build.badge(2)
    headcount.areas(forum.at("14:00"))
    looked_at = []
    for clock in ("14:00", "15:00", "15:20", "15:30", "16:20", "16:30"):
        known.asked.clear()
        headcount.areas(forum.at(clock))
        looked_at.append(list(known.asked))
    assert looked_at == [[], [], [one], [], [two], []]


def test_the_next_day_begins_without_those_who_left_the_day_before(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "10:00", 1)
    headcount = Headcount(forum.known())
    first = headcount.areas(forum.at("11:00"))["north"]
    assert (first.people, first.entries, first.exits) == (1, 1, 1)
    second = headcount.areas(forum.at("18T09:00"))["north"]
    assert (second.people, second.entries, second.exits) == (0, 0, 0)


@pytest.mark.parametrize(("asked", "entries"), [("18T03:59", 0), ("18T04:00", 1)])
def test_an_entry_at_the_very_beginning_of_a_day_is_that_days(
    forum: Any, asked: str, entries: int
) -> None:
    forum.enters("north-in", "18T04:00", 1)
    assert Headcount(forum.known()).areas(forum.at(asked))["north"].entries == entries


def test_whoever_is_only_seen_leaving_a_session_did_not_attend_it(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.leaves("room-1", "14:50", 2, session="talk", reason="not_inside")
    assert attendance(forum.known()) == {"talk": 1}


@pytest.mark.parametrize(("clock", "people"), [("09:59", 1), ("10:00", 1), ("10:01", 0)])
def test_the_rate_is_drawn_from_what_was_done_before_the_kiosk_fell_silent(
    forum: Any, clock: str, people: int
) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:40", 2)  # long enough before to know ten minutes
    forum.enters("hall-1", clock, 1)
    quiet = Quiet(device, "hall-1", forum.at("10:00"), None)
    (found,) = silences(forum.known(), [quiet], forum.at("10:10"))
    assert (found.may_enter, found.may_leave) == (people, 0)


def test_a_gate_that_the_definition_has_lost_takes_nobody_out_of_the_count(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.doors["hall-1"].scans(forum.at("10:00"), forum.build.badge(1), gate="attic")
    assert Headcount(forum.known()).areas(forum.at("10:00"))["north"].inside == 1


def test_whoever_enters_in_the_very_instant_of_a_recount_is_in_it(forum: Any) -> None:
    forum.enters("hall-1", "10:00", 1)
    body = Recount(area="hall", inside=4, staff=b"STAFF", why="by eye")
    forum.doors["hall-2"].writes(forum.at("10:00"), "recount", body)
    assert Headcount(forum.known()).areas(forum.at("10:30"))["hall"].inside == 4


def test_of_a_kiosk_whose_last_word_has_no_time_no_rate_is_drawn(forum: Any) -> None:
    device = forum.doors["hall-1"].device
    forum.enters("hall-1", "09:40", 1)
    quiet = [Quiet(device, "hall-1", None, 3), Quiet("f" * 16, None, forum.at("10:00"), None)]
    found = silences(forum.known(), quiet, forum.at("10:10"))
    assert [(one.may_enter, one.missing) for one in found] == [(0, 3), (0, None)]
