"""Workbooks: XLSX, XLSB, XLS and ODS, read in a process of its own that has bounds."""

import logging
import subprocess
import sys
from datetime import date
from typing import Any

import msgspec

from registry.lists.files.table import ListError, Table

log = logging.getLogger(__name__)

DATE = 1
"""The extension type of a date: its ISO 8601 text."""


SheetRow = tuple[int, list[Any]]
"""The number of a row of the sheet, from 1, and its cells."""


class Task(msgspec.Struct, array_like=True):
    """A workbook, and the name of the sheet that is wanted."""

    data: bytes
    sheet: str | None


class Rows(msgspec.Struct, tag=True):
    """The rows of a sheet; its name, and those of the others that have rows."""

    rows: list[SheetRow]
    sheet: str
    others: list[str]


class Refused(msgspec.Struct, tag=True):
    """Why it cannot be read, as a ListError says."""

    kind: str
    values: dict[str, str | int]


def read_workbook(data: bytes, sheet: str | None = None) -> Table:
    """The rows of one sheet: of the named one, else of the first visible one that has any. Raises ListError."""
    read = subprocess.run(
        [sys.executable, "-m", "registry.lists.files.workbook_worker"],
        input=msgspec.msgpack.encode(Task(data, sheet)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if read.returncode:
        log.warning("a workbook could not be read: its process ended with %d", read.returncode)
        raise ListError("file.sprawling" if read.returncode < 0 else "file.broken")
    answer = msgspec.msgpack.decode(read.stdout, type=Rows | Refused, ext_hook=_date)
    if isinstance(answer, Refused):
        raise ListError(answer.kind, None, **answer.values)
    return Table(list(answer.rows), answer.sheet, answer.others)


def _date(kind: int, data: memoryview) -> date:
    if kind != DATE:
        raise ValueError(f"a cell of type {kind}")
    return date.fromisoformat(bytes(data).decode())
