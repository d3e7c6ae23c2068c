"""The people of a list: each row judged by itself, with all that is wrong in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from access.event.definition import Event, Language
from access.text import canonical_code, first_unprintable, half_width, plain_letters
from config.languages import languages
from registry.lists.columns import Columns, find_columns
from registry.lists.columns import Mapping as ColumnMapping
from registry.lists.files import cells
from registry.lists.files.table import MOST_CELL, Cell, Row, Table
from registry.lists.findings import Findings
from registry.lists.header import find_header, header_at
from registry.lists.words.choices import Choices, choices_text
from registry.lists.words.vocabulary import vocabularies
from registry.roster.model import (
    FAMILY_NAME,
    FORMS,
    LATIN_NAME,
    MOST_CHARACTERS,
    MOST_CODE_BYTES,
    Form,
    Person,
)

Step = Callable[[int], None]
"""Called with the number of rows done; may raise to stop the work."""

STEP_ROWS = 500

TRADITIONAL_ENCODINGS = ("big5", "big5hkscs")
"""Whoever writes in them writes traditional Chinese."""

MOST_SEEN = 10_000
"""Different cells of a column whose meaning is kept in mind."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person as a list has them, and the line they stand on."""

    line: int
    person: Person


@dataclass
class People:
    """A list that was read. `left_out` are titles of columns that are not kept, `extra` names of those that are."""

    table: Table
    columns: Columns
    candidates: list[Candidate]
    findings: Findings


def read_people(
    table: Table, event: Event, mapping: ColumnMapping, step: Step = lambda _: None
) -> People:
    """The people of a table. What is wrong is in the findings; rows with mistakes give no candidate where they cannot.

    Raises ListError where it is no list of people.
    """
    found = Findings()
    vocabulary = vocabularies(event)
    header = header_at(table.rows, find_header(table.rows, mapping), vocabulary)
    header.refuse_unclear(mapping)
    columns = find_columns(header.row, vocabulary, mapping, found)
    online = frozenset(ticket.id for ticket in event.tickets if not ticket.on_site)
    reader = _Reader(columns, Choices(columns, vocabulary, found, online), mapping, found, table)
    candidates = []
    if "ref" in columns.at:
        for number, row in enumerate(table.rows[header.below :]):
            if number % STEP_ROWS == 0:
                step(number)
            if (candidate := reader.read(row)) is not None:
                candidates.append(candidate)
        reader.finish()
        if not candidates and not len(found):
            found.mistake("file.nobody", columns.header)
    for name in table.sheets:
        found.warn("sheet.other", 1, value=name)
    return People(table, columns, candidates, found)


