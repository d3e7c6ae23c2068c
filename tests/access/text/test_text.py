"""The canonical form of text: what looks the same is the same, and no code loses what tells it from another."""

import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.text import (
    canonical,
    canonical_code,
    first_unprintable,
    half_width,
    plain_letters,
)

tricky = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(" \t\n\xa0\u3000\u200b\u200c\u200d\u200e\u202a\u202c\u2060\ufeff\xad"),
        st.sampled_from("e\u0301ক্\u0dca\u0dbb\u0dc1ع\ue863\uff21\uff11\u1100\u1161\uf900"),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("brought", "wanted"),
    [
        (" Ann Example\t", "Ann Example"),
        ("\ufeffAnn Example", "Ann Example"),
        ("\u202aAnn Example\u202c", "Ann Example"),
        ("王小明\u200b", "王小明"),
        ("Donau\xaddampfschiff", "Donaudampfschiff"),
        ("Jose\u0301", "José"),
        ("Ann\xa0Example", "Ann Example"),
        ("陳\u3000大文", "陳 大文"),
        ("\ue863", "䶮"),
        ("\ue854\ue864", "\u9fba\u9fbb"),
        ("华为（深圳）", "华为（深圳）"),
        ("ＨＫＳＴＰ", "ＨＫＳＴＰ"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("علی\u200c\u200cرضا\u200c", "علی\u200cرضا"),
        ("A\u200dnn", "Ann"),
        ("Ann\nExample", "Ann\nExample"),
        ("\u2003", ""),
    ],
)
def test_text_is_brought_to_one_form(brought: str, wanted: str) -> None:
    assert canonical(brought) == wanted


@pytest.mark.parametrize(
    ("brought", "wanted"),
    [
        (" XK93-7QWZ\u3000", "XK93-7QWZ"),
        ("\ufeffXK93-7QWZ\r\n", "XK93-7QWZ"),
        ("XK93\u200b-7Q\u200eWZ", "XK93-7QWZ"),
        ("ＸＫ９３", "ＸＫ９３"),
        ("XK 93\xa07Q", "XK 93\xa07Q"),
        ("xk93\xad", "xk93\xad"),
        ("\ue863", "\ue863"),
        ("]d20104912345\x1d", "]d20104912345\x1d"),
        ("cafe\u0301", "café"),
    ],
)
def test_a_code_loses_only_what_nobody_can_see(brought: str, wanted: str) -> None:
    assert canonical_code(brought) == wanted


@pytest.mark.parametrize(
    ("brought", "wanted"),
    [
        ("ＳＴ－００１２", "ST-0012"),
        ("２０２６／１１／２８", "2026/11/28"),
        ("Ｎａｍｅ\u200b", "Name"),
        ("！ ", "!"),
    ],
)
def test_fields_with_a_format_lose_their_full_width_forms(brought: str, wanted: str) -> None:
    assert half_width(brought) == wanted


@given(tricky)
def test_each_form_is_a_fixed_point(text: str) -> None:
    for form in (canonical_code, canonical, half_width):
        assert form(form(text)) == form(text)
        assert unicodedata.is_normalized("NFC", form(text))


@given(tricky)
def test_a_code_in_text_form_and_as_a_code_agree(text: str) -> None:
    """Import may bring a cell to the form of text before it knows that it is a code."""
    assert canonical(canonical_code(text)) == canonical(text)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20))
def test_ascii_without_blanks_is_left_alone(text: str) -> None:
    assert canonical_code(text) == canonical(text) == half_width(text) == text


@given(tricky)
def test_what_can_be_printed_is_distinguished_from_what_cannot(text: str) -> None:
    found = first_unprintable(canonical(text))
    if found is None:
        assert canonical(text).replace("\u200c", "").replace("\u200d", "").isprintable()
    else:
        assert not canonical(text)[found[0]].isprintable()


def test_an_unprintable_character_is_named_with_its_index() -> None:
    assert first_unprintable("王明\u200b") == (2, "U+200B ZERO WIDTH SPACE")
    assert first_unprintable("a\x07") == (1, "U+0007")
    assert first_unprintable("ශ්\u200dරී") is None
    assert first_unprintable("A\u200dnn") == (1, "U+200D ZERO WIDTH JOINER")
    assert first_unprintable("Ann 陳") is None


def test_only_letters_and_digits_of_full_width_are_made_plain() -> None:
    assert plain_letters("Ａｎｎ１：（张）") == "Ann1：（张）"
    assert plain_letters("Ann 1: (张)") == "Ann 1: (张)"


def test_private_use_characters_are_those_that_iconv_knows() -> None:
    """GB 18030 bytes FE50 to FEA0 in order, without FE7F, were U+E815 onwards."""
    trails = [trail for trail in range(0x50, 0xA1) if trail != 0x7F]
    codes = b"".join(bytes([0xFE, trail]) for trail in trails)
    done = subprocess.run(
        ["iconv", "-f", "GB18030", "-t", "UTF-8"], input=codes, capture_output=True, check=True
    )
    known = done.stdout.decode()
    # Six of them are private again in GB 18030-2022, which the iconv of Debian 13 follows.
    ours = [canonical(chr(0xE815 + n)) for n in range(len(trails))]
    pairs = list(zip(ours, known, strict=True))
    assert all(mine == theirs or is_private(theirs) for mine, theirs in pairs)
    assert sum(mine == theirs for mine, theirs in pairs) >= len(trails) - 6
    assert not any(is_private(mine) for mine in ours)


def is_private(character: str) -> bool:
    return unicodedata.category(character) == "Co"
