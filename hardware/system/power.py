"""Power, temperature and disk of the machine. A sensor that is absent reads as None."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

VCGENCMD_S = 2.0
"""Time limit (seconds) for the firmware, which normally answers in milliseconds."""


@dataclass(frozen=True, slots=True)
class PowerReading:
    """The machine's own sensors now; None where it has no such sensor."""

    under_voltage: bool | None = None
    throttled: bool | None = None
    """Running slower than it could, for lack of power or for heat."""
    temperature_c: float | None = None
    free_bytes: int | None = None
    """Free space for the service's user on the disk of the data folder."""


class PowerSensors(Protocol):
    """Reads the machine's condition. Never raises; may take up to two seconds."""

    def read(self) -> PowerReading: ...


class SystemPower:
    """Sensors of the Pi's firmware where there is one, and those of any Linux.

    `data` is the folder whose disk is watched; `root` stands before /sys.
    """

    def __init__(self, data: Path, root: Path = Path("/"), vcgencmd: str = "vcgencmd") -> None:
        self._data = data
        self._sys = root / "sys"
        self._vcgencmd = vcgencmd

    def read(self) -> PowerReading:
        bits = self._throttled_bits()
        low = self._low_voltage_alarm()
        if low is None and bits is not None:
            low = bool(bits & 0x1)
        return PowerReading(
            under_voltage=low,
            # Bits 1 and 2 of get_throttled: frequency capped, throttled; 3: soft temperature limit.
            throttled=None if bits is None else bool(bits & 0xE),
            temperature_c=self._temperature(),
            free_bytes=self._free_bytes(),
        )

    def _low_voltage_alarm(self) -> bool | None:
        """The driver rpi_volt, found by its name because hwmon numbers change between boots."""
        for name in sorted(self._sys.glob("class/hwmon/hwmon*/name")):
            if _text(name) == "rpi_volt":
                alarm = _text(name.with_name("in0_lcrit_alarm"))
                return None if alarm is None else alarm == "1"
        return None

    def _throttled_bits(self) -> int | None:
        """The answer `throttled=0x50005` as a number. Needs vcgencmd and /dev/vcio (group video)."""
        try:
            done = subprocess.run(
                [self._vcgencmd, "get_throttled"],
                capture_output=True,
                timeout=VCGENCMD_S,
                check=True,
            )
            name, _, bits = done.stdout.decode("ascii").strip().partition("=")
            return int(bits, 16) if name == "throttled" else None
        except (OSError, ValueError, subprocess.SubprocessError):
            return None

    def _temperature(self) -> float | None:
        text = _text(self._sys / "class/thermal/thermal_zone0/temp")
        try:
            return None if text is None else int(text) / 1000
        except ValueError:
            return None

    def _free_bytes(self) -> int | None:
        try:
            disk = os.statvfs(self._data)
        except OSError:
            return None
        return disk.f_bavail * disk.f_frsize


class SimulatedPower:
    """Reports what it was set to last."""

    def __init__(self, reading: PowerReading = PowerReading()) -> None:
        self.reading = reading

    def read(self) -> PowerReading:
        return self.reading


def _text(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
