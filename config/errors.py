"""Mistakes in configuration files: every mistake with its location and what would be right."""

import difflib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time

_SHOWN = 60
"""Characters of a wrong value that a message repeats; the rest is in the file, at the location it names."""

_LISTED = 8
"""Right answers that a message lists, so that it stays one line."""


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Mistake:
    """One mistake. `source` is the file (or "command line"), `where` the key, empty: the whole file.

    `wrong` describes what is there, `right` what would be right; `line` counts from 1 where it is known.
    """

    source: str
    where: str
    wrong: str
    right: str
    line: int | None = None

    def __str__(self) -> str:
        source = self.source if self.line is None else f"{self.source}:{self.line}"
        where = f"{source}: {self.where}" if self.where else source
        return f"{where}: {self.wrong}; {self.right}"


class ConfigError(Exception):
    """A file or a setting cannot be used. It has all mistakes, and prints each on a line."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(map(str, self.mistakes)))


def shown(value: object) -> str:
    """A value as its file spells it, cut to a length that a message can carry."""
    if isinstance(value, date | time):
        text = value.isoformat()
    elif isinstance(value, list | dict | str | bool):
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def one_of(choices: Iterable[object]) -> str:
    """`"in", "out" or "both"`; a long list is cut."""
    texts = [shown(choice) for choice in choices]
    if len(texts) > _LISTED:
        return ", ".join(texts[:_LISTED]) + " …"
    return " or ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def instead(name: str, choices: Collection[str]) -> str:
    """What would be right instead of `name`: the most similar choice, or else all of them. Of days always all: one
    that is written alike is seldom the one that was meant."""
    near = difflib.get_close_matches(name, choices, n=1)
    if near and not _DAY.fullmatch(near[0]):
        return f"did you mean {shown(near[0])}?"
    return f"should be {one_of(choices)}" if choices else "there is none to name"
