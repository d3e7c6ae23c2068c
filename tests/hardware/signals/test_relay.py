"""The relay on gpiozero's mock pin: how long it is on is read from the pin's own timeline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice

from hardware.signals.gpio import mock_factory
from hardware.signals.relay import WAITING, Relay
from jianmen.testing.waiting import until

PIN = 23
PULSE_S = 0.02
PATIENCE_S = 20.0


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = mock_factory()
    yield factory
    factory.close()


@pytest.fixture
def device(pins: Any) -> Iterator[Any]:
    device = DigitalOutputDevice(PIN, pin_factory=pins)
    yield device
    device.close()


@pytest.fixture
def relay(device: Any) -> Iterator[Relay]:
    relay = Relay(device, PULSE_S)
    yield relay
    relay.close()
    relay.close()


def levels(pins: Any) -> list[bool]:
    return [bool(state.state) for state in pins.pin(PIN).states]


def test_two_people_in_a_row_get_two_pulses_and_not_one_long_one(relay: Relay, pins: Any) -> None:
    relay.pulse()
    relay.pulse()

    until(lambda: levels(pins) == [False, True, False, True, False], "two pulses")


def test_a_caller_that_asks_without_end_gets_pulses_that_all_end(relay: Relay, pins: Any) -> None:
    for _ in range(1000):
        relay.pulse()

    until(lambda: levels(pins).count(True) > WAITING - 1 and not levels(pins)[-1], "all that wait")
    seen = levels(pins)
    assert seen == [False, *[True, False] * (len(seen) // 2)]


def test_a_drop_ends_the_pulse_and_those_that_wait(device: Any, pins: Any) -> None:
    relay = Relay(device, PATIENCE_S)
    relay.pulse()
    relay.pulse()
    until(lambda: levels(pins)[-1], "the pulse")
    relay.drop()

    assert levels(pins) == [False, True, False]
    relay.close()
    assert levels(pins) == [False, True, False]


class DiesOn:
    """An output whose pulse thread dies in the middle of a pulse: switched on, and then nothing more."""

    def __init__(self, device: Any) -> None:
        self.device = device

    def on(self) -> None:
        self.device.on()
        raise OSError("the pin library has gone")

    def off(self) -> None:
        self.device.off()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_guard_ends_a_pulse_whose_thread_has_died(device: Any, pins: Any) -> None:
    relay = Relay(DiesOn(device), PULSE_S)
    relay.pulse()

    until(lambda: levels(pins) == [False, True, False], "the pulse")
    assert "relay-give" not in {thread.name for thread in threading.enumerate()}
    relay.close()


def test_closing_switches_off(device: Any, pins: Any) -> None:
    relay = Relay(device, PATIENCE_S)
    relay.pulse()
    until(lambda: levels(pins)[-1], "the pulse")
    relay.close()

    assert levels(pins) == [False, True, False]
