"""Reads a workbook with calamine, in a process of its own: a few bytes can stand for more cells than any memory holds,
and calamine ends the process then.

Reads a `Task` as MessagePack from standard input, and writes `Rows` or `Refused` to standard output. Dates are written
as an extension, so that they stay apart from text.
"""

import io
import os
import resource
import sys
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import msgspec
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

from registry.lists.files.error_cells import Errors, error_cells
from registry.lists.files.table import MOST_ROWS, Cell, ListError
from registry.lists.files.workbook import DATE, Refused, Rows, SheetRow, Task

MOST_UNPACKED = 600_000_000
"""Bytes of a workbook's parts when unpacked: 300,000 rows take a third of it, an archive made to fill memory more."""

MOST_MERGED = 10_000

MEMORY_BYTES = 1_200_000_000
CPU_S = 120
"""The bounds of the process: of the largest lists that can be sent, 300,000 rows of 12 columns, reading takes
700,000,000 bytes and ten seconds."""

NICE = 10
"""Reading gives way to the processes that serve."""


def main() -> int:
    """Do the task on standard input."""
    # Here, since nothing of Python may run between fork and exec of a process with threads.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a picture of the memory would name people
    with suppress(OSError):
        os.nice(NICE)
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    answer: Rows | Refused
    try:
        answer = _read(task.data, task.sheet)
    except ListError as error:
        answer = Refused(error.kind, dict(error.values))
    except MemoryError:
        answer = Refused("file.sprawling", {})
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


def _read(data: bytes, sheet: str | None) -> Rows:
    _refuse_bomb(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [
            one.name for one in workbook.sheets_metadata if one.visible is SheetVisibleEnum.Visible
        ]
        if sheet is not None and sheet not in workbook.sheet_names:
            raise ListError("sheet.unknown", sheet=sheet[:60], sheets=", ".join(visible[:8]))
        sheets = {name: workbook.get_sheet_by_name(name) for name in visible}
        filled = [name for name, one in sheets.items() if one.height]
        chosen = sheet if sheet is not None else next(iter(filled), None)
        if chosen is None:
            raise ListError("file.empty")
        rows = _rows(
            sheets[chosen] if chosen in sheets else workbook.get_sheet_by_name(chosen),
            error_cells(data, chosen),
        )
    except PasswordError:
        raise ListError("file.password") from None
    except CalamineError:
        raise ListError("file.broken") from None
    return Rows(rows, chosen, [name for name in filled if name != chosen])


def _refuse_bomb(data: bytes) -> None:
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise ListError("file.broken") from None
    if size > MOST_UNPACKED:
        raise ListError("file.large", most=MOST_UNPACKED // 1_000_000)


def _rows(sheet: CalamineSheet, errors: Errors) -> list[SheetRow]:
    merged = len(sheet.merged_cell_ranges or ())
    if merged > MOST_MERGED:
        raise ListError("file.merged", merged=merged, most=MOST_MERGED)
    if sheet.total_height > 2 * MOST_ROWS:
        raise ListError("file.rows", rows=sheet.total_height, most=MOST_ROWS)
    read = sheet.to_python(skip_empty_area=False)
    rows = [(number, _cells(cells)) for number, cells in enumerate(read, 1)]
    for (row, column), error in errors.items():
        if row < len(rows) and column < len(rows[row][1]):
            rows[row][1][column] = error
    _spread_merged(sheet, rows)
    return rows


def _spread_merged(sheet: CalamineSheet, rows: Sequence[SheetRow]) -> None:
    """A cell merged over several rows stands in each of them: one company above three people's names."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left != right or bottom <= top or bottom >= len(rows):
            continue  # a title goes across
        for number in range(top + 1, bottom + 1):
            cells = rows[number][1]
            if left < len(cells) and cells[left] == "":
                cells[left] = rows[top][1][left]


def _cells(cells: list[Any]) -> list[Any]:
    if all(type(cell) is str for cell in cells):  # most rows
        return cells
    return [_cell(cell) for cell in cells]


def _cell(cell: object) -> Cell | msgspec.msgpack.Ext:
    match cell:
        case datetime():
            return _date(cell.date())
        case date():
            return _date(cell)
        case str() | bool() | int() | float():
            return cell
        case _:  # a time of the day, a duration
            return str(cell)


def _date(day: date) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(DATE, day.isoformat().encode())


if __name__ == "__main__":
    sys.exit(main())
