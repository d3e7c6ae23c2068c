"""Signals without wires: what was shown is recorded, and contacts change by method calls."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hardware.ports.door_contacts import Contacts, DoorEvent, DoorWatch, now_ms
from hardware.ports.signals import Light, SignalSettings

REMEMBERED = 10_000
"""Lights and pulses kept; a busy door shows about as many in a day."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One signal: a light, or (`light` None) a pulse to the door."""

    at_ms: int
    light: Light | None


class SimulatedSignals:
    """Records lights and pulses in `shown`, newest last; the contacts are its further methods."""

    def __init__(self, settings: SignalSettings) -> None:
        self.shown: deque[Shown] = deque(maxlen=REMEMBERED)
        counts = settings.pins.passed is not None
        self._contacts = Contacts(DoorWatch(int(settings.pass_s * 1000), counts_passages=counts))

    @property
    def light(self) -> Light | None:
        """What the gate shows now."""
        lights = [shown.light for shown in list(self.shown) if shown.light is not None]
        return lights[-1] if lights else None

    @property
    def openings(self) -> int:
        """Pulses given to the door so far (of those remembered)."""
        return sum(shown.light is None for shown in list(self.shown))

    def show(self, light: Light) -> None:
        self.shown.append(Shown(now_ms(), light))

    def open_door(self) -> bool:
        if self._contacts.fire:
            return False
        self.shown.append(Shown(now_ms(), None))
        self._contacts.change(DoorWatch.opened)
        return True

    def turn(self) -> None:
        """Somebody goes through the turnstile."""
        self._contacts.change(DoorWatch.turned)

    def push_door(self) -> None:
        """Somebody opens the door."""
        self._contacts.change(DoorWatch.door_opened)

    def alarm(self, *, burning: bool) -> None:
        """The fire contact closes, or opens again."""
        self._contacts.change(lambda watch, at: watch.fire_changed(at, burning=burning))

    def next(self, timeout: float) -> DoorEvent | None:
        return self._contacts.next(timeout)

    def close(self) -> None:
        """Nothing to give back."""
