"""Which cells of a workbook's sheet hold an error, such as #N/A: calamine gives them as empty ones.

Excel and LibreOffice store the outcome of a formula beside it, and mark the ones that failed.
"""

import posixpath
import re
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import product
from typing import IO
from xml.etree import ElementTree as ET
from xml.parsers import expat

from registry.lists.files.error_records import errors_of_xls, errors_of_xlsb, sheets_of_xlsb

Errors = dict[tuple[int, int], str]
"""The text of an error, such as "#N/A", by row and column from 0."""

_ERROR_MARKS = (b't="e"', b"t='e'")
_XLSX_ERROR = re.compile(
    rb"<(?:\w+:)?c\s(?=[^>]*\bt=[\"']e[\"'])([^>]*)>(?:[^<]|<(?!/?(?:\w+:)?c\b))*?<(?:\w+:)?v>([^<]*)<"
)
_OVERLAP = 1 << 16
"""No cell with an error takes more bytes, formula included."""

_ODS_ERROR_MARKS = (b">#", b">Err:", b'value-type="error"')
_ODS_ERROR = re.compile(r"#(?:N/A|[A-Z/0]+[!?])|Err:\d{3}")
_NAMED_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_PLACE = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_PIECE = 1 << 20
MOST_REPEATED = 1000
"""Rows or columns for which one with an error is taken to stand."""


def error_cells(data: bytes, sheet: str) -> Errors:
    """The errors of a sheet of a workbook. A workbook that is built in another way than any program's has none."""
    if not data.startswith(b"PK"):
        return errors_of_xls(data, sheet)
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            names = set(parts.namelist())
            if "content.xml" in names:
                return _of_ods(parts, sheet)
            [book] = _targets(parts, "_rels/.rels", "", "/officeDocument").values()
            folder, _, name = book.rpartition("/")
            targets = _targets(parts, f"{folder}/_rels/{name}.rels", folder, "/worksheet")
            if book.endswith(".bin"):
                part = targets.get(dict(sheets_of_xlsb(parts.read(book))).get(sheet, ""), "")
                return errors_of_xlsb(parts.read(part)) if part in names else {}
            part = _part_of(parts, book, targets, sheet)
            return _of_xlsx(parts, part) if part in names else {}
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError):
        return {}
    except (struct.error, ET.ParseError, expat.ExpatError):
        return {}


def _part_of(parts: zipfile.ZipFile, book: str, targets: dict[str, str], sheet: str) -> str:
    """The part of an XLSX workbook that is the sheet of a name; "": none."""
    for one in ET.fromstring(parts.read(book)).iter():  # noqa: S314 - expat bounds what entities grow to
        if _local(one.tag, "}") == "sheet" and one.get("name") == sheet:
            ids = [value for key, value in one.attrib.items() if _local(key, "}") == "id"]
            return next((targets[known] for known in ids if known in targets), "")
    return ""


def _targets(parts: zipfile.ZipFile, part: str, folder: str, kind: str) -> dict[str, str]:
    """The parts that another one names, of a kind, by the id that it gives them."""
    found = {}
    for one in ET.fromstring(parts.read(part)).iter():  # noqa: S314 - as above
        target = one.get("Target", "")
        if one.get("Type", "").endswith(kind):
            path = posixpath.normpath(posixpath.join("/", folder, target))
            found[one.get("Id", "")] = path.strip("/")
    return found


def _has_any(parts: zipfile.ZipFile, part: str, marks: tuple[bytes, ...]) -> bool:
    """Whether a part contains one of a few short texts: most sheets have no error, and are read once only."""
    end = b""
    with parts.open(part) as file:
        while piece := file.read(_PIECE):
            if any(mark in end + piece for mark in marks):
                return True
            end = piece[-32:]
    return False