class _Reader:
    def __init__(
        self,
        columns: Columns,
        choices: Choices,
        mapping: ColumnMapping,
        found: Findings,
        table: Table,
    ) -> None:
        self._columns = columns
        self._choices = choices
        self._fill = mapping.fill
        self._given = frozenset((*columns.at, *mapping.fill))
        self._more = bool({"family_name", "given_name"} & self._given) or bool(columns.extra)
        self._languages = frozenset(languages())
        self._is_traditional = table.encoding in TRADITIONAL_ENCODINGS
        self._is_sheet = table.sheet is not None
        self._found = found
        self._width = len(columns.titles)
        self._used = frozenset((*columns.at.values(), *columns.ticks, *columns.extra))
        self._line_of_ref: dict[str, int] = {}
        self._ref_of_letters: dict[str, str] = {}
        self._texts: dict[Cell, str] = {}

    def read(self, row: Row) -> Candidate | None:
        """The person of a row; None where it has mistakes that leave nobody."""
        line, values = row
        if not self._has_room(line, values) or self._has_errors(line, values):
            return None
        ref = self._ref(line, self._cell(values, "ref"))
        if ref is None:
            return None
        name = self._name(line, values)
        code = self._code(line, self._cell(values, "code")) if "code" in self._given else None
        language = self._language(line, str(self._cell(values, "language")), name)
        ticks = self._choices.ticks(line, values)
        person = Person(
            ref=ref,
            name=name,
            organisation=self._organisation(line, self._cell(values, "organisation")),
            language=language,
            ticket=self._choices.ticket(line, self._cell(values, "ticket")),
            venues=self._choices.several(line, "venues", self._cell(values, "venues"), ticks)
            or None,
            days=self._choices.several(line, "days", self._cell(values, "days"), ticks) or None,
            sessions=self._choices.several(line, "sessions", self._cell(values, "sessions"), ticks)
            or (),
            code=code,
            form=self._form(line, self._cell(values, "form"), code),
            extra=self._extra(line, values, name) if self._more else {},
        )
        return Candidate(line, person)

    def finish(self) -> None:
        """Warn of what only all rows together show."""
        self._choices.warn_of_empty()

    def _has_errors(self, line: int, values: Sequence[Cell]) -> bool:
        """Name the cells that a formula left as an error: taken as empty they would let people in everywhere."""
        wrong = [index for index, cell in enumerate(values) if cells.is_error(cell)]
        if wrong and len(wrong) == sum(map(cells.is_filled, values)):
            ref = self._columns.at["ref"]
            if ref not in wrong:
                return True  # formulas that were drawn further down than the list goes
        used = [index for index in wrong if index in self._used]
        for index in used:
            title = self._columns.titles[index]
            self._found.mistake(
                "value.error", line, column=title, value=cells.text_of(values[index])
            )
        return bool(used)

    def _has_room(self, line: int, values: Sequence[Cell]) -> bool:
        if len(values) == self._width and sum(map(len, filter(cells.is_text, values))) <= MOST_CELL:
            return True  # most rows
        if len(values) > self._width and any(map(cells.is_filled, values[self._width :])):
            full = max(n for n, cell in enumerate(values, 1) if cells.is_filled(cell))
            kind = "row.cells_sheet" if self._is_sheet else "row.cells"
            self._found.mistake(kind, line, cells=full, columns=self._width)
            return False
        if len(values) < self._width:
            self._found.warn("row.short", line)
        for cell in values:
            if isinstance(cell, str) and len(cell) > MOST_CELL:
                self._found.mistake("row.long", line, characters=len(cell), most=MOST_CELL)
                return False
        return True

    def _cell(self, values: Sequence[Cell], name: str) -> Cell:
        """The cell of a field; what fills it where it is empty or has no column."""
        index = self._columns.at.get(name)
        cell = values[index] if index is not None and index < len(values) else ""
        if cell == "" or (isinstance(cell, str) and cell.isspace()):
            return self._fill.get(name, "")
        return cell

    def _ref(self, line: int, cell: Cell) -> str | None:
        if cells.is_shortened(cell):
            self._found.mistake(
                "value.shortened", line, column=self._columns.title("ref"), value=str(cell)
            )
            return None
        ref = half_width(cells.text_of(cell))
        if not ref:
            self._found.mistake("value.no_ref", line, column="ref")
            return None
        self._printable(line, "ref", ref)
        first = self._line_of_ref.setdefault(ref, line)
        if first != line:
            self._found.mistake("row.twice", line, column="ref", value=ref, first=first)
            return None
        other = self._ref_of_letters.setdefault(ref.casefold(), ref)
        if other != ref:
            first = self._line_of_ref[other]
            self._found.warn("row.alike", line, column="ref", value=ref, other=other, first=first)
        return ref

    def _name(self, line: int, values: Sequence[Cell]) -> str:
        name = self._text(line, "name", self._cell(values, "name"))
        if not name:
            family = self._text(line, "name", self._cell(values, "family_name"))
            given = self._text(line, "name", self._cell(values, "given_name"))
            latin = (family + given).isascii() or not any("\u3400" <= c <= "\u9fff" for c in family)
            name = f"{given} {family}".strip() if latin else family + given
        if not name:
            name = self._latin_name(line, values)
        if not name:
            self._found.mistake("value.no_name", line, column="name")
        plain = plain_letters(name)
        if plain != name:
            self._found.warn("value.full_width", line, column=self._columns.title("name"))
        return plain

    def _latin_name(self, line: int, values: Sequence[Cell]) -> str:
        """The name in Latin letters: of its own column, or of family and given names beside one in Chinese."""
        if not self._more:
            return ""
        for index, name in self._columns.extra.items():
            if name == LATIN_NAME and index < len(values):
                return plain_letters(self._text(line, name, values[index]))
        family, given = (
            cells.text_of(self._cell(values, part)) for part in ("family_name", "given_name")
        )
        whole = f"{family} {given}".strip()
        return plain_letters(whole) if plain_letters(whole).isascii() else ""

    def _language(self, line: int, cell: str, name: str) -> Language:
        if cell in self._languages:
            return cell
        language = cells.language_of(cell, name, traditional=self._is_traditional)
        if language is None:
            title = self._columns.title("language")
            self._found.mistake("value.language", line, column=title, value=cell)
        elif not cell and "language" in self._columns.at:
            self._found.warn("value.language_empty", line, column=self._columns.title("language"))
        return language or "en"

    def _text(self, line: int, column: str, cell: Cell) -> str:
        text = cells.text_of(cell)
        if text:
            self._printable(line, column, text)
        return text

    def _organisation(self, line: int, cell: Cell) -> str:
        known = self._texts.get(cell) if isinstance(cell, str) else None
        if known is not None:
            return known
        before = self._found.total
        text = self._text(line, "organisation", cell)
        if isinstance(cell, str) and self._found.total == before and len(self._texts) < MOST_SEEN:
            self._texts[cell] = text
        return text

    def _printable(self, line: int, column: str, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            self._found.mistake(
                "value.long",
                line,
                column=self._columns.title(column),
                characters=len(text),
                most=MOST_CHARACTERS,
            )
        if not text.isprintable() and (wrong := first_unprintable(text)) is not None:
            index, name = wrong
            self._found.mistake(
                "value.unprintable",
                line,
                column=self._columns.title(column),
                character=name,
                place=index + 1,
            )

    def _code(self, line: int, cell: Cell) -> str | None:
        if cells.is_shortened(cell):
            self._found.mistake(
                "value.shortened", line, column=self._columns.title("code"), value=str(cell)
            )
            return None
        code = canonical_code(cell if isinstance(cell, str) else cells.text_of(cell))
        size = len(code.encode())
        if size > MOST_CODE_BYTES:
            self._found.mistake(
                "value.code_long",
                line,
                column=self._columns.title("code"),
                bytes=size,
                most=MOST_CODE_BYTES,
            )
        return code or None

    def _form(self, line: int, cell: Cell, code: str | None) -> Form:
        if cell == "":  # most rows, and every row of most lists
            return "foreign" if code else "plain"
        form = half_width(cells.text_of(cell)).casefold() or ("foreign" if code else "plain")
        if form not in FORMS:
            self._found.mistake(
                "value.form", line, column="form", value=form, right=choices_text(FORMS)
            )
            return "plain"
        if (form == "foreign") != bool(code):
            kind = "value.form_without_code" if form == "foreign" else "value.form_with_code"
            self._found.mistake(kind, line, column="form", value=form)
        return form

    def _extra(self, line: int, values: Sequence[Cell], whole_name: str) -> dict[str, str]:
        extra = {}
        for index, name in self._columns.extra.items():
            if name == LATIN_NAME:
                continue
            cell = values[index] if index < len(values) else ""
            text = cells.text_of(cell)
            if not text:
                continue
            if name in ("phone", "attention", "mail"):
                text = half_width(text)
            if cells.is_shortened(cell):
                self._found.warn("value.extra_shortened", line, column=self._columns.titles[index])
            if name == "attention" and (ticked := cells.yes_or_no(text)) is not None:
                if not ticked:
                    continue
                text = "yes"
            extra[name] = text
        family = plain_letters(cells.text_of(self._cell(values, "family_name")))
        if family:
            extra[FAMILY_NAME] = family
        latin = self._latin_name(line, values)
        if latin and not whole_name.isascii():
            extra[LATIN_NAME] = latin
        return extra
