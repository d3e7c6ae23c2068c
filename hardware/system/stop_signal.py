"""A request that a command ends, by a signal or a key."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STEP_S = 0.1


@contextmanager
def ended_cleanly() -> Iterator[None]:
    """Whatever ends a command (SIGTERM, a terminal that is closed) does so as Ctrl-C does: what is half done inside is
    undone. For the main thread."""

    def handle(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {one: signal.signal(one, handle) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


class Stop:
    """A flag that a signal handler may raise (an Event's lock could be held by the very code it interrupts)."""

    def __init__(self) -> None:
        self._times = 0

    def ask(self) -> None:
        self._times += 1

    @property
    def asked(self) -> bool:
        return self._times > 0

    @property
    def asked_again(self) -> bool:
        """Whether the request was repeated: exit without the final report."""
        return self._times > 1

    def wait(self, seconds: float) -> bool:
        """Wait until the stop is requested, at most so many seconds; return whether it was."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            time.sleep(STEP_S)
        return self.asked

    def on_signals(self) -> None:
        """Make Ctrl-C and SIGTERM request the stop."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.ask()

        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)