def _of_xlsx(parts: zipfile.ZipFile, part: str) -> Errors:
    if not _has_any(parts, part, _ERROR_MARKS):
        return {}
    errors: Errors = {}
    end = b""
    with parts.open(part) as file:
        while piece := file.read(_PIECE):
            seen = end + piece
            for attributes, value in _XLSX_ERROR.findall(seen):
                place = _PLACE.search(attributes)
                if place is None:
                    return _counted(parts, part)
                errors[int(place[2]) - 1, _number(place[1].decode())] = (
                    value.decode("utf-8", "replace").strip() or "#N/A"
                )
            end = seen[-_OVERLAP:]
    return errors


def _counted(parts: zipfile.ZipFile, part: str) -> Errors:
    """The errors of a sheet whose cells do not say their place: ten times slower."""
    with parts.open(part) as file:
        reader = _XlsxReader()
        _parse(file, reader.start, reader.end, reader.text)
    return reader.errors


def _parse(
    file: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    parser.ParseFile(file)


class _XlsxReader:
    """Finds `<c t="e"><v>#N/A</v></c>` by counting the rows and cells that do not say their place."""

    def __init__(self) -> None:
        self.errors: Errors = {}
        self._row = self._column = -1
        self._in_error = self._in_value = False
        self._value = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "c":
            place = _NAMED_PLACE.fullmatch(attributes.get("r", ""))
            self._column = _number(place[1]) if place else self._column + 1
            self._in_error = attributes.get("t") == "e"
            self._value = ""
        elif tag == "row":
            row = attributes.get("r", "")
            self._row = int(row) - 1 if row.isdecimal() else self._row + 1
            self._column = -1
        elif tag == "v":
            self._in_value = self._in_error

    def end(self, tag: str) -> None:
        tag = _local(tag)
        if tag == "v":
            self._in_value = False
        elif tag == "c" and self._in_error:
            self.errors[self._row, self._column] = self._value.strip() or "#N/A"
            self._in_error = False

    def text(self, text: str) -> None:
        if self._in_value:
            self._value += text


def _number(letters: str) -> int:
    """The number of a column, from 0, by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _of_ods(parts: zipfile.ZipFile, sheet: str) -> Errors:
    if not _has_any(parts, "content.xml", _ODS_ERROR_MARKS):
        return {}
    with parts.open("content.xml") as file:
        reader = _OdsReader(sheet)
        _parse(file, reader.start, reader.end, reader.text)
    return reader.errors


class _OdsReader:
    """Finds cells with a formula whose text is an error. Rows and cells may stand for several equal ones."""

    def __init__(self, sheet: str) -> None:
        self.errors: Errors = {}
        self._sheet = sheet
        self._in_sheet = False
        self._row = self._next_row = self._column = self._next_column = 0
        self._has_formula = self._is_error = False
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "table":
            self._in_sheet = attributes.get("table:name") == self._sheet
        elif tag == "table-row":
            self._row = self._next_row
            self._next_row += int(attributes.get("table:number-rows-repeated", "1"))
            self._next_column = 0
        elif tag in ("table-cell", "covered-table-cell"):
            self._column = self._next_column
            self._next_column += int(attributes.get("table:number-columns-repeated", "1"))
            self._has_formula = self._in_sheet and "table:formula" in attributes
            self._is_error = attributes.get("calcext:value-type") == "error"
            self._text = ""

    def end(self, tag: str) -> None:
        tag = _local(tag)
        if tag == "table":
            self._in_sheet = False
            self._next_row = 0
        elif tag == "table-cell" and self._has_formula:
            self._has_formula = False
            error = self._text.strip()
            is_known = _ODS_ERROR.fullmatch(error) is not None
            if is_known or self._is_error:
                rows = range(self._row, min(self._next_row, self._row + MOST_REPEATED))
                columns = range(self._column, min(self._next_column, self._column + MOST_REPEATED))
                self.errors |= dict.fromkeys(
                    product(rows, columns), error if is_known else "#VALUE!"
                )

    def text(self, text: str) -> None:
        if self._has_formula:
            self._text += text


def _local(tag: str, mark: str = ":") -> str:
    """A tag without its namespace or prefix."""
    return tag.rpartition(mark)[2]
