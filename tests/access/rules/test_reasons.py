"""The rule book: one test for each reason, and each boundary to the second on both sides."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from access.badge.credential import Claims
from access.event.definition import VERDICTS, Verdict
from access.rules.decide import Decision, Next, decide

World = Any  # of conftest.py, which tests do not import
HELP = Next(help_desk=True)


def outcome(decision: Decision) -> tuple[str, str]:
    return decision.verdict, decision.reason


# One test for each reason.


def test_a_good_badge_is_let_in(fair: World) -> None:
    assert fair.ask() == Decision("admit", "ok", 17)


def test_a_text_that_is_no_badge_is_refused(fair: World) -> None:
    answer = fair.ask(form=None, badge=None, issue=None, proof=None, listed=False)
    assert answer == Decision("refuse", "not_a_badge", 2, next=HELP)


def test_a_signed_badge_of_another_event_is_refused(fair: World) -> None:
    answer = fair.ask(form="signed", other_event=True, proof="failed", listed=False)
    assert answer == Decision("refuse", "other_event", 3, next=HELP)


@pytest.mark.parametrize("form", ["plain", "signed", "foreign"])
def test_a_badge_whose_proof_fails_is_forged(fair: World, form: str) -> None:
    answer = fair.ask(form=form, proof="failed", listed=form != "signed")
    assert answer == Decision("refuse", "forged", 4, next=HELP)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_plain_badge_that_the_roster_lacks_is_answered_by_policy(
    fair: World, build: Any, verdict: Verdict
) -> None:
    answer = fair.under(build, unknown=verdict).ask(listed=False, proof=None)
    assert (answer.verdict, answer.reason, answer.rule) == (verdict, "unknown", 5)
    assert answer.next.help_desk == (not answer.opens)


def test_an_unknown_badge_asks_staff_unless_the_event_sets_another_policy(fair: World) -> None:
    assert outcome(fair.ask(listed=False, proof=None)) == ("ask_staff", "unknown")


@pytest.mark.parametrize("listed", [True, False])
def test_a_signed_badge_of_a_key_that_the_door_has_not_heard_of_is_unknown_and_no_forgery(
    fair: World, build: Any, listed: bool
) -> None:
    case: dict[str, Any] = {"form": "signed", "proof": None, "listed": listed}
    assert outcome(fair.ask(**case)) == ("ask_staff", "unknown")
    assert outcome(fair.under(build, unknown="refuse").ask(**case)) == ("refuse", "unknown")


def test_where_unknown_badges_are_let_in_the_stricter_policy_for_unlisted_ones_still_holds(
    fair: World, build: Any
) -> None:
    lenient = fair.under(build, unknown="admit_flagged", unlisted="ask_staff")
    answer = lenient.ask(form="signed", proof=None, listed=False)
    assert outcome(answer) == ("ask_staff", "unlisted")


def test_an_unknown_badge_let_in_by_policy_is_in_the_session_whose_doors_are_open(
    fair: World, build: Any
) -> None:
    lenient = fair.under(build, unknown="admit")
    case: dict[str, Any] = {"gate": "free", "listed": False, "proof": None}
    assert lenient.ask(**case, at="14:00").session == "talk"
    assert lenient.ask(**case, at="12:00").session is None


def test_an_unknown_badge_let_in_by_policy_needs_a_seat(fair: World, build: Any) -> None:
    lenient = fair.under(build, unknown="admit")
    case: dict[str, Any] = {"gate": "free", "listed": False, "proof": None}
    assert outcome(lenient.ask(**case, seats=0)) == ("refuse", "full")
    assert lenient.ask(**case, seats=1).seat


def test_a_person_inside_who_leaves_is_let_out(fair: World) -> None:
    answer = fair.ask("way-out", direction="out", location="corner")
    assert answer == Decision("admit", "ok", 6)


@pytest.mark.parametrize("location", [None, "annex", "of an older definition"])
def test_a_person_whom_presence_does_not_have_inside_is_let_out_all_the_same(
    fair: World, location: str | None
) -> None:
    answer = fair.ask("way-out", direction="out", location=location)
    assert answer == Decision("admit", "not_inside", 6)


def test_a_revoked_badge_is_refused(fair: World) -> None:
    assert fair.ask(revoked=True) == Decision("refuse", "revoked", 7, next=HELP)


def test_a_badge_is_refused_when_a_higher_issue_is_known(fair: World) -> None:
    answer = fair.ask(issue=2, newest_issue=3)
    assert answer == Decision("refuse", "superseded", 8, next=HELP)
    assert fair.ask(issue=3, newest_issue=3).opens
    assert fair.ask(issue=4, newest_issue=3).opens


def test_an_online_ticket_is_sent_to_the_help_desk(fair: World) -> None:
    assert fair.ask(ticket="online") == Decision("refuse", "online_only", 9, next=HELP)


def test_a_badge_for_another_venue_names_the_right_one(fair: World) -> None:
    answer = fair.ask(venues=["annex"])
    assert answer == Decision("refuse", "wrong_venue", 10, next=Next(venues=("annex",)))


def test_a_badge_for_no_venue_at_all_is_sent_to_the_help_desk(fair: World) -> None:
    assert fair.ask(venues=[]).next == HELP


def test_a_badge_for_another_day_names_the_right_one(fair: World) -> None:
    answer = fair.ask(days=["2020-11-18"])
    assert answer == Decision("refuse", "wrong_day", 11, next=Next(days=("2020-11-18",)))


def test_a_badge_for_no_day_at_all_is_sent_to_the_help_desk(fair: World) -> None:
    assert fair.ask(days=[]).next == HELP


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2020-11-17T03:59:59", "wrong_day"),
        ("2020-11-17T04:00:00", "ok"),
        ("2020-11-19T03:59:59", "ok"),
        ("2020-11-19T04:00:00", "wrong_day"),
    ],
)
def test_the_event_runs_from_the_first_days_beginning_to_the_last_days_end(
    fair: World, at: str, reason: str
) -> None:
    assert fair.ask(at=at).reason == reason


def test_the_hours_after_midnight_belong_to_the_day_before(fair: World) -> None:
    first_only: dict[str, Any] = {"days": ["2020-11-17"]}
    assert fair.ask(at="2020-11-18T03:59:59", **first_only).reason == "ok"
    assert fair.ask(at="2020-11-18T04:00:00", **first_only).reason == "wrong_day"


def test_a_ticket_that_does_not_reach_the_area_is_refused(fair: World) -> None:
    assert fair.ask("free", ticket="press") == Decision("refuse", "not_entitled", 12, next=HELP)
    assert fair.ask("main", ticket="press").opens


def test_a_ticket_number_that_the_event_lacks_admits_nowhere(fair: World) -> None:
    presented, facts, programme, at = fair.case()
    facts = replace(facts, listed=Claims(99, 0xFF, 0, 0xFF))
    assert decide(presented, facts, programme, at).reason == "not_entitled"


@pytest.mark.parametrize(
    ("at", "verdict", "reason"),
    [
        ("13:39:59", "refuse", "too_early"),
        ("13:40:00", "admit", "ok"),
        ("15:44:59", "admit", "ok"),
        ("15:45:00", "refuse", "too_early"),  # dinner is still to come
        ("17:59:59", "refuse", "too_early"),
        ("18:00:00", "admit", "ok"),
        ("19:59:59", "admit", "ok"),
        ("20:00:00", "refuse", "too_late"),
        ("2020-11-18T03:59:59", "refuse", "too_late"),
        ("2020-11-18T04:00:00", "refuse", "no_session"),
    ],
)
def test_the_doors_of_a_session_open_and_close_to_the_second(
    fair: World, at: str, verdict: str, reason: str
) -> None:
    assert outcome(fair.ask("free", at)) == (verdict, reason)


def test_too_early_says_which_session_opens_its_doors_when_and_where(fair: World) -> None:
    answer = fair.ask("free", "13:00")
    coming = Next(session="talk", area="room", at_ms=fair.at("13:40"))
    assert answer == Decision("refuse", "too_early", 13, next=coming)


def test_too_late_says_what_the_badge_has_booked_next_or_sends_to_the_help_desk(
    fair: World,
) -> None:
    assert fair.ask("free", "20:00").next == HELP


def test_a_session_that_needs_a_booking_refuses_a_badge_without_one(fair: World) -> None:
    answer = fair.ask("free", "14:00", sessions=["dinner"])
    coming = Next(
        session="dinner", area="room", at_ms=fair.at("18:00"), standby_ms=fair.at("14:10")
    )
    assert answer == Decision("refuse", "not_booked", 14, session="talk", next=coming)


def test_one_without_any_booking_learns_when_standby_begins(fair: World) -> None:
    answer = fair.ask("free", "14:00", sessions=[])
    assert answer.next == Next(standby_ms=fair.at("14:10"))


@pytest.mark.parametrize(
    ("at", "verdict", "reason"),
    [("14:09:59", "refuse", "not_booked"), ("14:10:00", "admit_flagged", "standby")],
)
def test_standby_begins_to_the_second(fair: World, at: str, verdict: str, reason: str) -> None:
    answer = fair.ask("free", at, sessions=[], seats=1)
    assert outcome(answer) == (verdict, reason)
    assert answer.session == "talk"
    assert answer.seat == answer.opens


def test_standby_passes_only_while_there_is_a_seat(fair: World) -> None:
    answer = fair.ask("free", "14:10", sessions=[], seats=0)
    assert (outcome(answer), answer.session) == (("refuse", "full"), "talk")


def test_standby_does_not_pass_one_who_must_leave_first(fair: World) -> None:
    answer = fair.ask("once", "14:10", sessions=[], location="room")
    assert outcome(answer) == ("refuse", "already_inside")


@pytest.mark.parametrize("gate", ["free", "flag"])
def test_one_inside_who_would_pass_as_standby_keeps_that_reason(fair: World, gate: str) -> None:
    answer = fair.ask(gate, "14:10", sessions=[], location="room")
    assert outcome(answer) == ("admit_flagged", "standby")


@pytest.mark.parametrize("location", ["room", "corner"])
@pytest.mark.parametrize(
    ("gate", "verdict", "reason"),
    [
        ("free", "admit", "reentry"),
        ("flag", "admit_flagged", "reentry"),
        ("once", "refuse", "already_inside"),
    ],
)
def test_one_inside_the_area_or_below_it_is_answered_by_the_gates_policy(
    fair: World, location: str, gate: str, verdict: str, reason: str
) -> None:
    answer = fair.ask(gate, location=location)
    assert (outcome(answer), answer.rule, answer.session) == ((verdict, reason), 15, "talk")


@pytest.mark.parametrize("location", [None, "hall", "annex"])
def test_one_elsewhere_is_not_inside(fair: World, location: str | None) -> None:
    assert fair.ask("once", location=location).reason == "ok"


def test_a_reentry_takes_over_the_seat_that_the_badge_holds_here(fair: World) -> None:
    again = fair.ask("free", location="room", seats=0, holds_seat=True)
    assert (outcome(again), again.seat) == (("admit", "reentry"), True)


def test_a_reentry_that_holds_no_seat_here_needs_one(fair: World) -> None:
    assert outcome(fair.ask("free", location="room", seats=0)) == ("refuse", "full")
    assert fair.ask("free", location="room", seats=1).seat


def test_a_full_room_says_at_which_doors_seats_are_left(fair: World) -> None:
    answer = fair.ask("free", seats=0, seats_elsewhere=(("once", 2),))
    hint = Next(help_desk=True, gates=(("once", 2),))
    assert answer == Decision("refuse", "full", 16, session="talk", next=hint)


@pytest.mark.parametrize(
    ("seats", "reason"), [(None, "ok"), (1, "ok"), (0, "full"), (-1, "full"), (-2, "full")]
)
def test_a_gate_lets_in_while_it_has_a_seat(fair: World, seats: int | None, reason: str) -> None:
    answer = fair.ask("free", seats=seats)
    assert answer.reason == reason
    assert answer.seat == (reason == "ok" and seats is not None)


def test_exempt_tickets_pass_a_full_door_and_use_no_seat(fair: World) -> None:
    answer = fair.ask("free", ticket="crew", seats=0)
    assert (outcome(answer), answer.seat) == (("admit", "ok"), False)


# Claims.


def test_the_rosters_claims_count_before_the_badges_own(fair: World) -> None:
    presented, facts, programme, at = fair.case(form="signed", venues=["annex"])
    own = fair.claims_of(programme, "guest")
    assert decide(replace(presented, claims=own), facts, programme, at).reason == "wrong_venue"
    unlisted = replace(facts, listed=None)
    answer = decide(replace(presented, claims=own), unlisted, programme, at)
    assert answer.reason == "unlisted"


def test_a_badge_vouched_for_by_staff_needs_no_proof(fair: World) -> None:
    assert fair.ask(proof="vouched").reason == "ok"


def test_broken_machines_are_errors_not_bad_badges(fair: World) -> None:
    presented, facts, programme, at = fair.case(form="signed", listed=False)
    with pytest.raises(ValueError, match="without claims"):
        decide(replace(presented, claims=None), facts, programme, at)
    with pytest.raises(KeyError):
        decide(replace(presented, gate="nowhere"), facts, programme, at)


@pytest.mark.parametrize("issue", [1, 4, 63])
@pytest.mark.parametrize("policy", ["ask_staff", "admit", "admit_flagged", "refuse"])
def test_a_badge_revoked_in_all_its_issues_is_so_whatever_issue_is_presented(
    fair: World, build: Any, issue: int, policy: str
) -> None:
    world = fair.under(build, unknown=policy)
    known = {"revoked": True, "all_revoked": True, "listed": False, "proof": None}
    answer = world.ask(issue=issue, **known)
    assert (answer.verdict, answer.reason, answer.rule) == ("refuse", "revoked", 7)


def test_an_unknown_issue_of_a_badge_of_which_another_is_revoked_stays_unknown(fair: World) -> None:
    answer = fair.ask(issue=4, listed=False, proof=None)
    assert (answer.verdict, answer.reason, answer.rule) == ("ask_staff", "unknown", 5)


def test_on_the_way_out_an_unknown_issue_of_a_revoked_badge_leaves_as_before(fair: World) -> None:
    known = {"revoked": True, "all_revoked": True, "listed": False, "proof": None}
    answer = fair.ask(direction="out", issue=4, **known)
    assert (answer.verdict, answer.reason, answer.rule) == ("admit_flagged", "unknown", 5)


def test_full_names_the_door_that_has_this_badges_seat(fair: World) -> None:
    others = (("b", 3), ("c", 1))
    answer = fair.ask(seats=0, seat_at="c", seats_elsewhere=others)
    assert (answer.reason, answer.next.gates) == ("full", (("c", 1),))
    assert fair.ask(seats=0, seats_elsewhere=others).next.gates == others


def test_a_badge_of_unknown_issue_is_older_than_any_that_is_known(fair: World) -> None:
    assert fair.ask(issue=None, newest_issue=1).reason == "superseded"
    assert fair.ask(issue=None, newest_issue=0).opens


@pytest.mark.parametrize("location", [None, "room"])
def test_standby_is_the_answer_of_the_rule_on_bookings(fair: World, location: str | None) -> None:
    assert fair.ask("free", "14:10", sessions=[], location=location).rule == 14
