"""The time of a door, before and after it meets a time that can be trusted."""

from __future__ import annotations

import pytest

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, ClockSource
from access.state.event_state import EventState
from kiosk.door.clock import KioskClock

DEVICE = "00112233aabbccdd"
LOG = DEVICE + "00000001"
BUILT_MS, DAY_MS = 1_600_000_000_000, 86_400_000
NOON = ClockReading(50_000, BUILT_MS + DAY_MS, synced=False)


class Door:
    """A kiosk's clock over a log in which the test writes trusted times."""

    def __init__(self) -> None:
        self.event_state = EventState("f" * 16, BUILT_MS)
        self.event_state.clocks.bound(BUILT_MS + 40 * DAY_MS, BUILT_MS + 10 * DAY_MS)
        self.clock = KioskClock(self.event_state, lambda: NOON)
        self._seq = 0

    def hears(self, clock: Clock) -> None:
        self._seq += 1
        self.event_state.clocks.add_trusted_time(LOG, self._seq, clock)

    def worth(self, clock: Clock) -> bool:
        return self.clock.worth_writing(LOG, clock)


@pytest.fixture
def door() -> Door:
    return Door()


def clock(source: ClockSource, trusted_ms: int, mono_ms: int, error_ms: int) -> Clock:
    return Clock(source=source, trusted_ms=trusted_ms, mono_ms=mono_ms, error_ms=error_ms)


def kernel(trusted_ms: int = NOON.wall_ms, error_ms: int = 100, at: int = NOON.mono_ms) -> Clock:
    return clock("kernel", trusted_ms, at, error_ms)


def test_without_a_trusted_time_it_is_some_time_of_the_event(door):
    now = door.clock.now(LOG, NOON)
    assert (now.span.lo, now.span.hi, now.sure) == (
        BUILT_MS + 50_000,
        BUILT_MS + 10 * DAY_MS,
        False,
    )
    assert now.at_ms == now.span.lo


def test_a_trusted_time_makes_it_sure(door):
    door.hears(kernel())
    now = door.clock.now(LOG, NOON)
    assert now.sure
    assert (now.span.lo, now.span.hi) == (NOON.wall_ms - 100, NOON.wall_ms + 100)


def test_a_time_outside_the_event_is_never_worth_an_entry(door):
    assert not door.worth(kernel(BUILT_MS - 1))
    assert not door.worth(kernel(BUILT_MS + 41 * DAY_MS))
    assert door.worth(kernel())


def test_a_better_source_is_worth_an_entry_and_a_worse_one_is_not(door):
    door.hears(kernel())
    assert door.worth(clock("registry", NOON.wall_ms, NOON.mono_ms, 5_000))
    assert not door.worth(clock("neighbour", NOON.wall_ms, NOON.mono_ms, 1))


def test_of_one_source_half_the_error_or_a_contradiction_is_worth_an_entry(door):
    door.hears(kernel(error_ms=100))
    assert not door.worth(kernel(error_ms=90))
    assert door.worth(kernel(error_ms=40))
    assert not door.worth(kernel(NOON.wall_ms + 600))
    assert door.worth(kernel(NOON.wall_ms + 5_000))


def test_a_contradiction_is_written_once(door):
    door.hears(kernel())
    door.hears(kernel(NOON.wall_ms + 5_000))
    assert not door.worth(kernel(NOON.wall_ms + 10_000))
