"""The rule book: every condition under every policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.event.definition import VERDICTS, Verdict
from access.log.entry import Span
from access.rules.decide import Decision

World = Any  # of conftest.py, which tests do not import


def outcome(decision: Decision) -> tuple[str, str]:
    return decision.verdict, decision.reason


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
    assert outcome(answer) == (policy, reason)
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
        location="room",
        **{
            "unlisted": {"form": "signed", "listed": False},
            "clock_unsure": {"at": Span(fair.at("13:39"), fair.at("13:41"))},
            "roster_stale": {"roster_age_ms": 240 * 60_000 + 1},
        }[condition],
    )
    if policy in ("admit", "admit_flagged"):
        assert outcome(answer) == ("admit_flagged", "reentry")
    else:
        assert outcome(answer) == (policy, condition)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_not_applied_to_a_refusal(fair: World, condition: str) -> None:
    answer = in_force(fair, condition, revoked=True)(fair)
    assert (outcome(answer), answer.conditions) == (("refuse", "revoked"), ())


def test_by_default_unlisted_and_unsure_are_flagged_and_a_stale_roster_is_not(fair: World) -> None:
    answers = [outcome(in_force(fair, condition)(fair)) for condition in CONDITIONS]
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
    assert outcome(ask()) == ("admit_flagged", "unlisted")
    assert outcome(ask(clock_unsure="ask_staff")) == ("ask_staff", "clock_unsure")
    assert outcome(ask(roster_stale="refuse", unlisted="ask_staff")) == ("refuse", "roster_stale")


def test_a_let_in_that_a_condition_forbids_uses_no_seat(fair: World, build: Any) -> None:
    strict = fair.under(build, unlisted="ask_staff")
    assert not strict.ask("free", form="signed", listed=False, seats=3).seat
    assert fair.ask("free", form="signed", listed=False, seats=3).seat


@pytest.mark.parametrize(
    ("age_ms", "stale"), [(None, False), (0, False), (14_400_000, False), (14_400_001, True)]
)
def test_a_roster_is_stale_when_the_registrys_newest_head_is_too_old(
    fair: World, age_ms: int | None, stale: bool
) -> None:
    assert fair.ask(roster_age_ms=age_ms).conditions == (("roster_stale",) if stale else ())


def test_an_unknown_badge_let_in_by_policy_is_qualified_by_a_stale_roster(
    fair: World, build: Any
) -> None:
    world = fair.under(build, unknown="admit", roster_stale="ask_staff")
    answer = world.ask(listed=False, proof=None, roster_age_ms=10**9)
    assert outcome(answer) == ("ask_staff", "roster_stale")
