"""Who came: what organisers ask for after the event."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from access.badge.credential import human_code
from registry.queries.table_files import Table, xlsx_bytes
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
        ("P3", "came"), ("00123", "came"), ("P4", "not_yet"),
    ]  # fmt: skip
    assert found[0]["name"] == "Jane Smith"
    assert found[0]["first_in"] is not None
    assert found[0]["last_out"] is None
    assert found[2]["first_in"] is None


def test_a_session_lists_the_booked_who_did_not_come_once_it_is_over(
    forum: Any, api: Any, clock: Any
) -> None:
    assert [(one["ref"], one["status"]) for one in people(api, session="5g")] == [
        ("00123", "not_yet"), ("P4", "not_yet"),
    ]  # fmt: skip
    clock.wait(48 * 3_600_000)
    assert {one["status"] for one in people(api, session="5g")} == {"no_show"}


def test_who_was_registered_when_they_came_is_not_called_without_registration(
    forum: Any, api: Any, service: Any
) -> None:
    for badge in (forum[0], forum[3]):
        service.revoke(badge.badge, None, "cancelled")
    found = people(api, venue="chengdu", day="2020-11-17")
    assert [(one["ref"], one["status"]) for one in found] == [
        ("P3", "came"), ("00123", "came_no_longer"),
    ]  # fmt: skip
    day = api.get("/attendance")["days"][0]
    parts = [day[part] for part in ("arrived", "no_longer", "unregistered", "came")]
    assert parts == [1, 1, 0, 2]


def test_a_cancelled_session_has_no_no_shows(
    forum: Any, api: Any, service: Any, clock: Any
) -> None:
    event = service.event
    sessions = [msgspec.structs.replace(one, cancelled=one.id == "5g") for one in event.sessions]
    service.update_event(msgspec.structs.replace(event, sessions=tuple(sessions)))
    clock.wait(48 * 3_600_000)
    assert {one["status"] for one in people(api, session="5g")} == {"cancelled"}
    [session] = [one for one in api.get("/attendance")["sessions"] if one["session"] == "5g"]
    assert session["phase"] == "cancelled"


def test_an_erased_person_is_in_the_totals_and_no_list_says_their_name(
    forum: Any, api: Any, service: Any
) -> None:
    service.erase(forum[2].badge)
    totals = api.get("/attendance")
    assert (totals["registered"], totals["erased"], totals["missing"]) == (4, 1, 2)
    answer = api.get("/attendance/people?venue=chengdu&day=2020-11-17")
    assert ([one["ref"] for one in answer["people"]], answer["nameless"]) == (["00123", "P4"], 1)


def test_who_was_not_scanned_out_is_marked_and_was_inside_until_the_last_session(
    forum: Any, api: Any, clock: Any
) -> None:
    clock.wait(14 * 3_600_000)
    where = "venue=chengdu&day=2020-11-17"
    first = people(api, venue="chengdu", day="2020-11-17")[0]
    assert (first["no_exit_scan"], first["last_out"]) == (True, None)
    assert first["minutes"] < 9 * 60
    text = api.call("GET", f"/attendance/people?{where}&format=csv").data.decode("utf-8-sig")
    assert [row["no exit scan"] for row in csv.DictReader(io.StringIO(text))] == ["yes", "yes", ""]


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
        "无离场记录",
    ]  # fmt: skip
    assert (first[4:6], missing[5]) == (["演讲嘉宾", "已到"], "尚未到")
    assert "2020-11-17" in sheet.name
    assert "chengdu" not in sheet.name


def hybrid(api: Any, data: bytes) -> Any:
    return api.call(
        "POST", "/attendance/hybrid", data, headers={"Content-Type": "application/octet-stream"}
    )


def test_the_broadcasts_list_says_who_took_part_how(forum: Any, api: Any) -> None:
    stranger = human_code(bytes(5))
    answer = hybrid(api, f"p3\n{forum[1].code}\n\nnobody@example.org\n{stranger}\n".encode())
    assert answer.json == {
        "on_site": 1, "online": 1, "both": 1, "neither": 1,
        "unknown": ["nobody@example.org", stranger], "registered": 4, "ambiguous": [],
        "unregistered_on_site": 0, "unregistered_online": 0, "unregistered_both": 0,
    }  # fmt: skip


def test_who_is_not_registered_any_more_is_in_none_of_the_parts(
    forum: Any, api: Any, service: Any
) -> None:
    for badge in (forum[0], forum[1]):
        service.revoke(badge.badge, None, "cancelled")
    service.erase(forum[2].badge)  # registered as before, and at the venue
    answer = hybrid(api, b"P2\nP4").json
    parts = [answer[part] for part in ("on_site", "online", "both", "neither")]
    assert (answer["registered"], parts) == (2, [1, 1, 0, 0])
    assert (answer["unregistered_on_site"], answer["unregistered_online"]) == (1, 1)
    assert api.get("/attendance")["registered"] == 2


def test_who_was_revoked_by_mistake_is_one_person_under_either_code(
    forum: Any, api: Any, service: Any
) -> None:
    service.revoke(forum[2].badge, None, "by mistake")
    again = service.unrevoke(forum[2].badge)
    answer = hybrid(api, f"{forum[2].code}\n{again.code}\n".encode()).json
    assert (answer["both"], answer["unknown"], answer["registered"]) == (1, [], 4)
    service.revoke(again.badge, None, "cancelled")
    first = people(api, venue="chengdu", day="2020-11-17")[0]
    assert (first["ref"], first["status"]) == ("P3", "came_no_longer")


def test_refs_that_differ_in_case_alone_are_two_people(forum: Any, api: Any, service: Any) -> None:
    for ref in ("x9", "X9"):
        service.register(Person(ref=ref, name=ref, ticket="delegate", extra={"mail": "two@x.org"}))
    answer = hybrid(api, "x9\nＸ９\nP3\nTWO@x.org".encode()).json
    assert (answer["online"], answer["both"], answer["ambiguous"]) == (2, 1, ["TWO@x.org"])


@pytest.mark.parametrize(
    "data",
    [
        'ref;name\n"P3";Jane\nP9;Nobody\n'.encode("utf-16"),
        b"Duration,User Email,Name\n3,JANE@x.org,J\n4,p9@x.org,N\n",
        "观看者,编号\n张伟,Ｐ３\n李雷,P9\n".encode("gb18030"),
        b"Jane,P3\nSmith,P9\n",
        b"PK",
    ],
    ids=["utf-16", "mail", "gb18030", "untitled", "workbook"],
)
def test_the_list_is_read_as_people_have_it(
    forum: Any, api: Any, service: Any, data: bytes
) -> None:
    service.amend(
        Person(ref="P3", name="Jane Smith", ticket="speaker", extra={"mail": "jane@x.org"})
    )
    if data == b"PK":
        rows = [["Code"], [forum[2].code], ["P9"]]
        data = xlsx_bytes([Table("x", ("Report",), rows)])
    answer = hybrid(api, data)
    assert answer.status_code == 200, answer.json
    assert (answer.json["both"], len(answer.json["unknown"])) == (1, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"name,phone\nJane,123\n", "row 1: has no column of refs, badge codes or mail addresses; the columns are "),
        (b"\xff\xfe", "The file has no rows."),
    ],
)  # fmt: skip
def test_a_list_that_names_nobody_is_refused_in_words(api: Any, data: bytes, message: str) -> None:
    answer = hybrid(api, data)
    assert answer.status_code == 400
    assert message in answer.json["error"]


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
