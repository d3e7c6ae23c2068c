"""Registrants in a CSV file, read row by row with all mistakes named.

The file is UTF-8 with commas, as every spreadsheet program can save it; its first line names the columns. Lists in a
cell are separated by semicolons.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from access.event.definition import Language
from config.errors import instead
from registry.roster.model import Form, Person
from registry.storage.errors import RegistryError

REQUIRED = ("ref", "name", "organisation", "language", "ticket", "venues", "days", "sessions")
OPTIONAL = ("code", "form")

LISTED = 50
"""Mistakes that a message lists; `SpreadsheetError.mistakes` has them all."""

_ENCODINGS = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5": ("big5", 0xA4, 0xC6)}
"""Chinese encodings other than UTF-8: where each keeps its common characters (first bytes of a pair)."""


class SpreadsheetError(RegistryError):
    """A file that cannot be taken in. `mistakes` are (line, what is wrong and what would be right)."""

    def __init__(self, source: str, mistakes: Sequence[tuple[int, str]]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        lines = [f"{source}:{line}: {what}" for line, what in self.mistakes[:LISTED]]
        if len(self.mistakes) > LISTED:
            lines.append(f"{source}: and {len(self.mistakes) - LISTED} more mistakes")
        super().__init__("\n".join(lines))


@dataclass
class Sheet:
    """What a file holds: people with the lines they stand on, and what is wrong with other lines."""

    source: str
    people: list[Person] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path, encoding: str = "utf-8") -> Sheet:
    """The registrants in a file; mistakes in rows are in the sheet. Raises RegistryError where it is no such file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RegistryError(f"{path}: cannot be read ({error.strerror})") from None
    return parse(_decoded(data, encoding, path.name), path.name)


def parse(text: str, source: str) -> Sheet:
    """The registrants in the text of a file."""
    rows = _rows(text, source)
    _, header = next(rows, (1, []))
    columns = _columns(header, source)
    sheet = Sheet(source)
    first_line: dict[str, int] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            right = f"should have {len(columns)}, as the header; put a cell with a comma in quotes"
            sheet.mistakes.append((line, f"has {len(cells)} cells; it {right}"))
            continue
        person = _person(dict(zip(columns, cells, strict=True)))
        if person.ref in first_line:
            sheet.mistakes.append((line, f"{person.ref!r} is on line {first_line[person.ref]} too"))
            continue
        first_line[person.ref] = line
        sheet.people.append(person)
        sheet.lines.append(line)
    return sheet


def _rows(text: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the lines they begin on; a cell in quotes may go over several."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SpreadsheetError(source, [(line, f"is no row of a CSV file: {error}")]) from None
        yield line, cells
        line = reader.line_num + 1


def _columns(header: Sequence[str], source: str) -> list[str]:
    columns = [name.strip().lower() for name in header]
    known = REQUIRED + OPTIONAL
    found = [
        f'column "{name}" is not known; {instead(name, known)}'
        for name in columns
        if name not in known
    ]
    found += [f'column "{name}" is there twice' for name in known if columns.count(name) > 1]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        found.append(f"the header lacks {', '.join(missing)}; it should be {','.join(REQUIRED)}")
    if missing and len(columns) == 1 and any(mark in columns[0] for mark in ";\t"):
        found = ["the columns should be separated by commas; save the file as CSV with commas"]
    if found:
        raise SpreadsheetError(source, [(1, what) for what in found])
    return columns


def _person(cells: Mapping[str, str]) -> Person:
    """The person on a row. What their values are worth is judged where the event is known."""
    tidy = {name: " ".join(cell.split()) for name, cell in cells.items()}
    code = cells.get("code", "")  # another system's code is taken as it is
    form = tidy.get("form") or ("foreign" if code else "plain")
    return Person(
        ref=tidy["ref"],
        name=tidy["name"],
        organisation=tidy["organisation"],
        language=cast("Language", tidy["language"]),
        ticket=tidy["ticket"],
        venues=_list(tidy["venues"]) or None,
        days=_list(tidy["days"]) or None,
        sessions=_list(tidy["sessions"]),
        code=code or None,
        form=cast("Form", form),
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in cell.split(";") if one.strip())


def _decoded(data: bytes, encoding: str, source: str) -> str:
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise RegistryError(
            f"There is no encoding {encoding!r}; it should be utf-8, gb18030, big5 or utf-16."
        ) from None
    try:
        return data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        wrong = f"byte {place} (0x{data[error.start]:02X}) is not {codec.upper()}"
        raise SpreadsheetError(source, [(line, f"{wrong}; {_advice(data)}")]) from None


def _advice(data: bytes) -> str:
    """What encoding the file may be in instead."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "the file looks like UTF-16: try --encoding utf-16"
    likeness = {encoding: _likeness(data, encoding) for encoding in _ENCODINGS}
    best = max(likeness, key=lambda encoding: likeness[encoding])
    if likeness[best] > 0.5:
        return f"the file looks like {best.upper()}: try --encoding {best}"
    return "save the file as CSV UTF-8"


def _likeness(data: bytes, encoding: str) -> float:
    """The share of a file's characters beyond ASCII that are common ones, if read so. 0 where it cannot be."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    beyond = [character for character in text if not character.isascii()]
    if not beyond:
        return 0.0
    table, first, last = _ENCODINGS[encoding]
    lead = [character.encode(table, "replace")[0] for character in beyond]
    return sum(first <= one <= last for one in lead) / len(beyond)
