"""Drawn video of badges held up to a door camera: what the readers are measured with.

Every presentation is a few seconds of 1280x720 frames of one badge (or of two that take turns) with a
known text, drawn from a seed: pose and hand shake in millimetres through a lens of 66 degrees, then
light, blur and the noise of the sensor. Shades are those of a picture with a square-root tone curve,
in which the noise of N photo-electrons at white is the same at every brightness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from bench.rooms import FRAMES_PER_S, HEIGHT, WIDTH, Float, noise, smooth_track
from hardware.cameras.badge_scene import Conditions, draw_empty_scene
from hardware.ports.camera import Gray

FOCAL_PX = 985.0
"""Focal length in pixels: 66 degrees across 1280."""

TEXEL = 6
"""Pixels of one module of the drawn card."""

SUPER = 2
"""The card is drawn so much larger than it is seen, then averaged as a sensor's pixels do."""

WHITE = 243.0
ARRIVE_S = 0.4
"""How long the badge moves until it is held still."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What makes one presentation hard. The defaults are a good badge in good light."""

    distance_mm: float = 260.0
    electrons: float = 2000.0
    """Photo-electrons at white: 2,000 a lit hall, 20 a dark corridor."""
    defocus: float = 0.0
    """Radius of the blur in modules."""
    motion: float = 0.0
    """Length of the motion blur in modules at the largest speed."""
    shake_mm: float = 2.0
    tilt_degrees: float = 15.0
    black: float = 25.0
    """Shade of the printed modules: near `WHITE` for pale print."""
    glare: float = 0.0
    """Radius of a saturated spot as a part of the code's side."""
    thumb: float = 0.0
    """How far a moving thumb reaches over the code, as a part of its side."""
    bend_mm: float = 0.0
    """Radius of the cylinder that the card is bent to."""
    crumple: float = 0.0
    """Largest displacement of a crumpled card in modules."""
    phone: float = 0.0
    """Strength of reflections and moiré of a phone's screen, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame, when it was taken (milliseconds), and the text that is in it (None while it arrives)."""

    gray: Gray
    taken_ms: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Presentation:
    """A badge held up for a few seconds. `texts` take turns every `turn` frames where there are two."""

    kind: str
    seed: int
    texts: tuple[str, ...]
    how: Difficulty
    seconds: float = 3.5
    turn: int = 0

    def shots(self) -> Iterator[Shot]:
        """The frames, in order; the same seed gives the same frames."""
        rng = np.random.default_rng(self.seed)
        cards = [_card(text, self.how, rng) for text in self.texts]
        stage = _Stage(self.how, cards[0], rng)
        for number in range(int(self.seconds * FRAMES_PER_S)):
            which = number // self.turn % len(cards) if self.turn else 0
            gray = stage.shot(cards[which], number / FRAMES_PER_S)
            there = number / FRAMES_PER_S >= ARRIVE_S
            text = self.texts[which] if there else None
            yield Shot(gray, round(number * 1000 / FRAMES_PER_S), text)


HARD_KINDS = (
    "low light", "thumb", "phone", "glare", "pale", "two effects", "defocus", "motion", "bent",
    "crumpled", "far",
)  # fmt: skip


def hard(number: int, seed: int = 0) -> Presentation:
    """The `number`th hard presentation: the kinds take turns."""
    kind = HARD_KINDS[number % len(HARD_KINDS)]
    rng = np.random.default_rng([seed, number])
    how = difficulty(kind, rng)
    return Presentation(kind, seed * 100_000 + number, (badge_text(rng),), how)


def easy(number: int, seed: int = 0) -> Presentation:
    """The `number`th easy presentation: good light, 15 to 30 cm."""
    rng = np.random.default_rng([seed, number, 1])
    how = Difficulty(
        distance_mm=rng.uniform(150, 300), electrons=rng.uniform(500, 3000),
        defocus=rng.uniform(0, 0.3), motion=rng.uniform(0, 0.6), tilt_degrees=20,
    )  # fmt: skip
    return Presentation("easy", seed * 100_000 + 50_000 + number, (badge_text(rng),), how, 2.6)


