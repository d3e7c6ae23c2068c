"""Tables as files for people's spreadsheets: XLSX with real types, or CSV that no spreadsheet misreads.

CSV follows RFC 4180 and begins with a byte order mark, which spreadsheets need to read Chinese. A text that a
spreadsheet would run as a formula, or turn into a number, a date or a logical value (a ref such as 00123, 5E7, SEP15 or
TRUE), gets an apostrophe in front.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from access.text import half_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook

BYTE_ORDER_MARK = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a text begins that a spreadsheet may run; full-width signs, too, where the system writes Chinese or Japanese
(https://owasp.org/www-community/attacks/CSV_Injection)."""

_DIGIT = re.compile(r"\d")
_CLOCK = r"\d{1,2}(?::\d{1,2}){0,2}(?:\.\d+)?(?:\s*[ap]\.?m\.?|\s+[ap])"
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_MISREAD = re.compile(
    "|".join(
        (
            r"(?:hk|nt|us|rmb|cny)?[\d\s.,:/%¥￥$€£()'+-]+",  # numbers, sums, shares, times, dates
            r"\(?(?=[.,]*\d)[\d.,]+e[+-]?\d+%?\)?",  # powers of ten
            rf"(?:[\d\s./-]+\s)?{_CLOCK}",
            rf"(?:\d{{1,4}}[\s./,-]*)?{_MONTH}(?:[\s./,-]*\d{{1,4}}){{0,2}}(?:\s+{_CLOCK}|\s+[\d:]+)?",
            r"(?:\d{2,4}年)?(?:\d{1,2}月(?:\d{1,2}[日号號]?)?)?(?:\s*(?:上午|下午)?\s*[\d:]+)?",
            r"(?:上午|下午)?\s*\d{1,2}(?:[时時点點](?:\d{1,2}分(?:\d{1,2}秒)?)?|(?::\d{1,2}){1,2})",
        )
    ),
    re.ASCII | re.IGNORECASE,
)
"""Texts with a digit that spreadsheets take for numbers, sums, shares, times or dates, in English and Chinese: what may
be typed as such (https://support.microsoft.com/office/enter-data-manually-in-worksheet-cells-c798181d-d75a-41b1-92ad-6c0800f80038)
is read as such from a file. Months have their English names, since gene names have met them in every country."""

_OTHER_WORD = re.compile(
    rf"(?<![^\W\d_])(?!(?:{_MONTH}|[ap]m?|m|e|hk|nt|us|rmb|cny|[年月日号號时時点點分秒]|[上下]午)(?![^\W\d_]))[^\W\d_]",
    re.IGNORECASE,
)
"""A word that is in no such text: sooner found than by trying all ways to read a number."""

_CONSTANTS = frozenset(
    ("true", "false", "#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!")
)
"""Texts without a digit that are logical values and errors to a spreadsheet (#DIV/0! has one)."""

WIDEST_CHARACTERS = 60

Step = Callable[[int], None]
"""Called with how many are done; may raise to stop the work."""

STEP_ROWS = 500

Cell = str | int | float | bool | datetime | None


@dataclass(frozen=True)
class Table:
    """A sheet: its name, the names of its columns, and its rows, each as long as `columns`. Times have no zone: they
    are meant as written."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def guarded(cell: Cell) -> str:
    """A cell of a CSV file that every spreadsheet shows as it is."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) or _is_misread(cell) else cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)


def _is_misread(text: str) -> bool:
    """Whether a spreadsheet takes a text for something else; full-width digits are digits to those in Chinese."""
    if _DIGIT.search(text) is None:
        return text.strip().casefold() in _CONSTANTS
    plain = text if text.isascii() else half_width(text)
    if _OTHER_WORD.search(plain) is not None:
        return plain.casefold() in _CONSTANTS
    return _MISREAD.fullmatch(plain.strip()) is not None


def csv_lines(rows: Iterable[Iterable[Cell]]) -> str:
    """Rows as lines of a CSV file, without the byte order mark."""
    text = io.StringIO()
    csv.writer(text).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue()


def csv_bytes(table: Table) -> bytes:
    """One table as a whole CSV file in UTF-8."""
    return (BYTE_ORDER_MARK + csv_lines([table.columns, *table.rows])).encode()


def unseen(done: int) -> None:
    """The progress of work that nobody watches."""


def xlsx_bytes(tables: Sequence[Table], step: Step = unseen) -> bytes:
    """The tables as a workbook, a sheet each: texts as texts, times as times, a filter on every column, and headers
    that stay in sight."""
    import xlsxwriter  # slow to load, and few processes write workbooks

    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm",
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            _add_sheet(book, table, bold, step)
    return file.getvalue()


def _add_sheet(book: "Workbook", table: Table, bold: Any, step: Step) -> None:
    sheet = book.add_worksheet(_sheet_name(table.name, len(book.worksheets())))
    sheet.write_row(0, 0, table.columns, bold)
    for number, row in enumerate(table.rows, 1):
        if number % STEP_ROWS == 0:
            step(number)
        for column, cell in enumerate(row):
            if isinstance(cell, bool):
                sheet.write_string(number, column, "yes" if cell else "")
            elif isinstance(cell, str):
                sheet.write_string(number, column, cell)
            elif cell is not None:
                sheet.write(number, column, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)
    for column, name in enumerate(table.columns):
        longest = max((_width(row[column]) for row in table.rows), default=0)
        sheet.set_column(column, column, min(WIDEST_CHARACTERS, max(_width(name), longest) + 3))


def _sheet_name(name: str, before: int) -> str:
    """A name that Excel allows and no sheet before it has: at most 31 characters, without []:*?/\\."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip() or "Sheet"
    return f"{before + 1} {plain}"[:31]


def _width(cell: Cell) -> int:
    """Columns of text that a cell takes; a Chinese character takes two."""
    text = guarded(cell)
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
