"""What the public interface answers when it cannot do something, in the language of whoever reads it.

Where something fails, its message is written in English, with the values in it. On the way out it is read back: the
sentence of `error_texts.json` that it is gives the same in Chinese, with the same values. A test holds every message of
the registry to be there. The language is that of the dashboard's pages, else what the request prefers.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import has_request_context, request

from access.event.definition import Language
from web.texts import LANGUAGE_COOKIE, best_language

FILE = Path(__file__).with_name("error_texts.json")
VALUE = "{}"
"""Stands for a value in an English sentence; in the others `{0}` is the first."""


_OF_PERSON = re.compile(r"('[^']*'): (.+)", re.DOTALL)
"""A line about one of the people: their ref, and what is wrong."""

_AROUND_QUOTES = re.compile("(?<=[一-龥：；，]) (?=[「“])|(?<=[」”]) (?=[一-龥])")
"""Blanks beside quotation marks: these set a value off already."""


class Sentence(NamedTuple):
    """One message: what it looks like in English, and what it is in Chinese."""

    pattern: re.Pattern[str]
    texts: dict[Language, str]


def in_readers_language(message: str) -> str:
    """A message for whoever sent the request that this thread answers."""
    return in_language(message, readers_language()) if has_request_context() else message


def readers_language() -> Language:
    """Of whoever sent the request that this thread answers."""
    return best_language(request.cookies.get(LANGUAGE_COOKIE), request.accept_languages)


def in_language(message: str, language: Language) -> str:
    """A message in a language; as it is where no sentence fits."""
    if language == "en":
        return message
    of_person = _OF_PERSON.fullmatch(message)
    if of_person is not None:
        return f"{_value(of_person[1], language)}：{in_language(of_person[2], language)}"
    for pattern, texts in _sentences():
        found = pattern.fullmatch(message)
        if found is not None:
            if language not in texts:
                return message
            values = [_value(value, language) for value in found.groups()]
            return _AROUND_QUOTES.sub("", texts[language].format(*values))
    return message


def _value(value: str, language: Language) -> str:
    """A value as it stands in a Chinese sentence: what people typed keeps its letters, our own words are translated."""
    if re.fullmatch(r"'[^']*'", value):
        return _quoted(value[1:-1], language)
    if re.fullmatch(r'"[^"]*"(?:(?:, | or )"[^"]*")*', value):
        return "、".join(_quoted(one, language) for one in re.findall(r'"([^"]*)"', value))
    if re.fullmatch("“[^”]*”", value):
        inside = value[1:-1]
        shown = in_language(inside, language)
        return _quoted(inside, language) if shown == inside else shown
    return in_language(value, language)


def _quoted(text: str, language: Language) -> str:
    return f"「{text}」" if language == "zh-Hant" else f"“{text}”"


@cache
def _sentences() -> list[Sentence]:
    """All of them, those with the most of their own letters first: they say the most."""
    rows: list[tuple[str, str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    rows.sort(key=lambda row: -len(row[0].replace(VALUE, "")))
    return [
        Sentence(
            re.compile("(.+?)".join(map(re.escape, english.split(VALUE))), re.DOTALL),
            {"zh-Hant": traditional, "zh-Hans": simplified},
        )
        for english, traditional, simplified in rows
    ]
