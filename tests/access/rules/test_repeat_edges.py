"""Rule 1: whose answer is forgotten first at a busy door."""

from __future__ import annotations

from access.rules.repeat import KEPT, HoldOff


def test_a_badge_answered_afresh_is_remembered_from_then_on() -> None:
    memory: HoldOff[str] = HoldOff(3000)
    memory.answered("badge", 1_000, "first")
    memory.answered("another", 2_000, "another")
    memory.answered("badge", 9_000, "second")
    for number in range(KEPT - 1):
        memory.answered(number, 9_001, str(number))
    assert memory.again("another", 4_000) is None
    assert memory.again("badge", 9_002) == "second"
