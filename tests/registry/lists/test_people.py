"""Lists as people have them come in as they are, or what is wrong is named with its place."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from access.event.definition import Event
from config import event_file
from registry.lists.columns import NO_MAPPING, Mapping
from registry.lists.files.table import ListError, read_table
from registry.lists.people import People, read_people
from registry.roster.model import Person

SAMPLES = Path(__file__).parents[2] / "samples" / "lists"
HEADER = "ref,name,organisation,language,ticket,venues,days,sessions"


@pytest.fixture(scope="module")
def forum() -> Event:
    """Two venues (hongkong, leshan), 28 and 29 November 2026, sessions of several names."""
    return event_file.load(SAMPLES / "operator-event.toml")


def read(path: str | bytes, event: Event, mapping: Mapping = NO_MAPPING) -> People:
    data = path if isinstance(path, bytes) else (SAMPLES / path).read_bytes()
    return read_people(read_table(data), event, mapping)


def people(path: str | bytes, event: Event, mapping: Mapping = NO_MAPPING) -> list[Person]:
    """The people of a file without mistakes."""
    found = read(path, event, mapping)
    assert [one.text("en") for one in found.findings.of("mistake")] == []
    return [one.person for one in found.candidates]


def mistakes_of(path: str | bytes, event: Event, mapping: Mapping = NO_MAPPING) -> list[str]:
    """What is wrong or odd in a file, but for cells that may be empty."""
    found = read(path, event, mapping).findings
    return [one.text("en") for one in found if not one.kind.startswith("value.empty.")]


@pytest.mark.parametrize(
    "name",
    [
        "dates.csv",
        "emptycols.csv",
        "enheaders.csv",
        "export1.csv",
        "extracolumns.csv",
        "fullwidth.csv",
        "hantheaders.csv",
        "hkscs.csv",
        "langticketcase.csv",
        "list.xlsx",
        "plain.xlsx",
        "ragged.csv",
        "semicolon.csv",
        "separators.csv",
        "tab.csv",
        "titlerow.csv",
        "utf16tab.txt",
        "zhheaders.csv",
    ],
)
def test_lists_of_thirty_people_come_in_whole(name: str, forum: Event) -> None:
    found = people(f"operator/{name}", forum)

    assert len(found) == 30
    assert len({one.ref for one in found}) == 30
    assert all(one.name and one.organisation and one.ticket for one in found)
    assert {one.language for one in found} <= {"en", "zh-Hant", "zh-Hans"}


@pytest.mark.parametrize("name", ["zhheaders", "hantheaders", "enheaders", "titlerow"])
def test_columns_are_found_by_their_titles_in_three_languages(name: str, forum: Event) -> None:
    found = people(f"operator/{name}.csv", forum)

    assert {one.days for one in found} == {("2026-11-28",)}
    assert {one.venues for one in found} >= {("hongkong",), ("leshan",), ("hongkong", "leshan")}
    assert {one.ticket for one in found} == {"delegate", "media", "vip"}
    assert {"phone", "mail"} <= set(found[0].extra)
    assert found[0].extra["mail"] == "a0@example.com"


def test_dates_are_read_as_text_in_any_order_and_as_serial_numbers(forum: Event) -> None:
    found = people("operator/dates.csv", forum)

    assert {one.days for one in found} == {("2026-11-28",), ("2026-11-28", "2026-11-29")}


def test_items_of_a_cell_may_be_parted_by_any_mark(forum: Event) -> None:
    found = people("operator/separators.csv", forum)

    assert {one.sessions for one in found} == {("ai", "tourism")}
    assert {one.venues for one in found} == {("hongkong", "leshan")}


def test_full_width_refs_are_the_same_refs(forum: Event, event: Event) -> None:
    assert people("operator/fullwidth.csv", forum)[0].ref == "FW900000"
    assert people("shapes/u_fullwidth.csv", event)[0].ref == "U1"


def test_full_width_letters_of_a_name_are_plain_ones_and_it_is_said(event: Event) -> None:
    assert people("shapes/u_fullwidth.csv", event)[0].name == "Ann Example"
    assert mistakes_of("shapes/u_fullwidth.csv", event) == [
        "name: full-width letters (Ａｎｎ) are taken as plain ones (Ann)"
    ]


def test_big5_of_hong_kong_is_found_by_itself(forum: Event) -> None:
    found = people("operator/hkscs.csv", forum)

    assert (found[0].name, found[0].organisation) == ("鄧啟𨋢", "深水埗街坊會 鰂魚涌")


def test_names_in_an_encoding_of_traditional_chinese_are_in_traditional_chinese(
    forum: Event,
) -> None:
    """Characters that both scripts have say nothing."""
    text = "報名編號,姓名,票種,單位\nR1,李明,貴賓,深水埗街坊會\nR2,Ada Byron,貴賓,深水埗街坊會\n"
    text += "R3,李嘅,貴賓,鰂魚涌\n"
    of_encoding = {
        name: [one.language for one in people(text.encode(name), forum)]
        for name in ("big5hkscs", "utf-8")
    }
    assert of_encoding["big5hkscs"] == ["zh-Hant", "en", "zh-Hant"]
    assert of_encoding["utf-8"][:2] == ["zh-Hans", "en"]


def test_equal_refs_name_both_lines(forum: Event) -> None:
    assert mistakes_of("operator/duplicates.csv", forum) == [
        '"DU900003" is on line 5 too; each person has a ref of their own',
        '"DU900004" is on line 6 too; each person has a ref of their own',
    ]


def test_refs_that_differ_in_capitals_only_are_told(forum: Event) -> None:
    rows = b"ref,name,organisation,language,ticket,sessions\nP9,Ann,O,en,vip,\np9,Bo,O,en,vip,\nP10,Cy,O,en,vip,\n"
    found = read(rows, forum)

    assert [one.person.ref for one in found.candidates] == ["P9", "p9", "P10"]
    told = '"p9" differs from "P9" on line 2 in capital letters only; they are taken for two people'
    assert told in [one.text("en") for one in found.findings.of("warning")]


def test_an_empty_name_is_named(forum: Event) -> None:
    assert mistakes_of("operator/emptyname.csv", forum) == [
        "name is empty; it is what the badge and the door say"
    ]


def test_cells_that_a_spreadsheet_would_run_are_only_text(forum: Event) -> None:
    second = read("operator/emptyname.csv", forum).candidates[1].person

    assert second.name == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("name", "ref"),
    [
        ("b_utf16_tab.txt", "B1"),
        ("c_sep_line.csv", "C1"),
        ("e_trailing_commas.csv", "E1"),
        ("e2_trailing_comma_rows_only.csv", "E2"),
        ("g_fullwidth_list.csv", "G1"),
        ("h_excel_date.csv", "H1"),
        ("people.xlsx", "XL1"),
        ("qr_code_in_chinese.csv", "F4"),
    ],
)
def test_what_spreadsheets_write_when_they_save_is_read(name: str, ref: str, event: Event) -> None:
    (one,) = people(f"shapes/{name}", event)

    assert one.ref == ref


def test_full_width_list_marks_and_digits_are_read(event: Event) -> None:
    (one,) = people("shapes/g_fullwidth_list.csv", event)

    assert (one.venues, one.days) == (("chengdu", "meishan"), ("2020-11-17",))


def test_usual_language_tags_are_known_and_an_empty_one_goes_by_the_name(event: Event) -> None:
    found = people("shapes/s_lang_variants.csv", event)

    assert [one.language for one in found] == ["zh-Hans", "zh-Hant", "en", "zh-Hant", "en"]
    assert mistakes_of("shapes/s_lang_variants.csv", event) == [
        "language is empty: it is taken from the script of the name"
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("p2_trailing_space_code.csv", "XK93-7QWZ-44LM-PP0B"),
        ("p_space_after_comma.csv", "XK93-7QWZ-44LM-PP0A"),
    ],
)
def test_blanks_around_a_code_are_no_part_of_it(name: str, code: str, event: Event) -> None:
    (one,) = people(f"shapes/{name}", event)

    assert (one.code, one.form) == (code, "foreign")


@pytest.mark.parametrize(
    ("name", "person", "organisation"),
    [
        ("j_zwsp_name.csv", "王小明", "Org"),
        ("j2_softhyphen_org.csv", "Ann Example", "Donaudampfschiff"),
        ("j3_bidi.csv", "Ann Example", "Org"),
        ("j4_bom_inside.csv", "Ann Example", "Org"),
        ("d2_header_zwsp.csv", "Ann Example", "Org"),
    ],
)
def test_invisible_characters_are_dropped(
    name: str, person: str, organisation: str, event: Event
) -> None:
    (one,) = people(f"shapes/{name}", event)

    assert (one.name, one.organisation) == (person, organisation)


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("i_sci_code.csv", "code", ["6.91235E+14", "6.91236E+14"]),
        ("i2_sci_ref.csv", "ref", ["1.38001E+10"]),
    ],
)
def test_numbers_that_a_spreadsheet_has_shortened_are_named(
    name: str, column: str, values: list[str], event: Event
) -> None:
    lines = mistakes_of(f"shapes/{name}", event)

    assert [line[: len(column) + 4 + len(v)] for line, v in zip(lines, values, strict=True)] == [
        f"{column} is {value}" for value in values
    ]
    assert all("a spreadsheet has shortened a long number" in line for line in lines)


def test_names_of_any_script_come_in_composed(event: Event) -> None:
    found = {one.ref: one.name for one in people("shapes/badge_letters.csv", event)}

    assert found["N02"] == "Nguy\u1ec5n Th\u1ecb H\u1ed3ng"
    assert found["N04"] == "สมชาย ใจดี"
    assert len(found) == 10


def test_a_private_use_character_of_old_lists_is_what_it_stood_for(forum: Event) -> None:
    (one,) = people(f"{HEADER}\nR1,李\ue863,Org,zh-Hans,delegate,,,\n".encode(), forum)

    assert one.name == "李䶮"


def test_a_character_that_cannot_be_printed_is_named_with_its_place(forum: Event) -> None:
    assert mistakes_of(f"{HEADER}\nR1,Li\x07,Org,en,delegate,,,\n".encode(), forum) == [
        "name has a character that cannot be printed, U+0007, at place 3; type it again"
    ]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("2026年11月28日（周六）", "28"),
        ("28 Nov 2026", "28"),
        ("Nov 29", "29"),
        ("29/11/2026", "29"),
        ("28-Nov-26", "28"),
        ("29 Nov 26", "29"),
        ("28-Nov-26 to 29-Nov-26", "28 29"),
        ("11/29/26", "29"),
        ("20261128", "28"),
        ("第二天", "29"),
        ("Day 1", "28"),
        ("11月28日至29日", "28 29"),
        ("2026-11-28~2026-11-29", "28 29"),
        ("11月28日、11月29日", "28 29"),
        ("2026-11-28/2026-11-29", "28 29"),
        ("44892", "28"),  # days since 1904: a workbook of an old Mac
        ("全部", ""),
    ],
)
def test_dates_as_people_write_them(cell: str, days: str, forum: Event) -> None:
    (one,) = people(f'{HEADER}\nR1,Pat,Org,en,delegate,,"{cell}",\n'.encode(), forum)

    assert one.days == (tuple(f"2026-11-{day}" for day in days.split()) or None)


@pytest.mark.parametrize(
    "cell", ["30 Nov 2026", "31/12", "2025-11-28", "28-Nov-25", "soon", "99999"]
)
def test_days_outside_the_event_are_named(cell: str, forum: Event) -> None:
    (line,) = mistakes_of(f"{HEADER}\nR1,Pat,Org,en,delegate,,{cell},\n".encode(), forum)

    assert line.startswith(f'days "{cell}" is not in the event')


@pytest.mark.parametrize(
    ("cell", "sessions"),
    [
        ("Applied AI", "ai"),
        ("應用人工智能、綠色金融", "ai finance"),
        ("Tea and Agritech, Semiconductors", "chips tea"),
        ("opening / AI", "opening ai"),
    ],
)
def test_sessions_are_named_by_id_or_in_three_languages(
    cell: str, sessions: str, forum: Event
) -> None:
    (one,) = people(f'{HEADER}\nR1,Pat,Org,en,delegate,,,"{cell}"\n'.encode(), forum)

    assert one.sessions == tuple(sessions.split())


def test_one_unknown_session_among_known_ones_is_named_alone(forum: Event) -> None:
    assert mistakes_of(f"{HEADER}\nR1,Pat,Org,en,delegate,,,ai、tourizm\n".encode(), forum) == [
        'sessions "tourizm" is not in the event; did you mean "tourism"?'
    ]


def test_what_only_resembles_an_id_is_not_taken_for_it(forum: Event) -> None:
    assert mistakes_of(
        f"{HEADER}\nR1,Pat,Org,en,delegate,meishan,2020-11-28,\n".encode(), forum
    ) == [
        'venues "meishan" is not in the event; should be one of "hongkong", "leshan"',
        'days "2020-11-28" is not in the event; should be one of "2026-11-28", "2026-11-29"',
    ]


def test_a_column_of_ticks_books_a_session_or_a_day(forum: Event) -> None:
    (one, other) = people(
        "编号,姓名,票种,应用人工智能,Tea and Agritech,11月28日\nR1,张伟,VIP,✓,否,是\nR2,李娜,贵宾,,Y,\n".encode(),
        forum,
    )

    assert (one.sessions, one.days, one.ticket) == (("ai",), ("2026-11-28",), "vip")
    assert (other.sessions, other.days) == (("tea",), None)


def test_family_and_given_name_become_one_name(forum: Event) -> None:
    (one, other) = people(
        "ref,Last name,First name,ticket\nR1,Chan,Tai Man,vip\nR2,陳,大文,vip\n".encode(), forum
    )

    assert (one.name, other.name) == ("Tai Man Chan", "陳大文")
    assert [person.extra for person in (one, other)] == [
        {"family_name": "Chan"}, {"family_name": "陳"}
    ]  # fmt: skip


def test_what_a_missing_column_means_is_said(forum: Event) -> None:
    lines = mistakes_of(b"ref,name,ticket\nR1,Pat,vip\n", forum)

    assert len(lines) == 5
    assert "no column has the venues: new people may enter at all of them" in lines


def test_other_titles_are_mapped_filled_and_left_out(forum: Event) -> None:
    mapping = Mapping(
        columns={"Buchungsnummer": "ref", "Gast": "name", "Tisch": "seat"},
        left_out=("Passport",),
        fill={"ticket": "delegate", "language": "en"},
    )
    (one,) = people(b"Buchungsnummer;Gast;Tisch;Passport\nB7;Ada;12;X1\n", forum, mapping)

    assert (one.ref, one.name, one.ticket, one.language) == ("B7", "Ada", "delegate", "en")
    assert one.extra == {"seat": "12"}


def test_a_mapped_column_that_is_not_there_is_named_with_those_that_are(forum: Event) -> None:
    lines = mistakes_of(b"ref,name,ticket\nR1,Pat,vip\n", forum, Mapping(columns={"Gast": "name"}))

    assert 'there is no column "Gast"; the columns are ref, name, ticket' in lines


def test_two_columns_of_one_meaning_are_named(forum: Event) -> None:
    (line, *_) = mistakes_of("ref,name,姓名,ticket\nR1,Pat,派特,vip\n".encode(), forum)

    assert line.startswith('the columns "name" and "姓名" both mean name')


@pytest.mark.parametrize(
    ("titles", "extra", "left_out"),
    [
        ("ref,name,ticket,Registration type,Booking ref", "Registration type|Booking ref", ""),
        ("报名编号,name,ticket,嘉宾号,备注", "嘉宾号|note", ""),
        ("Guest no.,name,ticket,Booking ref,note", "note", "Booking ref"),
        ("Guest no.,name,Badge type,ref,note", "note", "ref"),
    ],
)
def test_a_title_that_only_looks_like_a_fields_is_kept_beside_the_fields_own(
    titles: str, extra: str, left_out: str, forum: Event
) -> None:
    mapping = Mapping(left_out=tuple(filter(None, [left_out])))
    [one] = people(f"{titles}\nR1,Ann,vip,x1,x2\n".encode(), forum, mapping)

    assert (one.ref, one.ticket, "|".join(one.extra)) == ("R1", "vip", extra)


def workbook(*rows: list[object], **options: object) -> bytes:
    """A workbook with one sheet of rows."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    days = book.add_format({"num_format": "yyyy-mm-dd"})
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, days)
            else:
                sheet.write(number, column, cell)
    for merged in options.get("merged", ()):  # type: ignore[attr-defined]
        sheet.merge_range(merged, rows[options["top"]][2])  # type: ignore[call-overload]
    book.close()
    return file.getvalue()


