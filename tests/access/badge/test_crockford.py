"""Codes that people read out and type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge import crockford


@given(st.integers(0, 2**40 - 1))
def test_a_number_is_read_back_from_its_code(number: int) -> None:
    assert crockford.decode(crockford.encode(number, 8)) == number


@pytest.mark.parametrize("text", ["U", "0I", "*", "é"])
def test_what_is_not_of_the_alphabet_is_no_code(text: str) -> None:
    assert crockford.decode(text) is None


def test_what_people_type_is_made_plain() -> None:
    assert crockford.as_typed("oil-4f ２k") == "0114F2K"
