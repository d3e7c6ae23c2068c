"""Who watched the broadcast, as its platform or a colleague lists them: any file that a list of people may be."""

from collections.abc import Sequence
from typing import NamedTuple

from registry.lists.columns import HEADER_WITHIN, field_of
from registry.lists.files.cells import is_filled, text_of
from registry.lists.files.table import MOST_TITLE, Cell, ListError, Row, read_table

IDENTITIES = ("ref", "code", "mail", "order")
"""The fields by which somebody can be found, the surest first."""


class Watchers(NamedTuple):
    """The rows of a list with what may name their person, the surest first. `titled`: titles said which cells these
    are; else they are all cells."""

    rows: list[tuple[str, ...]]
    titled: bool


def read_watchers(data: bytes) -> Watchers:
    """Read a list with titles (a ref, a badge's code or a mail address is enough), or without. Raises ListError."""
    rows = read_table(data).rows
    for index, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        fields = [_field(cell) for cell in cells]
        columns = [n for known in IDENTITIES for n, one in enumerate(fields) if one == known]
        if columns:
            return Watchers([_texts(row, columns) for row in rows[index + 1 :]], titled=True)
    line, cells = rows[0]
    if any(map(_field, cells)):
        raise ListError(
            "watchers.column", line, titles=", ".join(filter(None, map(text_of, cells)))
        )
    return Watchers([_texts(row, range(len(row[1]))) for row in rows], titled=False)


def _field(cell: Cell) -> str | None:
    return field_of(cell) if isinstance(cell, str) and 0 < len(cell) <= MOST_TITLE else None


def _texts(row: Row, columns: Sequence[int]) -> tuple[str, ...]:
    cells = row[1]
    return tuple(text_of(cells[n]) for n in columns if n < len(cells) and is_filled(cells[n]))
