"""Signals on gpiozero's mock pins: the same class that drives a Pi's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from hardware.ports.door_contacts import DoorEventKind
from hardware.ports.errors import AdapterMissing
from hardware.ports.signals import Light, Pins, SignalSettings
from hardware.reader.factory import open_signals
from hardware.signals.gpio import GpioSignals, mock_factory
from hardware.system.errors import HardwareError

GREEN, AMBER, RED, BUZZER, RELAY, PASSED, DOOR, FIRE = 17, 27, 22, 18, 23, 24, 16, 25
PATIENCE_S = 20.0


@pytest.fixture
def pins() -> Any:
    return mock_factory()


@pytest.fixture
def signals(pins: Any) -> Iterator[GpioSignals]:
    settings = SignalSettings(pins=Pins(passed=PASSED, door=DOOR, fire=FIRE), pulse_ms=200)
    signals = GpioSignals(settings, pins)
    yield signals
    signals.close()
    signals.close()


def levels(pins: Any, number: int) -> list[bool]:
    return [bool(state.state) for state in pins.pin(number).states]


@pytest.mark.parametrize(
    ("light", "lit"),
    [
        (Light.READY, set()),
        (Light.ADMIT, {GREEN}),
        (Light.FLAGGED, {GREEN, AMBER}),
        (Light.REFUSE, {RED}),
    ],
)
def test_a_light_lights_its_lamps_and_no_others(
    signals: GpioSignals, pins: Any, light: Light, lit: set[int]
) -> None:
    signals.show(Light.REFUSE)
    signals.show(light)

    assert {pin for pin in (GREEN, AMBER, RED) if pins.pin(pin).state} == lit


def test_the_door_gets_one_pulse_that_ends_by_itself(signals: GpioSignals, pins: Any) -> None:
    assert signals.open_door()
    deadline = time.monotonic() + PATIENCE_S
    while levels(pins, RELAY)[-1:] != [False] or len(levels(pins, RELAY)) < 3:
        assert time.monotonic() < deadline, "the caller does nothing more, and the door stays open"

    assert levels(pins, RELAY) == [False, True, False]


def test_the_turnstile_says_that_somebody_passed(signals: GpioSignals, pins: Any) -> None:
    signals.open_door()
    pins.pin(PASSED).drive_low()

    event = signals.next(PATIENCE_S)

    assert event is not None
    assert event.kind is DoorEventKind.PASSED


def test_fire_drops_the_outputs_and_opens_nothing_until_it_is_over(
    signals: GpioSignals, pins: Any
) -> None:
    signals.show(Light.ADMIT)
    signals.open_door()
    pins.pin(FIRE).drive_low()

    event = signals.next(PATIENCE_S)
    assert event is not None
    assert event.kind is DoorEventKind.FIRE
    assert not pins.pin(RELAY).state
    assert not pins.pin(GREEN).state
    assert not signals.open_door()

    pins.pin(FIRE).drive_high()
    over = signals.next(PATIENCE_S)
    assert over is not None
    assert over.kind is DoorEventKind.FIRE_OVER
    assert pins.pin(GREEN).state
    assert signals.open_door()


class ClosedPin(MockPin):
    """A pin whose contact is closed before anybody looks: pulling it up changes nothing."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()


def test_a_fire_contact_that_is_closed_at_the_start_is_reported() -> None:
    pins = MockFactory(pin_class=ClosedPin)
    signals = GpioSignals(SignalSettings(pins=Pins(fire=FIRE)), pins)

    event = signals.next(PATIENCE_S)

    assert event is not None
    assert event.kind is DoorEventKind.FIRE
    signals.close()


def test_a_gate_with_nothing_connected_shows_and_opens_nothing_without_complaint() -> None:
    none = Pins(green=None, amber=None, red=None, buzzer=None, relay=None)
    signals = GpioSignals(SignalSettings(pins=none), mock_factory())

    for light in Light:
        signals.show(light)

    assert not signals.open_door()
    signals.close()


def test_pins_that_somebody_else_holds_are_a_clear_error(signals: GpioSignals, pins: Any) -> None:
    with pytest.raises(HardwareError, match="is another program using them"):
        GpioSignals(SignalSettings(), pins)


def test_off_a_pi_the_missing_library_is_named_with_what_to_install() -> None:
    pytest.importorskip("gpiozero")
    try:
        import lgpio
    except ImportError:
        with pytest.raises(AdapterMissing, match="apt install python3-lgpio"):
            open_signals(SignalSettings(adapter="gpio"))
    else:
        pytest.skip(f"lgpio is installed here: {lgpio}")


def test_signals_that_are_opened_switch_off_what_a_dead_process_left_on(pins: Any) -> None:
    for number in (RELAY, GREEN):
        pins.pin(number).function = "output"
        pins.pin(number).state = True

    signals = GpioSignals(SignalSettings(), pins)

    assert [bool(pins.pin(number).state) for number in (RELAY, GREEN)] == [False, False]
    signals.close()
