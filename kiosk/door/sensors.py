"""The kiosk's health: measured beside the scan loop, which records it in the log."""

import logging
import threading
from collections.abc import Iterable, Mapping
from statistics import quantiles

from access.log.entry import Health
from hardware.system.power import PowerReading, PowerSensors

log = logging.getLogger(__name__)

SENSE_S = 10.0
"""How often the sensors are read: often enough to count dips of the supply, reported for two seconds each."""


class Sensors:
    """Reads power, temperature and disk in a thread of its own: the firmware may take two seconds to answer."""

    def __init__(self, power: PowerSensors) -> None:
        self._power = power
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="door sensors")
        self._lock = threading.Lock()
        self._now = PowerReading()
        self._dips = 0

    def start(self) -> None:
        self._thread.start()

    def read(self) -> tuple[PowerReading, int]:
        """The last reading, and how often the supply has dipped since the start."""
        with self._lock:
            return self._now, self._dips

    def close(self) -> None:
        """Safe to repeat."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Read the sensors once."""
        now = self._power.read()
        with self._lock:
            if now.under_voltage and not self._now.under_voltage:
                self._dips += 1
            self._now = now

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the sensors cannot be read; they are tried again")
            self._stop.wait(SENSE_S)


def percentiles(took_ms: Iterable[float]) -> tuple[float | None, float | None]:
    """The median and the 99th percentile; None of fewer than two values."""
    values = list(took_ms)
    if len(values) < 2:
        return None, None
    cuts = quantiles(values, n=100, method="inclusive")
    return round(cuts[49], 2), round(cuts[98], 2)


def health(
    power: PowerReading,
    dips: int,
    answers: tuple[float | None, float | None],
    decode_ms: float | None,
    states: Mapping[str, str | int],
) -> Health:
    """The readings of a `health` entry, by name. `states` are those of what is attached; `answers` the milliseconds
    from a code's text to its durable answer, at the median and the 99th percentile."""
    megabytes = None if power.free_bytes is None else power.free_bytes // 1_000_000
    return Health(
        readings={
            **states,
            "disk_free_mb": megabytes,
            "temperature_c": power.temperature_c,
            "under_voltage": power.under_voltage,
            "under_voltage_count": dips,
            "throttled": power.throttled,
            "decode_ms_p50": decode_ms,
            "answer_ms_p50": answers[0],
            "answer_ms_p99": answers[1],
        }
    )
