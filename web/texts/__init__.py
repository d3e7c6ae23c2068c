"""The catalogue of texts for people: one JSON file for each language, with the same keys.

A key begins with the part of the product that shows it (`attendee.`, `notice.`, `staff.`, `gate.`, `headcount.`,
`dashboard.`). A key that ends in `.one` is for exactly one; `{name}` stands for a value that is filled in. `|` in a
Chinese text marks where a line may break, which browsers cannot derive from the characters.

Not gettext: the scripts of the pages need JSON, and a text is found by a key that stays when its wording changes.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from werkzeug.datastructures import LanguageAccept

from access.event.definition import LANGUAGES, Language

FOLDER = Path(__file__).parent

LANGUAGE_COOKIE = "language"
"""In which the dashboard remembers the language that somebody chose."""

OWN_NAMES: Mapping[Language, str] = MappingProxyType(
    {"en": "English", "zh-Hant": "繁體", "zh-Hans": "简体"}
)
"""Each language's name in itself, for buttons."""

HTML_TAGS: Mapping[Language, str] = MappingProxyType(
    {"en": "en", "zh-Hant": "zh-Hant-HK", "zh-Hans": "zh-Hans-CN"}
)
"""Values of the `lang` attribute: they choose the shapes of the characters."""

LOCALES: Mapping[Language, str] = MappingProxyType(
    {"en": "en_GB", "zh-Hant": "zh_Hant_HK", "zh-Hans": "zh_Hans_CN"}
)
"""Names of the locales as `babel` knows them, for dates, numbers and lists."""

_CHINESE = frozenset(
    {
        "zh",
        "cmn",
        "yue",
        "nan",
        "hak",
        "wuu",
        "gan",
        "hsn",
        "lzh",
        "cdo",
        "cjy",
        "czh",
        "czo",
        "mnp",
    }
)
_TRADITIONAL = frozenset({"yue", "nan", "hak", "lzh", "min"})
"""Chinese languages of browsers' tags (ISO 639-3 and older); those written with traditional characters unless the tag
says otherwise."""

_WRITTEN: Mapping[str, Language] = MappingProxyType(
    {
        "hant": "zh-Hant", "hans": "zh-Hans",
        "tw": "zh-Hant", "hk": "zh-Hant", "mo": "zh-Hant",
        "cn": "zh-Hans", "sg": "zh-Hans", "my": "zh-Hans",
    }
)  # fmt: skip
"""Subtags for the script that is used: the script, else the region."""


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of a language, by key; a text that the language lacks is the English one."""
    path = FOLDER / f"{language}.json"
    own: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    texts = {key: text.replace("|", "\u200b") for key, text in own.items()}
    return MappingProxyType(texts if language == "en" else {**catalogue("en"), **texts})


def text(key: str, language: Language, **values: object) -> str:
    """One text with its values filled in. Raises KeyError for a key that is not in the catalogue."""
    found = catalogue(language)[key]
    return found.format(**values) if values else found


def section(prefix: str, language: Language) -> dict[str, str]:
    """The texts whose keys begin with `prefix` and a full stop, by the rest of the key."""
    start = f"{prefix}."
    texts = catalogue(language).items()
    return {key.removeprefix(start): found for key, found in texts if key.startswith(start)}


def in_every_language(prefix: str) -> dict[str, dict[Language, str]]:
    """The same for all languages, for pages that change language without being loaded again."""
    tables = {language: section(prefix, language) for language in LANGUAGES}
    return {
        key: {language: tables[language][key] for language in LANGUAGES} for key in tables["en"]
    }


def best_language(asked: str | None, accepted: LanguageAccept) -> Language:
    """The language that a person asked for by name, else the one that their browser prefers, by its weights."""
    for language in LANGUAGES:
        if language == asked:
            return language
    for tag, weight in accepted:  # best first
        known = _language_of(tag) if weight > 0 else None
        if known is not None:
            return known
    return "en"


def _language_of(tag: str) -> Language | None:
    """The language of a browser's tag such as `zh-Hans-HK` or `cmn-Hant`."""
    parts = tag.lower().replace("_", "-").split("-")
    if parts[0] == "en":
        return "en"
    if parts[0] not in _CHINESE:
        return None
    written = [_WRITTEN[part] for part in parts if part in _WRITTEN]
    if written:  # a script stands before a region
        return written[0]
    return "zh-Hant" if _TRADITIONAL.intersection(parts) else "zh-Hans"
