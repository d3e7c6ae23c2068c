"""Instants as the public interface writes them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from access.event.rfc3339 import rfc3339


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (1_605_575_400_123, "2020-11-17T09:10:00.123+08:00"),
        (10**17, "9999-12-30T08:00:00.000+08:00"),
        (-(10**17), "0001-01-02T08:05:43.000+08:05:43"),
    ],
)
def test_an_instant_is_written_in_its_zone_and_within_the_calendar(at_ms: int, text: str) -> None:
    assert rfc3339(at_ms, ZoneInfo("Asia/Shanghai")) == text
