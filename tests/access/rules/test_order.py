"""The rule book: exits, and the order of the table."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from access.event.definition import VERDICTS, Verdict
from access.log.entry import Span
from access.rules.decide import RULES, Decision

World = Any  # of conftest.py, which tests do not import


def outcome(decision: Decision) -> tuple[str, str]:
    return decision.verdict, decision.reason


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
    assert (outcome(answer), answer.seat) == (("admit_flagged", reason), False)


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
    answer = fair.ask("once", direction="out", location="room", **wrong)
    assert outcome(answer) == ("admit", "ok")


def test_conditions_are_never_applied_at_an_exit(fair: World, build: Any) -> None:
    strict = fair.under(build, unlisted="refuse", roster_stale="refuse", clock_unsure="refuse")
    span = Span(fair.at("12:00"), fair.at("14:00"))
    answer = strict.ask(
        "free",
        span,
        direction="out",
        form="signed",
        listed=False,
        location="room",
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
    "already_inside": {"location": "room"},
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


def test_the_rules_are_numbered_and_walked_as_in_the_table() -> None:
    assert [number for number, _ in RULES] == list(range(2, 18))
