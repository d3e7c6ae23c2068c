from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.reader.presentations import easy
from bench.rooms import empty_frames
from hardware.cameras.badge_scene import draw_badge_scene, draw_empty_scene
from hardware.reader.motion_gate import FIRST_FRAMES, HOLD_FRAMES, LONGEST_PAUSE, MotionGate

Gray = NDArray[np.uint8]


def settled_gate() -> MotionGate:
    gate = MotionGate()
    empty = draw_empty_scene(seed=1)
    for _ in range(4 * LONGEST_PAUSE):
        gate.passes(empty)
    return gate


def noisy(gray: Gray, rng: np.random.Generator, shades: float = 5.0, light: float = 1.0) -> Gray:
    return np.clip(gray * light + rng.normal(0, shades, gray.shape), 0, 255).astype(np.uint8)


def test_an_empty_room_is_looked_at_only_now_and_then() -> None:
    gate = settled_gate()
    empty = draw_empty_scene(seed=1)

    passed = [gate.passes(empty) for _ in range(8 * LONGEST_PAUSE)]

    assert sum(passed) == 8


def test_of_ten_seconds_of_a_still_room_after_the_start_one_frame_in_fifteen_is_looked_at() -> None:
    gate = MotionGate()

    passed = [gate.passes(gray) for gray in empty_frames(150, 1, busy=False)]

    assert passed[:FIRST_FRAMES] == [True] * FIRST_FRAMES
    assert sum(passed) <= 10


@pytest.mark.parametrize("shades", [5.0, 20.0])
def test_sensor_noise_and_lamps_that_flicker_are_no_movement(shades: float) -> None:
    gate = MotionGate()
    rng = np.random.default_rng(1)
    empty = draw_empty_scene(seed=1)

    passed = [
        gate.passes(noisy(empty, rng, shades, 1 + 0.02 * (number % 3)))
        for number in range(2 * LONGEST_PAUSE)
    ]

    assert sum(passed) <= FIRST_FRAMES + 4


def test_a_badge_held_up_opens_the_gate_at_once_and_long_enough_to_be_read() -> None:
    gate = settled_gate()
    badge = draw_badge_scene("J" + "A" * 28, seed=1)

    assert all(gate.passes(badge) for _ in range(HOLD_FRAMES))


def test_a_badge_in_a_dark_room_opens_the_gate_too() -> None:
    gate = MotionGate()
    rng = np.random.default_rng(1)
    dark = draw_empty_scene(seed=1) // 16
    for _ in range(2 * LONGEST_PAUSE):
        gate.passes(noisy(dark, rng, 2.0))

    badge = draw_badge_scene("J" + "A" * 28, seed=1) // 16

    assert gate.passes(noisy(badge, rng, 2.0))


def test_people_walking_by_keep_the_gate_open() -> None:
    gate = MotionGate()

    assert all(gate.passes(gray) for gray in empty_frames(60, 1, busy=True))


@pytest.mark.parametrize("number", range(6))
def test_no_frame_of_a_badge_held_up_is_kept_from_the_decoder(number: int) -> None:
    gate = MotionGate()
    for gray in empty_frames(40, number, busy=False):
        gate.passes(gray)
    shots = list(easy(number).shots())

    passed = [gate.passes(shot.gray) for shot in shots]

    assert all(passed)


def test_a_badge_that_stood_there_unmoved_from_the_start_is_looked_at_every_second_or_two() -> None:
    gate = MotionGate()
    badge = draw_badge_scene("J" + "A" * 28, seed=1)

    passed = [gate.passes(badge) for _ in range(300)]

    gaps = np.diff(np.flatnonzero(passed))
    assert gaps.max() == LONGEST_PAUSE


def test_what_changed_is_seen_where_the_badge_is_and_stays_seen_while_it_is_held() -> None:
    gate = settled_gate()
    badge = draw_badge_scene("J" + "A" * 28, seed=1)
    for _ in range(HOLD_FRAMES):
        gate.passes(badge)

    rows, columns = np.nonzero(gate.changed() > 20)

    assert 20 < columns.mean() < 60
    assert 10 < rows.mean() < 35
    assert rows.size > 25
