"""The dashboard's words in three languages: one JSON file each, with the same keys.

A key that ends in `.one` is for exactly one; `{name}` stands for what is put in. A test holds the three together.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from access.event.definition import LANGUAGES, Language

HERE = Path(__file__).parent
OWN_NAMES: Mapping[Language, str] = MappingProxyType(
    {"en": "English", "zh-Hant": "繁體", "zh-Hans": "简体"}
)
HTML_TAGS: Mapping[Language, str] = MappingProxyType(
    {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}
)


@cache
def words(language: Language) -> Mapping[str, str]:
    """All words of a language, by key."""
    text = (HERE / f"{language}.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def chosen(asked: str | None, accepted: str) -> Language:
    """The language a person asked for, else the one that their browser would rather have (Accept-Language)."""
    for language in LANGUAGES:
        if language == asked:
            return language
    for tag in accepted.lower().split(","):
        name = tag.split(";")[0].strip()
        if name.startswith("zh"):
            traditional = any(part in name for part in ("hant", "hk", "tw", "mo"))
            return "zh-Hant" if traditional else "zh-Hans"
        if name.startswith("en"):
            return "en"
    return "en"
