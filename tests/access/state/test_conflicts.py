"""The partition report: what would have gone otherwise had everything been known, and signs of copying."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims
from access.log.entry import Passage, Ruling
from access.state.conflicts import Conflict, Conflicts


def lines(forum: Any) -> list[Conflict]:
    return Conflicts(forum.known()).lines()


def outcome(forum: Any) -> list[tuple[str, str | None, int | None, str | None]]:
    """Kind, reason, person and gate of every line."""
    return [
        (c.kind, c.reason, None if c.badge is None else int.from_bytes(c.badge), c.gate)
        for c in lines(forum)
    ]


def amends(forum: Any, clock: str, number: int, ticket: str = "delegate", **named: Any) -> None:
    claims: Claims = forum.build.claims(forum.programme, ticket, **named)
    forum.registry.issues(forum.at(clock), forum.build.badge(number), claims)


def redefines(forum: Any, clock: str, **changes: Any) -> None:
    forum.registry.defines(
        forum.at(clock), msgspec.structs.replace(forum.programme.event, **changes)
    )


def session(forum: Any, **changes: Any) -> tuple[Any, ...]:
    return tuple(msgspec.structs.replace(s, **changes) for s in forum.programme.event.sessions)


def policy(forum: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(forum.programme.event.policy, **changes)


def test_a_day_without_a_partition_has_no_lines(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "09:10", 1)
    forum.leaves("hall-1", "10:00", 1)
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.leaves("north-out", "17:00", 1)
    forum.refuses("south-in", "17:05", 2, "revoked")
    assert lines(forum) == []


def test_without_an_event_definition_there_is_nothing_to_decide_again(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    known = forum.build.log_state(forum.doors["north-in"].entries)
    assert Conflicts(known).lines() == []


# Decided again: every reason.


def test_somebody_let_in_at_two_doors_was_already_inside(forum: Any) -> None:
    forum.enters("room-1", "13:40", 1)
    second = forum.enters("north-in", "13:50", 1)
    (line,) = lines(forum)
    assert (line.kind, line.reason, line.badge) == (
        "would_refuse",
        "already_inside",
        forum.build.badge(1),
    )
    assert (line.gate, line.entry, line.reading) == ("north-in", second.ref, "left_unseen")
    assert line.at.lo == line.at.hi == forum.at("13:50")


def test_whoever_left_before_was_not_inside(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.leaves("north-out", "10:00", 1)
    forum.enters("north-in", "11:00", 1)
    assert lines(forum) == []


def test_a_gate_with_free_reentry_has_no_such_line(forum: Any) -> None:
    forum.enters("hall-1", "09:00", 1)
    forum.enters("hall-1", "09:30", 1, reason="reentry")
    assert lines(forum) == []


def test_a_badge_revoked_before_would_have_been_refused(forum: Any) -> None:
    forum.registry.revokes(forum.at("08:59"), forum.build.badge(1))
    forum.enters("north-in", "09:00", 1)
    (line,) = lines(forum)
    assert (line.reason, line.reading) == ("revoked", "news_came_late")


def test_a_later_revocation_is_no_conflict(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.registry.revokes(forum.at("09:01"), forum.build.badge(1))
    assert lines(forum) == []


def test_a_revocation_of_the_same_millisecond_is_not_later(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.registry.revokes(forum.at("09:00"), forum.build.badge(1))
    assert outcome(forum) == [("would_refuse", "revoked", 1, "north-in")]


def test_an_older_issue_let_in_after_a_newer_was_printed_is_superseded(forum: Any) -> None:
    forum.registry.issues(forum.at("08:59"), forum.build.badge(1), forum.delegate, issue=2)
    forum.enters("north-in", "09:00", 1)
    assert outcome(forum) == [("would_refuse", "superseded", 1, "north-in")]


def test_an_older_issue_let_in_after_a_newer_was_shown_elsewhere_is_superseded(forum: Any) -> None:
    own = b"\x01" + bytes(13)
    forum.enters("south-in", "09:00", 1, issue=2, claims=own[:9] + b"\xff\0\0\xff" + own[13:])
    forum.enters("north-in", "12:00", 1)
    assert outcome(forum)[-1] == ("would_refuse", "superseded", 1, "north-in")


def test_claims_changed_before_count_those_changed_after_do_not(forum: Any) -> None:
    amends(forum, "08:59", 1, venues=["south"])
    forum.enters("north-in", "09:00", 1)
    amends(forum, "09:01", 2, venues=["south"])
    forum.enters("north-in", "09:00", 2)
    (line,) = lines(forum)
    assert (line.reason, line.badge, line.reading) == (
        "wrong_venue",
        forum.build.badge(1),
        "news_came_late",
    )


@pytest.mark.parametrize(
    ("ticket", "named", "gate", "reason"),
    [
        ("delegate", {"days": ["2020-11-18"]}, "north-in", "wrong_day"),
        ("visitor", {}, "hall-1", "not_entitled"),
    ],
)
def test_other_claims_give_their_own_reason(
    forum: Any, ticket: str, named: dict[str, Any], gate: str, reason: str
) -> None:
    amends(forum, "08:59", 1, ticket, **named)
    forum.enters(gate, "09:00", 1)
    assert outcome(forum) == [("would_refuse", reason, 1, gate)]


def test_a_ticket_that_became_online_only_is_named(forum: Any) -> None:
    tickets = tuple(
        msgspec.structs.replace(t, on_site=t.id != "visitor") for t in forum.programme.event.tickets
    )
    redefines(forum, "08:30", tickets=tickets)
    amends(forum, "08:59", 1, "visitor")
    forum.enters("north-in", "09:00", 1)
    assert outcome(forum) == [("would_refuse", "online_only", 1, "north-in")]


@pytest.mark.parametrize(("clock", "found"), [("13:29", ["too_early"]), ("13:30", [])])
def test_a_repaired_clock_can_make_an_entry_too_early(
    forum: Any, clock: str, found: list[str]
) -> None:
    """The door believed a neighbour an hour ahead; later the registry's word is met."""
    kiosk = forum.build.kiosk("room-1", forum.at("08:00"), epoch=2)
    kiosk.boots(after=forum.doors["room-1"])
    kiosk.trusts(forum.at("08:01"), "neighbour", off_ms=3_600_000)
    kiosk.scans(forum.at(clock), forum.build.badge(1), session="talk")
    known = forum.build.log_state([*forum.entries, *kiosk.entries])
    report = Conflicts(known)
    assert [line.reason for line in report.lines()] == []
    written = kiosk.trusts(forum.at("15:00"))
    known.add(written.log, written.digest, written.raw)
    again = report.lines()
    assert [line.reason for line in again] == found
    assert all(line.reading == "clocks_crossed" for line in again)


