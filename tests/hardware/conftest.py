"""Codes and badges that the tests of the hardware hold before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import segno
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def flat(code: segno.QRCode, scale: int = 5, border: int = 4) -> Gray:
    """A QR code as it is printed: (height, width), black on white."""
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    modules = np.pad(modules, border, constant_values=255)
    return np.kron(modules, np.ones((scale, scale), np.uint8))


def plain_text(letter: str) -> str:
    """A text of the plain badge's form."""
    return "J" + letter * 28


@pytest.fixture
def print_code() -> Callable[..., Gray]:
    """Prints a text as a QR code: `print_code("text", scale=5)`."""

    def print_one(text: str | bytes, *, scale: int = 5, error: str = "q") -> Gray:
        return flat(segno.make(text, error=error, micro=False), scale)

    return print_one


@pytest.fixture
def structured_append() -> Gray:
    """One part of a message spread over several codes."""
    return flat(segno.make_sequence("A" * 200, symbol_count=3)[0])


@pytest.fixture
def badge() -> Callable[[str], str]:
    return plain_text
