"""What every gate's signals must do, asked of each adapter; real pins are asked where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hardware.ports.door_contacts import DoorEventKind
from hardware.ports.signals import Light, Pins, Signals, SignalSettings
from hardware.reader.factory import SIGNALS, open_signals
from hardware.signals.gpio import GpioSignals, mock_factory
from hardware.signals.simulated import SimulatedSignals
from hardware.system.errors import HardwareError

PATIENCE_S = 20.0
SETTINGS = {"pins": Pins(passed=24, door=16, fire=25), "pulse_ms": 200, "pass_s": 0.2}


@dataclass
class Bench:
    """Signals under test, and the contacts that answer them."""

    signals: Signals
    turn: Callable[[], None]
    push_door: Callable[[], None]
    alarm: Callable[[bool], None]


def simulated() -> Bench:
    signals = SimulatedSignals(SignalSettings(**SETTINGS))
    return Bench(
        signals, signals.turn, signals.push_door, lambda burning: signals.alarm(burning=burning)
    )


def mock() -> Bench:
    factory: Any = mock_factory()
    signals = GpioSignals(SignalSettings(**SETTINGS), factory)
    factory.pin(16).drive_low()  # the door is shut

    def alarm(burning: bool) -> None:
        factory.pin(25).drive_low() if burning else factory.pin(25).drive_high()

    return Bench(signals, factory.pin(24).drive_low, factory.pin(16).drive_high, alarm)


@pytest.fixture(params=sorted(SIGNALS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "gpio":
        try:
            open_signals(SignalSettings(adapter="gpio")).close()
        except HardwareError as absent:
            pytest.skip(f"signals gpio: {absent}")
        pytest.skip("signals gpio: contacts of real pins cannot be moved from here")
    bench = {"simulated": simulated, "mock": mock}[request.param]()
    yield bench
    bench.signals.close()
    bench.signals.close()


def kind(signals: Signals) -> DoorEventKind:
    event = signals.next(PATIENCE_S)
    assert event is not None
    return event.kind


def test_every_light_can_be_shown_and_shown_again(bench: Bench) -> None:
    for light in [*Light, *Light]:
        bench.signals.show(light)


def test_somebody_who_goes_through_after_the_door_opened_has_passed(bench: Bench) -> None:
    assert bench.signals.open_door()
    bench.turn()

    assert kind(bench.signals) is DoorEventKind.PASSED


def test_somebody_who_does_not_go_through_has_not_passed(bench: Bench) -> None:
    assert bench.signals.open_door()

    assert kind(bench.signals) is DoorEventKind.NOT_PASSED


def test_a_door_that_opens_without_being_released_was_forced(bench: Bench) -> None:
    bench.push_door()

    assert kind(bench.signals) is DoorEventKind.FORCED


def test_during_fire_no_pulse_is_given_and_afterwards_it_is_again(bench: Bench) -> None:
    bench.alarm(True)
    assert kind(bench.signals) is DoorEventKind.FIRE
    assert not bench.signals.open_door()

    bench.alarm(False)
    assert kind(bench.signals) is DoorEventKind.FIRE_OVER
    assert bench.signals.open_door()


def test_quiet_contacts_give_nothing(bench: Bench) -> None:
    assert bench.signals.next(0.0) is None


def test_simulated_signals_remember_what_was_shown_and_when() -> None:
    signals = SimulatedSignals(SignalSettings())
    signals.show(Light.READY)
    signals.show(Light.ADMIT)
    signals.open_door()

    assert [shown.light for shown in signals.shown] == [Light.READY, Light.ADMIT, None]
    assert (signals.light, signals.openings) == (Light.ADMIT, 1)
    times = [shown.at_ms for shown in signals.shown]
    assert times == sorted(times)
