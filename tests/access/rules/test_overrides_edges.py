"""Letting somebody in by hand: what the answer carries."""

from __future__ import annotations

from access.rules.decide import Decision, Next
from access.rules.overrides import override


def test_one_who_is_no_staff_leaves_the_person_where_the_door_had_sent_them() -> None:
    stands = Decision("refuse", "too_early", 13, session="talk", next=Next(session="dinner"))
    answer = override(stands, frozenset(), "talk")
    assert answer == Decision("refuse", "not_staff", 0, next=Next(session="dinner"))
