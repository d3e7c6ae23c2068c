from __future__ import annotations

import time
from pathlib import Path

import pytest

from hardware.system.clock import SimulatedClock, SystemClock, SystemReading
from hardware.system.errors import HardwareError


def test_the_system_clock_reads_boot_time_wall_time_and_the_name_of_the_boot() -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    reading = SystemClock().read()
    after = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    assert before <= reading.mono_ms <= after
    assert abs(reading.wall_ms - time.time_ns() // 1_000_000) < 60_000
    assert reading.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_a_clock_that_nobody_disciplines_has_the_kernels_largest_error() -> None:
    reading = SystemClock().read()

    assert reading.synced == (reading.error_ms < 16_000)


def test_a_stopped_simulated_clock_moves_only_when_told() -> None:
    clock = SimulatedClock(offset_ms=500)
    clock.stop_at(wall_ms=1_000_000, mono_ms=10_000)
    clock.advance(250)

    assert clock.read() == SystemReading(10_250, 1_000_750, False, 50, "boot-1")


def test_a_simulated_restart_forgets_the_time_but_not_the_error() -> None:
    clock = SimulatedClock(offset_ms=-3_600_000, synced=True)
    clock.stop_at(wall_ms=5_000_000, mono_ms=10_000)

    clock.restart("boot-2")
    clock.advance(1)

    assert clock.read() == SystemReading(1, 1_400_001, False, 50, "boot-2")


def test_a_running_simulated_clock_goes_like_the_machines() -> None:
    clock = SimulatedClock()
    first, second = clock.read(), clock.read()

    assert first.mono_ms <= second.mono_ms
    with pytest.raises(HardwareError, match="stop_at"):
        clock.advance(1)
