"""Where a person is at the seams: one day and the next, a cleared room, a reason that this version does not expect."""

from __future__ import annotations

from typing import Any

import pytest

from access.log.entry import Recount
from access.state.badge_history import Whereabouts


def walked(forum: Any, clock: str, number: int = 1) -> Whereabouts:
    """Where everything held puts somebody, seats included."""
    history = forum.known().history(forum.build.badge(number))
    state: Whereabouts = history.whereabouts(forum.at(clock))
    return state


def seats(forum: Any, clock: str) -> list[tuple[str, str]]:
    """The gates on whose seats person 1 sits, and in which area."""
    return sorted((gate, area) for area, (_, gate) in walked(forum, clock).seats.items())


def test_yesterdays_seat_is_not_held_by_whoever_comes_again_through_another_door(
    forum: Any,
) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-2", "18T09:00", 1)
    assert seats(forum, "18T09:00") == [("hall-2", "hall")]


def test_a_cleared_seat_is_not_held_by_whoever_comes_again_through_another_door(
    forum: Any,
) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("room-2", "16:20", 1)
    assert seats(forum, "16:30") == [("room-2", "room")]


def test_whoever_enters_at_the_very_end_of_a_day_is_inside_for_the_next(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "18T04:00", 1)
    assert walked(forum, "18T05:00").place == "hall"
    assert walked(forum, "19T03:59").place == "hall"
    assert walked(forum, "19T04:00").place is None


@pytest.mark.parametrize("reason", ["forged", "other_event", "not_a_badge"])
def test_somebody_for_whom_an_entry_gate_opened_is_inside_whatever_the_reason(
    forum: Any, reason: str
) -> None:
    forum.enters("north-in", "09:00", 1, verdict="admit_flagged", reason=reason)
    assert walked(forum, "09:00").place == "north"


def test_somebody_exempt_sits_on_no_doors_seat_even_after_holding_one_elsewhere(
    forum: Any,
) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-2", "10:00", 1, seat=False)
    assert seats(forum, "10:00") == [("hall-1", "hall")]


def test_a_word_from_a_turnstile_that_cannot_be_read_is_passed_over(forum: Any) -> None:
    forum.refuses("north-in", "09:00", None, "not_a_badge")
    body = Recount(area="hall", inside=1, staff=None, why="")
    unreadable = forum.doors["north-in"].writes(forum.at("09:00"), "not_passed", body)
    assert unreadable.entry.body is None
    assert len(forum.known().history(None).presentations) == 1


def test_a_proof_that_names_no_issue_proves_none(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1, issue=None)
    history = forum.known().history(forum.build.badge(1))
    assert history.newest_issue(forum.doors["north-in"].device) == 1
