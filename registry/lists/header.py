"""Where a list's titles stand: in one row, or in two, with titles over several columns and one for each below."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

from access.text import half_width
from registry.lists.columns import (
    HEADER_WITHIN,
    KNOWN,
    ORDER,
    REQUIRED,
    Mapping,
    field_of,
    tick_of,
    title_key,
)
from registry.lists.files.table import MOST_TITLE, Cell, ListError, Row
from registry.lists.words.terms import group_patterns
from registry.lists.words.vocabulary import Vocabulary

_PARTS = {"name": ("family_name", "given_name", "latin_name"), "phone": ("mail",)}
"""Fields whose title may stand over those of others."""
_PLACE_AND_TIME = ("venues", "days")


@dataclass
class Header:
    """The titles, the index of the row below them, and the first pair of an upper and a lower title of which nobody can
    say what they mean together, by the title of both."""

    row: Row
    below: int
    unclear: dict[str, tuple[str, str]] = field(default_factory=dict)

    def refuse_unclear(self, mapping: Mapping) -> None:
        """Raises ListError where such a pair is neither left out nor mapped."""
        chosen = set(map(title_key, (*mapping.left_out, *mapping.columns)))
        for title, (first, second) in self.unclear.items():
            if title_key(title) not in chosen:
                line = self.row[0]
                raise ListError("columns.group", line, first=first, second=second, row=line + 1)


def find_header(rows: Sequence[Row], mapping: Mapping) -> int:
    """The index of the row that has the titles: of the first rows the one with the most known ones."""
    wanted = set(map(title_key, mapping.columns))

    def known(cells: Sequence[Cell]) -> int:
        texts = [cell for cell in cells[:300] if isinstance(cell, str) and cell]
        keys = {field_of(one) or title_key(one) for one in texts if len(one) <= MOST_TITLE}
        return len(keys & (KNOWN | wanted | {ORDER}))

    counts = [known(cells) for _, cells in rows[:HEADER_WITHIN]]
    best = max(counts, default=0)
    if best >= 2:
        return counts.index(best)
    # Nothing is known: the first row with more than one cell, so that a message can name its titles.
    for index, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        if sum(1 for cell in cells if cell != "") > 1:
            return index
    return 0


def header_at(rows: Sequence[Row], index: int, vocabulary: MappingType[str, Vocabulary]) -> Header:
    """The header of which a row has titles: with the row below it, with the row above it, or that row alone."""
    if (whole := _joined(rows, index, vocabulary)) is not None:
        return whole
    above = _joined(rows, index - 1, vocabulary) if index else None
    if above is not None and (headings := _headings(rows[index - 1], rows[index], above)):
        above = _joined(rows, index - 1, vocabulary, headings)
    return above or Header(rows[index], index + 1)


def possible_headers(
    rows: Sequence[Row], vocabulary: MappingType[str, Vocabulary]
) -> Iterator[list[str]]:
    """All titles that a list may have, whichever row they stand in."""
    for index in range(min(HEADER_WITHIN, len(rows))):
        yield [str(cell) for cell in header_at(rows, index, vocabulary).row[1]]


def _headings(upper: Row, lower: Row, whole: Header) -> frozenset[str]:
    """What stands above a row that is a header by itself and would take a required column from it: a heading of all, or
    a note. Where titles go over both rows there is none."""
    above, below = _as_wide(upper[1], lower[1])
    if any(one and one == other for one, other in zip(above, below, strict=True)):
        return frozenset()
    has = set(map(field_of, map(str, whole.row[1])))
    pairs = zip(_groups(above, below), below, strict=True)
    return frozenset(
        group
        for group, title in pairs
        if group and (name := field_of(title)) in REQUIRED and name not in has
    )


def _as_wide(*rows: Sequence[Cell]) -> list[list[str]]:
    """Rows as texts, all of as many columns as the widest."""
    width = max(map(len, rows))
    return [
        [half_width(str(cell)).strip() for cell in cells] + [""] * (width - len(cells))
        for cells in rows
    ]


def _joined(
    rows: Sequence[Row],
    index: int,
    vocabulary: MappingType[str, Vocabulary],
    headings: frozenset[str] = frozenset(),
) -> Header | None:
    """The header of a row and the one below it; None where that has no titles. `headings` are no titles either."""
    if index + 1 >= len(rows) or rows[index + 1][0] != rows[index][0] + 1:
        return None
    line, upper = rows[index]
    above, below = _as_wide(upper, rows[index + 1][1])
    groups = ["" if group in headings else group for group in _groups(above, below)]
    if not _are_titles(above, below, groups, vocabulary):
        return None
    header = Header((line, []), index + 2)
    titles: list[str] = []
    for upper_title, group, lower in zip(above, groups, below, strict=True):
        if not group:
            titles.append(lower or upper_title)
            continue
        beside = [title for title, other in zip(below, groups, strict=True) if other == group]
        both = f"{group} {lower}"
        if _is_understood(group, lower, beside, vocabulary):
            titles.append(lower)
            continue
        titles.append(both)
        if field_of(both) is None and _is_unclear(group, lower, vocabulary):
            header.unclear[both] = (group, lower)
    header.row = (line, titles)
    return header


def _groups(above: Sequence[str], below: Sequence[str]) -> list[str]:
    """Of each column the title that stands over its own; "" where there is none."""
    groups: list[str] = []
    group = ""
    for upper, lower in zip(above, below, strict=True):
        if upper:
            group = "" if upper == lower else upper
        groups.append(group if lower else "")
    return groups


def _are_titles(
    above: Sequence[str],
    below: Sequence[str],
    groups: Sequence[str],
    vocabulary: MappingType[str, Vocabulary],
) -> bool:
    """Whether a row under a row of titles has titles too, and no person. What persons have in their cells may name a
    venue, day or session; what names a field is a title."""
    under = [column for column, group in enumerate(groups) if group]
    fields = {column for column in under if _is_field(below[column])}
    fields |= {column for column in under if _is_field(f"{groups[column]} {below[column]}")}
    ticks = {column for column in under if tick_of(below[column], vocabulary)}
    for column in under:
        is_last = column + 1 == len(above) or above[column + 1] or not below[column + 1]
        is_single = bool(above[column]) and bool(is_last)
        is_title = column in fields or (bool(fields) and not _is_field(above[column]))
        if above[column] and field_of(above[column]) == "ref" and column not in fields:
            return False
        if is_single and not is_title:
            return False
    return bool(fields or ticks)


def _is_field(title: str) -> bool:
    return (name := field_of(title)) in KNOWN or name == ORDER


def _is_understood(
    group: str, lower: str, beside: Sequence[str], vocabulary: MappingType[str, Vocabulary]
) -> bool:
    """Whether a title means under another one what it means alone."""
    key, name, tick = title_key(group), field_of(lower), tick_of(lower, vocabulary)
    patterns = group_patterns()
    if patterns["attendance"].fullmatch(key):
        return True
    if patterns["person"].fullmatch(key):
        return patterns["bare"].fullmatch(title_key(lower)) is None
    if patterns["contact"].fullmatch(key):
        is_other = any(field_of(one) in ("name", "family_name", "given_name") for one in beside)
        return name in ("phone", "mail") and not is_other
    over = field_of(group)
    if tick is not None and name is None:
        # A session has its venue and its day; a day under "sessions" is one to come on.
        return over in (tick[0], "sessions") or (
            tick[0] == "sessions" and (over or _tick_kind(group, vocabulary)) in _PLACE_AND_TIME
        )
    return name is not None and (name == over or name in _PARTS.get(over or "", ()))


def _is_unclear(group: str, lower: str, vocabulary: MappingType[str, Vocabulary]) -> bool:
    """Whether a title that names venues, days or a session stands over what may be a right to enter."""
    kind = _tick_kind(group, vocabulary)
    if kind is not None:
        return field_of(lower) in (None, "ticket", "venues", "days", "sessions")
    return field_of(group) in _PLACE_AND_TIME and _tick_kind(lower, vocabulary) is not None


def _tick_kind(title: str, vocabulary: MappingType[str, Vocabulary]) -> str | None:
    tick = tick_of(title, vocabulary)
    return tick[0] if tick is not None else None
