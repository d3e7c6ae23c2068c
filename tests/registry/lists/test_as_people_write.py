"""Titles as questionnaires put them, places and dates as people join and shorten them, names in two spellings."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from access.event.definition import Event
from config import event_file
from registry.lists.columns import NO_MAPPING, field_of
from registry.lists.files.table import ListError, read_table
from registry.lists.people import People, read_people
from registry.queries.name_index import PersonIndex
from registry.roster.model import Person
from registry.service import RegistryService

SAMPLES = Path(__file__).parents[2] / "samples" / "lists"
HEADER = "ref,name,organisation,language,ticket,venues,days,sessions"
BOTH = ("2026-11-28", "2026-11-29")


@pytest.fixture(scope="module")
def forum() -> Event:
    """Two venues (hongkong, leshan), 28 and 29 November 2026 (a Saturday and a Sunday), sessions of several names."""
    return event_file.load(SAMPLES / "operator-event.toml")


def read(text: str, event: Event) -> People:
    return read_people(read_table(text.encode()), event, NO_MAPPING)


def one(text: str, event: Event) -> Person:
    """The person of a list without mistakes."""
    found = read(text, event)
    assert [mistake.text("en") for mistake in found.findings.of("mistake")] == []
    [candidate] = found.candidates
    return candidate.person


def with_cell(column: str, cell: str) -> str:
    values = {"ref": "A1", "name": "Ann", "ticket": "vip", column: f'"{cell}"'}
    return f"{HEADER}\n{','.join(values.get(name, '') for name in HEADER.split(','))}\n"


@pytest.mark.parametrize(
    ("field", "titles"),
    [
        (
            "ref",
            "预约号 登記號碼 Attendee_ID Registration_No. Booking_reference Attendee_# 参会编号",
        ),
        ("organisation", "所在单位 您的工作單位名稱 Company_name"),
        (
            "ticket",
            "嘉宾类型 門票類別 参会人员身份 Attendee_type Registration_type Badge_type Pass_category",
        ),
        ("venues", "参会会场 出席城市 預約會場 Attending_city Venue_choice"),
        ("days", "参会日期 出席的日期 Days_attending Date_of_attendance"),
        (
            "sessions",
            "参加场次 参会场次 预约场次 参加分论坛 參加場次 拟参加的分论坛 Session_choice Sessions_attending",
        ),
        (
            "sessions",
            "您要参加的场次？ Which_session(s)_would_you_like_to_attend? Breakout_sessions",
        ),
        ("phone", "手提電話 聯絡電話 联系手机号 Contact_number Mobile_phone_no."),
        ("order", "Order_ID Order_# 订单号"),
        # Titles with a word of those above that mean something else.
        (
            None,
            "报名日期 报名时间 Registration_date Date_of_birth 证件类型 企业类型 Payment_type ID_type 所在城市",
        ),
        (
            None,
            "Home_city 公司地址 单位性质 推荐单位 身份证号 会员号 Passport_no 是否参加场次 Session_fee 票价",
        ),
        (
            None,
            "场次费用 Room_type 住宿日期 Arrival_date 紧急联系人 联系 参会目的 Language_level 母语 会场座位",
        ),
    ],
)
def test_titles_are_put_together_of_known_words(field: str | None, titles: str) -> None:
    found = {title: field_of(title.replace("_", " ")) for title in titles.split()}
    assert found == dict.fromkeys(titles.split(), field)


def test_an_order_is_the_ref_of_a_list_without_another(forum: Event) -> None:
    assert one("Order ID,name,ticket\nO1,Ann,vip\n", forum).ref == "O1"
    found = one("Order ID,Attendee ID,name,ticket\nO1,A1,Ann,vip\n", forum)
    assert (found.ref, found.extra) == ("A1", {"Order ID": "O1"})


def test_a_second_column_of_the_same_meaning_is_kept_under_its_title(forum: Event) -> None:
    found = one("ref,name,ticket,手机,联系电话,Phone\nA1,Ann,vip,9123,2345,77\n", forum)
    assert found.extra == {"phone": "9123", "联系电话": "2345", "Phone": "77"}


def test_titles_of_a_questionnaire_are_known(forum: Event) -> None:
    titles = "序号,1、您的姓名,2、您的手机号码,3. 请填写工作单位,Q4_票种,5）参会城市,6、报名场次(可多选),*报名编号"
    found = one(
        f"{titles}\n1,张三,13800138000,四川大学,参会代表,香港,应用人工智能┋智慧旅游,A1\n", forum
    )

    assert (found.ref, found.name, found.organisation) == ("A1", "张三", "四川大学")
    assert (found.ticket, found.venues, found.sessions) == (
        "delegate", ("hongkong",), ("ai", "tourism")
    )  # fmt: skip
    assert found.extra == {"phone": "13800138000"}


@pytest.mark.parametrize(
    "cell", ["Hong Kong & Leshan", "香港及樂山", "香港和乐山", "香港＋乐山", "Leshan and Hong Kong"]
)
def test_places_may_be_joined_by_a_word(cell: str, forum: Event) -> None:
    assert one(with_cell("venues", cell), forum).venues == ("hongkong", "leshan")


def test_a_name_with_such_a_word_in_it_stays_whole(forum: Event) -> None:
    assert one(with_cell("sessions", "茶与农业科技"), forum).sessions == ("tea",)
    assert one(with_cell("sessions", "Tea and Agritech & Applied AI, Green Finance"), forum).sessions == (
        "ai", "finance", "tea"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "cell", "ids"),
    [
        ("venues", "hongkong;", ["hongkong"]),
        ("venues", ";hongkong", ["hongkong"]),
        ("venues", "香港、", ["hongkong"]),
        ("venues", "Hong Kong;Leshan;", ["hongkong", "leshan"]),
        ("venues", "Hong Kong /", ["hongkong"]),
        ("venues", "全部;", None),
        ("days", "2026-11-28;", ["2026-11-28"]),
        ("days", "29 Nov,", ["2026-11-29"]),
        ("sessions", "、ai", ["ai"]),
        ("sessions", "Applied AI;", ["ai"]),
        ("sessions", "Tea and Agritech;;Applied AI;", ["ai", "tea"]),
        ("sessions", "无;", []),
        ("ticket", "delegate;", "delegate"),
    ],
)
def test_a_mark_after_the_last_answer_parts_nothing(
    column: str, cell: str, ids: list[str] | str | None, forum: Event
) -> None:
    """As the forms of Microsoft end each answer to a question of several."""
    found = getattr(one(with_cell(column, cell), forum), column)
    assert (list(found) if isinstance(found, tuple) else found) == ids


@pytest.mark.parametrize("cell", [";", "、", "atlantis;"])
def test_marks_alone_name_nothing(cell: str, forum: Event) -> None:
    [mistake] = read(with_cell("venues", cell), forum).findings.of("mistake")
    assert mistake.value == cell.strip(";" if len(cell) > 1 else " ")


@pytest.mark.parametrize("cell", ["无", "無", "None", "N/A", "-", "不参加", "否"])
def test_no_session_can_be_said_in_words(cell: str, forum: Event) -> None:
    assert one(with_cell("sessions", cell), forum).sessions == ()
    assert read(with_cell("venues", cell), forum).findings.of("mistake")


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("28/11", BOTH[:1]),
        ("28-11", BOTH[:1]),
        ("28-29 Nov", BOTH),
        ("Nov 28-29, 2026", BOTH),
        ("Nov 28-29, 2025", ()),
        ("29/11-28/11", ()),
        ("11.28-11.29", BOTH),
        ("11/28 - 11/29", BOTH),
        ("11月28-29日", BOTH),
        ("11月28日至29日", BOTH),
        ("11月28日、29日", BOTH),
        ("28及29日", BOTH),
        ("28, 29 Nov", BOTH),
        ("29日", BOTH[1:]),
        ("29th", BOTH[1:]),
        ("Day 1 & Day 2", BOTH),
        ("Saturday", BOTH[:1]),
        ("周日", BOTH[1:]),
        ("星期六、星期日", BOTH),
        ("26/11/29", BOTH[1:]),
        ("2026/11/29 8:30:00", BOTH[1:]),
        ("2026-11-29 09:00", BOTH[1:]),
        ("2026-11-29T09:30", BOTH[1:]),
        ("2026-11-29T09:30:00.000Z", BOTH[1:]),
        ("2026/11/28 下午 02:30", BOTH[:1]),
        ("2026年11月28日 9:00-12:00", BOTH[:1]),
        ("28 Nov 2026 9:00 AM", BOTH[:1]),
        ("2026-11-30 09:00", ()),
        ("11.3", ()),
        ("三天", ()),
        ("2日", ()),
        ("2026-11-30", ()),
        ("30日", ()),
        ("Monday", ()),
        ("1", ()),
    ],
)
def test_days_as_people_shorten_them(cell: str, days: tuple[str, ...], forum: Event) -> None:
    """What is no day of the event, or might be two, is a mistake and nothing is guessed."""
    found = read(with_cell("days", cell), forum)

    named = [one.value for one in found.findings.of("mistake")]
    assert named == ([] if days else [cell.split(", ")[-1]])
    if days:
        assert found.candidates[0].person.days == days


@pytest.mark.parametrize(
    ("column", "cell"),
    [("days", one) for one in ("两天", "兩日", "both days", "2 days")]
    + [("venues", "Both"), ("venues", "两地")],
)
def test_all_of_them_may_be_counted_where_the_count_is_right(
    column: str, cell: str, forum: Event
) -> None:
    assert getattr(one(with_cell(column, cell), forum), column) is None
    venue = msgspec.structs.replace(forum.venues[0], id="third", name={"en": "Third"})
    more = msgspec.structs.replace(
        forum, days=(*forum.days, "2026-11-30"), venues=(*forum.venues, venue)
    )
    [mistake] = read(with_cell(column, cell), more).findings.of("mistake")
    assert mistake.value == cell
    three = cell.replace("两", "三").replace("兩日", "三天").replace("2", "3")
    three = three.replace("both", "three").replace("Both", "three cities")
    assert getattr(one(with_cell(column, three), more), column) is None


@pytest.mark.parametrize(
    ("columns", "cells", "name", "latin"),
    [
        ("中文姓名,English Name", "董建華,Tung Chee Hwa", "董建華", "Tung Chee Hwa"),
        ("姓名,Family name,Given names", "董建華,TUNG,Chee Hwa", "董建華", "TUNG Chee Hwa"),
        ("姓名,姓名（拼音）", "张三,Zhang San", "张三", "Zhang San"),
        ("中文姓名,英文姓名", ",Ada Byron", "Ada Byron", None),
        ("Name in English,机构", "Ada Byron,Ω", "Ada Byron", None),
    ],
)
def test_a_name_in_latin_letters_is_kept_beside_the_chinese_one(
    columns: str, cells: str, name: str, latin: str | None, forum: Event
) -> None:
    found = one(f"ref,ticket,{columns}\nA1,vip,{cells}\n", forum)

    assert found.name == name
    assert found.extra.get("latin_name") == latin


def test_such_a_name_finds_the_person_at_the_desk_and_is_on_the_card_for_the_doors(
    service: RegistryService,
) -> None:
    service.register(
        Person(ref="T1", ticket="delegate", name="董建華", extra={"latin_name": "Tung Chee Hwa"})
    )

    [found] = PersonIndex(service).search("tung chee hwa", 10).people
    assert found.ref == "T1"
    assert found.content is not None
    assert found.content.keys == ("Tung Chee Hwa",)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<html><table><tr><td>ref</td></tr></table></html>", "file.page"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html></html>", "file.page"),
        (b"%PDF-1.7\n", "file.binary"),
    ],
)
def test_what_is_called_a_list_and_is_none_is_named(data: bytes, kind: str) -> None:
    with pytest.raises(ListError) as refused:
        read_table(data)

    assert refused.value.kind == kind


def test_two_columns_of_one_title_are_to_be_renamed(forum: Event) -> None:
    found = read("ref,name,name,ticket\nA,B,C,vip\n", forum).findings.of("mistake")

    assert [mistake.text("en") for mistake in found] == [
        'two columns have the title "name"; rename one in the list'
    ]
