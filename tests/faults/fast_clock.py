"""A `jianmen` command on a machine whose clock runs fast: `python -m tests.faults.fast_clock FILE COMMAND …`.

FILE holds four numbers: how many times as fast; the steady clock (CLOCK_BOOTTIME) and the wall clock at which the fast
time began; and by how much the wall clock was set wrong since (all ms). It is read at each reading, so that a running
machine's clock can be set. What is decided, recorded and exchanged runs fast; pauses, time-outs and back-offs go by the
clock of life.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from hardware.system.clock import SystemClock, SystemReading

BOOT_ID = "fast"


@dataclass(frozen=True)
class FastTime:
    """How a machine's clock runs."""

    speed: float
    boot_ms: int
    wall_ms: int
    offset_ms: int = 0

    @classmethod
    def beginning_now(cls, speed: float) -> FastTime:
        return cls(speed, _boot_ms(), time.time_ns() // 1_000_000)

    @classmethod
    def read_from(cls, file: Path) -> FastTime:
        speed, boot_ms, wall_ms, offset_ms = file.read_text().split()
        return cls(float(speed), int(boot_ms), int(wall_ms), int(offset_ms))

    def save(self, file: Path) -> None:
        """Whoever reads at the same time reads the whole of it."""
        whole = file.with_suffix(".new")
        whole.write_text(f"{self.speed} {self.boot_ms} {self.wall_ms} {self.offset_ms}\n")
        whole.replace(file)

    def set_wrong(self, file: Path, offset_ms: int) -> None:
        """The wall clock of the machine with this file is so wrong from now on."""
        replace(self, offset_ms=offset_ms).save(file)

    @property
    def passed_ms(self) -> int:
        """Fast milliseconds since the beginning."""
        return round((_boot_ms() - self.boot_ms) * self.speed)

    def read(self) -> SystemReading:
        passed_ms = self.passed_ms
        wall_ms = self.wall_ms + passed_ms + self.offset_ms
        return SystemReading(self.boot_ms + passed_ms, wall_ms, False, 50, BOOT_ID)


def _boot_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def main(file: Path, arguments: list[str]) -> None:
    def read(_: SystemClock) -> SystemReading:
        return FastTime.read_from(file).read()

    SystemClock.read = read  # type: ignore[method-assign]
    from jianmen.cli.main import main as jianmen

    jianmen(arguments, prog_name="jianmen")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