def with_sheet(filled: str) -> bytes:
    """A workbook whose sheet has these elements in the place of its rows."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["ref"]))) as old,
        zipfile.ZipFile(file, "w", 8) as new,
    ):
        for part in old.namelist():
            text = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                text = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", text, flags=re.DOTALL)
                text = text.replace(b"<sheetData/>", filled.encode())
            new.writestr(part, text)
    return file.getvalue()


def test_a_cell_far_outside_the_list_is_a_named_mistake() -> None:
    """A sheet is read as a rectangle up to its last cell: here 17,000,000,000 cells."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["ref", "name", "ticket"])
    sheet.write(1_048_575, 16_383, " ")
    book.close()

    with pytest.raises(ListError, match="a cell far outside the list"):
        read_table(file.getvalue())


def test_a_sheet_of_more_merged_cells_than_can_be_spread_is_a_named_mistake() -> None:
    """Each of them over all rows; what is inside the archive is given as the program that wrote it would."""
    cells = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 100_001))
    merged = '<mergeCell ref="B1:B100000"/>' * 100_000
    data = with_sheet(f"<sheetData>{cells}</sheetData><mergeCells>{merged}</mergeCells>")

    with pytest.raises(ListError, match="merged"):
        read_table(data)


def test_dates_numbers_and_titles_of_a_workbook(forum: Event) -> None:
    data = workbook(
        ["大湾区·四川创新论坛", "", "", ""],
        ["", "", "", ""],
        ["报名编号", "姓名", "票种", "日期", "手机"],
        [1001, "张伟", "贵宾", date(2026, 11, 28), 13880012345],
        [1002, "李娜", "贵宾", 46355, "+852 9123 4567"],
        [1003, "王芳", "贵宾", 20261129, ""],
        [1004, "刘洋", "贵宾", 46355.375, ""],
    )
    (one, other, *more) = people(data, forum)

    assert (one.ref, one.days, one.extra) == ("1001", ("2026-11-28",), {"phone": "13880012345"})
    assert (other.ref, other.days) == ("1002", ("2026-11-29",))
    assert [person.days for person in more] == [("2026-11-29",)] * 2


