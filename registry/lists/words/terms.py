"""The terms of `terms.toml`: titles of columns, and what stands in cells, in three languages."""

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def _all() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("terms.toml").read_text(encoding="utf-8"))


@cache
def cell_terms(kind: str) -> frozenset[str]:
    """The terms of a kind ("yes", "no", "all", a language), as `vocabulary.term_key` spells them."""
    return frozenset(_all()["words"][kind].split())


@cache
def titles() -> dict[str, str]:
    """Field, or "serial" (a column that counts the rows), by title, as `columns.title_key` spells it."""
    return {title: name for name, some in _all()["titles"].items() for title in some.split()}


@cache
def title_patterns() -> dict[str, re.Pattern[str]]:
    """What a title that is put together looks like, by field, as `columns.title_key` spells it."""
    patterns = _all()["patterns"].items()
    return {name: re.compile(pattern, re.VERBOSE) for name, pattern in patterns}


@cache
def group_patterns() -> dict[str, re.Pattern[str]]:
    """What a title over several columns looks like that says nothing else of them, by kind; "bare" are titles below."""
    groups = _all()["groups"].items()
    return {kind: re.compile(pattern, re.VERBOSE) for kind, pattern in groups}