@pytest.mark.parametrize(("clock", "found"), [("15:59", []), ("16:00", ["too_late"])])
def test_an_entry_after_the_doors_closed_was_too_late(
    forum: Any, clock: str, found: list[str]
) -> None:
    forum.enters("room-1", clock, 1)
    assert [reason for _, reason, _, _ in outcome(forum)] == found


def test_an_entry_on_a_day_without_a_session_found_none(forum: Any) -> None:
    forum.enters("room-1", "18T14:00", 1)
    assert outcome(forum) == [("would_refuse", "no_session", 1, "room-1")]


def test_a_session_that_needs_a_booking_since_the_morning_finds_those_without(forum: Any) -> None:
    redefines(forum, "08:30", sessions=session(forum, booking="required"))
    forum.enters("room-1", "13:40", 1)
    assert outcome(forum) == [("would_refuse", "not_booked", 1, "room-1")]


def test_each_entry_is_judged_by_the_definition_of_its_own_time(forum: Any) -> None:
    redefines(forum, "13:45", sessions=session(forum, booking="required"))
    forum.enters("room-1", "13:40", 1)
    forum.enters("room-1", "13:50", 2)
    assert outcome(forum) == [("would_refuse", "not_booked", 2, "room-1")]


def test_an_unlisted_badge_is_judged_by_its_own_claims(forum: Any) -> None:
    own = forum.build.signed("small", forum.build.badge(77), forum.delegate).signed
    forum.enters("north-in", "09:00", 77, verdict="admit_flagged", reason="unlisted", claims=own)
    assert lines(forum) == []
    redefines(forum, "08:30", policy=policy(forum, unlisted="refuse"))
    (line,) = lines(forum)
    assert (line.reason, line.reading) == ("unlisted", "news_came_late")