def failed(*columns: str) -> list[str]:
    """What is said of columns in which a formula has failed."""
    said = "is #N/A: the spreadsheet's formula has failed and left no value."
    return [
        f"{column} {said} Mend the formula, or what it refers to, and export again"
        for column in columns
    ]


def test_what_a_formula_could_not_find_is_a_mistake_wherever_it_is_used(forum: Event) -> None:
    """An empty cell would let the person in at all venues, on all days. In a column left out it does not matter."""
    titles = [
        "ref",
        "name",
        "ticket",
        "venues",
        "days",
        "应用人工智能",
        "公司",
        "Table",
        "Passport",
    ]
    good = ["R1", "Ann", "vip", "hongkong", "2026-11-28", "是", "Org", "7", "P1"]
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.add_worksheet("封面 & 目录").hide()
    sheet = book.add_worksheet("名单 & list")
    sheet.write_row(0, 0, titles)
    sheet.write_row(1, 0, good)
    for column in range(len(titles)):
        sheet.write_formula(2, column, "=VLOOKUP(1,Z:Z,1,0)", None, "#N/A")
    sheet.write_formula(3, 4, "=VLOOKUP(1,Z:Z,1,0)", None, "#N/A")  # drawn below the list
    book.get_worksheet_by_name("封面 & 目录").activate()
    sheet.activate()
    book.close()
    found = read(file.getvalue(), forum, Mapping(left_out=("Passport",)))

    assert [one.text("en") for one in found.findings.of("mistake")] == failed(*titles[:-1])
    assert [one.lines for one in found.findings.of("mistake")] == [[3]] * 8
    assert [one.person.ref for one in found.candidates] == ["R1"]


