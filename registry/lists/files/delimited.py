"""Delimited text: commas, semicolons, tabs or bars; any encoding of `access.text.encoding`; with `sep=` or without."""

import codecs
import csv
import io
import re

from access.text.encoding import (
    ENCODINGS,
    UndecodableError,
    decoded,
    decoded_as,
    known_encoding,
)
from registry.lists.files.table import MOST_COLUMNS, ListError, Row, Table

DELIMITERS = ",;\t|"
_SEP = re.compile(r'\A\s*"?sep=(.)"?\s*(?:\r\n|\r|\n)', re.IGNORECASE)
_SAMPLE_LINES = 20


def read_delimited(data: bytes, encoding: str | None = None) -> Table:
    """The rows of a text file. `encoding` None: found by itself. Raises ListError."""
    text, found = _text(data, encoding)
    if "\x00" in text[:4000]:
        raise ListError("file.binary")
    sep = _SEP.match(text)
    skipped = 0
    if sep is not None:
        delimiter, skipped, text = sep[1], 1, text[sep.end() :]
    else:
        delimiter = _delimiter(text)
    return Table(_rows(text, delimiter, skipped), encoding=found, delimiter=delimiter)


def _text(data: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        try:
            return decoded(data)
        except UndecodableError as error:
            raise _not_text(data, error) from None
    asked = known_encoding(encoding)
    if asked is None:
        raise ListError("encoding.unknown", encoding=encoding[:20], known=", ".join(ENCODINGS))
    try:
        return decoded_as(data, asked), asked
    except UndecodableError as error:
        raise _not_text(data, error) from None


def _not_text(data: bytes, error: UndecodableError) -> ListError:
    line = data.count(b"\n", 0, error.at) + 1
    column = error.at - (data.rfind(b"\n", 0, error.at) + 1) + 1
    byte = f"0x{data[error.at]:02X}" if error.at < len(data) else "–"
    name = codecs.lookup(error.encoding).name.upper()
    return ListError("file.encoding", line, place=column, byte=byte, encoding=name)


def _delimiter(text: str) -> str:
    """The mark that parts most of the first lines into the same number of cells, more than one."""
    lines = [line for line in text[:100_000].splitlines()[: 2 * _SAMPLE_LINES] if line.strip()]

    def worth(mark: str) -> tuple[int, int]:
        counts = [_outside_quotes(line, mark) for line in lines[:_SAMPLE_LINES]]
        usual = max(counts, key=lambda n: (counts.count(n) if n else 0, n), default=0)
        return (counts.count(usual) if usual else 0, usual)

    # The line with the titles has more marks than any title above it and is quoted least: it decides a draw.
    return max(DELIMITERS, key=worth)


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _rows(text: str, delimiter: str, skipped: int) -> list[Row]:
    """The rows with the lines they begin on; a cell in quotes may go over several."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    rows: list[Row] = []
    line = 1 + skipped
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            raise ListError("file.row", line, why=str(error)) from None
        if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
            raise ListError("file.columns", line, columns=len(cells), most=MOST_COLUMNS)
        rows.append((line, cells[:MOST_COLUMNS]))
        line = reader.line_num + 1 + skipped
