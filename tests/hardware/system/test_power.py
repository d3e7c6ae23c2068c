from __future__ import annotations

from pathlib import Path

import pytest

from hardware.system.power import PowerReading, SimulatedPower, SystemPower


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """The part of a Raspberry Pi's /sys that is read, and a vcgencmd."""
    for number, name in enumerate(["cpu_thermal", "rpi_volt"]):
        folder = tmp_path / f"sys/class/hwmon/hwmon{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
    (tmp_path / "sys/class/hwmon/hwmon1/in0_lcrit_alarm").write_text("1\n")
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("61322\n")
    firmware = tmp_path / "vcgencmd"
    firmware.write_text('#!/bin/sh\necho "throttled=0x50004"\n')
    firmware.chmod(0o755)
    return tmp_path


def test_a_pi_tells_of_low_voltage_throttling_heat_and_free_disk(pi: Path) -> None:
    reading = SystemPower(pi, pi, str(pi / "vcgencmd")).read()

    assert (reading.under_voltage, reading.throttled, reading.temperature_c) == (True, True, 61.322)
    assert reading.free_bytes is not None
    assert reading.free_bytes > 0


def test_without_the_voltage_driver_the_firmware_is_asked(pi: Path) -> None:
    (pi / "sys/class/hwmon/hwmon1/name").write_text("something else\n")

    assert SystemPower(pi, pi, str(pi / "vcgencmd")).read().under_voltage is False


def test_a_machine_without_any_sensor_reads_as_unknown_and_raises_nothing(tmp_path: Path) -> None:
    sensors = SystemPower(tmp_path / "no-such-folder", tmp_path, str(tmp_path / "no-vcgencmd"))

    assert sensors.read() == PowerReading()


@pytest.mark.parametrize("answer", ["error=1", "throttled=soon", ""])
def test_an_answer_that_makes_no_sense_is_unknown(pi: Path, answer: str) -> None:
    (pi / "vcgencmd").write_text(f'#!/bin/sh\necho "{answer}"\n')
    (pi / "sys/class/thermal/thermal_zone0/temp").write_text("warm")
    (pi / "sys/class/hwmon/hwmon1/in0_lcrit_alarm").unlink()

    reading = SystemPower(pi, pi, str(pi / "vcgencmd")).read()

    assert (reading.under_voltage, reading.throttled, reading.temperature_c) == (None, None, None)


def test_simulated_sensors_report_what_they_were_set_to() -> None:
    hot = PowerReading(temperature_c=85.0)

    assert SimulatedPower(hot).read() == hot
