"""Which cells of a sheet hold an error, in workbooks of records: XLS, whose records are in the stream of an OLE
container, and XLSB, where they are parts of an archive."""

import struct
from collections.abc import Iterator

_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip

_END_OF_FILE, _SHEET, _FORMULA, _BOOL_OR_ERROR = 0x0A, 0x85, 0x06, 0x0205
_NO_NUMBER, _ERROR_RESULT = b"\xff\xff", 2
_LAST_SECTOR = 0xFFFFFFFA


def errors_of_xls(data: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """The errors of a sheet of an XLS workbook, by row and column from 0; of a damaged one, those that are found."""
    found: dict[tuple[int, int], str] = {}
    try:
        book = _Container(data).stream("Workbook")
        offset = next((at for at, name in _sheets(book) if name == sheet), None)
        for kind, body in _records(book, offset) if offset is not None else ():
            code = _error_code(kind, body)
            if code is not None:
                row, column = struct.unpack_from("<HH", body)
                found[row, column] = _ERRORS.get(code, "#N/A")
    except (struct.error, IndexError):
        pass
    return found


def _error_code(kind: int, body: bytes) -> int | None:
    """The error that a record gives its cell."""
    if kind == _BOOL_OR_ERROR and body[7]:
        return body[6]
    if kind == _FORMULA and body[12:14] == _NO_NUMBER and body[6] == _ERROR_RESULT:
        return body[8]
    return None


def _records(book: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    while offset + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, offset)
        if kind == _END_OF_FILE:
            return
        yield kind, book[offset + 4 : offset + 4 + size]
        offset += 4 + size


def _sheets(book: bytes) -> Iterator[tuple[int, str]]:
    """Where the records of each sheet begin, and its name."""
    for kind, body in _records(book, 0):
        if kind == _SHEET:
            (offset,) = struct.unpack_from("<I", body)
            wide = body[7] & 1
            name = body[8 : 8 + body[6] * (1 + wide)]
            yield offset, name.decode("utf-16-le" if wide else "latin-1", "replace")


_ROW, _ERROR_CELL, _ERROR_OF_FORMULA, _BUNDLED_SHEET = 0, 3, 11, 156


def errors_of_xlsb(sheet: bytes) -> dict[tuple[int, int], str]:
    """The errors of a sheet's part of an XLSB workbook, by row and column from 0."""
    found: dict[tuple[int, int], str] = {}
    row = 0
    for kind, body in _short_records(sheet):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", body)
        elif kind in (_ERROR_CELL, _ERROR_OF_FORMULA):
            (column, code) = struct.unpack_from("<I4xB", body)
            found[row, column] = _ERRORS.get(code, "#N/A")
    return found


def sheets_of_xlsb(book: bytes) -> Iterator[tuple[str, str]]:
    """The name of each sheet of an XLSB workbook, and the id of its part."""
    for kind, body in _short_records(book):
        if kind == _BUNDLED_SHEET:
            (length,) = struct.unpack_from("<I", body, 8)
            end = 12 + 2 * length
            yield body[end + 4 :].decode("utf-16-le"), body[12:end].decode("utf-16-le")


def _short_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of an XLSB part: kind and size are numbers of seven bits a byte, the lowest first."""
    at = 0
    while at < len(part):
        kind, at = _seven_bits(part, at, 2)
        size, at = _seven_bits(part, at, 4)
        yield kind, part[at : at + size]
        at += size


def _seven_bits(part: bytes, at: int, most: int) -> tuple[int, int]:
    number = 0
    for place in range(most):
        byte = part[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return number, at + place + 1


class _Container:
    """An OLE container: streams in chained sectors, the short ones in a stream of their own. Damaged: IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        (self._shift,) = struct.unpack_from("<H", data, 30)
        (directory, self._short, short_table) = struct.unpack_from("<I4xII", data, 48)
        self._next = self._table(self._table_sectors())
        self._short_next = self._table(self._chain(short_table, self._next))
        entries = b"".join(map(self._sector, self._chain(directory, self._next)))
        self._entries = [entries[at : at + 128] for at in range(0, len(entries), 128)]

    def _table_sectors(self) -> Iterator[int]:
        """The sectors of the table that says which sector follows another."""
        data, per_sector = self._data, (1 << self._shift) // 4
        (count, more) = struct.unpack_from("<I20xI", data, 44)
        sectors = list(struct.unpack_from("<109I", data, 76))
        while more < _LAST_SECTOR and len(sectors) < count:
            *some, more = struct.unpack(f"<{per_sector}I", self._sector(more))
            sectors += some
        return iter(sectors[:count])

    def _table(self, sectors: Iterator[int]) -> tuple[int, ...]:
        raw = b"".join(map(self._sector, sectors))
        return struct.unpack(f"<{len(raw) // 4}I", raw)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        return self._data[start : start + (1 << self._shift)]

    @staticmethod
    def _chain(first: int, following: tuple[int, ...]) -> Iterator[int]:
        for _ in range(len(following)):  # a ring has an end too
            if first >= _LAST_SECTOR:
                return
            yield first
            first = following[first]

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; empty where there is none."""
        for entry in self._entries:
            length = int.from_bytes(entry[64:66], "little")
            if entry[: max(0, length - 2)].decode("utf-16-le", "replace") == name:
                first, size = struct.unpack_from("<II", entry, 116)
                if size >= self._short:
                    return self._whole(first)[:size]
                short = self._whole(struct.unpack_from("<I", self._entries[0], 116)[0])
                chain = self._chain(first, self._short_next)
                return b"".join(short[64 * n : 64 * n + 64] for n in chain)[:size]
        return b""

    def _whole(self, first: int) -> bytes:
        return b"".join(map(self._sector, self._chain(first, self._next)))
