"""What is known of one badge, and where its person is."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from access.event.definition import Area
from access.log.entry import Passage, Recount
from access.state.badge_history import History
from access.state.event_state import EventState


def history(forum: Any, number: int = 1) -> History:
    known: History = forum.known().history(forum.build.badge(number))
    return known


def location(forum: Any, clock: str, number: int = 1) -> str | None:
    return history(forum, number).whereabouts(forum.at(clock)).location


# One person, one place.


def test_somebody_let_in_is_where_the_gate_leads(forum: Any) -> None:
    assert location(forum, "09:00") is None
    forum.enters("north-in", "09:00", 1)
    assert location(forum, "09:00") == "north"
    forum.enters("room-1", "13:40", 1)
    assert location(forum, "13:40") == "room"


def test_entering_a_room_leaves_any_other_room(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    forum.enters("hall-1", "13:50", 1)
    assert location(forum, "14:00") == "hall"
    forum.enters("south-in", "15:00", 1)
    assert location(forum, "15:00") == "south"


def test_leaving_an_area_puts_a_person_in_its_parent(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    forum.leaves("room-1", "14:00", 1)
    assert location(forum, "14:00") == "hall"
    forum.leaves("hall-1", "14:10", 1)
    assert location(forum, "14:10") == "north"
    forum.leaves("north-out", "14:20", 1)
    assert location(forum, "14:20") is None


def test_leaving_twice_changes_nothing_more(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "10:00", 1)
    forum.leaves("north-out", "10:01", 1, reason="not_inside")
    assert location(forum, "11:00") is None


def test_leaving_the_venue_from_deep_inside_leaves_everything(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    forum.leaves("north-out", "14:00", 1)
    assert location(forum, "14:00") is None


def test_an_exit_shows_where_somebody_was_whom_presence_had_elsewhere(forum: Any) -> None:
    forum.enters("south-in", "09:00", 1)
    forum.leaves("room-1", "14:00", 1, reason="not_inside")
    assert location(forum, "14:00") == "hall"


@pytest.mark.parametrize(("clock", "where"), [("18T03:59", "north"), ("18T04:00", None)])
def test_at_the_days_end_everyone_is_out(forum: Any, clock: str, where: str | None) -> None:
    forum.enters("north-in", "22:00", 1)
    assert location(forum, clock) == where


def test_somebody_let_in_after_midnight_is_out_at_that_nights_end(forum: Any) -> None:
    forum.enters("north-in", "18T01:00", 1)
    assert location(forum, "18T04:00") is None


def test_the_next_day_begins_outside(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    forum.enters("north-in", "18T09:00", 1)
    assert location(forum, "18T09:00") == "north"


@pytest.mark.parametrize(("clock", "where"), [("16:19", "room"), ("16:20", "hall")])
def test_a_room_is_cleared_some_minutes_after_its_session(
    forum: Any, clock: str, where: str
) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    assert location(forum, clock) == where


def test_clearing_takes_only_those_let_in_for_the_session(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    assert location(forum, "17:00") == "room"


def test_whoever_came_back_after_the_clearing_stays(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("room-1", "16:30", 1)
    assert location(forum, "17:00") == "room"


def test_a_refusal_moves_nobody(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.refuses("hall-1", "10:00", 1, "full")
    assert location(forum, "10:00") == "north"


@pytest.mark.parametrize(
    ("reason", "where"),
    [("unknown", None), ("forged", "north"), ("other_event", "north"), ("not_a_badge", "north")],
)
def test_at_an_exit_only_a_badge_somebody_may_own_leaves(
    forum: Any, reason: str, where: str | None
) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "10:00", 1, verdict="admit_flagged", reason=reason)
    assert location(forum, "10:00") == where


def test_somebody_let_in_by_staff_is_inside(forum: Any) -> None:
    forum.overrides("room-1", "13:00", 1)
    assert location(forum, "13:00") == "room"
    forum.overrides("hall-1", "13:10", 1, "refuse")
    assert location(forum, "13:10") == "room"


def test_a_voided_entry_never_was(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    mistake = forum.enters("south-in", "10:00", 1)
    forum.voids("south-in", "10:05", mistake)
    assert location(forum, "10:10") == "north"


def test_a_voided_exit_never_was(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.voids("north-out", "10:05", forum.leaves("north-out", "10:00", 1))
    assert location(forum, "10:10") == "north"


def test_a_void_can_come_from_another_kiosk_and_before_what_it_takes_back(forum: Any) -> None:
    mistake = forum.enters("south-in", "10:00", 1)
    void = forum.voids("north-in", "10:05", mistake)
    badge = forum.build.badge(1)
    for order in permutations([*forum.registry.entries[:1], mistake, void]):
        known = forum.build.log_state(order)
        assert known.history(badge).presentations == []


def test_who_did_not_pass_the_turnstile_is_not_inside(forum: Any) -> None:
    scan = forum.enters("north-in", "09:00", 1)
    door = forum.doors["north-in"]
    door.writes(forum.at("09:00"), "passed", Passage(entry=scan.ref, badge=forum.build.badge(1)))
    assert location(forum, "09:01") == "north"
    door.writes(
        forum.at("09:00"), "not_passed", Passage(entry=scan.ref, badge=forum.build.badge(1))
    )
    assert location(forum, "09:01") is None


def test_a_test_badge_is_nowhere_and_proves_nothing(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1, test=True, issue=3)
    assert location(forum, "09:01") is None
    assert history(forum).newest_issue(forum.doors["north-in"].device) == 1


def test_a_gate_that_the_definition_has_lost_leads_nowhere(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.doors["hall-1"].scans(forum.at("10:00"), forum.build.badge(1), gate="attic")
    assert location(forum, "10:00") == "north"


def test_what_a_cut_off_kiosk_wrote_later_moves_nobody(forum: Any) -> None:
    door = forum.doors["south-in"]
    forum.enters("north-in", "09:00", 1)
    forum.enters("south-in", "10:00", 1)
    forum.registry.assigns(
        forum.at("11:00"), door, "south-in", cut_off=True, believed={door.log: 2}
    )
    assert location(forum, "12:00") == "north"


def test_an_entry_about_a_badge_that_moves_nobody_is_ignored(forum: Any) -> None:
    scan = forum.enters("north-in", "09:00", 1)
    forum.registry.writes(
        forum.at("09:00"), "passed", Passage(entry=scan.ref, badge=forum.build.badge(1))
    )
    assert location(forum, "09:01") == "north"


def test_one_entry_stored_twice_counts_once(forum: Any) -> None:
    scan = forum.enters("north-in", "09:00", 1).entry
    event_state: EventState = forum.known().event_state
    assert len(History(event_state, [scan, scan]).presentations) == 1


def test_presentations_stand_in_order_of_corrected_time(forum: Any) -> None:
    fast = forum.build.kiosk("south-in", forum.at("08:00"), epoch=2)
    fast.wall_off_ms = 5 * 3_600_000
    fast.boots(after=forum.doors["south-in"])
    fast.trusts(forum.at("08:01"))
    first = fast.scans(forum.at("09:00"), forum.build.badge(1))
    second = forum.enters("north-in", "10:00", 1)
    known = forum.build.log_state([*forum.entries, *fast.entries])
    shown = known.history(forum.build.badge(1)).presentations
    assert [one.entry.digest for one in shown] == [first.digest, second.digest]


def test_it_is_known_when_time_alone_moves_a_person(forum: Any) -> None:
    assert history(forum).whereabouts(forum.at("09:00")).changes_ms() is None
    forum.enters("north-in", "09:00", 1)
    state = history(forum).whereabouts(forum.at("09:00"))
    assert state.changes_ms() == forum.at("18T04:00")
    forum.enters("room-1", "13:40", 1, session="talk")
    state = history(forum).whereabouts(forum.at("13:40"))
    assert state.changes_ms() == forum.at("16:20")


def test_a_room_that_is_no_longer_below_the_hall_is_left_with_its_seat(forum: Any) -> None:
    forum.enters("hall-1", "13:00", 1)
    forum.enters("room-1", "13:40", 1)
    assert set(history(forum).whereabouts(forum.at("14:00")).seats) == {"hall", "room"}
    event = forum.programme.event
    areas = tuple(
        msgspec.structs.replace(a, parent="north") if a.id == "room" else a for a in event.areas
    )
    assert isinstance(areas[0], Area)
    forum.registry.defines(forum.at("13:50"), msgspec.structs.replace(event, areas=areas))
    state = history(forum).whereabouts(forum.at("14:00"))
    assert set(state.seats) == {"room"}


# Issues and revocations.


def test_the_highest_issue_of_the_roster_is_the_newest(forum: Any) -> None:
    badge, device = forum.build.badge(1), forum.doors["hall-1"].device
    forum.registry.issues(forum.at("09:00"), badge, forum.delegate, issue=3)
    forum.registry.issues(forum.at("10:00"), badge, forum.delegate, issue=2)
    known = history(forum)
    assert known.newest_issue(device) == 3
    newest = known.newest()
    assert newest is not None
    assert newest.issue == 3


def test_a_badge_that_nobody_issued_has_no_issue(forum: Any) -> None:
    known = history(forum, 99)
    assert known.newest() is None
    assert known.newest_issue("f" * 16) == 0
    assert known.listed(1) is None


def test_a_later_roster_entry_for_the_same_issue_replaces_it(forum: Any) -> None:
    badge = forum.build.badge(1)
    visitor = forum.build.claims(forum.programme, "visitor")
    forum.registry.issues(forum.at("10:00"), badge, visitor)
    amended = forum.registry.entries[-1]
    first = next(
        e for e in forum.registry.entries if e.entry.body.__class__ and e.entry.kind == "badge"
    )
    for order in permutations([first, amended]):
        known = forum.build.log_state([*order]).history(badge)
        assert known.listed(1).claims == visitor
        assert known.newest().claims == visitor


def test_the_roster_is_asked_as_of_a_position_in_the_order(forum: Any) -> None:
    badge, device = forum.build.badge(1), forum.doors["hall-1"].device
    before = forum.enters("hall-1", "08:59", 1).entry
    second = forum.registry.issues(forum.at("09:00"), badge, forum.delegate, issue=2).entry
    known, order = history(forum), forum.known().event_state.order
    assert known.newest_issue(device, order(before)) == 1
    assert known.newest_issue(device, order(second)) == 2
    assert known.listed(2, order(before)) is None
    assert known.listed(2, order(second)) is not None


def test_an_issue_proven_at_this_door_counts_here(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1, issue=5)
    assert history(forum).newest_issue(forum.doors["hall-1"].device) == 5


@pytest.mark.parametrize(("issue", "newest"), [(2, 2), (3, 1)])
def test_another_doors_proof_counts_only_as_the_next_above_the_roster(
    forum: Any, issue: int, newest: int
) -> None:
    forum.enters("hall-2", "09:00", 1, issue=issue)
    assert history(forum).newest_issue(forum.doors["hall-1"].device) == newest


@pytest.mark.parametrize("proof", ["failed", "vouched", None])
def test_only_a_proof_retires_lower_issues(forum: Any, proof: str | None) -> None:
    forum.enters("hall-1", "09:00", 1, issue=2, proof=proof)
    assert history(forum).newest_issue(forum.doors["hall-1"].device) == 1


def test_a_proof_is_known_only_after_it_was_given(forum: Any) -> None:
    scan = forum.enters("hall-1", "09:00", 1, issue=2).entry
    after = forum.enters("hall-1", "09:01", 1, issue=1).entry
    known, order = history(forum), forum.known().event_state.order
    device = forum.doors["hall-1"].device
    assert known.newest_issue(device, order(scan)) == 1
    assert known.newest_issue(device, order(after)) == 2


def test_a_revocation_is_of_all_issues_or_of_one(forum: Any) -> None:
    forum.registry.revokes(forum.at("09:00"), forum.build.badge(1))
    forum.registry.revokes(forum.at("09:00"), forum.build.badge(2), issue=1)
    assert history(forum, 1).revoked(1)
    assert history(forum, 1).revoked(7)
    assert history(forum, 2).revoked(1)
    assert not history(forum, 2).revoked(2)
    assert not history(forum, 3).revoked(1)


def test_a_revocation_counts_from_its_own_time_on(forum: Any) -> None:
    revoked = forum.registry.revokes(forum.at("09:00"), forum.build.badge(1)).entry
    position = forum.known().event_state.order(revoked)
    known = history(forum)
    assert known.revoked(1, position)
    assert not known.revoked(1, msgspec.structs.replace(position, at_ms=position.at_ms - 1))


def test_only_the_registry_issues_and_revokes(forum: Any) -> None:
    thief = forum.doors["hall-1"]
    badge = forum.build.badge(1)
    for entry in forum.registry.entries[-9:-8]:
        thief.writes(forum.at("09:00"), "badge", msgspec.structs.replace(entry.entry.body, issue=9))
    revocation = forum.registry.revokes(forum.at("09:00"), forum.build.badge(99)).entry.body
    thief.writes(forum.at("09:01"), "revoke", msgspec.structs.replace(revocation, badge=badge))
    assert history(forum).newest_issue(thief.device) == 1
    assert not history(forum).revoked(1)


def seats(forum: Any, clock: str) -> list[tuple[str, str]]:
    """The gates whose seats person 1 has, each with its area."""
    state = history(forum).whereabouts(forum.at(clock))
    return sorted((gate, area) for area, (_, gate) in state.seats.items())


def test_yesterdays_seat_is_not_kept_by_whoever_comes_again_through_another_door(
    forum: Any,
) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-2", "18T09:00", 1)
    assert seats(forum, "18T09:00") == [("hall-2", "hall")]


def test_a_cleared_seat_is_not_kept_by_whoever_comes_again_through_another_door(
    forum: Any,
) -> None:
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("room-2", "16:20", 1)
    assert seats(forum, "16:30") == [("room-2", "room")]


def test_whoever_enters_at_the_very_end_of_a_day_is_inside_for_the_next(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "18T04:00", 1)
    assert location(forum, "18T05:00") == "hall"
    assert location(forum, "19T03:59") == "hall"
    assert location(forum, "19T04:00") is None


@pytest.mark.parametrize("reason", ["forged", "other_event", "not_a_badge"])
def test_somebody_for_whom_an_entry_gate_opened_is_inside_whatever_the_reason(
    forum: Any, reason: str
) -> None:
    forum.enters("north-in", "09:00", 1, verdict="admit_flagged", reason=reason)
    assert location(forum, "09:00") == "north"


def test_somebody_exempt_sits_on_no_doors_seat_even_after_holding_one_elsewhere(
    forum: Any,
) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-2", "10:00", 1, seat=False)
    assert seats(forum, "10:00") == [("hall-1", "hall")]


def test_a_report_from_a_turnstile_that_cannot_be_read_is_passed_over(forum: Any) -> None:
    forum.refuses("north-in", "09:00", None, "not_a_badge")
    body = Recount(area="hall", inside=1, staff=None, why="")
    unreadable = forum.doors["north-in"].writes(forum.at("09:00"), "not_passed", body)
    assert unreadable.entry.body is None
    assert len(forum.known().history(None).presentations) == 1


def test_a_proof_that_names_no_issue_proves_none(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1, issue=None)
    history = forum.known().history(forum.build.badge(1))
    assert history.newest_issue(forum.doors["north-in"].device) == 1
