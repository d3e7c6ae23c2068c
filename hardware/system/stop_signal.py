"""A request that a command ends, by a signal or a key."""

import signal
import time
from types import FrameType

STEP_S = 0.1


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
