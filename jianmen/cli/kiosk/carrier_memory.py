"""What keeps a carrier small: it runs beside a door on a machine with little memory."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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
