"""Draws what a door camera sees: a room, a hand holding up a badge, a real QR code on it.

Only the caller that draws the scene knows the text of its code. A simulated camera gets the picture
only, so everything after it (decoder, rules, journal) works as it does at a real door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray

QUIET_ZONE = 4
"""Modules of white around a code (ISO/IEC 18004)."""

CARD_MODULE = 10
"""Pixels of one module while the card is still flat: enough that the tilt looks like a camera's."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How difficult the picture is to read. The defaults are a badge shown well at a lit door."""

    module_px: tuple[float, float] = (4.5, 6.5)
    """Size of a module in the picture, from and to."""
    tilt_degrees: float = 22.0
    """Largest turn out of the picture's plane; half of it within the plane."""
    blur_px: float = 0.8
    """Largest standard deviation of the blur."""
    noise: float = 5.0
    """Standard deviation of the sensor's noise, in shades."""
    light: tuple[float, float] = (0.7, 1.05)
    """Brightness at the left and right edge is drawn from here."""


def draw_badge_scene(
    text: str,
    *,
    seed: int,
    size: tuple[int, int] = (1280, 720),
    error: str = "q",
    conditions: Conditions = Conditions(),
) -> Gray:
    """Draw one badge with `text` in its QR code, as shown to the camera.

    `size` is (width, height) in pixels, `error` the QR error correction level (l, m, q, h; plain
    badges q, signed ones m). The same arguments give the same picture. Returns (height, width).
    Raises `ValueError` (segno) when the text does not fit a QR code.
    """
    return draw_badges_scene([text], seed=seed, size=size, error=error, conditions=conditions)


def draw_badges_scene(
    texts: Sequence[str],
    *,
    seed: int,
    size: tuple[int, int] = (1280, 720),
    error: str = "q",
    conditions: Conditions = Conditions(),
) -> Gray:
    """Several badges side by side, each in its share of the width. See `draw_badge_scene`."""
    rng = np.random.default_rng(seed)
    scene = _room(rng, size)
    share = size[0] / max(1, len(texts))
    for number, text in enumerate(texts):
        card = _card(text, error, rng)
        middle = (share * (number + 0.5), size[1] * 0.52)
        _draw_badge(scene, card, middle, (share, size[1]), conditions, rng)
    return _seen_by_camera(scene, conditions, rng)


def draw_empty_scene(
    *,
    seed: int,
    size: tuple[int, int] = (1280, 720),
    conditions: Conditions = Conditions(),
) -> Gray:
    """The room with nobody in it. Returns (height, width)."""
    return draw_badges_scene([], seed=seed, size=size, conditions=conditions)


def _room(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """A wall with coarse and fine texture, and a few edges: doors, people, posters."""
    width, height = size
    coarse = rng.uniform(60, 150, (5, 8)).astype(np.float32)
    scene = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), dtype=np.float32)
    fine = rng.normal(0, 6, (height // 4 + 1, width // 4 + 1)).astype(np.float32)
    scene += np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    for _ in range(int(rng.integers(5, 10))):
        left, top = int(rng.integers(0, width)), int(rng.integers(0, height))
        wide = int(rng.integers(width // 40, width // 3))
        high = int(rng.integers(height // 20, height // 2))
        shade = float(rng.uniform(30, 190))
        corner = (left + wide, top + high)
        if rng.random() < 0.5:
            cv2.rectangle(scene, (left, top), corner, shade, -1)
        else:
            middle = (left, top)
            cv2.ellipse(scene, middle, (wide // 2, high // 2), 0.0, 0.0, 360.0, shade, -1)
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 3.0), dtype=np.float32)


def _card(text: str, error: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A flat badge: a coloured band, bars where name and organisation are printed, the code."""
    import segno  # only where a badge is drawn: the simulated camera draws the empty room alone

    code = segno.make(text, error=error, micro=False, boost_error=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    modules = np.pad(modules, QUIET_ZONE, constant_values=255)
    block = np.ones((CARD_MODULE, CARD_MODULE), np.uint8)
    printed = np.kron(modules, block)
    side = printed.shape[0]
    width, height = int(side * 1.25), int(side * 1.7)
    card = np.full((height, width), 243, np.uint8)
    cv2.rectangle(card, (0, 0), (width, int(side * 0.2)), float(rng.uniform(40, 130)), -1)
    for line, length in enumerate(rng.uniform(0.4, 0.85, 2)):
        top = int(side * (0.27 + 0.12 * line))
        left = int(width * (1 - length) / 2)
        cv2.rectangle(card, (left, top), (width - left, top + int(side * 0.06)), 70.0, -1)
    top, left = int(side * 0.55), (width - side) // 2
    card[top : top + side, left : left + side] = np.minimum(printed, 243)
    return card


def _draw_badge(
    scene: NDArray[np.float32],
    card: NDArray[np.uint8],
    middle: tuple[float, float],
    room: tuple[float, float],
    conditions: Conditions,
    rng: np.random.Generator,
) -> None:
    """Lay the card into the scene as a tilted, turned plane, with a thumb on its lower edge."""
    height, width = card.shape
    module = rng.uniform(*conditions.module_px)
    scale = min(module / CARD_MODULE, 0.92 * room[0] / width, 0.92 * room[1] / height)
    most = np.radians(conditions.tilt_degrees)
    yaw, pitch = rng.uniform(-most, most, 2)
    roll = rng.uniform(-most / 2, most / 2)
    slack = max(0.0, room[0] - width * scale * 1.1), max(0.0, room[1] - height * scale * 1.1)
    shift = np.array([rng.uniform(-0.3, 0.3) * slack[0], rng.uniform(-0.3, 0.3) * slack[1]])
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = _projected(flat - [width / 2, height / 2], scale, yaw, pitch, roll)
    target = (corners + np.array(middle) + shift).astype(np.float32)
    warp = cv2.getPerspectiveTransform(flat, target)
    size = (scene.shape[1], scene.shape[0])
    warped = cv2.warpPerspective(card, warp, size, flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.full_like(card, 255), warp, size)
    part = cover.astype(np.float32) / 255
    scene *= 1 - part
    scene += warped.astype(np.float32) * part
    thumb = target[2] * 0.5 + target[3] * 0.5
    reach = (int(width * scale * 0.16), int(width * scale * 0.2))
    spot = (int(thumb[0]), int(thumb[1] + reach[1] * 0.6))
    cv2.ellipse(scene, spot, reach, 0.0, 0.0, 360.0, float(rng.uniform(90, 170)), -1)


def _projected(
    points: NDArray[np.float64], scale: float, yaw: float, pitch: float, roll: float
) -> NDArray[np.float64]:
    """Points of a plane turned about three axes and seen from three card heights away."""
    x, y = (points * scale).T
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    depth = x * np.sin(yaw) + y * np.sin(pitch)
    distance = 3.0 * float(np.abs(y).max() * 2)
    nearer = distance / (distance + depth)
    return np.stack([x * np.cos(yaw) * nearer, y * np.cos(pitch) * nearer], axis=1)


def _seen_by_camera(
    scene: NDArray[np.float32], conditions: Conditions, rng: np.random.Generator
) -> Gray:
    """Light that falls off to one side, a lens a little out of focus, a noisy sensor."""
    height, width = scene.shape
    edges = rng.uniform(*conditions.light, 2)
    lit = scene * np.linspace(edges[0], edges[1], width, dtype=np.float32)[None, :]
    blur = max(0.3, float(rng.uniform(0.4, 1.0)) * conditions.blur_px)
    lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), blur), dtype=np.float32)
    lit += rng.normal(0, conditions.noise, (height, width)).astype(np.float32)
    return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)
