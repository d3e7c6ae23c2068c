"""The rule book at its edges."""

from __future__ import annotations

from typing import Any

import pytest

from access.rules.decide import RULES


def test_a_badge_whose_issue_nobody_can_tell_is_older_than_any_that_is_known(fair: Any) -> None:
    assert fair.ask(issue=None, newest_issue=1).reason == "superseded"
    assert fair.ask(issue=None, newest_issue=0).opens


@pytest.mark.parametrize("location", [None, "room"])
def test_standby_is_the_answer_of_the_rule_on_bookings(fair: Any, location: str | None) -> None:
    assert fair.ask("free", "14:10", sessions=[], location=location).rule == 14


def test_the_rules_are_numbered_and_walked_as_in_the_table() -> None:
    assert [number for number, _ in RULES] == list(range(2, 18))