def test_a_badge_listed_by_then_is_judged_by_the_roster(forum: Any) -> None:
    own = forum.build.signed("small", forum.build.badge(1), forum.delegate).signed
    amends(forum, "08:59", 1, venues=["south"])
    forum.enters("north-in", "09:00", 1, verdict="admit_flagged", reason="unlisted", claims=own)
    assert outcome(forum) == [("would_refuse", "wrong_venue", 1, "north-in")]


@pytest.mark.parametrize(("unknown", "found"), [("ask_staff", []), ("refuse", ["unknown"])])
def test_an_unknown_badge_let_in_is_one_where_the_policy_refuses(
    forum: Any, unknown: str, found: list[str]
) -> None:
    redefines(forum, "08:30", policy=policy(forum, unknown=unknown))
    forum.enters("north-in", "09:00", 77, verdict="admit_flagged", reason="unknown", proof=None)
    assert [reason for _, reason, _, _ in outcome(forum)] == found


def test_an_override_never_is_one(forum: Any) -> None:
    forum.registry.revokes(forum.at("08:59"), forum.build.badge(1))
    forum.overrides("room-1", "09:00", 1)
    assert lines(forum) == []


def test_an_exit_never_is_one(forum: Any) -> None:
    forum.registry.revokes(forum.at("08:59"), forum.build.badge(1))
    forum.leaves("north-out", "09:00", 1)
    assert lines(forum) == []


def test_a_voided_entry_neither_is_one_nor_makes_one(forum: Any) -> None:
    first = forum.enters("north-in", "09:00", 1)
    second = forum.enters("north-in", "09:10", 1)
    assert outcome(forum) == [("would_refuse", "already_inside", 1, "north-in")]
    forum.voids("north-in", "09:20", first)
    assert lines(forum) == []
    forum.registry.revokes(forum.at("08:59"), forum.build.badge(1))
    assert outcome(forum) == [("would_refuse", "revoked", 1, "north-in")]
    forum.voids("north-in", "09:21", second)
    assert lines(forum) == []


def test_who_did_not_pass_makes_no_line(forum: Any) -> None:
    first = forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:10", 1)
    forum.doors["north-in"].writes(
        forum.at("09:01"), "not_passed", Passage(entry=first.ref, badge=forum.build.badge(1))
    )
    assert lines(forum) == []


def test_an_entry_at_a_gate_the_definition_never_had_cannot_be_decided_again(forum: Any) -> None:
    forum.doors["north-in"].scans(forum.at("09:00"), forum.build.badge(1), gate="attic")
    assert lines(forum) == []


# Full.


def test_a_voided_exit_makes_the_room_full_for_whoever_took_the_seat(forum: Any) -> None:
    forum.enters("room-2", "13:40", 1)
    gone = forum.leaves("room-2", "13:50", 1)
    taken = forum.enters("room-2", "13:55", 2)
    assert lines(forum) == []
    forum.voids("room-2", "14:00", gone)
    (line,) = lines(forum)
    assert (line.reason, line.entry, line.reading) == ("full", taken.ref, "room_overfull")


def test_a_capacity_lowered_unheard_makes_the_room_full(forum: Any) -> None:
    areas = tuple(msgspec.structs.replace(a, capacity=1) for a in forum.programme.event.areas)
    redefines(forum, "13:00", areas=areas)
    forum.enters("room-1", "13:40", 1)
    forum.enters("room-1", "13:41", 2)
    assert outcome(forum) == [("would_refuse", "full", 2, "room-1")]


def test_a_gate_without_any_account_has_no_seat(forum: Any) -> None:
    stranger = forum.build.kiosk("stranger", forum.at("08:00"))
    stranger.boots()
    stranger.trusts(forum.at("08:00"))
    stranger.scans(forum.at("13:40"), forum.build.badge(1), gate="room-1", seat=True)
    known = forum.build.log_state([*forum.entries, *stranger.entries])
    assert [line.reason for line in Conflicts(known).lines()] == ["full"]


def test_seats_received_can_be_spent_from_then_on(forum: Any) -> None:
    forum.enters("room-2", "13:40", 1)
    forum.gives("room", "room-1", "13:50", "room-2", 1)
    forum.enters("room-2", "13:50", 2)
    assert lines(forum) == []
    forum.enters("room-2", "13:51", 3)
    assert outcome(forum) == [("would_refuse", "full", 3, "room-2")]


