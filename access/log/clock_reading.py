"""A simultaneous reading of a machine's clocks, as every log entry contains one."""

from typing import NamedTuple


class ClockReading(NamedTuple):
    """The machine's clocks at one instant: CLOCK_BOOTTIME and wall (ms), and whether the kernel calls the wall clock
    synchronised."""

    mono_ms: int
    wall_ms: int
    synced: bool
