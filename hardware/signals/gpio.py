"""Signals on the pins of a Raspberry Pi, through gpiozero.

lgpio is named explicitly instead of letting gpiozero try one pin library after the other, so that a
missing or broken one is a loud failure and not a door that never opens. lgpio puts a file into the
working directory: the service needs a writable one. Pins belong to one process; never fork after
opening them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardware.ports.door_contacts import Contacts, DoorEvent, DoorWatch
from hardware.ports.errors import AdapterMissing
from hardware.ports.signals import PATTERNS, Lamp, Light, Pattern, Pins, SignalSettings
from hardware.signals.relay import Relay
from hardware.system.errors import HardwareError

BLINK_S = 0.35
"""Half a blink: a little over one a second, far below the rates that harm people with photosensitivity."""

BOUNCE_S = 0.02
"""Contacts chatter for some milliseconds."""


class GpioSignals:
    """See `hardware.ports.signals.Signals`. `factory` is a gpiozero pin factory, closed with this object.

    Raises `HardwareError` when a pin is not available (another process uses it).
    """

    def __init__(self, settings: SignalSettings, factory: Any) -> None:
        import gpiozero

        self._factory = factory
        self._devices: list[Any] = []
        self._light: Light | None = None
        self._relay: Relay | None = None
        pins = settings.pins
        counts = pins.passed is not None
        self._contacts = Contacts(DoorWatch(int(settings.pass_s * 1000), counts_passages=counts))
        try:
            self._lamps = {
                "green": self._add(gpiozero.LED, pins.green),
                "amber": self._add(gpiozero.LED, pins.amber),
                "red": self._add(gpiozero.LED, pins.red),
            }
            self._buzzer = self._add(gpiozero.Buzzer, pins.buzzer)
            relay = self._add(gpiozero.DigitalOutputDevice, pins.relay)
            self._relay = Relay(relay, settings.pulse_ms / 1000) if relay is not None else None
            self._connect(pins, gpiozero.DigitalInputDevice)
        except (gpiozero.GPIOZeroError, OSError) as error:
            self.close()
            raise HardwareError(
                f"the pins cannot be used: {error}; is another program using them?"
            ) from error

    def show(self, light: Light) -> None:
        self._light = light
        if not self._contacts.fire:
            pattern = PATTERNS[light]
            self._set_lamps(pattern)
            if pattern.beep is not None and self._buzzer is not None:
                beep = pattern.beep
                self._buzzer.beep(beep.on_s, beep.off_s, n=beep.times, background=True)

    def open_door(self) -> bool:
        if self._contacts.fire or self._relay is None:
            return False
        self._relay.pulse()
        self._contacts.change(DoorWatch.opened)
        return True

    def next(self, timeout: float) -> DoorEvent | None:
        return self._contacts.next(timeout)

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
            self._relay = None
        while self._devices:
            self._devices.pop().close()
        self._factory.close()

    def _add(self, make: Callable[..., Any], pin: int | None, **options: Any) -> Any:
        """A device on a pin, or None where nothing is connected."""
        if pin is None:
            return None
        device = make(pin, pin_factory=self._factory, **options)
        self._devices.append(device)
        return device

    def _connect(self, pins: Pins, contact: Callable[..., Any]) -> None:
        passed = self._add(contact, pins.passed, pull_up=True, bounce_time=BOUNCE_S)
        if passed is not None:
            passed.when_activated = lambda: self._contacts.change(DoorWatch.turned)
        door = self._add(contact, pins.door, pull_up=True, bounce_time=BOUNCE_S)
        if door is not None:
            door.when_deactivated = lambda: self._contacts.change(DoorWatch.door_opened)
        fire = self._add(contact, pins.fire, pull_up=True, bounce_time=BOUNCE_S)
        if fire is not None:
            fire.when_activated = lambda: self._alarm(burning=True)
            fire.when_deactivated = lambda: self._alarm(burning=False)
            if fire.is_active:
                self._alarm(burning=True)

    def _alarm(self, *, burning: bool) -> None:
        self._contacts.change(lambda watch, at: watch.fire_changed(at, burning=burning))
        if burning:
            if self._relay is not None:
                self._relay.drop()
            for output in (*self._lamps.values(), self._buzzer):
                if output is not None:
                    output.off()
        elif self._light is not None:
            self._set_lamps(PATTERNS[self._light])

    def _set_lamps(self, pattern: Pattern) -> None:
        for name, device in self._lamps.items():
            if device is None:
                continue
            match getattr(pattern, name):
                case Lamp.ON:
                    device.on()
                case Lamp.BLINK:
                    device.blink(BLINK_S, BLINK_S, background=True)
                case Lamp.OFF:
                    device.off()


def lgpio_factory() -> Any:
    """The Pi's own pins. Raises `AdapterMissing` off a Pi or without lgpio."""
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except (ImportError, OSError, AttributeError) as error:
        raise AdapterMissing(
            f"the pins of a Raspberry Pi need lgpio ({error}): apt install python3-lgpio, and a"
            " virtual environment made with --system-site-packages; elsewhere set the signals'"
            " adapter to simulated"
        ) from error


def mock_factory() -> Any:
    """Pins that exist in memory only."""
    from gpiozero.pins.mock import MockFactory

    return MockFactory()
