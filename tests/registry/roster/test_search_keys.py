"""Staff find a Chinese name by what they can type."""

from __future__ import annotations

import pytest

from access.badge.name_card import CardContent, matches
from registry.roster.search_keys import search_keys


def found(name: str, typed: str) -> bool:
    return matches(CardContent(name, "", "en", search_keys(name)), typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张伟", "zhang"),
        ("张伟", "zhangwei"),
        ("张伟", "Zhang Wei"),
        ("张伟", "wei zhang"),
        ("张伟", "zw"),
        ("张伟", "張偉"),
        ("張偉", "张"),
        ("陳大文", "chen dawen"),
        ("陳大文", "cdw"),
        ("陳大文 David Chan", "david"),
        ("陳大文 David Chan", "chen"),
        ("欧阳修", "ouyang"),
        ("吕布", "lv"),
        ("吕布", "lu"),
        ("吕布", "lyu"),
        ("吕布", "lü"),
        ("曾国藩", "zeng"),
        ("单雄信", "shan"),
        ("Zoë O'Brien", "obrien"),
    ],
)
def test_a_name_is_found(name: str, typed: str) -> None:
    assert found(name, typed)


@pytest.mark.parametrize(("name", "typed"), [("张伟", "wang"), ("陳大文", "wd"), ("Pat", "zh")])
def test_another_name_is_not_found(name: str, typed: str) -> None:
    assert not found(name, typed)


def test_a_latin_name_needs_no_keys() -> None:
    assert search_keys("Pat Press") == search_keys("") == ()


def test_keys_are_few_and_none_is_there_twice() -> None:
    keys = search_keys("單大文")

    assert len(keys) == len(set(keys)) <= 12
    assert "單大文" not in keys