def test_an_error_is_found_where_cells_do_not_say_their_place(forum: Event) -> None:
    """Some programs leave out what is only there for convenience; a formula may have any text in it."""
    cells = '<c t="inlineStr"><is><t>{}</t></is></c>'
    failed = '<c t="e"><f>IF(A1&lt;2,"&lt;v&gt;",1)</f><v>#REF!</v></c>'
    rows = [[cells.format(title) for title in ("ref", "name", "ticket", "venues")]]
    rows.append([*(cells.format(one) for one in ("R1", "Ann", "vip")), failed])
    for named in (False, True):
        if named:
            rows[1][3] = failed.replace("<c ", '<c r="D2" s="0" ')
        sheet = "".join(f"<row>{''.join(row)}</row>" for row in rows)
        data = with_sheet(f"<sheetData>{sheet}</sheetData>")
        [line] = [one.text("en") for one in read(data, forum).findings.of("mistake")]
        assert line.startswith("venues is #REF!: ")


@pytest.mark.parametrize("name", ["errors.xls", "errors.ods", "errors.xlsb"])
def test_errors_in_workbooks_of_other_kinds_are_mistakes_too(name: str, event: Event) -> None:
    lines = mistakes_of(f"shapes/{name}", event)

    assert [line[: line.index(":")] for line in lines if "formula" in line] == [
        "venues is #N/A", "days is #REF!", "sessions is #DIV/0!"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "Err:502", "＃N/A"]
)
def test_an_error_that_became_text_is_still_one(cell: str, forum: Event) -> None:
    for column in ("ref", "name", "organisation", "code", "seat", "venues"):
        values = {"ref": "R1", "name": "Pat", "ticket": "vip", column: cell}
        data = f"{','.join(values)}\n{','.join(values.values())}\n".encode()
        [line] = [one.text("en") for one in read(data, forum).findings.of("mistake")]
        assert line.startswith(f"{column} is ")
        assert "formula has failed" in line