def taking_turns(number: int, seed: int = 0) -> Presentation:
    """Two badges at one position, every 5, 8 or 15 frames the other one, hard to read."""
    rng = np.random.default_rng([seed, number, 2])
    kind = ("low light", "glare", "pale", "thumb", "far")[number % 5]
    texts = (badge_text(rng, signed=False), badge_text(rng, signed=False))
    how = replace(difficulty(kind, rng), electrons=rng.uniform(35, 120))
    return Presentation(
        kind, seed * 100_000 + 70_000 + number, texts, how, 4.0, (5, 8, 15)[number // 5 % 3]
    )


def difficulty(kind: str, rng: np.random.Generator) -> Difficulty:
    """A drawn difficulty of one of `HARD_KINDS`."""
    between = rng.uniform
    usual = Difficulty(distance_mm=between(300, 400), electrons=between(500, 2000))
    match kind:
        case "low light":
            return replace(usual, electrons=between(4, 10), distance_mm=between(320, 390))
        case "thumb":
            return replace(usual, thumb=between(0.4, 0.6), distance_mm=between(250, 370))
        case "phone":
            return replace(usual, phone=between(0.8, 1.4), electrons=between(60, 300))
        case "glare":
            return replace(usual, glare=between(0.24, 0.4))
        case "pale":
            return replace(usual, black=between(200, 228), electrons=between(150, 600))
        case "two effects":
            return _two(usual, rng)
        case "defocus":
            return replace(usual, defocus=between(0.7, 1.1))
        case "motion":
            return replace(usual, motion=between(3, 7), shake_mm=7)
        case "bent":
            return replace(usual, bend_mm=between(15, 24), distance_mm=between(280, 400))
        case "crumpled":
            return replace(usual, crumple=between(0.9, 1.8), distance_mm=between(280, 400))
        case _:
            return replace(usual, distance_mm=between(500, 610), electrons=between(300, 1000))


def _two(usual: Difficulty, rng: np.random.Generator) -> Difficulty:
    first, second = rng.choice(5, 2, replace=False)
    for effect in (first, second):
        match effect:
            case 0:
                usual = replace(usual, electrons=rng.uniform(8, 30))
            case 1:
                usual = replace(usual, defocus=rng.uniform(0.55, 0.85))
            case 2:
                usual = replace(usual, black=rng.uniform(165, 205))
            case 3:
                usual = replace(usual, glare=rng.uniform(0.15, 0.26))
            case _:
                usual = replace(usual, distance_mm=rng.uniform(410, 500))
    return usual


def badge_text(rng: np.random.Generator, *, signed: bool | None = None) -> str:
    """A text of a badge's form; signed or plain by chance unless asked for."""
    if signed if signed is not None else rng.random() < 0.5:
        letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
        return "JM1:" + "".join(rng.choice(list(letters), 117)) + "."
    return "J" + "".join(rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 28))


@dataclass(frozen=True, slots=True)
class _Card:
    picture: Gray
    """The card, `TEXEL` pixels a module."""
    code: tuple[int, int, int]
    """Left, top and side of the code in it, in pixels."""
    module_mm: float


def _card(text: str, how: Difficulty, rng: np.random.Generator) -> _Card:
    signed = text.startswith("JM1:")
    code = segno.make(text, error="m" if signed else "q", micro=False, boost_error=False)
    modules = np.array([[how.black if dark else WHITE for dark in row] for row in code.matrix])
    count = modules.shape[0]
    padded = np.pad(modules.astype(np.uint8), 4, constant_values=int(WHITE))
    printed = np.kron(padded, np.ones((TEXEL, TEXEL), np.uint8))
    side = printed.shape[0]
    width, height = int(side * 1.3), int(side * 1.8)
    card = np.full((height, width), int(WHITE), np.uint8)
    cv2.rectangle(card, (0, 0), (width, int(side * 0.2)), float(rng.uniform(40, 130)), -1)
    for line in range(2):
        left, top = int(width * rng.uniform(0.1, 0.3)), int(side * (0.27 + 0.13 * line))
        for _ in range(12):
            wide = int(rng.integers(4, 20))
            cv2.rectangle(card, (left, top), (left + wide, top + int(side * 0.07)), 60.0, -1)
            left += wide + 5
    if how.phone:
        card[:] = 12
    left, top = (width - side) // 2, int(side * 0.6)
    card[top : top + side, left : left + side] = printed
    card = _deformed(card, how, rng)
    edge = 4 * TEXEL
    return _Card(card, (left + edge, top + edge, count * TEXEL), (36 if signed else 25) / count)


