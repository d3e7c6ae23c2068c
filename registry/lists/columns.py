"""Which column of a list means what: by its title in English, 繁體 or 简体, or as a person has chosen (`Mapping`)."""

import difflib
import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from access.text import half_width
from registry.lists.files.table import MOST_TITLE, ListError, Row
from registry.lists.findings import Findings
from registry.lists.words.terms import title_patterns, titles
from registry.lists.words.vocabulary import Vocabulary
from registry.roster.model import LATIN_NAME

FIELDS = (
    "ref", "name", "family_name", "given_name", "organisation", "language", "ticket",
    "venues", "days", "sessions", "code", "form",
)  # fmt: skip
EXTRA_FIELDS = ("phone", "mail", "seat", "note", "attention", LATIN_NAME)
"""Extra fields that the registry knows; a column of any other title is kept under that title."""

KNOWN = frozenset((*FIELDS, *EXTRA_FIELDS))

REQUIRED = ("ref", "name", "ticket")
EXPECTED = ("organisation", "language", "venues", "days", "sessions")
"""Fields whose column may be missing; a warning explains what that means."""

MOST_UNKNOWN = 50
"""Columns that are kept as extra fields; a sheet with more has its rows and columns exchanged, most likely."""

HEADER_WITHIN = 30
"""The titles are looked for in so many rows: above them stand names of the event, notes, dates."""

SERIAL, ORDER = "serial", "order"

_MARKS = re.compile(r"[\s\-_./·:：*＊()（）\[\]【】'\"“”、\\]+")
_ASIDE = re.compile(r"(?<=.)[(（\[【].*?[)）\]】]")
_QUESTION = re.compile(r"^\s*[*＊]?\s*(?:[Qq题題]?\d{1,3}\s*[.．、:：)）_]\s*)?")
_POLITE = re.compile(
    r"^(?:请|請)?(?:输入|填写|选择|輸入|填寫|選擇)?(?:(?:您|你)的?|your\s)?", re.IGNORECASE
)
"""How questionnaires put a title: "3. 您的工作单位"."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has chosen for a list's columns.

    `columns`: title of a column → field, or the name of an extra field. `left_out`: titles of columns not kept.
    `fill`: field → what stands in its empty cells, or everywhere where it has no column.
    """

    columns: dict[str, str] = {}
    left_out: tuple[str, ...] = ()
    fill: dict[str, str] = {}


NO_MAPPING = Mapping()