def test_empty_cells_that_open_everything_beside_filled_ones_are_told(forum: Event) -> None:
    rows = ["R1,Ann,vip,hongkong,", "R2,Bo,vip,,", "R3,Cy,vip,*,", "R4,Di,vip, ,"]
    found = read("\n".join(["ref,name,ticket,venues,days", *rows]).encode(), forum).findings
    told = [one for one in found if one.kind.startswith("value.empty.")]
    assert [(one.kind, one.lines, one.rows) for one in told] == [("value.empty.venues", [3, 5], 2)]

    filled = Mapping(fill={"venues": "*"})
    found = read("\n".join(["ref,name,ticket,venues,days", *rows]).encode(), forum, filled).findings
    assert not [one for one in found if one.kind.startswith("value.empty.")]

    ticks = "ref,name,ticket,香港,乐山\nR1,Ann,vip,是,\nR2,Bo,vip,,\n"
    [one] = [one for one in read(ticks.encode(), forum).findings if "empty" in one.kind]
    assert (one.column, one.lines) == ("香港, 乐山", [3])


def test_an_empty_cell_opens_nothing_for_who_takes_part_online(event: Event) -> None:
    rows = ["R1,Ann,delegate,meishan,2020-11-17", "R2,Bo,online,,", "R3,Cy,delegate,,"]
    found = read("\n".join(["ref,name,ticket,venues,days", *rows]).encode(), event).findings
    told = [(one.kind, one.lines) for one in found if one.kind.startswith("value.empty.")]
    assert told == [("value.empty.venues", [4]), ("value.empty.days", [4])]


