"""What the door knows of its machine: dips of the supply are counted, and a reading that fails is tried again."""

from __future__ import annotations

import threading

import pytest

from hardware.system.power import PowerReading
from kiosk.door.sensors import Sensors, health, percentiles


class Supply:
    """A supply whose voltage is under the test's hand."""

    def __init__(self) -> None:
        self.low = False
        self.read_often = threading.Event()
        self.fails = 0

    def read(self) -> PowerReading:
        if self.fails:
            self.fails -= 1
            raise OSError("the firmware does not answer")
        self.read_often.set()
        return PowerReading(under_voltage=self.low, free_bytes=12_345_678, temperature_c=61.5)


def test_a_dip_is_counted_when_it_begins_and_not_while_it_lasts():
    supply = Supply()
    sensors = Sensors(supply)
    for low in (False, True, True, False, True):
        supply.low = low
        sensors.look()

    reading, dips = sensors.read()
    assert (reading.under_voltage, dips) == (True, 2)


def test_a_reading_that_fails_is_logged_and_tried_again(monkeypatch, caplog):
    monkeypatch.setattr("kiosk.door.sensors.SENSE_S", 0.0)
    supply = Supply()
    supply.fails = 1
    sensors = Sensors(supply)
    sensors.start()
    try:
        assert supply.read_often.wait(20)
    finally:
        sensors.close()
    sensors.close()

    assert "the sensors cannot be read; they are tried again" in caplog.text


def test_sensors_that_never_started_are_closed_as_well():
    Sensors(Supply()).close()


@pytest.mark.parametrize(
    ("took", "median", "worst"),
    [([], None, None), ([3.0], None, None), ([1.0, 3.0], 2.0, 2.98), ([5.0] * 100, 5.0, 5.0)],
)
def test_percentiles_need_two_values(took, median, worst):
    assert percentiles(took) == (median, worst)


def test_health_names_every_reading():
    body = health(
        PowerReading(free_bytes=12_345_678), 3, (1.5, 9.0), 7.0, {"camera": "ok", "scanner": "none"}
    )

    assert body.readings == {
        "camera": "ok",
        "scanner": "none",
        "disk_free_mb": 12,
        "temperature_c": None,
        "under_voltage": None,
        "under_voltage_count": 3,
        "throttled": None,
        "decode_ms_p50": 7.0,
        "answer_ms_p50": 1.5,
        "answer_ms_p99": 9.0,
    }
    assert health(PowerReading(), 0, (None, None), None, {}).readings["disk_free_mb"] is None
