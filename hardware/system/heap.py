"""Where a process gets its memory from: one heap for all its threads."""

import ctypes

M_ARENA_MAX = -8
"""Of mallopt(3)."""


def one_heap() -> None:
    """For a process with many threads that mostly wait: glibc would keep memory for each of them apart, and give back
    hardly any of it. To be called before there are threads; does nothing with another C library."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
