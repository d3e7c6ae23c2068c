"""QR codes of badges: versions, levels and sizes as they were measured to read."""

from collections.abc import Iterator
from typing import NamedTuple

import segno

from printing.card import Form

QUIET_MODULES = 4
"""The quiet zone that ISO/IEC 18004 asks for, on every side."""

_MASK = 3
"""Trying all eight masks is four fifths of the cost of a code. It pays where data are regular; those of a badge are
nearly all random bits, which every mask leaves as random as they were."""


class CodeSize(NamedTuple):
    """How a form's code is printed: version (None: the smallest that fits), level, and width without the quiet zone."""

    version: int | None
    error: str
    width_mm: float


SIZES: dict[Form, CodeSize] = {
    "plain": CodeSize(2, "Q", 25.0),
    "signed": CodeSize(5, "M", 36.0),
    "foreign": CodeSize(None, "M", 36.0),
}
"""A plain code has one module a millimetre: 25 mm read at 40 cm; a signed one needs 35 mm for that."""


def qr_code(text: str, form: Form) -> segno.QRCode:
    """The code of a badge's text, in the size of its form."""
    size = SIZES[form]
    mask = None if form == "foreign" else _MASK
    return segno.make_qr(text, error=size.error, version=size.version, mask=mask, boost_error=False)


class Block(NamedTuple):
    """A rectangle of dark modules: its first row and column, and its size in modules."""

    row: int
    first: int
    width: int
    height: int


def dark_blocks(code: segno.QRCode) -> Iterator[Block]:
    """All dark modules as rectangles, each once: runs that stand below one another in the same columns are one."""
    begun: dict[tuple[int, int], int] = {}
    rows = [bytes(line) for line in code.matrix]
    for row, modules in enumerate([*rows, b""]):
        runs = set(_runs(modules))
        for first, width in [run for run in begun if run not in runs]:
            since = begun.pop((first, width))
            yield Block(since, first, width, row - since)
        for run in runs:
            begun.setdefault(run, row)


def _runs(modules: bytes) -> Iterator[tuple[int, int]]:
    """(first column, number) of each run of dark modules in a row."""
    first = modules.find(1)
    while first >= 0:
        end = modules.find(0, first)
        end = len(modules) if end < 0 else end
        yield first, end - first
        first = modules.find(1, end)
