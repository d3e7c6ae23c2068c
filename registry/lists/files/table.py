"""A list of people as rows of cells, whatever kind of file it came in.

`read_table` tells the kinds apart by their first bytes, never by the file's name: workbooks (XLSX, XLSB, XLS, ODS) are
read by calamine, everything else as delimited text. Cells are text but for numbers and dates of workbooks, which keep
their type.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from access.event.definition import Language
from registry.lists.wording import say
from registry.storage.errors import RegistryError

Cell = str | int | float | bool | date
Row = tuple[int, Sequence[Cell]]
"""The line (or row of the sheet, from 1) that a row begins on, and its cells."""

MOST_COLUMNS = 200
MOST_ROWS = 400_000
MOST_TITLE = 100
"""Characters of a column's title; longer ones are no titles."""
MOST_CELL = 2000
"""Characters of a cell."""


class ListError(RegistryError):
    """A file that cannot be read as a list at all. `kind` is a key of the list texts, `values` what stands in its
    braces, `line` where, if it is known."""

    def __init__(self, kind: str, line: int | None = None, **values: str | int) -> None:
        super().__init__(say("en", kind, values))
        self.kind = kind
        self.line = line
        self.values = values

    def in_file(self, language: Language) -> str:
        """The text for people, with the line where it is known."""
        text = say(language, self.kind, self.values, command=False)
        if self.line is None:
            return text
        return f"{say(language, 'rows.one', {'rows': self.line})}: {text}"


@dataclass
class Table:
    """The rows of a list. `sheet` is the name of the sheet that was read, `sheets` those of the others that have rows;
    `encoding` and `delimiter` are of text files."""

    rows: list[Row]
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None


def is_workbook(data: bytes) -> bool:
    """Whether bytes are a ZIP archive (XLSX, ODS) or an OLE container (XLS, and any workbook with a password)."""
    return data.startswith(
        (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x09\x08\x10\x00")
    )


def read_table(data: bytes, encoding: str | None = None, sheet: str | None = None) -> Table:
    """The rows of a file. `encoding` None: found by itself. Raises ListError."""
    if is_workbook(data):
        from registry.lists.files.workbook import read_workbook

        table = read_workbook(data, sheet)
    elif (kind := _no_list(data)) is not None:
        raise ListError(kind)
    else:
        from registry.lists.files.delimited import read_delimited

        table = read_delimited(data, encoding)
    table.rows = [row for row in table.rows if any(_filled(cell) for cell in row[1])]
    if not table.rows:
        raise ListError("file.empty")
    if len(table.rows) > MOST_ROWS:
        raise ListError("file.rows", rows=len(table.rows), most=MOST_ROWS)
    return table


def _no_list(data: bytes) -> str | None:
    """What is wrong with a file that is neither workbook nor delimited text, though it may be text."""
    begins = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begins.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        return "file.page"  # what many web sites call XLS
    if begins.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"<?xml", b"{\\rtf")):
        return "file.binary"
    return None


def _filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or (not cell.isspace() and cell != "")
