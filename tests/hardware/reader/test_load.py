from __future__ import annotations

import pytest

from hardware.reader.load import Load


@pytest.mark.parametrize(("busy_ms", "more"), [(10, True), (50, True), (70, False), (400, False)])
def test_extra_effort_is_left_out_when_frames_come_faster_than_they_are_done(
    busy_ms: int, more: bool
) -> None:
    clock = 0.0
    load = Load(lambda: clock)
    for number in range(60):
        with load.of(number * 67):
            clock += busy_ms / 1000

    assert load.allows_more is more


def test_one_slow_frame_changes_nothing() -> None:
    clock = 0.0
    load = Load(lambda: clock)
    for number in range(10):
        with load.of(number * 67):
            clock += 2.0 if number == 5 else 0.01

    assert load.allows_more


def test_frames_with_the_same_time_are_no_division_by_zero() -> None:
    load = Load(lambda: 0.0)
    for _ in range(3):
        with load.of(5):
            pass

    assert load.allows_more
