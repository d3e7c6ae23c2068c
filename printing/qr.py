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


def dark_runs(code: segno.QRCode) -> Iterator[tuple[int, int, int]]:
    """(row, first column, number) of each run of dark modules."""
    for row, modules in enumerate(bytes(line) for line in code.matrix):
        first = modules.find(1)
        while first >= 0:
            end = modules.find(0, first)
            end = len(modules) if end < 0 else end
            yield row, first, end - first
            first = modules.find(1, end)
