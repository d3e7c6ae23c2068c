"""Rule 1: a code shown again within seconds is shown its first answer."""

from __future__ import annotations

import pytest

from access.rules.repeat import KEPT, HoldOff

CODE = ("code", "in")


@pytest.fixture
def memory() -> HoldOff[str]:
    found: HoldOff[str] = HoldOff(3000)
    found.answered(CODE, 10_000, "first")
    return found


@pytest.mark.parametrize(
    ("later_ms", "answer"), [(0, "first"), (2999, "first"), (3000, None), (3001, None)]
)
def test_the_first_answer_is_shown_for_less_than_the_hold_off(
    memory: HoldOff[str], later_ms: int, answer: str | None
) -> None:
    assert memory.again(CODE, 10_000 + later_ms) == answer


def test_a_badge_left_before_the_camera_is_one_presentation_however_long(
    memory: HoldOff[str],
) -> None:
    for at_ms in range(12_000, 60_000, 2_000):
        assert memory.again(CODE, at_ms) == "first"
    assert memory.again(CODE, 61_000 + 3_000) is None


def test_another_code_or_direction_is_asked_afresh(memory: HoldOff[str]) -> None:
    assert memory.again(("another", "in"), 10_001) is None
    assert memory.again(("code", "out"), 10_001) is None


def test_what_is_asked_afresh_is_remembered_afresh(memory: HoldOff[str]) -> None:
    memory.answered(CODE, 20_000, "second")
    assert memory.again(CODE, 22_999) == "second"


def test_an_override_or_a_void_clears_the_memory(memory: HoldOff[str]) -> None:
    memory.clear()
    assert memory.again(CODE, 10_001) is None


def test_no_hold_off_at_all_remembers_nothing() -> None:
    memory: HoldOff[str] = HoldOff(0)
    memory.answered(CODE, 10_000, "first")
    assert memory.again(CODE, 10_000) is None


def test_the_memory_is_bounded_and_forgets_what_was_seen_longest_ago(
    memory: HoldOff[str],
) -> None:
    memory.answered("second", 10_001, "second")
    assert memory.again(CODE, 10_002) == "first"
    for number in range(KEPT - 1):
        memory.answered(number, 10_003, str(number))
    assert memory.again("second", 10_004) is None
    assert memory.again(CODE, 10_004) == "first"


def test_a_badge_answered_afresh_is_remembered_from_then_on() -> None:
    memory: HoldOff[str] = HoldOff(3000)
    memory.answered("badge", 1_000, "first")
    memory.answered("another", 2_000, "another")
    memory.answered("badge", 9_000, "second")
    for number in range(KEPT - 1):
        memory.answered(number, 9_001, str(number))
    assert memory.again("another", 4_000) is None
    assert memory.again("badge", 9_002) == "second"
