"""Which column of a list means what: by its title in English, 繁體 or 简体, or as a person has chosen (`Mapping`)."""

import difflib
import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

import msgspec

from access.text import half_width
from registry.lists.files.table import MOST_TITLE, Cell, ListError, Row
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
    plain = _ASIDE.sub("", half_width(title))
    question = _QUESTION.sub("", plain)
    spellings = (title, plain, question, _POLITE.sub("", question))
    keys = [title_key(spelling.rstrip("?？ ")) for spelling in spellings]
    for key in keys:
        if (found := titles().get(key)) is not None:
            return found
    for name, pattern in title_patterns().items():
        if any(pattern.fullmatch(key) for key in keys):
            return name
    return None


def header_key(header: Sequence[str]) -> str:
    """By what a list is known again: its titles, in whatever order."""
    return "\n".join(sorted(filter(None, map(title_key, header))))


def find_header(rows: Sequence[Row], mapping: Mapping) -> int:
    """The index of the row that has the titles: of the first rows the one with the most known ones."""
    wanted = set(map(title_key, mapping.columns))

    def known(cells: Sequence[Cell]) -> int:
        texts = [cell for cell in cells[:300] if isinstance(cell, str) and cell]
        keys = {field_of(one) or title_key(one) for one in texts if len(one) <= MOST_TITLE}
        return len(keys & (_KNOWN | wanted | {ORDER}))

    counts = [known(cells) for _, cells in rows[:HEADER_WITHIN]]
    best = max(counts, default=0)
    if best >= 2:
        return counts.index(best)
    # Nothing is known: the first row with more than one cell, so that a message can name its titles.
    for index, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        if sum(1 for cell in cells if cell != "") > 1:
            return index
    return 0


def whole_header(
    rows: Sequence[Row], index: int, vocabulary: MappingType[str, Vocabulary]
) -> tuple[Row, int]:
    """The titles that begin in a row, and the index of the row below them. A title that is merged over several columns,
    with one for each of them in the row below, makes one header of both."""
    line, upper = rows[index]
    if index + 1 >= len(rows):
        return rows[index], index + 1
    lower = rows[index + 1][1]
    width = max(len(upper), len(lower))
    above, below = (
        [half_width(str(cell)) for cell in cells] + [""] * (width - len(cells))
        for cells in (upper, lower)
    )
    titles: list[str] = []
    group, known = "", 0
    for column in range(width):
        group = above[column] or group
        if below[column] in ("", above[column]):
            titles.append(above[column])
            continue
        spans = column + 1 < width and not above[column + 1] and bool(below[column + 1])
        if above[column] and (not spans or field_of(above[column]) == "ref"):
            return rows[index], index + 1  # a person stands there
        for title in (below[column], group + below[column]):
            if field_of(title) or _tick(title, vocabulary):
                known += 1
                break
        else:
            title = below[column]
        titles.append(title)
    return ((line, titles), index + 2) if known else (rows[index], index + 1)


def possible_headers(
    rows: Sequence[Row], vocabulary: MappingType[str, Vocabulary]
) -> Iterator[list[str]]:
    """All titles that a list may have, whichever row they begin in."""
    for index in range(min(HEADER_WITHIN, len(rows))):
        yield [str(cell) for cell in whole_header(rows, index, vocabulary)[0][1]]


_KNOWN = frozenset((*FIELDS, *EXTRA_FIELDS))


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
    unknown: list[int] = []
    for index, title in enumerate(header):
        if not title:
            continue
        key = title_key(title)
        if key in left_out:
            columns.left_out.append(title)
            continue
        name = asked.get(key) or field_of(title)
        if name in FIELDS:
            _put(columns, name, index, found)
        elif name == SERIAL:
            columns.left_out.append(title)
        elif name is not None:
            is_second = name in columns.extra.values()
            columns.extra[index] = _free_name(columns, index) if is_second else name
        elif (tick := _tick(title, vocabulary)) is not None:
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


def _tick(title: str, vocabulary: MappingType[str, Vocabulary]) -> tuple[str, str] | None:
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
    taken = title in columns.extra.values() or title in _KNOWN
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
