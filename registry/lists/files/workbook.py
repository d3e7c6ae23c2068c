"""Workbooks: XLSX, XLSB, XLS and ODS, by calamine."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
)

from registry.lists.files.table import MOST_ROWS, Cell, ListError, Row, Table

MOST_UNPACKED = 600_000_000
"""Bytes of a workbook's parts when unpacked: 300,000 rows take a third of it, an archive made to fill memory more."""


def read_workbook(data: bytes, sheet: str | None = None) -> Table:
    """The rows of one sheet: of the named one, else of the first visible one that has any. Raises ListError."""
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
        rows = _rows(sheets[chosen] if chosen in sheets else workbook.get_sheet_by_name(chosen))
    except PasswordError:
        raise ListError("file.password") from None
    except CalamineError:
        raise ListError("file.broken") from None
    return Table(rows, chosen, [name for name in filled if name != chosen])


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


def _rows(sheet: CalamineSheet) -> list[Row]:
    if sheet.total_height > 2 * MOST_ROWS:
        raise ListError("file.rows", rows=sheet.total_height, most=MOST_ROWS)
    read = sheet.to_python(skip_empty_area=False)
    rows: list[Row] = [(number, _cells(cells)) for number, cells in enumerate(read, 1)]
    _spread_merged(sheet, rows)
    return rows


def _spread_merged(sheet: CalamineSheet, rows: Sequence[Row]) -> None:
    """A cell merged over several rows stands in each of them: one company above three people's names."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left != right or bottom <= top or bottom >= len(rows):
            continue  # a title goes across
        for number in range(top + 1, bottom + 1):
            cells = rows[number][1]
            if isinstance(cells, list) and left < len(cells) and cells[left] == "":
                cells[left] = rows[top][1][left]


def _cells(cells: list[Any]) -> list[Cell]:
    if all(type(cell) is str for cell in cells):  # most rows
        return cells
    return [_cell(cell) for cell in cells]


def _cell(cell: object) -> Cell:
    match cell:
        case datetime():
            return cell.date()
        case time() | timedelta():
            return str(cell)
        case str() | bool() | int() | float() | date():
            return cell
        case _:
            return str(cell)
