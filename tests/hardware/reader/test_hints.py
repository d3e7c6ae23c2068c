"""The hint for a person showing a code that cannot be read: a set of drawn pictures for each hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.reader.presentations import Difficulty, Presentation
from hardware.cameras.badge_scene import draw_badge_scene
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.decoder import Corners
from hardware.ports.events import Hint
from hardware.reader.hints import hint_for

Gray = NDArray[np.uint8]
PLAIN = "J" + "BADGE7" * 4 + "ABCD"
GOOD = Difficulty(distance_mm=300)
SEEDS = range(6)


@cache
def drawn(how: Difficulty, seed: int) -> tuple[Gray, Corners]:
    """A frame of a badge, and where its code is (as the same frame shows it without the hardship)."""
    frame, sharp = (
        list(Presentation("hint", seed, (PLAIN,), one, seconds=0.7).shots())[-1].gray
        for one in (how, replace(GOOD, distance_mm=how.distance_mm))
    )
    (code,) = ZxingDecoder().decode(sharp).codes
    return frame, code.corners


def hints(change: Callable[[Gray, Corners], Gray], how: Difficulty = GOOD) -> list[Hint]:
    """The hint for each of six pictures that were changed so."""
    pictures = [drawn(how, seed) for seed in SEEDS]
    return [hint_for(change(gray, corners), corners, 25) for gray, corners in pictures]


def unchanged(gray: Gray, _corners: Corners) -> Gray:
    return gray


def box(corners: Corners, margin: int) -> tuple[slice, slice]:
    xs, ys = zip(*corners, strict=True)
    left, top = int(min(xs)) - margin, int(min(ys)) - margin
    return slice(top, int(max(ys)) + margin), slice(left, int(max(xs)) + margin)


def test_a_badge_that_is_out_of_focus_or_shaking_should_be_held_still() -> None:
    assert hints(unchanged, replace(GOOD, defocus=1.0)) == [Hint.HOLD_STILL] * len(SEEDS)
    assert hints(unchanged, replace(GOOD, motion=4, shake_mm=6)).count(Hint.HOLD_STILL) >= 5


def test_a_badge_far_away_should_come_closer() -> None:
    assert hints(unchanged, replace(GOOD, distance_mm=500)) == [Hint.COME_CLOSER] * len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_badge_that_fills_the_picture_or_leaves_it_should_go_further_away(seed: int) -> None:
    gray = draw_badge_scene(PLAIN, seed=seed)
    near: Corners = ((300, 20), (990, 30), (980, 700), (310, 690))
    cut: Corners = ((900, 100), (1279, 110), (1279, 480), (900, 470))

    assert hint_for(gray, near, 25) is Hint.FURTHER_AWAY
    assert hint_for(gray, cut, 25) is Hint.FURTHER_AWAY


@pytest.mark.parametrize("degrees", [60, 65, 70])
@pytest.mark.parametrize("upright", [False, True])
def test_a_badge_held_askew_should_be_held_straight(degrees: int, upright: bool) -> None:
    short = 200 * np.cos(np.radians(degrees))
    wide, high = (200.0, short) if upright else (short, 200.0)
    corners: Corners = ((500, 200), (500 + wide, 205), (498 + wide, 205 + high), (502, 200 + high))

    assert hint_for(np.full((720, 1280), 120, np.uint8), corners, 25) is Hint.HOLD_STRAIGHT


def test_a_badge_in_the_dark_needs_light() -> None:
    assert hints(lambda gray, _: gray // 6) == [Hint.TOO_DARK] * len(SEEDS)


def test_a_phone_turned_down_in_a_bright_room_should_be_brighter() -> None:
    def dim_phone(gray: Gray, corners: Corners) -> Gray:
        room = np.clip(gray.astype(np.float32) * 2, 0, 245).astype(np.uint8)
        phone = box(corners, 12)
        room[phone] = gray[phone] // 3
        return room

    assert hints(dim_phone) == [Hint.BRIGHTER_PHONE] * len(SEEDS)


def test_a_badge_that_mirrors_a_lamp_should_be_tilted() -> None:
    def lamp(gray: Gray, corners: Corners) -> Gray:
        x, y = np.mean(corners, axis=0)
        spot = np.zeros(gray.shape, np.float32)
        cv2.circle(spot, (int(x), int(y)), 22, 300.0, -1)
        lit = gray + np.asarray(cv2.GaussianBlur(spot, (0, 0), 4.0))
        return np.clip(lit, 0, 255).astype(np.uint8)

    assert hints(lamp) == [Hint.TURN_FROM_LIGHT] * len(SEEDS)


def test_a_good_picture_gives_none_of_the_hints_about_light() -> None:
    assert hints(unchanged) == [Hint.HOLD_STILL] * len(SEEDS)


def test_white_paper_that_is_overexposed_everywhere_mirrors_no_lamp() -> None:
    def overexposed(gray: Gray, _corners: Corners) -> Gray:
        return np.clip(gray.astype(np.float32) * 1.3, 0, 255).astype(np.uint8)

    assert Hint.TURN_FROM_LIGHT not in hints(overexposed)


@pytest.mark.parametrize(
    "corners",
    [
        ((-50, -50), (-10, -50), (-10, -10), (-50, -10)),
        ((5, 5), (5, 5), (5, 5), (5, 5)),
        ((1270, 700), (1400, 700), (1400, 900), (1270, 900)),
    ],
)
def test_a_place_that_is_hardly_in_the_picture_gives_a_hint_all_the_same(corners: Corners) -> None:
    assert isinstance(hint_for(np.zeros((720, 1280), np.uint8), corners), Hint)
