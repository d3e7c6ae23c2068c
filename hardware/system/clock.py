"""The machine's clocks, and how far they can be trusted."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hardware.system.errors import HardwareError

TIME_ERROR = 5
"""The result of adjtimex for an unsynchronised clock (timex.h)."""

MAX_ERROR_US = 16_000_000
"""The kernel's error bound (microseconds) grows to this while nothing corrects the clock; at it, the time is
unknown."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class SystemReading:
    """A reading of all clocks at one moment."""

    mono_ms: int
    """CLOCK_BOOTTIME: milliseconds since boot, sleep included; never goes back within a boot."""
    wall_ms: int
    """The wall clock: milliseconds since 1970 UTC, right or wrong."""
    synced: bool
    """Whether the kernel calls the wall clock synchronised."""
    error_ms: int
    """The kernel's bound of the wall clock's error; meaningless while not synced."""
    boot_id: str
    """The kernel's random name of this boot."""


class Clock(Protocol):
    """Reads the machine's clocks. Must not block; safe from any thread."""

    def read(self) -> SystemReading: ...


class SystemClock:
    """The kernel's own state, by `adjtimex` (64-bit Linux only, needs no rights)."""

    def __init__(self) -> None:
        if ctypes.sizeof(ctypes.c_long) != 8:
            raise HardwareError("this machine is not 64-bit; install a 64-bit system")
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
        self._boot_id = BOOT_ID.read_text().strip()

    def read(self) -> SystemReading:
        """All clocks now."""
        timex = _Timex()
        answer = self._adjtimex(ctypes.byref(timex))
        synced = 0 <= answer < TIME_ERROR and timex.maxerror < MAX_ERROR_US
        return SystemReading(
            mono_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
            wall_ms=time.time_ns() // 1_000_000,
            synced=synced,
            error_ms=-(-int(timex.maxerror) // 1000),
            boot_id=self._boot_id,
        )


class SimulatedClock:
    """The system's clock, set wrong or right on purpose.

    `offset_ms` is added to the wall clock. `restart` begins a new boot: the monotonic clock starts
    again near zero and what was known about synchronisation is forgotten.
    """

    def __init__(
        self,
        *,
        offset_ms: int = 0,
        synced: bool = False,
        error_ms: int = 50,
        boot_id: str = "boot-1",
    ) -> None:
        self.offset_ms = offset_ms
        self.synced = synced
        self.error_ms = error_ms
        self.boot_id = boot_id
        self._booted_ms = 0
        self._frozen: SystemReading | None = None

    def read(self) -> SystemReading:
        """All clocks now, or as they were stopped by `stop_at`."""
        if self._frozen is not None:
            wall = self._frozen.wall_ms + self.offset_ms
            mono = self._frozen.mono_ms - self._booted_ms
        else:
            wall = time.time_ns() // 1_000_000 + self.offset_ms
            mono = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000 - self._booted_ms
        return SystemReading(mono, wall, self.synced, self.error_ms, self.boot_id)

    def stop_at(self, *, wall_ms: int, mono_ms: int) -> None:
        """Stop both clocks at these true times; `advance` moves them on."""
        self._frozen = SystemReading(mono_ms, wall_ms, self.synced, self.error_ms, self.boot_id)

    def advance(self, ms: int) -> None:
        """Let `ms` milliseconds pass on clocks that were stopped."""
        if self._frozen is None:
            raise HardwareError("only a stopped clock can be moved on; call stop_at first")
        self._frozen = replace(
            self._frozen,
            mono_ms=self._frozen.mono_ms + ms,
            wall_ms=self._frozen.wall_ms + ms,
        )

    def restart(self, boot_id: str) -> None:
        """Power was cut and came back: a new boot, nothing known about the time."""
        self._booted_ms += self.read().mono_ms
        self.boot_id = boot_id
        self.synced = False


class _Timex(ctypes.Structure):
    """struct timex of 64-bit Linux, 208 bytes (include/uapi/linux/timex.h, through glibc)."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 176),
    ]
