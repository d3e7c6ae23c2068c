"""The rule book: every reason, every condition under every policy, every boundary, and the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pytest

from access.badge import Claims
from access.entry import Span
from access.event import VERDICTS, Verdict
from access.programme import Programme
from access.rules import Decision, Facts, Next, Presented, decide

TOML = """\
[event]
id = "fair"
name = { en = "Fair" }
timezone = "Asia/Shanghai"
days = ["2020-11-17", "2020-11-18"]
day_ends = "04:00"

[[venue]]
id = "hall"
name = { en = "Hall" }
[[venue]]
id = "annex"
name = { en = "Annex" }

[[area]]
id = "room"
venue = "hall"
capacity = 10
name = { en = "Room" }
[[area]]
id = "corner"
venue = "hall"
parent = "room"
name = { en = "Corner" }

[[gate]]
id = "main"
area = "hall"
[[gate]]
id = "way-out"
area = "hall"
direction = "out"
[[gate]]
id = "free"
area = "room"
direction = "both"
[[gate]]
id = "flag"
area = "room"
reentry = "flag"
[[gate]]
id = "once"
area = "room"
direction = "both"
reentry = "exit_first"

[[ticket]]
id = "guest"
name = { en = "Guest" }
areas = ["*"]
[[ticket]]
id = "press"
name = { en = "Press" }
areas = ["hall"]
[[ticket]]
id = "online"
name = { en = "Online" }
areas = ["*"]
on_site = false
[[ticket]]
id = "online-press"
name = { en = "Online press" }
areas = []
on_site = false
[[ticket]]
id = "crew"
name = { en = "Crew" }
areas = ["*"]
capacity_exempt = true

