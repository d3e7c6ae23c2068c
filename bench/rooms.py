"""Drawn video of a room without a code, still or with people walking through it, and the noise of a sensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.cameras.badge_scene import Conditions, draw_empty_scene
from hardware.ports.camera import Gray

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_S = 15

Float = NDArray[np.float32]
Track = Callable[[float], NDArray[np.float64]]


def smooth_track(
    rng: np.random.Generator, axes: int, reach: float, hertz: tuple[float, float]
) -> Track:
    """A smooth random movement about zero: some sines for each axis, at most about `reach`."""
    speeds = rng.uniform(*hertz, (4, axes)) * 2 * np.pi
    phases = rng.uniform(0, 2 * np.pi, (4, axes))
    return lambda seconds: reach / 2 * np.sin(speeds * seconds + phases).sum(axis=0)


def noise(electrons: float, rng: np.random.Generator) -> Float:
    """A field of noise larger than a frame; each frame takes another part of it."""
    shades = 127 / np.sqrt(electrons)
    drawn = rng.standard_normal((HEIGHT + 64, WIDTH + 64), dtype=np.float32)
    return np.asarray(drawn * np.float32(shades), np.float32)


def empty_frames(count: int, seed: int, *, busy: bool) -> Iterator[Gray]:
    """A room without a code: still, or with people walking through it. Noise and lamps flicker."""
    rng = np.random.default_rng([seed, busy])
    room = draw_empty_scene(seed=seed, conditions=Conditions(noise=0.0)).astype(np.float32)
    grain = noise(800, rng)
    people = _people(rng) if busy else ()
    for number in range(count):
        scene = room.copy()
        for person, track in people:
            _walk(scene, person, track(number / FRAMES_PER_S))
        scene *= 1 + 0.01 * np.sin(number * 2.1)
        top, left = rng.integers(0, 64, 2)
        scene += grain[top : top + HEIGHT, left : left + WIDTH]
        yield np.asarray(np.clip(scene, 0, 255), np.uint8)


def _people(rng: np.random.Generator) -> Sequence[tuple[Float, Track]]:
    """Three figures in patterned clothes and where their middle is at a time."""
    figures = []
    for number in range(3):
        coarse = rng.uniform(30, 230, (40, 18)).astype(np.float32)
        size = (int(rng.integers(150, 260)), int(rng.integers(380, 560)))
        figure = cv2.resize(
            coarse, size, interpolation=(cv2.INTER_NEAREST, cv2.INTER_CUBIC)[number % 2]
        )
        figures.append((np.asarray(figure, np.float32), smooth_track(rng, 2, 260, (0.1, 0.45))))
    return figures


def _walk(scene: Float, figure: Float, at: NDArray[np.float64]) -> None:
    height, width = figure.shape
    left, top = int(WIDTH / 2 + at[0] - width / 2), int(HEIGHT / 2 + at[1] / 4 - height / 3)
    x, y = max(0, left), max(0, top)
    right, bottom = min(WIDTH, left + width), min(HEIGHT, top + height)
    if right > x and bottom > y:
        scene[y:bottom, x:right] = figure[y - top : bottom - top, x - left : right - left]
