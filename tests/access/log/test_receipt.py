"""The short code of a decision: which gate, and which of its entries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.programme import Programme
from access.log.receipt import digest_range, gate_code, read_receipt, receipt

EVENT = """\
[event]
id = "fair"
name = { en = "Fair" }
timezone = "Asia/Shanghai"
days = ["2020-11-17"]
[[venue]]
id = "hall"
name = { en = "NAME" }
[[gate]]
id = "main"
area = "hall"
[[gate]]
id = "side"
area = "hall"
[[ticket]]
id = "guest"
name = { en = "Guest" }
areas = ["*"]
"""


def test_a_gate_is_known_by_its_venues_letter_and_its_number_among_all_gates(
    example: Programme,
) -> None:
    assert gate_code(example, "chengdu-main-1") == "C1"
    assert gate_code(example, "meishan-room-1") == "M9"
    assert len({gate_code(example, gate) for gate in example.gates}) == len(example.gates)


@pytest.mark.parametrize(
    ("name", "code"), [("Hall", "H2"), ("3 élan", "L2"), ("成都", "X2"), ("第 7 Pier", "P2")]
)
def test_the_letter_is_the_first_one_of_the_english_name(build: Any, name: str, code: str) -> None:
    assert gate_code(build.programme(EVENT.replace("NAME", name)), "side") == code


def test_a_receipt_is_the_gate_and_the_first_twenty_bits_of_the_entrys_hash(
    example: Programme,
) -> None:
    def tail(digest: str) -> str:
        return receipt(example, "chengdu-main-1", bytes.fromhex(digest) + bytes(29))

    assert tail("000000") == "C1-0000"
    assert tail("ffffff") == "C1-ZZZZ"
    assert tail("00000f") == "C1-0000"
    assert tail("000010") == "C1-0001"
    assert tail("27853a") == "C1-4Y2K"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_two_receipts_of_a_gate_are_equal_only_where_twenty_bits_are(
    example: Programme, one: bytes, other: bytes
) -> None:
    same_bits = int.from_bytes(one[:3], "big") >> 4 == int.from_bytes(other[:3], "big") >> 4
    gate = "chengdu-main-1"
    assert (receipt(example, gate, one) == receipt(example, gate, other)) == same_bits


def test_a_gate_that_the_event_does_not_have_has_no_receipt(example: Programme) -> None:
    with pytest.raises(KeyError):
        receipt(example, "north-pole", bytes(32))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("M3-4F2K", "M3-4F2K"),
        ("m3 4f2k", "M3-4F2K"),
        ("c10-o1il", "C10-0111"),
        ("M34F2K", "M3-4F2K"),
        ("", None),
        ("hello", None),
        ("M3-4F2", None),
        ("3M-4F2K", None),
        ("M3-4F2K'; DROP", None),
    ],
)
def test_a_receipt_is_read_as_people_type_it(typed: str, read: str | None) -> None:
    assert read_receipt(typed) == read


def test_a_receipt_narrows_the_search_down_to_hashes_that_begin_with_it() -> None:
    low, high = digest_range("M3-4F2K") or (b"", b"")
    assert low < bytes.fromhex("23c53" + "7" * 59) < high
    assert not low < bytes.fromhex("23c54" + "7" * 59) < high
    assert digest_range("M3-4FUK") is None
