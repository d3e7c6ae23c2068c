"""Names of pictures: whatever refs there are, each can be read back, and no file system takes two for one."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.badges.pictures import file_names

REFS = st.lists(st.text("aAbPp1é./%_- =张ß", min_size=1, max_size=6), unique=True)


@given(REFS)
def test_a_name_is_one_persons_and_can_be_read_back(refs: list[str]) -> None:
    names = file_names(refs)
    assert [unquote(name) for name in names] == refs
    seen = {unicodedata.normalize("NFD", name.casefold()) for name in names}
    assert len(seen) == len(refs)


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("张-7 (B)", "张-7 (B)"),
        ("a:b*c?", "a%3Ab%2Ac%3F"),
        (".hidden", "%2Ehidden"),
        ("-rf", "%2Drf"),
        ("nul", "%6Eul"),
        ("COM1.x", "%43OM1.x"),
        ("company", "company"),
    ],
)
def test_a_name_is_one_that_every_system_can_keep(ref: str, name: str) -> None:
    assert file_names([ref]) == [name]


def test_a_ref_too_long_for_a_file_has_a_name_that_is_no_other_ref() -> None:
    first, second = file_names(["张" * 119 + "一", "张" * 119 + "二"])
    assert first != second
    assert first.startswith("%-")
    assert len(first) < 40
