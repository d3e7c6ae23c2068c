"""The catalogue of texts for people: one JSON file for each language, with the same keys. `config.languages` says which
languages there are; a file begins with what must be known of its language, under `language`.

A key begins with the part of the product that shows it (`attendee.`, `notice.`, `staff.`, `gate.`, `headcount.`,
`dashboard.`). A key that ends in `.one` is for exactly one; `{name}` stands for a value that is filled in. `|` in a
Chinese text marks where a line may break, which browsers cannot derive from the characters.

Not gettext: the scripts of the pages need JSON, and a text is found by a key that stays when its wording changes.
"""

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from werkzeug.datastructures import LanguageAccept

import config.languages
from access.event.definition import Language
from config.languages import about, asked_for, languages

LANGUAGE_COOKIE = "language"
"""In which the dashboard remembers the language that somebody chose."""


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of a language, by key; a text that the language lacks is the English one."""
    if language not in languages():
        return catalogue("en")
    path = config.languages.FOLDER / f"{language}.json"
    own: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    own.pop("language")  # what `config.languages` knows
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
    tables = {language: section(prefix, language) for language in languages()}
    return {
        key: {language: tables[language][key] for language in languages()} for key in tables["en"]
    }


def in_all_languages(key: str) -> list[str]:
    """One text in every language, each wording once, for paper that is read by anybody."""
    found = (catalogue(language)[key].replace("\u200b", "") for language in languages())
    return list(dict.fromkeys(found))


def own_names() -> dict[Language, str]:
    """Each language's name in itself, for buttons."""
    return {language: about(language).own_name for language in languages()}


def best_language(asked: str | None, accepted: LanguageAccept) -> Language:
    """The language that a person asked for by name, else the one that their browser prefers, by its weights."""
    for language in languages():
        if language == asked:
            return language
    for tag, weight in accepted:  # best first
        known = asked_for(tag) if weight > 0 else None
        if known is not None:
            return known
    return "en"
