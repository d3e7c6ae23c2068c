"""What keeps a carrier small: it runs beside a door on a machine with little memory."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

M_ARENA_MAX = -8
"""Of mallopt(3)."""


def one_heap() -> None:
    """A carrier has thirty threads that mostly wait: glibc would keep memory for each of them apart."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)


@contextmanager
def without_numpy() -> Iterator[None]:
    """sqlite-utils, which makes the tables, loads numpy wherever that is installed: 12 MB that a carrier never uses."""
    modules: dict[str, Any] = sys.modules
    if "numpy" in modules:
        yield
        return
    modules["numpy"] = None
    try:
        yield
    finally:
        del modules["numpy"]
