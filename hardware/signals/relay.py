"""The door's relay: pulses of a fixed length, never longer, even if one of its threads dies."""

from __future__ import annotations

import threading
import time
from typing import Protocol

GRACE_S = 0.1
"""A pulse that is on for this much longer than it should be is ended by the guard."""

GAP_S = 0.2
"""Pause between two pulses, in seconds; without it a controller would see one pulse."""

WAITING = 3
"""Pulses queued at most; no more people are let in within a second."""


class Output(Protocol):
    """A pin that switches something."""

    def on(self) -> None: ...

    def off(self) -> None: ...


class Relay:
    """Gives pulses of `pulse_s` seconds. Two threads switch off, each by itself:

    - one that gives the pulses and ends each in time;
    - a guard, which ends whatever is on for longer than `pulse_s` + `GRACE_S`, should the other die.

    Should the process die, a strict kernel gives the pin back at once, and the pull-down that the wiring needs switches
    off. Other kernels of Raspberry Pi OS leave the pin as it is (`hardware.signals.kernel_pins`): there the service
    switches it off (`kiosk.runtime.pins_off`).

    A call never waits, and two calls in a row are two pulses with a gap, not one long one.
    """

    def __init__(self, output: Output, pulse_s: float) -> None:
        self._output = output
        self._pulse_s = pulse_s
        self._changed = threading.Condition()
        self._waiting = 0
        self._on_since: float | None = None
        self._closed = False
        self._threads = [
            threading.Thread(target=run, name=f"relay-{run.__name__.strip('_')}", daemon=True)
            for run in (self._give, self._guard)
        ]
        for thread in self._threads:
            thread.start()

    def pulse(self) -> None:
        """Give one pulse, after those that were asked for before it."""
        with self._changed:
            self._waiting = min(self._waiting + 1, WAITING)
            self._changed.notify_all()

    def drop(self) -> None:
        """Off at once, and no pulse that waits."""
        with self._changed:
            self._waiting = 0
            self._switch_off()

    def close(self) -> None:
        """Off for good. Safe to repeat."""
        with self._changed:
            self._closed = True
            self._waiting = 0
            self._changed.notify_all()
            # A pin that is off already may belong to another process by now.
            if self._on_since is not None:
                self._switch_off()
        for thread in self._threads:
            thread.join()

    def _give(self) -> None:
        with self._changed:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                self._waiting -= 1
                # Known as on before it is: whatever fails from here on, the guard switches off.
                self._on_since = time.monotonic()
                self._changed.notify_all()
                self._output.on()
                self._wait_while_on(self._on_since + self._pulse_s)
                self._switch_off()
                self._wait_until(time.monotonic() + GAP_S)

    def _guard(self) -> None:
        with self._changed:
            while not self._closed:
                if self._on_since is None:
                    self._changed.wait()
                    continue
                limit = self._on_since + self._pulse_s + GRACE_S
                if time.monotonic() < limit:
                    self._changed.wait(limit - time.monotonic())
                    continue
                self._switch_off()

    def _switch_off(self) -> None:
        self._output.off()
        self._on_since = None
        self._changed.notify_all()

    def _wait_while_on(self, until: float) -> None:
        while self._on_since is not None and (left := until - time.monotonic()) > 0:
            self._changed.wait(left)

    def _wait_until(self, until: float) -> None:
        while not self._closed and (left := until - time.monotonic()) > 0:
            self._changed.wait(left)