def _deformed(card: Gray, how: Difficulty, rng: np.random.Generator) -> Gray:
    """A bent or crumpled card, seen from the front: where each point lies, and how light falls on it."""
    height, width = card.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.ones_like(x)
    if how.bend_mm:
        radius = how.bend_mm * TEXEL / 1.0  # a module is about a millimetre
        off = (x - width / 2) / radius
        inside = np.clip(off, -0.99, 0.99)
        x = (np.arcsin(inside) * radius + width / 2).astype(np.float32)
        light = np.cos(np.arcsin(inside) + rng.uniform(-0.4, 0.4)).clip(0.25, 1)
        light[np.abs(off) > 0.99] = 0
    if how.crumple:
        for target in (x, y):
            coarse = rng.uniform(-1, 1, (9, 7)).astype(np.float32) * how.crumple * TEXEL
            target += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        shade = rng.uniform(0.45, 1.05, (9, 7)).astype(np.float32)
        light = np.asarray(cv2.resize(shade, (width, height), interpolation=cv2.INTER_LINEAR))
    if not how.bend_mm and not how.crumple:
        return card
    seen = cv2.remap(card, x, y, cv2.INTER_LINEAR, borderValue=110)
    return np.asarray(np.clip(seen * light, 0, 255), np.uint8)