def test_a_seat_given_away_is_not_there_any_more(forum: Any) -> None:
    forum.gives("room", "room-1", "13:35", "room-2", 2)
    forum.enters("room-1", "13:40", 1)
    assert outcome(forum) == [("would_refuse", "full", 1, "room-1")]


def test_a_reentry_on_ones_own_seat_is_never_full(forum: Any) -> None:
    forum.enters("room-2", "13:40", 1)
    forum.enters("room-2", "13:50", 1, reason="reentry")
    assert lines(forum) == []


def test_exempt_people_are_never_one_too_many(forum: Any) -> None:
    for number in (1, 2, 3):
        amends(forum, "09:00", number, "speaker")
        forum.enters("room-2", "13:40", number, seat=False)
    assert lines(forum) == []


@pytest.mark.parametrize(("clock", "found"), [("16:29", ["full"]), ("16:30", [])])
def test_a_seat_is_free_again_from_the_clearing_on(
    forum: Any, clock: str, found: list[str]
) -> None:
    redefines(forum, "08:30", sessions=(
        *forum.programme.event.sessions,
        msgspec.structs.replace(
            forum.programme.event.sessions[0], id="late", starts_ms=forum.at("16:10"),
            ends_ms=forum.at("18:00"), early_min=0,
        ),
    ), areas=tuple(
        msgspec.structs.replace(a, clear_min=30 if a.id == "room" else None)
        for a in forum.programme.event.areas
    ))  # fmt: skip
    forum.enters("room-2", "13:40", 1, session="talk")
    forum.enters("room-2", clock, 2, session="late")
    assert [reason for _, reason, _, _ in outcome(forum)] == found


def test_a_hall_seat_outlasts_the_clearing_of_the_room_within(forum: Any) -> None:
    forum.enters("hall-2", "13:00", 1)
    forum.enters("hall-2", "13:01", 2)
    forum.enters("room-1", "13:40", 1, session="talk")
    forum.enters("south-in", "18T09:00", 1)  # after clearing and the day's end
    forum.enters("hall-2", "17:00", 3)
    assert outcome(forum) == [("would_refuse", "full", 3, "hall-2")]
    forum.enters("hall-2", "18T04:00", 4)
    assert len(lines(forum)) == 1


# A copied badge.


@pytest.mark.parametrize(("clock", "found"), [("09:29", True), ("09:30", False)])
def test_impossible_travel_is_two_venues_sooner_than_one_can_travel(
    forum: Any, clock: str, found: bool
) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("south-in", clock, 1)
    expected = [("two_places", None, 1, "south-in")] if found else []
    assert outcome(forum) == expected


def test_impossible_travel_names_both_gates_in_time_order(forum: Any) -> None:
    second = forum.enters("south-in", "09:10", 1)
    forum.enters("hall-1", "09:00", 1)
    (line,) = lines(forum)
    assert line.gates == ("hall-1", "south-in")
    assert (line.entry, line.reading, line.overlap) == (second.ref, "copied_badge", False)


