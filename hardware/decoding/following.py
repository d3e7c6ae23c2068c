"""How a patch of one frame moved to the next: a similarity transform to a fraction of a pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.decoding.enhance import halved
from hardware.ports.camera import Gray

Transform = NDArray[np.float64]
"""(2, 3): from pixels of an earlier frame to those of the newest."""

FEATURES = 40
LEAST_POINTS = 8
LEAST_INLIERS = 0.35
WINDOW = (15, 15)
CLOSE_PX = 1.0
"""At half size: a feature this near to where the transform puts it agrees with it."""

UNMOVED: Transform = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def prepared(crop: Gray) -> Gray:
    """A crop as `movement` compares it: half size, noise taken away."""
    return np.asarray(cv2.GaussianBlur(halved(crop), (0, 0), 1.2), np.uint8)


def movement(earlier: Gray, newer: Gray) -> Transform | None:
    """From pixels of the earlier crop to pixels of the newer one (at full size); None if unknown.

    Both are `prepared` crops. Features of the earlier one are followed by pyramidal Lucas-Kanade.
    """
    corners = cv2.goodFeaturesToTrack(earlier, FEATURES, 0.02, 5)
    if corners is None or len(corners) < LEAST_POINTS:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        earlier, newer, corners, np.empty_like(corners), winSize=WINDOW, maxLevel=2
    )
    good = found.ravel() == 1
    if good.sum() < LEAST_POINTS:
        return None
    transform, inliers = cv2.estimateAffinePartial2D(
        corners[good], moved[good], method=cv2.RANSAC, ransacReprojThreshold=CLOSE_PX
    )
    if transform is None or inliers.sum() < max(LEAST_POINTS, LEAST_INLIERS * good.sum()):
        return None
    return at_full_size(np.asarray(transform, np.float64))


def at_full_size(transform: Transform) -> Transform:
    """A transform between pictures of half size as one between pictures of full size.

    Pixel centres: a pixel x of the half picture lies at 2x + 0.5 of the full one.
    """
    linear, shift = transform[:, :2], transform[:, 2]
    half = np.array([0.5, 0.5])
    return np.column_stack([linear, 2 * shift + half - linear @ half])


def shifted(transform: Transform, before: tuple[int, int], after: tuple[int, int]) -> Transform:
    """Return the transform between pictures whose top left corners lie at `before` and `after` in those of
    `transform`."""
    linear, shift = transform[:, :2], transform[:, 2]
    return np.column_stack([linear, shift + linear @ np.array(before) - np.array(after)])


def chained(first: Transform, then: Transform) -> Transform:
    """Return the transform that applies `first`, then `then`."""
    linear = then[:, :2] @ first[:, :2]
    return np.column_stack([linear, then[:, :2] @ first[:, 2] + then[:, 2]])
