"""The wish that a command ends, from a signal or a key."""

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
        """Somebody does not want to wait for the last numbers."""
        return self._times > 1

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is asked for; whether it was."""
        until = time.monotonic() + seconds
        while not self.asked and time.monotonic() < until:
            time.sleep(STEP_S)
        return self.asked

    def on_signals(self) -> None:
        """Ctrl-C and SIGTERM ask for it."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.ask()

        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)
