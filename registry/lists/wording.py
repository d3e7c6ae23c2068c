"""The texts about lists, in three languages: one JSON file each, with the same keys.

A key that ends in `.one` is for exactly one; `{name}` stands for what is put in. Some keys have a variant for the
command line (`.command`), where an option is named that no page has.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from access.event.definition import Language
from config.languages import ENGLISH

HERE = Path(__file__).parent / "texts"
_BRACES = re.compile(r"\{(\w+)\}")


@cache
def wording(language: Language) -> Mapping[str, str]:
    """All texts about lists in a language, by key."""
    file = HERE / f"{language}.json"
    if not file.exists():  # a language that was added has none of these yet
        return wording(ENGLISH)
    return MappingProxyType(json.loads(file.read_text(encoding="utf-8")))


def say(
    language: Language,
    key: str,
    values: Mapping[str, str | int] | None = None,
    *,
    command: bool = True,
) -> str:
    """The text of a key. `values` are put in its braces, numbers with separators. `command`: as on the command line."""
    texts = wording(language)
    given = values or {}
    if command and f"{key}.command" in texts:
        key = f"{key}.command"
    if given.get("n") == 1 and f"{key}.one" in texts:
        key = f"{key}.one"
    return _BRACES.sub(lambda found: _shown(given.get(found[1], "")), texts[key])


def _shown(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value
