"""Letting somebody in by hand: who may set aside which reason."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from access.badge.credential import Claims
from access.event.definition import VERDICTS, Verdict
from access.event.programme import Programme
from access.rules.decide import Decision, Next, Reason
from access.rules.overrides import StaffCard, override, roles, ticket_roles

DOOR = frozenset({"door"})
SUPERVISOR = frozenset({"supervisor"})
OVERRIDDEN = Decision("admit_flagged", "overridden", 0)

TIME = {"wrong_day", "too_early", "too_late", "no_session"}
REFUSALS = {
    "not_a_badge", "other_event", "forged", "unknown", "revoked", "superseded", "online_only",
    "wrong_venue", "not_entitled", "not_booked", "already_inside", "full",
    "unlisted", "clock_unsure", "roster_stale", *TIME,
}  # fmt: skip


def refusal(reason: Any, verdict: Verdict = "refuse") -> Decision:
    return Decision(verdict, reason, 9, session="talk", next=Next(help_desk=True))


def may(granted: frozenset[str]) -> set[str]:
    """The reasons of a refusal that these roles may set aside."""
    return {
        reason
        for reason in REFUSALS
        if override(refusal(reason), granted, None).opens  # type: ignore[arg-type]
    }


def test_staff_at_a_door_may_set_aside_bookings_seats_and_the_time() -> None:
    assert may(DOOR) == {"not_booked", "full"} | TIME


def test_a_supervisor_may_set_aside_all_but_forged_and_revoked() -> None:
    nobody_there = {"not_a_badge", "other_event"}
    assert may(SUPERVISOR) == REFUSALS - {"forged", "revoked"} - nobody_there


def test_one_with_both_roles_may_do_what_either_may() -> None:
    assert may(DOOR | SUPERVISOR) == may(SUPERVISOR)


def test_one_without_a_role_may_do_nothing() -> None:
    assert may(frozenset()) == set()


@pytest.mark.parametrize("reason", ["unknown", "unlisted", "clock_unsure", "roster_stale"])
def test_staff_at_a_door_may_answer_every_question_that_is_put_to_staff(reason: str) -> None:
    assert override(refusal(reason, "ask_staff"), DOOR, None) == OVERRIDDEN
    assert not override(refusal(reason, "refuse"), DOOR, None).opens


@pytest.mark.parametrize("verdict", VERDICTS[:2])
def test_one_whom_the_door_would_let_in_anyway_may_be_let_in_by_staff(verdict: Verdict) -> None:
    assert override(refusal("ok", verdict), DOOR, None) == OVERRIDDEN


def test_an_override_is_in_the_rooms_open_session_and_uses_no_seat() -> None:
    answer = override(refusal("full"), DOOR, "talk")
    assert (answer.session, answer.seat, answer.opens) == ("talk", False, True)
    assert override(refusal("full"), DOOR, None).session is None


def test_what_a_role_may_not_override_is_refused_with_the_reason_that_stands() -> None:
    answer = override(refusal("wrong_venue"), DOOR, "talk")
    assert answer == Decision("refuse", "wrong_venue", 9, next=Next(help_desk=True))


def test_an_override_by_one_who_is_no_staff_is_refused_as_that() -> None:
    for reason in ("ok", "full", "forged"):
        answer = override(refusal(reason, "admit"), frozenset(), None)
        assert (answer.verdict, answer.reason, answer.opens) == ("refuse", "not_staff", False)


def test_every_reason_is_one_of_the_closed_list() -> None:
    assert set(get_args(Reason)) >= REFUSALS


# Who is staff.


def card(example: Programme, ticket: str = "staff", **more: Any) -> StaffCard:
    number = [one.id for one in example.event.tickets].index(ticket)
    return StaffCard(
        **({"claims": Claims(number, 0, 0, 0), "proof": "proven", "retired": False} | more)
    )


@pytest.mark.parametrize("proof", ["proven", "vouched"])
def test_a_genuine_staff_card_gives_its_owner_the_roles_of_its_ticket(
    example: Programme, proof: Any
) -> None:
    assert roles(card(example, proof=proof), example) == {"door", "supervisor"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"proof": "failed"},
        {"proof": None},
        {"retired": True},
        {"strong": False},
        {"claims": None},
        {"claims": Claims(99, 0, 0, 0)},
        {"ticket": "delegate"},
    ],
)
def test_a_card_that_is_not_genuine_retired_or_no_staff_ticket_gives_none(
    example: Programme, wrong: dict[str, Any]
) -> None:
    assert roles(card(example, **wrong), example) == frozenset()


def test_a_card_that_may_not_use_its_roles_still_names_them(example: Programme) -> None:
    assert ticket_roles(card(example, strong=False), example) == {"door", "supervisor"}
    assert ticket_roles(card(example, claims=None), example) == frozenset()


def test_one_who_is_no_staff_leaves_the_person_where_the_door_had_sent_them() -> None:
    stands = Decision("refuse", "too_early", 13, session="talk", next=Next(session="dinner"))
    answer = override(stands, frozenset(), "talk")
    assert answer == Decision("refuse", "not_staff", 0, next=Next(session="dinner"))
