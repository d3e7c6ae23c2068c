"""Instants as a reader of the public interface gets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.rfc3339 import rfc3339

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_an_instant_is_written_to_the_millisecond_with_its_zone() -> None:
    assert rfc3339(1_765_432_100_007, SHANGHAI) == "2025-12-11T13:48:20.007+08:00"


@pytest.mark.parametrize("at_ms", [-(2**53), 2**53, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Anchorage", "Pacific/Kiritimati"])
def test_a_clock_beyond_the_calendar_stands_at_its_edge(at_ms: int, zone: str) -> None:
    written = datetime.fromisoformat(rfc3339(at_ms, ZoneInfo(zone)))
    assert written.year in {1, 9999}


ZONES = ["Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia", "UTC"]
"""Whole hours, quarters of them, half an hour of summer time; one whose offset had seconds until 1972."""


@given(st.integers(-(10**12), 10**13), st.sampled_from(ZONES))
def test_every_instant_is_that_of_the_calendar(at_ms: int, zone: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    local = at.astimezone(ZoneInfo(zone))
    assert rfc3339(at_ms, ZoneInfo(zone)) == local.isoformat(timespec="milliseconds")
