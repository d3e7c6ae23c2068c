"""The signals port: lights, sounder and door of a gate, and the contacts that answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from hardware.ports.door_contacts import DoorEvent, DoorEventKind
from hardware.system.errors import HardwareError

__all__ = [
    "PATTERNS",
    "Beep",
    "DoorEvent",
    "DoorEventKind",
    "Lamp",
    "Light",
    "Pattern",
    "Pins",
    "SignalSettings",
    "SignalSettingsError",
    "Signals",
]

PULSE_MS = range(200, 501)
"""What turnstile and lock controllers take as one "open" (milliseconds)."""

USABLE_PINS = range(9, 28)
"""BCM numbers that are pulled down from power-on, before any software: a relay there stays off.
GPIO 0 to 8 are pulled up."""


class Light(Enum):
    """What a gate signals to the person before it. A broken machine and a bad badge look different."""

    READY = "ready"
    ADMIT = "admit"
    FLAGGED = "flagged"
    ASK = "ask"
    REFUSE = "refuse"
    FAULT = "fault"


class Lamp(Enum):
    OFF = "off"
    ON = "on"
    BLINK = "blink"


@dataclass(frozen=True, slots=True)
class Beep:
    """`times` tones of `on_s` seconds with `off_s` between them."""

    on_s: float
    off_s: float
    times: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the lamps do for a light, and what is heard once."""

    green: Lamp = Lamp.OFF
    amber: Lamp = Lamp.OFF
    red: Lamp = Lamp.OFF
    beep: Beep | None = None


PATTERNS: Mapping[Light, Pattern] = {
    Light.READY: Pattern(),
    Light.ADMIT: Pattern(green=Lamp.ON, beep=Beep(0.12, 0.1, 1)),
    Light.FLAGGED: Pattern(green=Lamp.ON, amber=Lamp.ON, beep=Beep(0.12, 0.1, 2)),
    Light.ASK: Pattern(amber=Lamp.BLINK, beep=Beep(0.12, 0.1, 2)),
    Light.REFUSE: Pattern(red=Lamp.ON, beep=Beep(0.7, 0.1, 1)),
    Light.FAULT: Pattern(amber=Lamp.BLINK, red=Lamp.BLINK, beep=Beep(0.06, 0.06, 5)),
}
"""Colour-blind people distinguish them by blinking and by the number and length of the tones."""


class SignalSettingsError(HardwareError, ValueError):
    """Settings that would harm a door; the message lists everything that is wrong."""


@dataclass(frozen=True, slots=True)
class Pins:
    """BCM numbers; None: not connected. All outputs are active high, all inputs close to ground."""

    green: int | None = 17
    amber: int | None = 27
    red: int | None = 22
    buzzer: int | None = 18
    relay: int | None = 23
    passed: int | None = None
    """The turnstile's "somebody went through" contact."""
    door: int | None = None
    """The door's own contact: closed while the door is shut."""
    fire: int | None = None
    """Closes on fire alarm. Only reports and drops outputs: cut the lock's power in hardware."""


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Which signals, and how the door is pulsed."""

    adapter: str = "simulated"
    """`gpio` (a Raspberry Pi's pins), `mock` (gpiozero without pins) or `simulated`."""
    pins: Pins = field(default_factory=Pins)
    pulse_ms: int = 300
    pass_s: float = 8.0
    """How long an opened turnstile waits for the person."""

    def __post_init__(self) -> None:
        wrong = []
        if self.pulse_ms not in PULSE_MS:
            limits = f"{PULSE_MS.start} to {PULSE_MS.stop - 1}"
            wrong.append(f"pulse_ms is {self.pulse_ms}; a door pulse takes {limits} ms")
        if self.pass_s <= 0:
            wrong.append(f"pass_s is {self.pass_s}; give a time above 0 seconds")
        named = [(name, getattr(self.pins, name)) for name in Pins.__slots__]
        used: dict[int, str] = {}
        for name, pin in named:
            if pin is None:
                continue
            if pin not in USABLE_PINS:
                limits = f"{USABLE_PINS.start} to {USABLE_PINS.stop - 1}"
                wrong.append(f"pin {name} is GPIO {pin}; use {limits}, which are off at power-on")
            if pin in used:
                wrong.append(f"pins {used[pin]} and {name} are both GPIO {pin}; give each its own")
            used[pin] = name
        if wrong:
            raise SignalSettingsError("; ".join(wrong))


class Signals(Protocol):
    """Lights, sounder and door of one gate.

    No method may block or raise once the object exists; the constructor may raise `AdapterMissing`,
    or `HardwareError` when the pins are not to be had. Methods may be called from any thread.
    """

    def show(self, light: Light) -> None:
        """Show a light, and sound its beep, until the next call. Repeating it beeps again."""

    def open_door(self) -> bool:
        """Give the door one pulse of `pulse_ms`, timed beside the caller: whatever happens to the
        caller, it ends. Returns whether a pulse was given; there is none while the fire contact is
        closed."""

    def next(self, timeout: float) -> DoorEvent | None:
        """The next event of the contacts, or None when `timeout` seconds pass without one."""

    def close(self) -> None:
        """Everything off, and give the pins back. Safe to repeat."""
