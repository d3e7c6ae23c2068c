"""Whether a code read from several frames is really in the newest one.

A mean of frames may still show a badge that has been taken away. The modules of the code that was
read are known, so the newest frame is compared with them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray
from hardware.ports.decoder import Corners

AGREES = 0.25
"""Correlation from which a code counts as seen: correct readings had 0.40 to 0.94, outdated ones below 0.13."""

Modules = NDArray[np.bool_]
"""(n, n): whether each module of a code is dark, without the quiet zone."""

NEIGHBOURS = 7
"""Side, in modules, of the neighbourhood with which a module's brightness is compared."""


def agreement(gray: Gray, corners: Corners, modules: Modules) -> float:
    """Correlation, -1 to 1, between a code's modules and a picture that should show it at `corners`.

    Modules that every code of this size has alike are left out. A code with light and dark swapped
    agrees as well as any.
    """
    count = modules.shape[0]
    flat = np.array([[0, 0], [count, 0], [count, count], [0, count]], np.float32)
    warp = cv2.getPerspectiveTransform(flat, np.asarray(corners, np.float32))
    middles = np.mgrid[0:count, 0:count].astype(np.float32) + 0.5
    points = np.stack([middles[1], middles[0]], axis=-1).reshape(1, -1, 2)
    points_in_picture = cv2.perspectiveTransform(points, warp)[0].astype(np.float32) - 0.5
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.0)
    seen = cv2.remap(
        smooth,
        points_in_picture[:, 0],
        points_in_picture[:, 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    own = own_modules(count)
    wanted = _against_neighbours(np.where(modules, -1.0, 1.0).astype(np.float32))[own]
    found = _against_neighbours(seen.reshape(count, count).astype(np.float32))[own]
    scale = float(np.linalg.norm(wanted) * np.linalg.norm(found))
    return abs(float(wanted @ found)) / scale if scale > 0 else 0.0


def own_modules(count: int) -> NDArray[np.bool_]:
    """Which modules of a code `count` modules wide carry its content (ISO/IEC 18004)."""
    own = np.ones((count, count), bool)
    own[6, :] = own[:, 6] = False
    own[:9, :9] = own[:9, -8:] = own[-8:, :9] = False
    if 25 <= count < 45:  # one alignment pattern; larger codes have more, which matters little
        own[count - 9 : count - 4, count - 9 : count - 4] = False
    return own


def _against_neighbours(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(grid - cv2.blur(grid, (NEIGHBOURS, NEIGHBOURS)), np.float32)
