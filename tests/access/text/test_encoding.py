"""Undeclared bytes are read in the encoding that their writer used, or not at all."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.text.encoding import (
    ENCODINGS,
    Encoding,
    UndecodableError,
    decoded,
    decoded_as,
    known_encoding,
    likeness,
)

LIST = "ref,name,organisation\r\nR1,张伟,四川大学\r\nR2,陳大文,香港贸易发展局\r\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("张伟", "gb18030"),
        ("张伟 参会代表", "gb18030"),
        ("参会证2026成都张伟第00017号XYZW8842KQPL55MN", "gb18030"),
        ("陳大文", "big5hkscs"),
        ("R1,鄧啟𨋢,深水埗街坊會 鰂魚涌", "big5hkscs"),
        ("張國榮；香港中文大學", "big5hkscs"),
        ("鄧麗君、臺北", "gb18030"),
        (LIST, "gb18030"),
        (LIST, "utf-8"),
        (LIST, "utf-16"),
        ("Łukasz Żółć", "utf-8"),
        ("plain ASCII", "utf-8"),
    ],
)
def test_the_encoding_is_found_by_the_text_that_it_gives(text: str, encoding: Encoding) -> None:
    found = decoded(text.encode(encoding))

    assert found.text == text
    assert found.encoding == encoding


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_known_by_its_zeros(codec: str) -> None:
    assert decoded(LIST.encode(codec)).text == LIST


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(b"\xef\xbb\xbfref").text == "ref"
    assert decoded("ref".encode("utf-16")).text == "ref"


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Märchen", "latin-1"),
        ("José Müller-Ångström", "latin-1"),
        ("テスト", "shift_jis"),
        ("東京 太郎", "shift_jis"),
        ("Прием", "cp1251"),
        ("김철수", "euc-kr"),
    ],
)
def test_other_encodings_are_not_taken_for_chinese(text: str, codec: str) -> None:
    with pytest.raises(UndecodableError):
        decoded(text.encode(codec))


def test_the_first_wrong_byte_is_named() -> None:
    with pytest.raises(UndecodableError) as wrong:
        decoded(b"abc\xff\xff\xff\xff")

    assert wrong.value.at == 3


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("UTF8", "utf-8"),
        ("GBK", "gb18030"),
        ("gb2312", "gb18030"),
        ("Big5-HKSCS", "big5hkscs"),
        ("cp950", "big5"),
        ("utf_16", "utf-16"),
        ("base64", None),
        ("punycode", None),
        ("utf-8\x00x", None),
        ("", None),
    ],
)
def test_only_encodings_of_the_list_are_known_by_name(name: str, encoding: Encoding | None) -> None:
    assert known_encoding(name) == encoding


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    for encoding in ENCODINGS:
        assert 0 <= likeness(data, encoding) <= 1
    with suppress(UndecodableError):
        found = decoded(data)
        assert decoded_as(data, found.encoding) == found.text


def test_utf16_is_read_in_the_byte_order_that_its_mark_states() -> None:
    for order, mark in (("utf-16-be", b"\xfe\xff"), ("utf-16-le", b"\xff\xfe")):
        found = decoded(mark + LIST.encode(order))
        assert (found.text, found.encoding) == (LIST, "utf-16")