@dataclass
class Columns:
    """Where a list has what. `header` is the titles' line; `at` field → index; `ticks` index → (field, id) of columns
    that have a yes or no for one session, day or venue; `extra` index → name of an extra field."""

    header: int
    titles: list[str]
    at: dict[str, int] = field(default_factory=dict)
    ticks: dict[int, tuple[str, str]] = field(default_factory=dict)
    extra: dict[int, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    filled: frozenset[str] = frozenset()

    @property
    def given(self) -> set[str]:
        """The fields that the list has a value for."""
        return {*self.at, *self.filled, *(name for name, _ in self.ticks.values())}

    def title(self, name: str) -> str:
        """What the list itself calls a field."""
        index = self.at.get(name)
        return self.titles[index] if index is not None else name


def title_key(title: str) -> str:
    """A title without case, width, blanks and punctuation: "E-mail" and "ｅmail " are the same."""
    return _MARKS.sub("", half_width(title).casefold()) or half_width(title)


def field_of(title: str) -> str | None:
    """The field that a title names in one of the three languages, or `SERIAL`, or None."""
    keys = _spellings(title)
    if (exact := _exact_field(keys)) is not None:
        return exact
    for name, pattern in title_patterns().items():
        if any(pattern.fullmatch(key) for key in keys):
            return name
    return None


def _spellings(title: str) -> list[str]:
    """A title as it stands, and without what questionnaires put around it, as keys."""
    plain = _ASIDE.sub("", half_width(title))
    question = _QUESTION.sub("", plain)
    spellings = (title, plain, question, _POLITE.sub("", question))
    return [title_key(spelling.rstrip("?？ ")) for spelling in spellings]


def _exact_field(keys: Sequence[str]) -> str | None:
    """The field of the first key that is a known title as it stands, not by a pattern."""
    return next((found for key in keys if (found := titles().get(key)) is not None), None)


def header_key(header: Sequence[str]) -> str:
    """By what a list is known again: its titles, in whatever order."""
    return "\n".join(sorted(filter(None, map(title_key, header))))


def find_columns(
    row: Row, vocabulary: MappingType[str, Vocabulary], mapping: Mapping, found: Findings
) -> Columns:
    """What each column means. Mistakes and warnings go into `found`. Raises ListError where it is no list of people."""
    line, cells = row
    header = [half_width(str(cell)) for cell in cells]
    while header and not header[-1]:
        header.pop()
    columns = Columns(line, header, filled=frozenset(mapping.fill))
    asked = {title_key(title): name for title, name in mapping.columns.items()}
    left_out = set(map(title_key, mapping.left_out))
    named = _named(header, asked, left_out)
    unknown: list[int] = []
    for index, title in enumerate(header):
        if not title:
            continue
        key = title_key(title)
        if key in left_out:
            columns.left_out.append(title)
            continue
        name = asked.get(key) or field_of(title)
        if name in FIELDS and name in named and not _names(title, name, asked):
            columns.extra[index] = _free_name(columns, index)
        elif name in FIELDS:
            _put(columns, name, index, found)
        elif name == SERIAL:
            columns.left_out.append(title)
        elif name is not None:
            is_second = name in columns.extra.values()
            columns.extra[index] = _free_name(columns, index) if is_second else name
        elif (tick := tick_of(title, vocabulary)) is not None:
            columns.ticks[index] = tick
        else:
            unknown.append(index)
    if len(unknown) > MOST_UNKNOWN:
        raise ListError("columns.unknown", line, columns=len(unknown), most=MOST_UNKNOWN)
    _take_latin_name(columns)
    _take_order(columns)
    missing = _missing(columns, mapping)
    for index in unknown:
        _keep_unknown(columns, index, missing, found)
    _report_unused(mapping, header, found, line)
    _report_missing(missing, columns, found)
    return columns


def _names(title: str, name: str, asked: MappingType[str, str]) -> bool:
    """Whether a title names a field for certain: as a person has chosen, or as one that is known as it stands."""
    chosen = asked.get(title_key(title))
    return (chosen or _exact_field(_spellings(title))) == name


def _named(header: Sequence[str], asked: MappingType[str, str], left_out: set[str]) -> set[str]:
    """The fields that a title names for certain; another title that only looks like one of theirs is an extra field."""
    kept = [title for title in header if title and title_key(title) not in left_out]
    return {name for name in FIELDS if any(_names(title, name, asked) for title in kept)}


def _take_latin_name(columns: Columns) -> None:
    """A list without other names has the names in Latin letters as its names."""
    latin = [index for index, name in columns.extra.items() if name == LATIN_NAME]
    if latin and not {"name", "family_name", "given_name"} & columns.given:
        columns.at["name"] = latin[0]
        del columns.extra[latin[0]]


def _take_order(columns: Columns) -> None:
    """A list without other numbers has those of its orders; else they are kept under their title."""
    orders = [index for index, name in columns.extra.items() if name == ORDER]
    for index in orders:
        columns.extra[index] = columns.titles[index]
    if orders and "ref" not in columns.at:
        columns.at["ref"] = orders[0]
        del columns.extra[orders[0]]


def _put(columns: Columns, name: str, index: int, found: Findings) -> None:
    if name in columns.at:
        first, second = columns.titles[columns.at[name]], columns.titles[index]
        kind = "columns.same" if title_key(first) == title_key(second) else "columns.twice"
        found.mistake(kind, columns.header, column=name, first=first, second=second)
        return
    columns.at[name] = index


def tick_of(title: str, vocabulary: MappingType[str, Vocabulary]) -> tuple[str, str] | None:
    """The session, day or venue that a title names."""
    for name in ("sessions", "days", "venues"):
        known = vocabulary[name].one(title)
        if known is not None:
            return name, known
    return None


def _missing(columns: Columns, mapping: Mapping) -> list[str]:
    has = set(columns.at) | set(mapping.fill) | {name for name, _ in columns.ticks.values()}
    if {"family_name", "given_name"} <= has:
        has.add("name")
    return [name for name in (*REQUIRED, *EXPECTED) if name not in has]


def _keep_unknown(columns: Columns, index: int, missing: Sequence[str], found: Findings) -> None:
    """Keep a column as an extra field, unless it looks like a misspelt title of one that is missing."""
    title = columns.titles[index]
    if len(title) > MOST_TITLE:
        found.mistake("columns.long", columns.header, value=title[:40], most=MOST_TITLE)
        return
    near = difflib.get_close_matches(title_key(title), missing, n=1, cutoff=0.7)
    if near:
        found.mistake("columns.near", columns.header, column=title, value=title, near=near[0])
        return
    columns.extra[index] = _free_name(columns, index)


def _free_name(columns: Columns, index: int) -> str:
    """What to call an extra field that is kept under its column's title."""
    title = columns.titles[index]
    taken = title in columns.extra.values() or title in KNOWN
    return f"{title} ({index + 1})" if taken else title


def _report_unused(mapping: Mapping, header: Sequence[str], found: Findings, line: int) -> None:
    keys = set(map(title_key, header))
    for title in (*mapping.columns, *mapping.left_out):
        if title_key(title) not in keys:
            shown = ", ".join(one for one in header if one)[:300]
            found.mistake("columns.mapped", line, value=title[:60], titles=shown)


def _report_missing(missing: Sequence[str], columns: Columns, found: Findings) -> None:
    misspelt = {one.values["near"] for one in found.of("mistake") if one.kind == "columns.near"}
    required = [name for name in missing if name in REQUIRED and name not in misspelt]
    if required:
        shown = ", ".join(one for one in columns.titles if one)[:300]
        # A ticket type may be everybody's; a number or a name is one person's.
        kind = "columns.missing_ticket" if required == ["ticket"] else "columns.missing"
        found.mistake(
            kind, columns.header, columns=", ".join(required), first=required[0], titles=shown
        )
    for name in missing:
        if name in EXPECTED:
            found.warn(f"columns.without.{name}", columns.header, column=name)
