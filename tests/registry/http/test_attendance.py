"""Who came: what organisers ask for after the event."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from registry.roster.model import IssuedBadge, Person

NewKiosk = Callable[[str], Any]


@pytest.fixture
def forum(new_kiosk: NewKiosk, service: Any, api: Any) -> Any:
    """Four people, of whom two come to Chengdu on the first day."""
    badges: list[IssuedBadge] = service.register_many(
        [
            Person(
                ref="00123", name="陳大文", organisation="剑门", ticket="delegate", sessions=("5g",)
            ),
            Person(ref="P2", name="李雷", ticket="delegate", venues=("meishan",)),
            Person(ref="P3", name="Jane Smith", ticket="speaker"),
            Person(ref="P4", name="=cmd()", ticket="delegate", sessions=("5g",)),
        ]
    )
    kiosk = new_kiosk("chengdu-main-1")
    for badge in (badges[2], badges[0], badges[1]):
        kiosk.show(badge.text)
    kiosk.exchange()
    return badges


def people(api: Any, **query: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    found: list[dict[str, Any]] = api.get(f"/attendance/people?{asked}")["people"]
    return found


def test_totals_say_who_was_expected_came_and_did_not(forum: Any, api: Any) -> None:
    totals = api.get("/attendance")
    assert (totals["registered"], totals["on_site"], totals["arrived"]) == (4, 4, 2)
    chengdu = next(
        one for one in totals["days"] if (one["venue"], one["day"]) == ("chengdu", "2020-11-17")
    )
    assert (chengdu["registered"], chengdu["arrived"], chengdu["no_show"]) == (3, 2, 1)
    session = next(one for one in totals["sessions"] if one["session"] == "5g")
    assert (session["booked"], session["no_show"], session["came"]) == (2, 2, 0)


def test_a_day_lists_who_came_in_order_and_then_who_did_not(forum: Any, api: Any) -> None:
    found = people(api, venue="chengdu", day="2020-11-17")
    assert [(one["ref"], one["status"]) for one in found] == [
        ("P3", "came"), ("00123", "came"), ("P4", "no_show"),
    ]  # fmt: skip
    assert found[0]["name"] == "Jane Smith"
    assert found[0]["first_in"] is not None
    assert found[0]["last_out"] is None
    assert found[2]["first_in"] is None


def test_a_session_lists_the_booked_who_did_not_come(forum: Any, api: Any) -> None:
    assert [(one["ref"], one["status"]) for one in people(api, session="5g")] == [
        ("00123", "no_show"), ("P4", "no_show"),
    ]  # fmt: skip


def test_a_revoked_badge_is_expected_no_more_and_what_happened_stays(
    forum: Any, api: Any, service: Any
) -> None:
    for badge in (forum[0], forum[3]):
        service.revoke(badge.badge, None, "cancelled")
    found = people(api, venue="chengdu", day="2020-11-17")
    assert [(one["ref"], one["status"]) for one in found] == [
        ("P3", "came"), ("00123", "came_unbooked"),
    ]  # fmt: skip


def test_files_open_in_a_spreadsheet_as_they_are_meant(forum: Any, api: Any) -> None:
    where = "/attendance/people?venue=chengdu&day=2020-11-17"
    text = api.call("GET", f"{where}&format=csv")
    rows = list(csv.DictReader(io.StringIO(text.data.decode("utf-8-sig"), newline="")))
    assert [row["ref"] for row in rows] == ["P3", "'00123", "P4"]
    assert rows[2]["name"] == "'=cmd()"
    book = api.call("GET", f"{where}&format=xlsx")
    assert book.headers["Content-Disposition"].endswith('"attendance-chengdu-2020-11-17.xlsx"')
    cells = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0).to_python()
    assert [row[2] for row in cells] == ["ref", "P3", "00123", "P4"]
    assert str(cells[1][6]).startswith("2020-11-17 08:30")
    book = api.call("GET", f"{where}&format=xlsx&language=zh-Hans")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.data)).get_sheet_by_index(0)
    titles, first, _, missing = sheet.to_python()
    assert titles == [
        "姓名", "单位", "编号", "入场证码", "票种", "出席", "首次入场", "最后离场", "在场分钟",
    ]  # fmt: skip
    assert (first[4:6], missing[5]) == (["演讲嘉宾", "已到"], "未到")
    assert "2020-11-17" in sheet.name
    assert "chengdu" not in sheet.name


def test_the_broadcasts_list_says_who_took_part_how(forum: Any, api: Any) -> None:
    lines = f"p3\n{forum[1].code}\n\nnobody@example.org\n"
    answer = api.call(
        "POST", "/attendance/hybrid", lines.encode(), headers={"Content-Type": "text/plain"}
    )
    assert answer.json == {
        "on_site": 1, "online": 1, "both": 1, "neither": 1, "unknown": ["nobody@example.org"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 400, "Name a session, or a venue and a day."),
        ("venue=chengdu", 400, "Name a session, or a venue and a day."),
        ("session=6g", 404, "There is no session '6g' in this event; "),
        ("venue=leshan&day=2020-11-17", 404, "There is no venue 'leshan' in this event; "),
        ("venue=chengdu&day=2020-11-20", 404, "is no day of this event; its days are 2020-11-17, 2020-11-18."),
        ("session=5g&format=pdf", 400, "it should be json, csv or xlsx"),
        ("session=5g&language=fr", 400, "language is 'fr'; should be"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_says_what_would_be_right(
    api: Any, query: str, status: int, message: str
) -> None:
    answer = api.call("GET", f"/attendance/people?{query}")
    assert answer.status_code == status
    assert message in answer.json["error"]


def test_a_list_that_is_no_text_is_refused_in_words(api: Any) -> None:
    answer = api.call(
        "POST", "/attendance/hybrid", b"\xff\xfe", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 400
    assert "UTF-8" in answer.json["error"]
