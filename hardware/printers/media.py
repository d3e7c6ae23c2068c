"""Names of paper sizes as IPP has them (PWG 5101.1), such as `om_small-photo_100x150mm` or `na_letter_8.5x11in`."""

from __future__ import annotations

import re
from collections.abc import Iterable

NEAR_MM = 1.0
"""Printers round: a roll of 2.4 inches is 61 or 62 mm."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)(?:$|[._])")
_INCH_MM = 25.4


def media_for(width_mm: float, height_mm: float, names: Iterable[str]) -> str | None:
    """The first of these names that is of that size; where only a range of sizes is named (`custom_min_…`,
    `custom_max_…`), a name of our own inside it; None where the printer has no such paper."""
    least: tuple[float, float] | None = None
    most: tuple[float, float] | None = None
    for name in names:
        size = size_mm(name)
        if size is None:
            continue
        if "custom_min" in name:
            least = size
        elif "custom_max" in name:
            most = size
        elif abs(size[0] - width_mm) <= NEAR_MM and abs(size[1] - height_mm) <= NEAR_MM:
            return name
    if least is None or most is None:
        return None
    fits = least[0] <= width_mm <= most[0] and least[1] <= height_mm <= most[1]
    return f"custom_badge_{width_mm:g}x{height_mm:g}mm" if fits else None


def size_mm(name: str) -> tuple[float, float] | None:
    """Width and height (mm) in a name; None where it has none."""
    found = _SIZE.search(name)
    if found is None:
        return None
    width, height, unit = found.groups()
    scale = _INCH_MM if unit == "in" else 1.0
    return float(width) * scale, float(height) * scale
