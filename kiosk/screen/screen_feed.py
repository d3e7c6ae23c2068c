"""What the screen shows now: put up by the scan loop, watched by any number of browsers."""

import threading
import uuid

from kiosk.screen.attendee_screen import Screen


class ScreenFeed:
    """One screen at a time; a newer one replaces the older at once."""

    def __init__(self, first: Screen) -> None:
        self._changed = threading.Condition()
        self._start = uuid.uuid4().hex[:8]
        self._number = 0
        self._screen = first
        self._closed = False

    def show(self, screen: Screen) -> None:
        """Put a screen up. The same one again changes nothing."""
        with self._changed:
            if screen != self._screen:
                self._screen = screen
                self._number += 1
                self._changed.notify_all()

    @property
    def screen(self) -> Screen:
        with self._changed:
            return self._screen

    @property
    def closed(self) -> bool:
        with self._changed:
            return self._closed

    def after(self, seen: str, timeout: float) -> tuple[str, Screen] | None:
        """The screen and its name, once it is another than the one named `seen`; None after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._name() != seen, timeout)
            if self._closed or self._name() == seen:
                return None
            return self._name(), self._screen

    def close(self) -> None:
        """Wake everybody who waits: the door is shutting down."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _name(self) -> str:
        # A browser may remember a number of before this start.
        return f"{self._start}.{self._number}"
