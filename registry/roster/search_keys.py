"""What staff may type to find a Chinese name: pinyin, initials, and the other script.

Computed once, when a person is registered, and sealed in the name card; a kiosk needs no dictionary. Latin names need
no keys: they are searched word by word as they are.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


def search_keys(name: str) -> tuple[str, ...]:
    """The keys of a name, for its Chinese part: "張偉" has "zhang wei", "zw" and "张伟"; "" has none.

    A surname with several readings (曾, 单) has the keys of each.
    """
    han = "".join(_HAN.findall(name))
    if not han:
        return ()
    keys = [key for syllables in _readings(han) for key in _spellings(syllables)]
    keys += [_converter(table).convert(name) for table in ("s2t", "t2s")]
    return tuple(dict.fromkeys(key for key in keys if key and key != name))


def _readings(han: str) -> Iterator[list[str]]:
    """The pinyin of a name, syllable by syllable, for each reading of its first character."""
    from pypinyin import Style, lazy_pinyin, pinyin

    usual = lazy_pinyin(han, errors="ignore")
    yield usual
    for first in pinyin(han[0], style=Style.NORMAL, heteronym=True, errors="ignore")[:1]:
        for reading in first:
            yield [reading, *usual[1:]]


def _spellings(syllables: list[str]) -> Iterator[str]:
    """The syllables apart, and their initials; ü as v (keyboards), u (people) and yu (passports)."""
    apart = " ".join(syllables)
    yield apart
    if "v" in apart:
        yield apart.replace("v", "u")
        yield apart.replace("v", "yu")
    yield "".join(syllable[:1] for syllable in syllables)


@lru_cache(maxsize=2)
def _converter(table: str) -> Any:
    """OpenCC with one of its tables: they take a moment to load."""
    from opencc import OpenCC

    return OpenCC(table)
