"""A forum's morning in seconds: everybody who came is counted, also those of the venue that was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.morning import morning


@pytest.mark.soak
def test_everybody_who_comes_in_a_morning_is_counted(tmp_path: Path) -> None:
    figures = morning(tmp_path, times=1800, each=8)
    assert [figure.bench.removeprefix("morning ") for figure in figures] == [
        "door: answer", "door: wait", "carrier: lag", "dashboard: age", "healed: stored", "healed: shown",
    ]  # fmt: skip
    assert all("24 people at 3 gates" in figure.note for figure in figures)
