"""A flag that a signal handler may raise."""

import time

STEP_S = 0.05


class Flag:
    """Like an Event, without its lock: the very code which the signal interrupts might own that."""

    def __init__(self) -> None:
        self._raised = False

    def set(self) -> None:
        self._raised = True

    def is_set(self) -> bool:
        return self._raised

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until it is raised; whether it is."""
        until = time.monotonic() + seconds
        while not self._raised and time.monotonic() < until:
            time.sleep(STEP_S)
        return self._raised
