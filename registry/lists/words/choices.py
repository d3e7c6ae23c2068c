"""The fields of a list that name things of the event: ticket, venues, days, sessions; as cells or as ticks."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date

from config.errors import shown
from registry.lists.columns import Columns
from registry.lists.files import cells
from registry.lists.files.table import Cell
from registry.lists.findings import MOST_CAUSES, MOST_VALUE, Findings
from registry.lists.words.vocabulary import Days, Vocabulary, without_marks_at_ends

MOST_CHOICES = 8
"""Right answers that a message lists."""

LIKE = 0.8
"""How like an id a text must be to be taken for a misspelling of it: "leshan" is not "meishan"."""

MOST_SEEN = 10_000
"""Different cells of a column whose meaning is kept in mind."""


OPEN_WHERE_EMPTY = ("venues", "days")
"""Fields whose empty cells mean all."""


def choices_text(ids: Sequence[str]) -> str:
    """What would be right, in no language; a long list is cut."""
    return ", ".join(map(shown, ids[:MOST_CHOICES])) + (" …" if len(ids) > MOST_CHOICES else "")


class Choices:
    """Reads such fields of one list; what is wrong goes into its findings. `online`: ticket types that open no door."""

    def __init__(
        self,
        columns: Columns,
        vocabulary: Mapping[str, Vocabulary],
        found: Findings,
        online: frozenset[str],
    ) -> None:
        self._columns = columns
        self._vocabulary = vocabulary
        self._found = found
        self._near: dict[tuple[str, str], str | None] = {}
        self._seen: dict[tuple[str, Cell], tuple[str, ...] | None] = {}
        self._ticket_ids = frozenset(vocabulary["ticket"].ids)
        self._online = online
        self._online_lines: set[int] = set()
        self._filled: set[str] = set()
        self._empty: dict[str, list[int]] = {}

    def ticket(self, line: int, cell: Cell) -> str:
        """The id of a ticket type; "" where it is a mistake."""
        known = self._ticket(line, cell)
        if known in self._online:
            self._online_lines.add(line)
        return known

    def _ticket(self, line: int, cell: Cell) -> str:
        text = cells.text_of(cell)
        if text in self._ticket_ids:
            return text
        text = without_marks_at_ends(text) or text
        known = self._vocabulary["ticket"].one(text)
        if known is None:
            if text or "ticket" in self._columns.at:
                self._unknown(line, "ticket", text)
            return ""
        return known

    def several(
        self, line: int, column: str, cell: Cell, ticks: Mapping[str, list[str]]
    ) -> tuple[str, ...] | None:
        """The ids of a field that may have several; None: all of them."""
        known = self._vocabulary[column]
        key = (column, cell)
        strange: tuple[str, ...] = ()
        if key in self._seen:  # most cells are like others, and without mistakes
            named = self._seen[key]
        else:
            named, strange = self._named(known, cell)
            if not strange and isinstance(cell, str) and len(self._seen) < MOST_SEEN:
                self._seen[key] = named
        for one in strange:
            self._unknown(line, column, one)
        if column in OPEN_WHERE_EMPTY:
            if named == () and not strange and column not in ticks:
                self._empty.setdefault(column, []).append(line)
            else:
                self._filled.add(column)
        if named is None:
            return tuple(known.ids) if column == "sessions" else None
        if column not in ticks:
            return named
        return tuple(one for one in known.ids if one in (*named, *ticks[column]))

    def warn_of_empty(self) -> None:
        """Warn of rows whose empty cells let people in everywhere, or every day, beside rows that name some.

        Not of people with a ticket that opens no door: for them it is not so.
        """
        for column in OPEN_WHERE_EMPTY:
            if column in self._filled:
                for line in self._empty.get(column, ()):
                    if line not in self._online_lines:
                        self._found.warn(f"value.empty.{column}", line, column=self._title(column))

    def _title(self, column: str) -> str:
        """What the list calls a field, or the columns of its ticks."""
        ticks = [
            self._columns.titles[index]
            for index, (name, _) in self._columns.ticks.items()
            if name == column
        ]
        return (
            ", ".join(ticks)
            if ticks and column not in self._columns.at
            else self._columns.title(column)
        )

    @staticmethod
    def _named(known: Vocabulary, cell: Cell) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        if isinstance(cell, date):
            return known.several(cell.isoformat())
        if isinstance(known, Days) and isinstance(cell, int | float):
            day = known.serial(cell)
            if day is not None:
                return (day,), ()
            if cell != int(cell):  # 11.3 may have been 11.30
                return (), (cells.text_of(cell),)
        return known.several(cells.lines_of(cell))

    def ticks(self, line: int, values: Sequence[Cell]) -> dict[str, list[str]]:
        """The ids that are ticked in a row, by field."""
        ticks: dict[str, list[str]] = {}
        for index, (column, known) in self._columns.ticks.items():
            cell = values[index] if index < len(values) else ""
            ticked = cells.yes_or_no(cell)
            if ticked is None:
                title = self._columns.titles[index]
                self._found.mistake("value.tick", line, column=title, value=cells.text_of(cell))
            elif ticked:
                ticks.setdefault(column, []).append(known)
        return ticks

    def _unknown(self, line: int, column: str, text: str) -> None:
        known = self._vocabulary[column]
        title = self._columns.title(column)
        if not text:
            self._found.mistake("value.empty", line, column=title, right=choices_text(known.ids))
        elif not known.ids:
            self._found.mistake("value.none_there", line, column=title, value=text)
        elif known.is_ambiguous(text):
            right = choices_text(known.ids)
            self._found.mistake("value.ambiguous", line, column=title, value=text, right=right)
        elif (near := self._nearest(column, text)) is not None:
            self._found.mistake("value.near", line, column=title, value=text, near=near)
        else:
            right = choices_text(known.ids)
            self._found.mistake("value.unknown", line, column=title, value=text, right=right)

    def _nearest(self, column: str, text: str) -> str | None:
        """The id that a text is a misspelling of. Computed once for each text: it is slow.

        Days are never guessed: every date is like every other.
        """
        if column == "days":
            return None
        key = (column, text)
        if key not in self._near:
            if len(self._near) >= MOST_CAUSES:
                return None
            ids = self._vocabulary[column].ids
            found = difflib.get_close_matches(text[:MOST_VALUE].casefold(), ids, n=1, cutoff=LIKE)
            self._near[key] = shown(found[0]) if found else None
        return self._near[key]
