"""What a door writes into its log by itself."""

from __future__ import annotations

from typing import Any

import pytest

from access.log.entry import Health
from hardware.system.power import PowerReading, SimulatedPower
from kiosk.door.housekeeping import FIRST_HEALTH_S, HEALTH_EVERY_S, PRINTER_EVERY_S, Housekeeping
from kiosk.door.sensors import Sensors


class Kept:
    """The duties of a door, on a clock that the test moves."""

    def __init__(self, stand: Any) -> None:
        self.now_s = 0.0
        self._world = stand.world
        sensors = Sensors(SimulatedPower(PowerReading(free_bytes=10**9)))
        self.duties = Housekeeping(
            stand.door,
            sensors,
            stand.world.clock.read,
            lambda: self.now_s,
            camera=False,
            scanner=True,
        )

    def after(self, seconds: float) -> list[tuple[Any, Any]]:
        """Printer and prints in doubt of every `health` entry by then."""
        self.now_s += seconds
        self.duties.step()
        found = [one for one in self._world.written("health") if isinstance(one, Health)]
        return [(one.readings.get("printer"), one.readings.get("prints_in_doubt")) for one in found]


@pytest.fixture
def kept(stand: Any) -> Kept:
    return Kept(stand)


def test_a_door_without_a_printer_says_nothing_of_one(kept: Kept) -> None:
    assert kept.after(FIRST_HEALTH_S) == [(None, None)]


def test_what_changes_of_the_printer_is_written_soon_and_not_too_often(kept: Kept) -> None:
    kept.duties.printer_is("ok", 0)
    assert kept.after(FIRST_HEALTH_S) == [("ok", 0)]
    kept.duties.printer_is("paper_out", 0)
    assert len(kept.after(PRINTER_EVERY_S - 1)) == 1
    kept.duties.printer_is("ok", 0)
    kept.duties.printer_is("jam", 0)
    assert kept.after(1)[1:] == [("jam", 0)]
    kept.duties.printer_is("ok", 1)
    assert kept.after(PRINTER_EVERY_S)[2:] == [("ok", 1)]
    kept.duties.printer_is("ok", 1)
    assert len(kept.after(PRINTER_EVERY_S)) == 3
    assert len(kept.after(HEALTH_EVERY_S)) == 4
