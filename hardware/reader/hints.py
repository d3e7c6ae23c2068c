"""One hint for the person showing a code that cannot be read, from what a frame shows of it.

A pure function of a frame and the corners of the code in it. A cause that can be seen is named; where none
can, the code is blurred or shakes, and the hint is to keep it still.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray
from hardware.ports.decoder import Corners, area
from hardware.ports.events import Hint

SMALL_MODULE_PX = 2.2
"""Modules smaller than this do not read in most light."""

SMALL_CODE_PX = 120
"""The same for a code whose number of modules is not known: the side of the whole."""

LARGE = 0.85
"""Part of the frame's height from which a code is too near to be in focus, and soon outside."""

EDGE_PX = 2
"""A corner this near to the frame's border: some of the code is outside."""

FLATTENED = 0.55
"""Height over width (or the other way round, or two opposite sides) of a code that is tilted."""

DARK = 60
"""Shade: paper that is darker than this is in the dark."""

DIM = 0.6
"""A screen whose white has less than this part of the brightest things around it is turned down."""

BRIGHT_ROOM = 150
"""Shade: there is enough light in the room that the code could be brighter."""

FLAT_MODULE = 4
"""Pixels of a module where a code is laid flat to be judged."""

SATURATED = 250
GLARE_MODULES = 5
"""No white area of a code is as wide as this."""

GLARE_PART = 0.04
"""Part of the code's area that such spots cover."""

USUAL_MODULES = 29
"""For widths where the number of modules is not known."""


class _Shades(NamedTuple):
    """Of the brightest things in the code and in the frame around it."""

    white: float
    around: float


def hint_for(gray: Gray, corners: Corners, modules: int = 0) -> Hint:
    """Return the hint for the unreadable code at `corners`, `modules` wide (0: not known)."""
    return (
        _by_outline(gray, corners, modules) or _by_light(gray, corners, modules) or Hint.HOLD_STILL
    )


def _by_outline(gray: Gray, corners: Corners, modules: int) -> Hint | None:
    """What the outline alone shows."""
    height, width = gray.shape
    xs, ys = zip(*corners, strict=True)
    outside = min(xs) < EDGE_PX or min(ys) < EDGE_PX
    outside = outside or max(xs) > width - EDGE_PX or max(ys) > height - EDGE_PX
    sides = _sides(corners)
    if max(sides) > LARGE * height or (outside and max(sides) > height / 3):
        return Hint.FURTHER_AWAY
    small = SMALL_MODULE_PX * modules if modules else SMALL_CODE_PX
    if max(sides) < small:
        return Hint.COME_CLOSER
    return Hint.HOLD_STRAIGHT if min(sides) < FLATTENED * max(sides) else None


def _by_light(gray: Gray, corners: Corners, modules: int) -> Hint | None:
    """What the shades in the code and around it show."""
    inside = _flat(gray, corners, modules or USUAL_MODULES)
    if inside is None:
        return None
    shades = _shades(gray, inside)
    if shades.white < DARK and shades.around < BRIGHT_ROOM:
        return Hint.TOO_DARK
    if shades.around >= BRIGHT_ROOM and shades.white < DIM * shades.around:
        return Hint.BRIGHTER_PHONE
    return Hint.TURN_FROM_LIGHT if _glare(inside) > GLARE_PART else None


def _sides(corners: Corners) -> tuple[float, ...]:
    ends = (*corners[1:], corners[0])
    return tuple(
        float(np.hypot(u - x, v - y)) for (x, y), (u, v) in zip(corners, ends, strict=True)
    )


def _flat(gray: Gray, corners: Corners, modules: int) -> Gray | None:
    """The code alone, `FLAT_MODULE` pixels a module; None where it has no size or is outside."""
    xs, ys = zip(*corners, strict=True)
    height, width = gray.shape
    if area(corners) < 1 or max(xs) < 0 or max(ys) < 0 or min(xs) >= width or min(ys) >= height:
        return None
    side = FLAT_MODULE * modules
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    warp = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), square)
    flat = cv2.warpPerspective(gray, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def _shades(gray: Gray, inside: Gray) -> _Shades:
    # A few rows and columns of the whole frame show its brightest parts as well as all of them.
    around = float(np.percentile(gray[::8, ::8], 98))
    return _Shades(float(np.percentile(inside, 95)), around)


def _glare(inside: Gray) -> float:
    """The part of the code that is covered by spots of pure white wider than any white in a code."""
    side = FLAT_MODULE * GLARE_MODULES
    white = (inside >= SATURATED).astype(np.uint8)
    spots: NDArray[np.uint8] = np.asarray(
        cv2.morphologyEx(white, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)), np.uint8
    )
    return float(spots.mean())