def test_a_number_of_more_digits_than_a_spreadsheet_keeps_is_named(forum: Event) -> None:
    lines = mistakes_of(
        workbook(["ref", "name", "ticket", "code"], ["R1", "Pat", "vip", 6912345678901234567]),
        forum,
    )

    assert any(line.startswith("code is 6.912") for line in lines)


@pytest.mark.parametrize("below", [["", "", ""], ["编号", "姓名", "票种"]])
def test_titles_may_be_merged_over_those_of_a_second_row(below: list[str], forum: Event) -> None:
    """As it comes with the titles beside merged over both rows, or written in the first."""
    data = workbook(
        ["编号", "姓名", "票种", "参加场次", "", "", "联系方式", ""],
        [*below, "应用人工智能", "茶与农业科技", "11月28日", "手机", "邮箱"],
        ["T1", "甲", "vip", "√", "", "√", "9123", "a@example.com"],
        ["T2", "乙", "vip", "", "Y", "是", "", ""],
    )
    (one, other) = people(data, forum)

    assert (one.sessions, one.days) == (("ai",), ("2026-11-28",))
    assert (other.sessions, other.days) == (("tea",), ("2026-11-28",))
    assert one.extra == {"phone": "9123", "mail": "a@example.com"}


OWN = ["编号", "姓名", "票种"]


