"""Reads a badge that no single frame shows well enough: the moving patch is tracked, and its last
frames are aligned and averaged.

Noise, a thumb, reflections and moiré change from frame to frame; the code does not. What is read from
a mean counts only if the newest frame agrees (`guard`), because the badge may have been taken away and
replaced by another. Frames are kept for as long as the patch is followed, a few at most.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.decoding.enhance import evened, refocused
from hardware.decoding.following import UNMOVED, Transform, chained, movement, prepared, shifted
from hardware.decoding.guard import AGREES, Modules, agreement
from hardware.decoding.texture import Box, likely_code
from hardware.ports.camera import Gray
from hardware.ports.decoder import Code, Corners

LEAST_FRAMES = 3
"""A mean of two shows hardly more than one of them."""

MARGIN_PX = 32
"""Kept around the patch, on each side: quiet zone, and the parts of a code that show no texture."""

WIDEST, HIGHEST = 420, 380
"""Pixels of a crop at most; this bounds the cost."""

GROWN = 1.25
"""A patch that needs crops so much larger than the ones kept is followed again."""

SEARCH_EVERY = 2
"""While nothing is followed a patch is looked for in one frame of so many."""

FRESH_SEARCHES, SEARCH_EVERY_LATER = 10, 6
"""After so many searches without a result they become rarer: people walk by without showing anything."""

LONG_FOLLOWED = 20
"""Frames: only a person with a badge shows something so fine-grained to the camera for so long."""

MOST_CREDIT, CREDIT_A_FRAME, AGAIN_FROM = 40.0, 0.2, 8.0
"""Following a patch in one frame costs one credit. A patch that is only a patterned coat soon has
used it up; from then on there is enough for one mean now and then."""


class ModuleReader(Protocol):
    """A decoder that also gives the modules of the codes it reads."""

    def decode_with_modules(self, gray: Gray) -> list[tuple[Code, Modules]]: ...


@dataclass(slots=True)
class _Kept:
    crop: Gray
    at: tuple[int, int]
    """Where the crop's top left corner lay in its frame."""
    to_newest: Transform
    """From pixels of its frame to those of the newest."""


