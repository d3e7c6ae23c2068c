"""Badges on paper: what became of each attempt, and when one more may be made without staff."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.log.entry import EntryRef, Printed, PrintOutcome
from access.log.log_entry import Order
from access.rules.badge_prints import print_standing, prints_of

HERE, THERE = "0" * 16 + "a" * 8, "1" * 16 + "a" * 8
LATER_BOOT = "0" * 16 + "b" * 8
Noted = tuple[Order, Printed]


def noted(
    seq: int,
    outcome: PrintOutcome,
    attempt: Noted | None = None,
    *,
    log: str = HERE,
    issue: int = 1,
    staff: bytes | None = None,
) -> Noted:
    """An entry at `seq` minutes; `attempt` is what it answers."""
    order = Order(seq * 60_000, log, seq, seq.to_bytes(32, "big"))
    ref = None
    if attempt is not None:
        of = attempt[0]
        ref = EntryRef(of.log, of.seq, of.digest)
    body = Printed(
        gate="desk", badge=b"badge", issue=issue, outcome=outcome, attempt=ref, staff=staff
    )
    return order, body


def standing(*entries: Noted, issue: int = 1) -> str:
    return print_standing(prints_of(entries), issue)


def test_a_badge_that_was_never_printed_may_be() -> None:
    assert standing() == "free"


def test_an_attempt_without_an_answer_is_in_doubt() -> None:
    assert standing(noted(1, "sent")) == "in_doubt"


@pytest.mark.parametrize(
    ("outcome", "then"), [("printed", "printed"), ("not_printed", "free"), ("unknown", "in_doubt")]
)
def test_an_answer_decides_how_the_badge_stands(outcome: PrintOutcome, then: str) -> None:
    sent = noted(1, "sent")
    assert standing(sent, noted(2, outcome, sent)) == then


@pytest.mark.parametrize("seen", ["printed", "not_printed"])
def test_what_a_person_saw_stands_against_what_the_printer_did_not_know(
    seen: PrintOutcome,
) -> None:
    sent = noted(1, "sent")
    answers = [noted(2, "unknown", sent), noted(3, seen, sent), noted(4, "unknown", sent)]
    [attempt] = prints_of([sent, *answers])
    assert attempt.outcome == seen


def test_a_later_start_of_the_kiosk_answers_for_the_earlier_one() -> None:
    sent = noted(1, "sent")
    assert standing(sent, noted(2, "printed", sent, log=LATER_BOOT)) == "printed"


def test_no_other_kiosk_answers_for_it() -> None:
    sent = noted(1, "sent")
    assert standing(sent, noted(2, "not_printed", sent, log=THERE)) == "in_doubt"


def test_one_badge_on_paper_is_enough_whatever_came_of_the_others() -> None:
    first, second = noted(1, "sent"), noted(3, "sent", log=THERE)
    entries = [first, noted(2, "unknown", first), second, noted(4, "printed", second, log=THERE)]
    assert standing(*entries) == "printed"


def test_a_new_issue_may_be_printed_although_the_old_one_was() -> None:
    sent = noted(1, "sent")
    entries = [sent, noted(2, "printed", sent)]
    assert standing(*entries, issue=2) == "free"


def test_an_attempt_records_who_asked_for_it() -> None:
    [attempt] = prints_of([noted(1, "sent", staff=b"staff")])
    assert (attempt.staff, attempt.gate) == (b"staff", "desk")


@st.composite
def prints(draw: st.DrawFn) -> list[Noted]:
    """Attempts at two kiosks and answers to them, right and wrong ones."""
    entries: list[Noted] = []
    for seq in range(1, draw(st.integers(1, 9))):
        log = draw(st.sampled_from([HERE, LATER_BOOT, THERE]))
        outcome = draw(st.sampled_from(get_args(PrintOutcome)))
        answered = draw(st.sampled_from(entries)) if entries and outcome != "sent" else None
        entries.append(noted(seq, outcome, answered, log=log, issue=draw(st.integers(1, 2))))
    return entries


@given(prints(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_gives_the_same_attempts(
    entries: list[Noted], drawn: random.Random
) -> None:
    shuffled = entries + drawn.choices(entries, k=3) if entries else []
    drawn.shuffle(shuffled)
    assert prints_of(shuffled) == prints_of(entries)


@given(prints(), st.integers(1, 2))
def test_nothing_but_a_certain_no_makes_a_badge_free_again(
    entries: list[Noted], issue: int
) -> None:
    found = prints_of(entries)
    certain = all(one.outcome == "not_printed" for one in found if one.issue == issue)
    assert (print_standing(found, issue) == "free") == certain
    assert len(found) == sum(body.outcome == "sent" for _, body in entries)
