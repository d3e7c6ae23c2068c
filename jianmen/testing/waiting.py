"""Waiting for what other processes reach."""

import time
from collections.abc import Callable
from typing import TypeVar

LOOK_S = 0.02
PATIENCE_S = 60.0
"""No claim about speed: how long a condition may take on a machine that does much else."""

Found = TypeVar("Found")


def until(ask: Callable[[], Found], what: str, within_s: float = PATIENCE_S) -> Found:
    """Return what `ask` gives as soon as it is true. Raises AssertionError, which names `what`, if it never is."""
    deadline = time.monotonic() + within_s
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:.0f} s for {what}")
        time.sleep(LOOK_S)