@pytest.mark.parametrize("is_over_both", [True, False])
@pytest.mark.parametrize(
    ("upper", "lower", "extra"),
    [
        (["紧急联系人", "", ""], ["关系", "手机", "邮箱"], "紧急联系人 关系|紧急联系人 手机|紧急联系人 邮箱"),
        (["酒店", "", "手机"], ["日期", "城市", ""], "phone|酒店 日期|酒店 城市"),
        (["酒店", "", ""], ["香港", "樂山", "手机"], "酒店 香港|酒店 樂山|酒店 手机"),
        (["个人信息", "", "联系"], ["单位", "城市", "手机"], "phone|个人信息 城市"),
        (["联系方式", "", ""], ["姓名", "手机", "邮箱"], "联系方式 姓名|联系方式 手机|联系方式 邮箱"),
        (["Contact details", "", ""], ["Phone", "Email", "Fax"], "phone|mail|Contact details Fax"),
    ],
)  # fmt: skip
def test_what_stands_under_a_title_of_something_else_is_not_the_persons_own(
    upper: list[str], lower: list[str], extra: str, is_over_both: bool, forum: Event
) -> None:
    below = OWN if is_over_both else ["", "", ""]
    data = workbook([*OWN, *upper], [*below, *lower], ["T1", "甲", "vip", "x1", "x2", "x3"])

    [one] = people(data, forum)
    assert "|".join(one.extra) == extra
    assert (one.venues, one.days, one.sessions) == (None, None, ())


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        (["", "个人信息", "", "票种"], ["编号", "姓名", "手机", ""]),
        (["编号", "个人信息", "", "票种"], ["", "姓名", "手机", ""]),
        (["编号", "姓名", "票种", "联系"], ["", "", "", "手机"]),
        (["Guests of 2026", "", "", ""], ["ref", "name", "phone", "ticket"]),
        (["Printed by", "Ann", "", ""], ["ref", "name", "phone", "ticket"]),
    ],
)
def test_titles_over_others_and_headings_take_no_field_away(
    upper: list[str], lower: list[str], forum: Event
) -> None:
    titles = [below or above for above, below in zip(upper, lower, strict=True)]
    cells = {"编号": "T1", "ref": "T1", "姓名": "甲", "name": "甲", "手机": "91", "phone": "91"}
    [one] = people(workbook(upper, lower, [cells.get(title, "vip") for title in titles]), forum)

    assert (one.ref, one.name, one.ticket, one.extra) == ("T1", "甲", "vip", {"phone": "91"})