[[session]]
id = "talk"
area = "room"
starts = 2020-11-17T14:00:00+08:00
ends = 2020-11-17T16:00:00+08:00
name = { en = "Talk" }
booking = "required"
early_min = 20
closing_min = 15
standby_after_min = 10
[[session]]
id = "dinner"
area = "room"
starts = 2020-11-17T18:00:00+08:00
ends = 2020-11-17T20:00:00+08:00
name = { en = "Dinner" }
"""

DAY = "2020-11-17T"
HELP = Next(help_desk=True)
SECOND = 1000


@dataclass
class World:
    """The fair, and a person who has done everything right: each test changes what goes wrong."""

    programme: Programme
    instant: Callable[[str], int]
    claims_of: Callable[..., Claims]

    def at(self, text: str) -> int:
        return self.instant(f"{text if 'T' in text else DAY + text}+08:00")

    def case(
        self,
        gate: str = "main",
        at: str | int | Span = "14:00",
        *,
        direction: str = "in",
        ticket: str = "guest",
        sessions: Iterable[str] = ("talk",),
        venues: Iterable[str] | None = None,
        days: Iterable[str] | None = None,
        listed: bool = True,
        **more: Any,
    ) -> tuple[Presented, Facts, Programme, Span]:
        """`more`: fields of Presented and Facts."""
        claims = self.claims_of(self.programme, ticket, sessions, venues, days)
        known = {name: more.pop(name) for name in list(more) if name in Facts.__dataclass_fields__}
        said: dict[str, Any] = {"form": "plain", "badge": b"\0" * 5, "issue": 1, "proof": "proven"}
        presented = Presented(gate, direction, **(said | more))  # type: ignore[arg-type]
        if presented.form == "signed" and presented.claims is None:
            presented = replace(presented, claims=claims)
        facts = Facts(listed=claims if listed else None, **known)
        when = self.at(at) if isinstance(at, str) else at
        span = when if isinstance(when, Span) else Span(when, when)
        return presented, facts, self.programme, span

    def ask(self, *args: Any, **more: Any) -> Decision:
        return decide(*self.case(*args, **more))

    def under(self, build: Any, **policy: object) -> World:
        return replace(self, programme=build.with_policy(self.programme, **policy))


@pytest.fixture
def fair(build: Any, instant: Callable[[str], int]) -> World:
    return World(build.programme(TOML), instant, build.claims)


def said(decision: Decision) -> tuple[str, str]:
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


def test_an_unknown_badge_asks_staff_unless_the_event_says_otherwise(fair: World) -> None:
    assert said(fair.ask(listed=False, proof=None)) == ("ask_staff", "unknown")


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
    assert said(lenient.ask(**case, seats=0)) == ("refuse", "full")
    assert lenient.ask(**case, seats=1).seat


def test_a_person_inside_who_leaves_is_let_out(fair: World) -> None:
    answer = fair.ask("way-out", direction="out", place="corner")
    assert answer == Decision("admit", "ok", 6)


@pytest.mark.parametrize("place", [None, "annex", "of an older definition"])
def test_a_person_whom_presence_does_not_have_inside_is_let_out_all_the_same(
    fair: World, place: str | None
) -> None:
    answer = fair.ask("way-out", direction="out", place=place)
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


def test_a_badge_for_another_venue_is_told_which(fair: World) -> None:
    answer = fair.ask(venues=["annex"])
    assert answer == Decision("refuse", "wrong_venue", 10, next=Next(venues=("annex",)))


def test_a_badge_for_no_venue_at_all_is_sent_to_the_help_desk(fair: World) -> None:
    assert fair.ask(venues=[]).next == HELP


def test_a_badge_for_another_day_is_told_which(fair: World) -> None:
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
    assert said(fair.ask("free", at)) == (verdict, reason)


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


def test_one_without_any_booking_is_told_when_standby_begins(fair: World) -> None:
    answer = fair.ask("free", "14:00", sessions=[])
    assert answer.next == Next(standby_ms=fair.at("14:10"))


@pytest.mark.parametrize(
    ("at", "verdict", "reason"),
    [("14:09:59", "refuse", "not_booked"), ("14:10:00", "admit_flagged", "standby")],
)
def test_standby_begins_to_the_second(fair: World, at: str, verdict: str, reason: str) -> None:
    answer = fair.ask("free", at, sessions=[], seats=1)
    assert said(answer) == (verdict, reason)
    assert answer.session == "talk"
    assert answer.seat == answer.opens


def test_standby_passes_only_while_there_is_a_seat(fair: World) -> None:
    answer = fair.ask("free", "14:10", sessions=[], seats=0)
    assert (said(answer), answer.session) == (("refuse", "full"), "talk")


def test_standby_does_not_pass_one_who_must_leave_first(fair: World) -> None:
    answer = fair.ask("once", "14:10", sessions=[], place="room")
    assert said(answer) == ("refuse", "already_inside")


@pytest.mark.parametrize("gate", ["free", "flag"])
def test_one_inside_who_would_pass_as_standby_keeps_that_reason(fair: World, gate: str) -> None:
    answer = fair.ask(gate, "14:10", sessions=[], place="room")
    assert said(answer) == ("admit_flagged", "standby")


@pytest.mark.parametrize("place", ["room", "corner"])
@pytest.mark.parametrize(
    ("gate", "verdict", "reason"),
    [
        ("free", "admit", "reentry"),
        ("flag", "admit_flagged", "reentry"),
        ("once", "refuse", "already_inside"),
    ],
)
def test_one_inside_the_area_or_below_it_is_answered_by_the_gates_policy(
    fair: World, place: str, gate: str, verdict: str, reason: str
) -> None:
    answer = fair.ask(gate, place=place)
    assert (said(answer), answer.rule, answer.session) == ((verdict, reason), 15, "talk")


@pytest.mark.parametrize("place", [None, "hall", "annex"])
def test_one_elsewhere_is_not_inside(fair: World, place: str | None) -> None:
    assert fair.ask("once", place=place).reason == "ok"


def test_a_reentry_takes_over_the_seat_that_the_badge_holds_here(fair: World) -> None:
    again = fair.ask("free", place="room", seats=0, holds_seat=True)
    assert (said(again), again.seat) == (("admit", "reentry"), True)


def test_a_reentry_that_holds_no_seat_here_needs_one(fair: World) -> None:
    assert said(fair.ask("free", place="room", seats=0)) == ("refuse", "full")
    assert fair.ask("free", place="room", seats=1).seat


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
    assert (said(answer), answer.seat) == (("admit", "ok"), False)


# Exits.


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"form": None, "badge": None, "listed": False}, "not_a_badge"),
        ({"form": "signed", "other_event": True}, "other_event"),
        ({"proof": "failed"}, "forged"),
        ({"listed": False, "proof": None}, "unknown"),
    ],
)
@pytest.mark.parametrize("policy", VERDICTS)
def test_an_exit_opens_with_a_flag_for_what_is_no_genuine_badge(
    fair: World, build: Any, wrong: dict[str, Any], reason: str, policy: Verdict
) -> None:
    world = fair.under(build, unknown=policy)
    answer = world.ask("once", direction="out", seats=0, **wrong)
    assert (said(answer), answer.seat) == (("admit_flagged", reason), False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"revoked": True},
        {"newest_issue": 9},
        {"ticket": "online"},
        {"venues": []},
        {"days": []},
        {"ticket": "press"},
        {"at": "2021-01-01T00:00:00"},
        {"sessions": []},
        {"seats": 0},
    ],
)
def test_nothing_keeps_a_genuine_badge_in(fair: World, wrong: dict[str, Any]) -> None:
    answer = fair.ask("once", direction="out", place="room", **wrong)
    assert said(answer) == ("admit", "ok")


def test_conditions_are_never_applied_at_an_exit(fair: World, build: Any) -> None:
    strict = fair.under(build, unlisted="refuse", roster_stale="refuse", clock_unsure="refuse")
    span = Span(fair.at("12:00"), fair.at("14:00"))
    answer = strict.ask(
        "free",
        span,
        direction="out",
        form="signed",
        listed=False,
        place="room",
        roster_age_ms=10**12,
    )
    assert answer == Decision("admit", "ok", 6)


# The order of the table: each fault makes its own rule speak; of two faults the earlier rule answers.

FAULTS: dict[str, dict[str, Any]] = {
    "not_a_badge": {"form": None},
    "other_event": {"other_event": True},
    "forged": {"proof": "failed"},
    "unknown": {"listed": False},
    "exits": {"direction": "out"},
    "revoked": {"revoked": True},
    "superseded": {"newest_issue": 2},
    "online_only": {"ticket": "online"},
    "wrong_venue": {"venues": ["annex"]},
    "wrong_day": {"days": ["2020-11-18"]},
    "not_entitled": {"ticket": "press"},
    "too_early": {"at": "13:00"},
    "not_booked": {"sessions": []},
    "already_inside": {"place": "room"},
    "full": {"seats": 0},
}


@pytest.mark.parametrize(("first", "second"), list(combinations(FAULTS, 2)))
def test_of_two_rules_that_would_speak_the_earlier_one_does(
    fair: World, first: str, second: str
) -> None:
    both = FAULTS[second] | FAULTS[first]
    if {first, second} == {"online_only", "not_entitled"}:
        both["ticket"] = "online-press"
    answer = fair.ask("once", **both)
    if first == "exits":
        assert answer.rule == 6
    else:
        assert answer.reason == first
    opens = "exits" in (first, second)
    assert answer.opens == opens


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_alone_makes_its_rule_speak(fair: World, fault: str) -> None:
    answer = fair.ask("once", **FAULTS[fault])
    assert answer.reason == ("not_inside" if fault == "exits" else fault)


# Conditions.


def in_force(fair: World, condition: str, **case: Any) -> Callable[[World], Decision]:
    """Asks at the free door of the room with one condition in force."""
    by_condition: dict[str, dict[str, Any]] = {
        "unlisted": {"form": "signed", "listed": False},
        "clock_unsure": {"at": Span(fair.at("13:39"), fair.at("13:41"))},
        "roster_stale": {"roster_age_ms": 240 * 60_000 + 1},
    }
    return lambda world: world.ask("free", **(by_condition[condition] | case))


CONDITIONS = ("unlisted", "clock_unsure", "roster_stale")


@pytest.mark.parametrize("policy", VERDICTS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_qualifies_an_answer_that_would_have_admitted(
    fair: World, build: Any, condition: str, policy: Verdict
) -> None:
    answer = in_force(fair, condition)(fair.under(build, **{condition: policy}))
    reason = "ok" if policy == "admit" else condition
    assert said(answer) == (policy, reason)
    assert answer.conditions == (condition,)
    assert (answer.rule, answer.session) == (17, "talk")
    assert answer.next.help_desk == (not answer.opens)


@pytest.mark.parametrize("policy", VERDICTS)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_renames_only_what_it_makes_stricter(
    fair: World, build: Any, condition: str, policy: Verdict
) -> None:
    world = fair.under(build, **{condition: policy})
    answer = world.ask(
        "flag",
        place="room",
        **{
            "unlisted": {"form": "signed", "listed": False},
            "clock_unsure": {"at": Span(fair.at("13:39"), fair.at("13:41"))},
            "roster_stale": {"roster_age_ms": 240 * 60_000 + 1},
        }[condition],
    )
    if policy in ("admit", "admit_flagged"):
        assert said(answer) == ("admit_flagged", "reentry")
    else:
        assert said(answer) == (policy, condition)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_not_applied_to_a_refusal(fair: World, condition: str) -> None:
    answer = in_force(fair, condition, revoked=True)(fair)
    assert (said(answer), answer.conditions) == (("refuse", "revoked"), ())


def test_by_default_unlisted_and_unsure_are_flagged_and_a_stale_roster_is_not(fair: World) -> None:
    answers = [said(in_force(fair, condition)(fair)) for condition in CONDITIONS]
    assert answers == [
        ("admit_flagged", "unlisted"),
        ("admit_flagged", "clock_unsure"),
        ("admit", "ok"),
    ]


def test_the_strictest_condition_wins_and_the_first_of_equals_names_the_reason(
    fair: World, build: Any
) -> None:
    def ask(**policy: str) -> Decision:
        return in_force(
            fair,
            "unlisted",
            at=Span(fair.at("13:39"), fair.at("13:41")),
            roster_age_ms=10**9,
        )(fair.under(build, **policy))

    assert ask().conditions == CONDITIONS
    assert said(ask()) == ("admit_flagged", "unlisted")
    assert said(ask(clock_unsure="ask_staff")) == ("ask_staff", "clock_unsure")
    assert said(ask(roster_stale="refuse", unlisted="ask_staff")) == ("refuse", "roster_stale")


def test_a_let_in_that_a_condition_forbids_uses_no_seat(fair: World, build: Any) -> None:
    strict = fair.under(build, unlisted="ask_staff")
    assert not strict.ask("free", form="signed", listed=False, seats=3).seat
    assert fair.ask("free", form="signed", listed=False, seats=3).seat


@pytest.mark.parametrize(
    ("age_ms", "stale"), [(None, False), (0, False), (14_400_000, False), (14_400_001, True)]
)
def test_a_roster_is_stale_when_the_registrys_newest_word_is_too_old(
    fair: World, age_ms: int | None, stale: bool
) -> None:
    assert fair.ask(roster_age_ms=age_ms).conditions == (("roster_stale",) if stale else ())


def test_an_unknown_badge_let_in_by_policy_is_qualified_by_a_stale_roster(
    fair: World, build: Any
) -> None:
    world = fair.under(build, unknown="admit", roster_stale="ask_staff")
    answer = world.ask(listed=False, proof=None, roster_age_ms=10**9)
    assert said(answer) == ("ask_staff", "roster_stale")


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