class _Stage:
    """The room, the hand's way through it, and the sensor."""

    def __init__(self, how: Difficulty, card: _Card, rng: np.random.Generator) -> None:
        self._how = how
        self._rng = rng
        quiet = Conditions(noise=0.0)
        room = draw_empty_scene(seed=int(rng.integers(1 << 30)), conditions=quiet)
        self._room = room.astype(np.float32) * (0.8 if how.electrons > 100 else 0.6)
        self._noise = noise(how.electrons, rng)
        height, width = card.picture.shape
        self._flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        self._px_per_texel = FOCAL_PX * card.module_mm / TEXEL / how.distance_mm
        self._module_px = self._px_per_texel * TEXEL
        self._middle = np.array([rng.uniform(0.38, 0.62) * WIDTH, rng.uniform(0.42, 0.58) * HEIGHT])
        shake = how.shake_mm * FOCAL_PX / how.distance_mm / 2
        self._sway = smooth_track(rng, 2, shake, (0.7, 4.0))
        tilt = np.radians(how.tilt_degrees)
        self._angles = rng.uniform(-tilt, tilt, 3)
        self._turning = smooth_track(rng, 3, tilt / 5, (0.3, 1.5))
        self._drift = smooth_track(rng, 2, 0.12, (0.2, 0.9))
        self._spots = rng.uniform(-0.4, 0.4, (3, 2))

    def shot(self, card: _Card, seconds: float) -> Gray:
        """The frame at this time."""
        scene = self._room.copy()
        warp, move = self._pose(card, seconds), self._velocity(seconds)
        self._hold_up(scene, card, warp, move, seconds)
        top, left = self._rng.integers(0, 64, 2)
        shot = cv2.add(scene, self._noise[top : top + HEIGHT, left : left + WIDTH])
        return np.asarray(cv2.convertScaleAbs(np.maximum(shot, 0)), np.uint8)

    def _position(self, seconds: float) -> NDArray[np.float64]:
        late = max(0.0, 1 - seconds / ARRIVE_S)
        rise = np.array([0.0, HEIGHT * 0.6 * late**2])
        return np.asarray(self._middle + self._sway(seconds) + rise)

    def _velocity(self, seconds: float) -> NDArray[np.float64]:
        return (self._position(seconds + 0.01) - self._position(seconds - 0.01)) / 0.02

    def _pose(self, card: _Card, seconds: float) -> Float:
        """The homography from the card's pixels to the frame's."""
        yaw, pitch, roll = self._angles + self._turning(seconds)
        left, top, side = card.code
        points = (self._flat - [left + side / 2, top + side / 2]) * self._px_per_texel
        x, y = points.T
        x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
        nearer = FOCAL_PX / (FOCAL_PX + x * np.sin(yaw) + y * np.sin(pitch))
        target = np.stack([x * np.cos(yaw) * nearer, y * np.cos(pitch) * nearer], axis=1)
        seen = (target + self._position(seconds)).astype(np.float32)
        return np.asarray(cv2.getPerspectiveTransform(self._flat, seen), np.float32)

    def _hold_up(
        self, scene: Float, card: _Card, warp: Float, move: NDArray[np.float64], seconds: float
    ) -> None:
        """Lay the card into the scene at `warp`."""
        seen = cv2.perspectiveTransform(self._flat[None], warp)[0]
        low = np.maximum(np.floor(seen.min(axis=0)).astype(int) - 12, 0)
        high = np.minimum(np.ceil(seen.max(axis=0)).astype(int) + 12, (WIDTH, HEIGHT))
        width, height = high - low
        if min(width, height) < 4:
            return
        near = np.array([[SUPER, 0, -SUPER * low[0]], [0, SUPER, -SUPER * low[1]], [0, 0, 1.0]])
        size = (int(width * SUPER), int(height * SUPER))
        flat = cv2.warpPerspective(card.picture, near @ warp, size)
        cover = cv2.warpPerspective(np.full_like(card.picture, 255), near @ warp, size)
        large = self._blurred(np.asarray(flat, np.float32), move)
        part = self._blurred(np.asarray(cover / 255, np.float32), move)
        small = (int(width), int(height))
        drawn: Float = np.asarray(
            cv2.resize(large, small, interpolation=cv2.INTER_AREA), np.float32
        )
        part = np.asarray(cv2.resize(part, small, interpolation=cv2.INTER_AREA), np.float32)
        left, top, side = card.code
        code = np.array([[[left, top], [left + side, top + side]]], np.float32)
        ends = np.asarray(cv2.perspectiveTransform(code, warp)[0] - low, np.float32)
        corner, opposite = ends[0], ends[1]
        middle = np.asarray((corner + opposite) / 2, np.float32)
        self._light(drawn, middle, float(np.abs(ends[1] - ends[0]).max()), seconds)
        view = scene[low[1] : high[1], low[0] : high[0]]
        view *= 1 - part
        view += drawn * (1.0 if self._how.electrons > 100 else 0.85)
        if self._how.thumb:
            self._thumb(view, corner, opposite, seconds)

    def _blurred(self, picture: Float, move: NDArray[np.float64]) -> NDArray[np.float32]:
        how, module = self._how, self._module_px * SUPER
        if how.defocus:
            radius = how.defocus * module
            size = int(radius) * 2 + 3
            y, x = np.mgrid[:size, :size] - size // 2
            disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
            picture = np.asarray(cv2.filter2D(picture, -1, disc / disc.sum()), np.float32)
        speed = float(np.hypot(*move))
        fastest = 6 * how.shake_mm * FOCAL_PX / how.distance_mm / 2
        length = min(1.0, speed / fastest) * how.motion * module
        if length > 1.5:
            picture = np.asarray(cv2.filter2D(picture, -1, line_kernel(length, move)), np.float32)
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.45 * SUPER), np.float32)

    def _light(
        self, drawn: Float, middle: NDArray[np.float32], side: float, seconds: float
    ) -> None:
        """Glare, and a phone's reflections and moiré."""
        how = self._how
        height, width = drawn.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        drift = self._drift(seconds)
        if how.glare:
            at = middle + (self._spots[0] * 0.6 + drift) * side
            far = np.hypot(x - at[0], y - at[1]) / (how.glare * side)
            drawn += 230 * np.exp(-(far**4))
        if how.phone:
            for number, spot in enumerate(self._spots):
                at = middle + (spot + drift * (1 + number)) * side
                far = np.hypot((x - at[0]) * 0.6, (y - at[1]) * (1 + number)) / (0.22 * side)
                drawn += how.phone * 150 * np.exp(-(far**2))
            wave = np.sin(x * 0.9 + y * 0.35 + 40 * seconds) * np.sin(y * 0.21 - 17 * seconds)
            drawn *= 1 + 0.3 * how.phone * wave
        np.clip(drawn, 0, 255, out=drawn)

    def _thumb(
        self,
        view: Float,
        corner: NDArray[np.float32],
        opposite: NDArray[np.float32],
        seconds: float,
    ) -> None:
        side = np.asarray(opposite - corner, np.float32)
        reach = self._how.thumb * (0.75 + 2 * float(self._drift(seconds)[0]))
        along = 0.55 + float(self._drift(seconds * 1.3)[1])
        at = corner + side * np.array([along, 1.25 - reach])
        size = (int(abs(side[0]) * 0.2), int(abs(side[1]) * 0.34))
        cv2.ellipse(view, (int(at[0]), int(at[1])), size, 0.0, 0.0, 360.0, 135.0, -1)


def line_kernel(length: float, move: NDArray[np.float64]) -> Float:
    """A blur along `move`, `length` pixels long."""
    size = int(length) | 1
    kernel = np.zeros((size + 2, size + 2), np.float32)
    middle = (size + 2) // 2
    step = move / np.hypot(*move) * length / 2
    ends = [(round(middle + s * step[0]), round(middle + s * step[1])) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA)
    return np.asarray(kernel / kernel.sum(), np.float32)