def test_impossible_travel_notes_when_the_order_is_not_certain(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    vague = forum.build.kiosk("south-in", forum.at("08:00"), epoch=2)
    vague.boots(after=forum.doors["south-in"])
    vague.trusts(forum.at("08:01"), "supervisor", error_ms=120_000)
    vague.scans(forum.at("09:02"), forum.build.badge(1))
    (line,) = Conflicts(forum.build.log_state([*forum.entries, *vague.entries])).lines()
    assert (line.kind, line.overlap) == ("two_places", True)


def test_two_gates_of_one_venue_are_no_travel(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("hall-1", "09:01", 1)
    assert lines(forum) == []


def test_each_let_in_is_compared_with_the_one_before_only(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("south-in", "09:10", 1)
    forum.enters("south-in", "09:15", 1, reason="reentry")
    assert outcome(forum) == [("two_places", None, 1, "south-in")]


def test_a_refusal_or_an_exit_elsewhere_is_no_travel(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.refuses("south-in", "09:05", 1, "revoked")
    forum.leaves("south-out", "09:06", 1, reason="not_inside")
    assert lines(forum) == []


# A cloned card.


def cloned(forum: Any) -> Any:
    original = forum.doors["north-in"]
    clone = forum.build.kiosk("north-in", forum.at("08:00"))
    clone.entries = original.entries[:2]
    original.scans(forum.at("09:00"), forum.build.badge(1))
    return clone.scans(forum.at("09:05"), forum.build.badge(2))


def test_a_fork_is_a_line_of_its_own(forum: Any) -> None:
    branch = cloned(forum)
    known = forum.build.log_state([*forum.entries, branch])
    (line,) = Conflicts(known).lines()
    assert (line.kind, line.reason, line.badge, line.gate) == ("fork", None, None, "north-in")
    assert (line.entry, line.reading) == (branch.ref, "cloned_kiosk")
    assert line.at.lo == forum.at("09:05")


def test_lines_of_one_entry_stand_in_the_order_of_kinds(forum: Any) -> None:
    branch = cloned(forum)
    forum.enters("south-in", "09:00", 2)
    forum.registry.revokes(forum.at("08:30"), forum.build.badge(2))
    known = forum.build.log_state([*forum.entries, branch])
    found = [(line.kind, line.order.at_ms) for line in Conflicts(known).lines()]
    assert found == [
        ("would_refuse", forum.at("09:00")),
        ("would_refuse", forum.at("09:05")),
        ("two_places", forum.at("09:05")),
        ("fork", forum.at("09:05")),
    ]


# The report.


def test_lines_stand_in_order_of_corrected_time(forum: Any) -> None:
    for number in (1, 2, 3):
        forum.registry.revokes(forum.at("08:30"), forum.build.badge(number))
    forum.enters("south-in", "09:20", 1)
    forum.enters("north-in", "09:00", 3)
    forum.enters("hall-1", "09:10", 2)
    assert [number for _, _, number, _ in outcome(forum)] == [3, 2, 1]


def test_an_admins_answer_stands_beside_its_line_the_last_one(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    second = forum.enters("north-in", "09:10", 1)
    for clock, answer in (("10:00", "asked"), ("10:05", "left by the window")):
        ruling = Ruling(conflict="would_refuse", entry=second.ref, answer=answer, by="admin")
        forum.registry.writes(forum.at(clock), "ruling", ruling)
    (line,) = lines(forum)
    assert line.ruling == "left by the window"


def test_a_report_kept_up_entry_by_entry_equals_one_made_afterwards(forum: Any) -> None:
    known = forum.known()
    report = Conflicts(known)
    scans = [forum.enters("room-2", "13:40", 1)]
    scans.append(forum.leaves("room-2", "13:50", 1))
    scans.append(forum.enters("room-2", "13:55", 2))
    scans.append(forum.refuses("room-2", "13:56", None, "not_a_badge"))
    scans.append(forum.voids("room-2", "14:00", scans[1]))
    scans.append(forum.enters("south-in", "14:05", 2))
    for entry in scans:
        known.add(entry.log, entry.digest, entry.raw)
        report.lines()
    assert report.lines() == lines(forum)
    assert [line.kind for line in report.lines()] == ["would_refuse", "two_places"]


def test_whoever_was_inside_yesterday_is_not_inside_today(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "18T09:00", 1)
    assert lines(forum) == []


def test_whoever_was_inside_until_this_very_instant_is_not_inside_any_more(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "18T04:00", 1)
    assert lines(forum) == []


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
    assert lines(forum) == []


def test_an_order_is_uncertain_only_between_two_venues(forum: Any) -> None:
    forum.enters("north-in", "09:00", 1)
    forum.enters("north-in", "09:01", 1)
    assert [line.overlap for line in Conflicts(forum.known()).lines()] == [False]


def test_worked_out_in_pieces_it_is_the_same_report(forum: Any) -> None:
    for number in (1, 2, 3):
        forum.enters("room-1", "13:40", number)
        forum.enters("north-in", "13:50", number)
    known = forum.known()
    pieces = Conflicts(known)
    rounds = 1
    while pieces.catch_up(1):
        rounds += 1
    assert rounds == 3
    assert pieces.lines() == Conflicts(known).lines()
    assert [line.reason for line in pieces.lines()].count("already_inside") == 3
