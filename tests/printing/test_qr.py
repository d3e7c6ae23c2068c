"""Codes as rectangles: every dark module in exactly one of them, and few of them."""

from __future__ import annotations

from collections import Counter

import pytest

from printing.card import Form
from printing.qr import dark_blocks, qr_code

TEXTS: dict[Form, str] = {
    "plain": "JAE6DLQ3T5N7Z2XWVUKYRH4MCOPGB",
    "signed": "JM1:" + "A1B2C3" * 19 + "A1B" + ".",
    "foreign": "QX7K-9M2P-4TRA-77HB-ZW3E",
}


@pytest.mark.parametrize("form", TEXTS)
def test_the_rectangles_are_the_dark_modules(form: Form) -> None:
    code = qr_code(TEXTS[form], form)
    drawn = Counter(
        (one.row + down, one.first + right)
        for one in dark_blocks(code)
        for down in range(one.height)
        for right in range(one.width)
    )
    dark = {
        (row, column)
        for row, line in enumerate(code.matrix)
        for column, module in enumerate(line)
        if module
    }
    assert drawn == Counter(dark)
    assert sum(1 for _ in dark_blocks(code)) < len(dark) / 2
