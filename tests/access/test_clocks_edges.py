"""Time repair at its edges."""

from __future__ import annotations

from access.clocks import Clocks
from access.entry import Boot, Clock, Span

HOUR = 3_600_000
EARLIEST = 1_000 * HOUR
LATEST = 9_000 * HOUR
EVENT_END = 8_000 * HOUR
DEVICE = "0123456789abcdef"


def log(epoch: int) -> str:
    return f"{DEVICE}{epoch:08x}"


def test_a_new_end_of_the_event_is_noticed_before_any_log_is_held() -> None:
    known = Clocks(EARLIEST, LATEST, EVENT_END)
    version = known.version
    known.bound(LATEST, EVENT_END - HOUR)
    assert known.version > version
    assert known.line(log(1)).span(0) == Span(EARLIEST, EVENT_END - HOUR)


def test_a_boot_of_a_single_millisecond_still_ends_before_the_next() -> None:
    known = Clocks(EARLIEST, LATEST, EVENT_END)
    known.saw(log(1), 1)
    known.began(log(1), Boot(DEVICE, None, "first", "power", {}))
    known.told(log(1), 2, Clock("registry", 2_000 * HOUR, 0, 0))
    known.began(log(2), Boot(DEVICE, (log(1), 1, bytes(32)), "second", "power", {}))
    assert known.line(log(2)).span(0).lo == 2_000 * HOUR + 1