@pytest.mark.parametrize(
    ("upper", "lower"),
    [("香港", "28日"), ("11月28日", "樂山"), ("城市", "11月28日"), ("香港", "日期")],
)
def test_venues_over_days_are_refused_with_both_rows(upper: str, lower: str, forum: Event) -> None:
    data = workbook([*OWN, upper, ""], ["", "", "", lower, "手机"], ["T1", "甲", "vip", "1", ""])

    with pytest.raises(ListError, match=f'"{upper}" stands over "{lower}" in row 2') as refused:
        read(data, forum)
    assert refused.value.line == 1
    left_out = Mapping(left_out=(f"{upper} {lower}",))
    assert people(data, forum, left_out)[0].days is None


def test_titles_that_make_no_header_are_told_in_words_of_a_workbook(forum: Event) -> None:
    data = workbook(
        ["编号", "姓名", "票种", "参加场次", ""],
        ["", "", "", "One", "Two"],
        ["T1", "甲", "vip", "√", "Y"],
    )
    told = "has 5 filled cells, and only 4 columns have a title. Put all titles into one row, one for each column"
    [mistake] = read(data, forum).findings.of("mistake")
    assert (mistake.text("en"), mistake.lines) == (told, [2, 3])


def test_a_company_merged_over_several_people_is_everybodys(forum: Event) -> None:
    data = workbook(
        ["ref", "name", "单位", "ticket"],
        ["R1", "张伟", "四川大学", "vip"],
        ["R2", "李娜", "", "vip"],
        merged=["C2:C3"],
        top=1,
    )

    assert [one.organisation for one in people(data, forum)] == ["四川大学", "四川大学"]


def test_a_sheet_with_rows_and_columns_exchanged_fails_fast(forum: Event) -> None:
    wide = ",".join(f"person{n}" for n in range(20_000))
    with pytest.raises(ListError, match="Are rows and columns exchanged"):
        read(f"ref,{wide}\nname,{wide}\n".encode(), forum)
    unknown = ",".join(f"person{n}" for n in range(150))
    with pytest.raises(ListError, match="has 150 columns that are not known"):
        read(f"ref,name,{unknown}\n1,2\n".encode(), forum)


def test_a_file_of_separators_alone_fails_fast(forum: Event) -> None:
    with pytest.raises(ListError):
        read(b"a," * 1_000_000, forum)


def test_an_endless_cell_is_named(forum: Event) -> None:
    (line,) = mistakes_of(f"{HEADER}\nR1,{'x' * 3000},Org,en,delegate,,,\n".encode(), forum)

    assert line == "has a cell of 3,000 characters; 2,000 are the most"


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04 no archive", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_a_broken_workbook_is_named(data: bytes, forum: Event) -> None:
    with pytest.raises(ListError, match="cannot be read"):
        read(data, forum)


def test_what_is_neither_workbook_nor_text_is_named(forum: Event) -> None:
    with pytest.raises(ListError, match="neither a workbook nor text"):
        read(b"GIF89a\x00\x01\x00\x01 and more", forum)


def test_the_same_people_come_from_every_kind_of_file(forum: Event) -> None:
    rows = [
        HEADER.split(","),
        ["R1", "張偉", "單位, 部門", "zh-Hant", "vip", "hongkong", "", "ai;tea"],
    ]
    files = [workbook(*rows)]
    for delimiter in ",;\t|":
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(rows)
        files += [text.getvalue().encode(one) for one in ("utf-8-sig", "utf-16", "gb18030", "big5")]

    assert (
        len(
            {
                str(people(data, forum)[0].name + people(data, forum)[0].organisation)
                for data in files
            }
        )
        == 1
    )
    assert {people(data, forum)[0].sessions for data in files} == {("ai", "tea")}
