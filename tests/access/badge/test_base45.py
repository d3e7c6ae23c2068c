"""Base45 against the examples of RFC 9285, section 4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge import base45

EXAMPLES = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"", "")]


@pytest.mark.parametrize(("data", "text"), EXAMPLES)
def test_the_examples_of_the_standard_are_written_as_published(data: bytes, text: str) -> None:
    assert base45.encode(data) == text


def test_the_standards_example_of_reading_is_read() -> None:
    assert base45.decode("QED8WEX0") == b"ietf!"


@given(st.binary(max_size=100))
def test_whatever_is_written_is_read_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet=base45.ALPHABET, max_size=20))
def test_text_is_either_refused_or_the_one_spelling_of_its_bytes(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize("text", ["GGW", ":::", "::", "V5", "A", "BB8A", "bb8", "B_8", "BB８"])
def test_text_that_no_bytes_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"left over|45 characters|bytes hold"):
        base45.decode(text)


def test_the_largest_values_are_still_read() -> None:
    assert base45.decode("FGW") == b"\xff\xff"
    assert base45.decode("U5") == b"\xff"