class Joiner:
    """Joins frames as described at the top of this module. `frames` is how many are averaged at most, `budget_ms`
    bounds the time that reading one mean takes. For frames of one camera, in order."""

    def __init__(
        self,
        reader: ModuleReader,
        frames: int = 5,
        budget_ms: float = 40.0,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._reader = reader
        self._budget_s = budget_ms / 1000
        self._now = now
        self._kept: deque[_Kept] = deque(maxlen=frames)
        self._prepared: Gray | None = None
        self._box: Box | None = None
        self._followed = 0
        self._size: tuple[int, int] | None = None
        self._count = self._search_at = self._fruitless = 0
        self._credit = MOST_CREDIT
        self._resting = False

    def rest(self) -> None:
        """Drop all frames and start with full credit: something was read, or nobody is there."""
        self.drop()
        self._credit, self._resting = MOST_CREDIT, False

    def drop(self) -> None:
        """Drop all frames, because nothing can be read from them together."""
        self._kept.clear()
        self._prepared = self._box = self._size = None
        self._followed = 0

    @property
    def unread_patch(self) -> Corners | None:
        """The box of what has been followed for more than a second and not read, None if there is none."""
        box = self._box
        if box is None or self._followed < LONG_FOLLOWED:
            return None
        left, top, right, bottom = box
        return ((left, top), (right, top), (right, bottom), (left, bottom))

    def read(self, gray: Gray, changed: NDArray[np.float32]) -> Code | None:
        """Return the code read from this frame averaged with those before it, or None.

        For frames in which no decoder read anything. `changed`: see `texture.likely_code`.
        """
        began = self._now()
        self._count += 1
        self._credit = min(MOST_CREDIT, self._credit + CREDIT_A_FRAME)
        if not self._worth_looking():
            return None
        box = likely_code(gray, changed, self._box.middle if self._box is not None else None)
        if box is None:
            self.drop()
            self._fruitless += 1
            patient = self._fruitless > FRESH_SEARCHES
            self._search_at = self._count + (SEARCH_EVERY_LATER if patient else SEARCH_EVERY)
            return None
        self._fruitless = 0
        self._credit -= 1
        self._resting = self._credit < 1
        self._follow(gray, box)
        return self._read_mean(began)

    def _worth_looking(self) -> bool:
        if self._resting:
            self._kept.clear()
            self._resting = self._credit < AGAIN_FROM
            return not self._resting
        return self._box is not None or self._count >= self._search_at

    def _follow(self, gray: Gray, box: Box) -> None:
        size = _size_for(box)
        if self._size is None or size[0] > GROWN * self._size[0] or size[1] > GROWN * self._size[1]:
            self._kept.clear()
            self._size = size
        newest = _cut(gray, box.middle, self._size)
        small = prepared(newest.crop)
        if self._kept and self._prepared is not None:
            moved = movement(self._prepared, small)
            if moved is None:
                self._kept.clear()
            else:
                (x, y), (left, top) = self._kept[-1].at, newest.at
                step = shifted(moved, (-x, -y), (-left, -top))
                for kept in self._kept:
                    kept.to_newest = chained(kept.to_newest, step)
        self._kept.append(newest)
        self._prepared, self._box = small, box
        self._followed = self._followed + 1 if len(self._kept) > 1 else 0

    def _read_mean(self, began: float) -> Code | None:
        mean = self._mean()
        newest = self._kept[-1]
        for how, picture, scale in _ways(mean, self._count):
            for code, modules in self._reader.decode_with_modules(picture):
                corners = _in_crop(code.corners, scale)
                if agreement(newest.crop, corners, modules) < AGREES:
                    self.drop()
                    return None
                ms = (self._now() - began) * 1000
                frames = len(self._kept) if len(self._kept) >= LEAST_FRAMES else 1
                name = f"{code.decoder} {frames} frames{how}"
                return replace(code, corners=_in_frame(corners, newest.at), ms=ms, decoder=name)
            if self._now() - began > self._budget_s:
                break
        return None

    def _mean(self) -> Gray:
        newest = self._kept[-1]
        if len(self._kept) < LEAST_FRAMES:
            return newest.crop  # alone, without its surroundings
        height, width = newest.crop.shape
        total = newest.crop.astype(np.float32)
        for kept in self._kept:
            if kept is not newest:
                warp = shifted(kept.to_newest, kept.at, newest.at)
                seen = cv2.warpAffine(
                    kept.crop, warp, (width, height), borderMode=cv2.BORDER_REPLICATE
                )
                cv2.accumulate(seen, total)
        return np.asarray(cv2.convertScaleAbs(total, alpha=1 / len(self._kept)), np.uint8)


WAYS: tuple[tuple[tuple[str, Callable[[Gray], Gray], float], ...], ...] = (
    ((" evened", evened, 1.0),),
    ((" refocused", refocused, 2.0),),
)
"""What is tried on a mean that cannot be read as it is, in turns: name, filter and how much larger it makes
the picture. The next mean is hardly different, so that each gets its turn at a code in view."""


def _ways(mean: Gray, turn: int) -> Iterator[tuple[str, Gray, float]]:
    yield "", mean, 1.0
    for name, enhance, scale in WAYS[turn % len(WAYS)]:
        yield name, enhance(mean), scale


def _size_for(box: Box) -> tuple[int, int]:
    """Width and height of the crops for a patch."""
    width = min(box.right - box.left + 2 * MARGIN_PX, WIDEST)
    height = min(box.bottom - box.top + 2 * MARGIN_PX, HIGHEST)
    return width, height


def _cut(gray: Gray, middle: tuple[float, float], size: tuple[int, int]) -> _Kept:
    """A crop of this size about the middle, moved inside the frame where it can be."""
    height, width = gray.shape
    wide, high = min(size[0], width), min(size[1], height)
    left = min(max(0, int(middle[0] - wide / 2)), width - wide)
    top = min(max(0, int(middle[1] - high / 2)), height - high)
    return _Kept(gray[top : top + high, left : left + wide].copy(), (left, top), UNMOVED)


def _in_crop(corners: Corners, scale: float) -> Corners:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (
        (ax / scale, ay / scale),
        (bx / scale, by / scale),
        (cx / scale, cy / scale),
        (dx / scale, dy / scale),
    )


def _in_frame(corners: Corners, at: tuple[int, int]) -> Corners:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    left, top = at
    return (
        (ax + left, ay + top),
        (bx + left, by + top),
        (cx + left, cy + top),
        (dx + left, dy + top),
    )
