"""Filters that make an unreadable code readable, each a name and a function of a gray picture.

The order is the order in which they were found to pay on crops of codes that were seen and not read.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from hardware.ports.camera import Gray


def enlarged(gray: Gray) -> Gray:
    """Twice the size, cubic: for modules of about two pixels."""
    return _gray(cv2.resize(gray, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC))


def sharpened(gray: Gray) -> Gray:
    """Unsharp mask of strength 1.5: for a badge out of focus."""
    soft = cv2.GaussianBlur(gray, (0, 0), 2.0)
    return _gray(cv2.addWeighted(gray, 2.5, soft, -1.5, 0))


def equalised(gray: Gray) -> Gray:
    """Contrast-limited adaptive histogram equalisation: for glare and phone screens."""
    return _gray(cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(gray))


def thresholded(gray: Gray) -> Gray:
    """Adaptive threshold: for shadows across the code."""
    block = max(15, min(gray.shape) // 8) | 1
    return _gray(
        cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, block, 5)
    )


def evened(gray: Gray) -> Gray:
    """Each pixel relative to the mean and the spread of its neighbourhood, then sharpened: for glare and
    reflections, under which a code is pale and not gone."""
    block = max(15, min(gray.shape) // 8) | 1
    picture = gray.astype(np.float32)
    mean = cv2.blur(picture, (block, block))
    spread = np.sqrt(np.maximum(cv2.blur(picture * picture, (block, block)) - mean * mean, 0))
    return sharpened(_gray(np.clip(128 + 50 * (picture - mean) / (spread + 6), 0, 255)))


def refocused(gray: Gray) -> Gray:
    """Twice the size and sharpened hard and wide: for a badge far out of focus."""
    large = enlarged(gray)
    soft = cv2.GaussianBlur(large, (0, 0), 4.0)
    return _gray(cv2.addWeighted(large, 3.5, soft, -2.5, 0))


def swapped(gray: Gray) -> Gray:
    """Light and dark swapped: for phones in dark mode."""
    return _gray(cv2.bitwise_not(gray))


def smoothed(gray: Gray) -> Gray:
    """Gaussian blur of one pixel: for noise."""
    return _gray(cv2.GaussianBlur(gray, (0, 0), 1.0))


def halved(gray: Gray) -> Gray:
    """Half the size; of an odd width or height the last column or row is left out."""
    height, width = gray.shape
    even = gray[: height // 2 * 2, : width // 2 * 2]
    return _gray(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


RETRIES: tuple[tuple[str, Callable[[Gray], Gray]], ...] = (
    ("2x", enlarged),
    ("sharpened", sharpened),
    ("equalised", equalised),
    ("threshold", thresholded),
    ("evened", evened),
    ("refocused", refocused),
)
"""What is tried on the crop of a code that was seen and not read."""


def _gray(picture: object) -> Gray:
    return np.asarray(picture, dtype=np.uint8)
