"""Where in a frame a code may be: fine texture.

A code is a patch in which brightness changes every few pixels, across and down alike. People, shelves
and edges change along lines or not so often; noise is equal everywhere and so not above the rest.

All but very pale codes that can be read lie in one of the `textured_parts`, and searching these alone takes a fraction
of the time.
`likely_code` is choosier: it is for what no decoder has recognised, and takes texture only that has moved in.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.decoding.enhance import halved
from hardware.ports.camera import Gray

CELL = 16
"""Pixels of a frame on a side of the cells that texture is measured in."""

LEAST_TEXTURE = 2.5
"""Shades: mean step between neighbouring pixels, at half size, across and down."""

OVER_REST = 1.5
"""The texture of a code is at least this many times that of the median cell."""

CHANGED = 5.0
"""Shades by which a cell must differ from the room."""

AROUND = 5
"""Cells around what has changed that are measured for comparison."""

SMALLEST, LARGEST = 2, 20
"""Cells on a side of what may be a code."""

PART_TEXTURE = 6.0
"""Shades: the same as `LEAST_TEXTURE` for a part that is searched: three times that of a noisy camera, and half of
that of a pale code."""

GROWN = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
"""A part is a cell larger on each side than its texture: corners and quiet zone of a code have less of it."""

SMALLEST_PART = 4
"""Cells on a side, with those around it."""

MOST_PARTS = 0.34
"""Of the frame; where more is textured, one search of the whole takes no longer."""


class Box(NamedTuple):
    """An upright box in pixels of the frame."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def likely_code(
    gray: Gray, changed: NDArray[np.float32], near: tuple[float, float] | None = None
) -> Box | None:
    """Return the changed patch that looks most like a code, or None.

    `changed` is how much each part of the frame differs from the room, at any size, in shades. Of
    several patches the one nearest to `near` is taken, else the one with most texture.
    """
    columns, rows = gray.shape[1] // CELL, gray.shape[0] // CELL
    if not columns or not rows:
        return None
    moved = cv2.resize(changed, (columns, rows), interpolation=cv2.INTER_AREA)
    moved = (moved > max(CHANGED, 2.5 * float(np.median(moved)))).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(moved)
    if min(width, height) < SMALLEST:
        return None
    # Around what moved too: its texture counts only if it is more than that of the rest.
    x, y = max(0, left - AROUND), max(0, top - AROUND)
    right, bottom = min(columns, left + width + AROUND), min(rows, top + height + AROUND)
    texture = _texture(gray[y * CELL : bottom * CELL, x * CELL : right * CELL])
    threshold = max(LEAST_TEXTURE, OVER_REST * float(np.median(texture)))
    fine = ((texture > threshold) & (moved[y:bottom, x:right] > 0)).astype(np.uint8)
    box = _best(fine, texture, None if near is None else (near[0] - x * CELL, near[1] - y * CELL))
    if box is None:
        return None
    left, top, width, height = box
    left, top = (left + x) * CELL, (top + y) * CELL
    return Box(left, top, left + width * CELL, top + height * CELL)


def textured_parts(gray: Gray) -> list[Box] | None:
    """The parts of the frame in which a code may be; None: too much of it is textured to tell any from the rest."""
    if min(gray.shape) < CELL:
        return None
    texture = _texture(gray)
    threshold = max(PART_TEXTURE, OVER_REST * float(np.median(texture)))
    fine = cv2.dilate((texture > threshold).astype(np.uint8), GROWN)
    _, _, stats, _ = cv2.connectedComponentsWithStats(fine)
    found = [
        Box(left * CELL, top * CELL, (left + width) * CELL, (top + height) * CELL)
        for left, top, width, height, _ in stats[1:].tolist()
        if min(width, height) >= SMALLEST_PART
    ]
    covered = sum((box.right - box.left) * (box.bottom - box.top) for box in found)
    return found if covered <= MOST_PARTS * gray.size else None


def _best(
    fine: NDArray[np.uint8], texture: NDArray[np.float32], near: tuple[float, float] | None
) -> tuple[int, int, int, int] | None:
    """Left, top, width and height in cells of the likeliest patch; `near` in pixels."""
    closed = cv2.morphologyEx(fine, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, _, stats, middles = cv2.connectedComponentsWithStats(closed, connectivity=4)
    best, best_worth = None, 0.0
    for (left, top, width, height, cells), middle in zip(stats[1:], middles[1:], strict=True):
        if not (SMALLEST <= width <= LARGEST and SMALLEST <= height <= LARGEST):
            continue
        if cells < 0.4 * width * height or not 0.5 <= width / height <= 2.0:
            continue
        worth = float(texture[top : top + height, left : left + width].sum())
        if near is not None:
            far = np.hypot(*(middle * CELL + CELL / 2 - near))
            worth /= 1 + far / 40
        if worth > best_worth:
            best, best_worth = (int(left), int(top), int(width), int(height)), worth
    return best


def _texture(gray: Gray) -> NDArray[np.float32]:
    """The smaller of the mean steps across and down in each cell, in shades."""
    half = halved(gray)
    # The last column and row are compared with themselves: all three pictures have the same size.
    across, down = np.zeros_like(half), np.zeros_like(half)
    cv2.absdiff(half[:, 1:], half[:, :-1], across[:, :-1])
    cv2.absdiff(half[1:], half[:-1], down[:-1])
    return np.asarray(np.minimum(_means(across), _means(down)), np.float32)


def _means(steps: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means of `CELL` x `CELL` pixels of the frame, which are half as many of `steps`."""
    even = steps
    for _ in range(int(np.log2(CELL // 2))):
        even = halved(even)
    return np.asarray(even, np.float32)
