"""A start that is not held up by Python's garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Around the loading of a program's modules, which live as long as the program: the collector, which would look
    through them again and again for a tenth of the time, rests, and leaves alone for good what was loaded."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
