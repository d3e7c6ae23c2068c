"""Tables as files: what a spreadsheet shows is what was meant."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

from registry.queries.table_files import Table, csv_bytes, guarded, xlsx_bytes

NINE = datetime(2020, 11, 17, 9, 0, 30)  # noqa: DTZ001 -- the clock on the wall


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "00123", "5E7", "1.5e+3", ".5E3", "12e5", "11-17", "1/2", "1-2", "9:30", "13800138000", "1,000", "50%", "(123)",
        " 007 ", "$5", "HK$100", "￥20", "TRUE", "false", "#N/A", "#DIV/0!", "10 AM", "10:30pm", "3 p", "SEP15", "MAR1",
        "1-Mar", "Mar-20", "Sept 1", "1 May 2026", "March 1, 2026", "2026-Nov-29", "11月29日", "2026年11月", "2026年",
        "11月", "下午3:00", "10时30分", "２０２０", "１／２", "（123）",
    ],
)  # fmt: skip
def test_no_text_becomes_a_number_or_a_date(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "P123", "A/1", "Mar", "May", "Marcel 1", "June Lee", "Truman", "10A", "12P", "5G", "3M", "7-Eleven", "W-12",
        "Decathlon 2", "11月會議", "第3組", "2026年會", "ABCD-1234-E", "12E", "E5", "1E5F", "5e3-1", "M3-4F2K",
        "12 Monkeys",
        "Augusto 1", "100 Main Street", "陳3", "①", "2020-11-17T08:30:00.123Z", "Hall 3 (East)", "",
    ],
)  # fmt: skip
def test_a_text_that_no_spreadsheet_changes_has_no_apostrophe(text: str) -> None:
    assert guarded(text) == text


def test_other_cells_stay_as_they_are() -> None:
    cells = ("a=b", 5, 2.5, None, "", "b05773237e263", "陳大文", True, False, NINE, "FW-12 A")
    assert [guarded(one) for one in cells] == [
        "a=b", "5", "2.5", "", "", "b05773237e263", "陳大文", "yes", "", "2020-11-17 09:00:30", "FW-12 A",
    ]  # fmt: skip


def test_a_csv_file_tells_spreadsheets_that_it_is_utf_8() -> None:
    table = Table("t", ("name", "n"), [("陳大文, Jr", 5)])
    assert csv_bytes(table) == b"\xef\xbb\xbf" + 'name,n\r\n"陳大文, Jr",5\r\n'.encode()


def test_a_workbook_keeps_texts_numbers_and_times_apart() -> None:
    rows = [
        ("00123", "=1+1", "http://example.org", 5, NINE, None),
        ("5E7", "陳", "", 0, None, True),
    ]
    table = Table("5G [main]: 科技/产业*", ("ref", "f", "link", "minutes", "at", "flag"), rows)
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes([table, table])))
    assert len(book.sheet_names) == 2
    assert all(len(name) <= 31 for name in book.sheet_names)
    header, first, second = book.get_sheet_by_index(0).to_python()
    assert header == ["ref", "f", "link", "minutes", "at", "flag"]
    assert first == ["00123", "=1+1", "http://example.org", 5.0, NINE, ""]
    assert second == ["5E7", "陳", "", 0.0, "", "yes"]


def test_a_workbook_without_rows_has_its_header() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_bytes([Table("", ("a", "b"), [])])))
    assert book.get_sheet_by_index(0).to_python() == [["a", "b"]]
