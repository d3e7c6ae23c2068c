from __future__ import annotations

import numpy as np

from hardware.cameras.badge_scene import draw_badge_scene, draw_empty_scene
from hardware.reader.motion_gate import EVERY, HOLD_FRAMES, MotionGate


def settled_gate() -> MotionGate:
    gate = MotionGate()
    empty = draw_empty_scene(seed=1)
    for _ in range(2 * HOLD_FRAMES):
        gate.passes(empty)
    return gate


def test_an_empty_room_is_looked_at_only_now_and_then() -> None:
    gate = settled_gate()
    empty = draw_empty_scene(seed=1)

    passed = [gate.passes(empty) for _ in range(8 * EVERY)]

    assert sum(passed) == 8


def test_sensor_noise_is_no_movement() -> None:
    gate = settled_gate()
    rng = np.random.default_rng(1)
    empty = draw_empty_scene(seed=1).astype(float)

    passed = [
        gate.passes(np.clip(empty + rng.normal(0, 5, empty.shape), 0, 255).astype(np.uint8))
        for _ in range(2 * EVERY)
    ]

    assert sum(passed) == 2


def test_a_badge_held_up_opens_the_gate_at_once_and_long_enough_to_be_read() -> None:
    gate = settled_gate()
    badge = draw_badge_scene("J" + "A" * 28, seed=1)

    assert all(gate.passes(badge) for _ in range(HOLD_FRAMES))
