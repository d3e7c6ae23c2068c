"""Lays a bent or crumpled code flat.

Decoders assume that a code is plane. On a bent card, a crumpled paper or a shirt the modules lie up to one
module beside where a plane would have them, and what is read there is wrong. But the edges between
modules show where the grid really is: in every neighbourhood they repeat with the period of a module,
and the phase of that repetition gives the offset of the grid there.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray
from hardware.ports.decoder import Corners

MODULE = 6
"""Pixels of a module in the picture that is laid flat."""

QUIET = 3
"""Modules of white around it."""

REACHES = (3.5, 2.5, 1.8)
"""Modules over which the offset is smoothed, from step to step: coarse first, so that a neighbourhood does
not jump to the next module."""

Field = NDArray[np.float32]


def straightened(gray: Gray, corners: Corners, modules: int) -> Gray:
    """The code at `corners`, `modules` wide, as a flat picture with a little white around it."""
    side = modules + 2 * QUIET
    inner, outer = QUIET * MODULE, (QUIET + modules) * MODULE
    flat = np.array([[inner, inner], [outer, inner], [outer, outer], [inner, outer]], np.float32)
    seen_at = np.asarray(corners, np.float32)
    warp = np.asarray(cv2.getPerspectiveTransform(flat, seen_at), np.float64)
    y, x = np.mgrid[0 : side * MODULE, 0 : side * MODULE].astype(np.float32) + np.float32(0.5)
    off_x, off_y = np.zeros_like(x), np.zeros_like(x)
    for reach in REACHES:
        seen = _sampled(gray, warp, x + off_x, y + off_y)
        smooth = np.asarray(cv2.GaussianBlur(seen, (0, 0), MODULE / 5), np.uint8)
        across = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 1, 0))
        down = np.abs(cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
        off_x += _offset(np.asarray(across, np.float32), x, side, reach)
        off_y += _offset(np.asarray(down, np.float32), y, side, reach)
    return _sampled(gray, warp, x + off_x, y + off_y)


def _offset(edges: Field, along: Field, side: int, reach: float) -> Field:
    """By how many pixels the edges lie behind the borders between modules, smoothed over `reach`."""
    phase = along * np.float32(2 * np.pi / MODULE)
    cosine, sine = cv2.polarToCart(edges, phase)
    parts = [
        cv2.GaussianBlur(
            cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA), (0, 0), reach
        )
        for part in (cosine, sine)
    ]
    off = np.arctan2(parts[1], parts[0]).astype(np.float32) * np.float32(MODULE / (2 * np.pi))
    return np.asarray(
        cv2.resize(off, edges.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32
    )


def _sampled(gray: Gray, warp: NDArray[np.float64], x: Field, y: Field) -> Gray:
    """The picture at points of the flat code, given by their x and y."""
    depth = warp[2, 0] * x + warp[2, 1] * y + warp[2, 2]
    seen_x = (warp[0, 0] * x + warp[0, 1] * y + warp[0, 2]) / depth
    seen_y = (warp[1, 0] * x + warp[1, 1] * y + warp[1, 2]) / depth
    picture = cv2.remap(
        gray,
        seen_x.astype(np.float32),
        seen_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(picture, np.uint8)
