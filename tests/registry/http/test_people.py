"""People at the help desk: registered without a number, changed, revoked by mistake and let in again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from access.log.entry import EntryRef, Printed
from registry.roster.model import IssuedBadge

NewKiosk = Callable[[str], Any]


def test_the_registry_gives_a_number_to_who_comes_without_one(api: Any) -> None:
    first = api.post("/registrants", {"name": "李雷", "ticket": "delegate"})
    second = api.post("/registrants", {"name": "韩梅梅", "ticket": "delegate", "ref": "W-0002"})
    third = api.post("/registrants", {"name": "陳大文", "ticket": "delegate"})
    refs = [api.get(f"/registrants/{one['code']}")["ref"] for one in (first, second, third)]
    assert refs == ["W-0001", "W-0002", "W-0003"]


def test_a_walk_up_is_booked_into_a_session_and_has_a_note(api: Any) -> None:
    body = {
        "name": "Ada",
        "ticket": "delegate",
        "venues": ["meishan"],
        "days": ["2020-11-17"],
        "sessions": ["manufacturing"],
        "extra": {"phone": "9123 4567"},
    }
    person = api.get(f"/registrants/{api.post('/registrants', body)['code']}")
    assert (person["venues"], person["days"]) == (["meishan"], ["2020-11-17"])
    assert (person["sessions"], person["extra"]) == (["manufacturing"], {"phone": "9123 4567"})


def test_a_change_leaves_the_rest_and_the_badge_as_they_are(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    code = delegates[1].code
    kiosk = new_kiosk("chengdu-main-1")
    assert kiosk.show(delegates[1].text).decision.reason == "wrong_venue"
    person = api.post(
        f"/registrants/{code}", {"name": " 李磊\u200b", "venues": ["meishan", "chengdu"]}
    )
    assert (person["ref"], person["name"], person["language"]) == ("P2", "李磊", "zh-Hans")
    kiosk.exchange()
    assert kiosk.show(delegates[1].text).decision.verdict == "admit"
    assert [issue["issue"] for issue in person["issues"]] == [1]


def test_two_who_change_one_person_do_not_undo_each_other(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    path = f"/registrants/{delegates[1].code}"
    version = api.get(path)["version"]
    first = api.post(path, {"organisation": "Ω Ltd", "version": version})
    assert first["version"] != version
    answer = api.call("POST", path, {"name": "李磊", "version": version})
    assert answer.status_code == 409
    assert answer.json["changed"] == ["organisation"]
    assert "organisation" in answer.json["error"]
    now = api.get(path)
    assert (now["name"], now["organisation"]) == (first["name"], "Ω Ltd")
    again = api.post(path, {"name": "李磊", "version": now["version"]})
    assert (again["name"], again["organisation"]) == ("李磊", "Ω Ltd")


def test_a_visit_at_a_door_or_a_new_print_does_not_stop_a_change(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    path = f"/registrants/{delegates[0].code}"
    version = api.get(path)["version"]
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    api.post(f"{path}/reissue", {})
    assert api.post(path, {"organisation": "Ω", "version": version})["organisation"] == "Ω"


def test_a_version_that_no_answer_gave_changes_nothing(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    path = f"/registrants/{delegates[0].code}"
    assert api.call("POST", path, {"name": "X", "version": "1"}).status_code == 409
    assert api.call("POST", path, {"name": "X", "version": None}).status_code == 400


def test_what_cannot_be_is_refused_and_nothing_changes(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    path = f"/registrants/{delegates[0].code}"
    answer = api.call("POST", path, {"ticket": "delegat"})
    assert answer.status_code == 422
    assert "delegate" in answer.json["error"]
    assert api.call("POST", path, {"name": "  "}).status_code == 422
    assert api.get(path)["ticket"] == "delegate"


def test_a_badge_revoked_by_mistake_is_followed_by_another_that_doors_take(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    old = delegates[0]
    kiosk = new_kiosk("chengdu-main-1")
    assert api.call("POST", f"/registrants/{old.code}/unrevoke", {}).status_code == 422
    kiosk.show(old.text)
    api.post(f"/registrants/{old.code}/revoke", {"why": "by mistake"})
    kiosk.exchange()
    assert kiosk.show(old.text).decision.reason == "revoked"
    new = api.post(f"/registrants/{old.code}/unrevoke", {})
    # A door that has not heard of it lets the signed badge in; one that has knows it.
    assert kiosk.show(new["text"]).decision.verdict in ("admit", "admit_flagged")
    kiosk.exchange()
    assert kiosk.show(old.text).decision.reason == "revoked"
    found = api.get("/registrants?q=P1")["registrants"]
    assert [(one["code"], one["name"], one["revoked"]) for one in found] == [
        (new["code"], "陳大文", False)
    ]
    # One person, whichever badge they showed: at the door, in the counts, and on the page.
    chengdu = next(a for a in api.get("/headcount")["areas"] if a["id"] == "chengdu")
    assert (chengdu["inside"], chengdu["people"]) == (1, 1)
    listed = api.get("/attendance/people?venue=chengdu&day=2020-11-17")["people"]
    assert [one["ref"] for one in listed if one["status"] == "came"] == ["P1"]
    [found] = api.get(f"/registrants?q={old.code}")["registrants"]
    assert (found["ref"], found["place"]) == ("P1", "chengdu")
    shown = api.get(f"/registrants/{old.code}/history")["presented"]
    assert [one["reason"] for one in shown] == ["unlisted", "revoked", "ok"]
    elsewhere = new_kiosk("chengdu-main-2")
    assert elsewhere.show(new["text"]).decision.reason == "reentry"
    # By the old code nothing is done, and the answer names the new one.
    bodies = {"": {"organisation": "Q"}, "/revoke": {"why": "lost"}}
    for path in ("", "/revoke", "/unrevoke", "/reissue", "/erase"):
        body = bodies.get(path, {})
        answer = api.call("POST", f"/registrants/{old.code}{path}", body)
        assert answer.status_code == 404, path
        assert f"its person has the badge {new['code']} instead" in answer.json["error"], path


def test_a_print_that_was_revoked_is_followed_by_the_next(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    old = delegates[2]
    api.post(f"/registrants/{old.code}/revoke", {"why": "lost", "issue": 1})
    new = api.post(f"/registrants/{old.code}/unrevoke", {})
    assert (new["code"], new["issue"]) == (old.code, 2)
    assert new_kiosk("chengdu-main-1").show(new["text"]).decision.verdict == "admit"


def test_a_persons_history_says_what_kiosks_printed(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk, badge = new_kiosk("chengdu-main-1"), delegates[0]
    sent = Printed(
        gate="chengdu-main-1", badge=badge.badge, issue=1, outcome="sent", attempt=None,
        staff=b"staff", staff_issue=1, why="lost",
    )  # fmt: skip
    entry = kiosk.door.record("printed", sent)
    ref = EntryRef(entry.log, entry.seq, entry.digest)
    came_out = msgspec.structs.replace(sent, outcome="printed", attempt=ref)
    kiosk.door.record("printed", came_out)
    kiosk.exchange()
    [shown] = api.get(f"/registrants/{badge.code}/history")["prints"]
    assert shown.pop("at").startswith("20")
    assert shown == {
        "gate": "chengdu-main-1", "issue": 1, "outcome": "printed", "by_staff": True, "why": "lost",
        "respelled": False,
    }  # fmt: skip


def test_a_persons_history_says_what_was_made_and_where_they_were(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.show(delegates[1].text)
    kiosk.exchange()
    code = delegates[0].code
    history = api.get(f"/registrants/{code}/history")
    assert [one["issue"] for one in history["issues"]] == [1]
    [shown] = history["presented"]
    assert (shown["gate"], shown["verdict"], shown["reason"]) == ("chengdu-main-1", "admit", "ok")
    assert api.get(f"/receipts/{shown['receipt']}")["receipts"][0]["code"] == code
    assert api.call("GET", "/registrants/AAAA-AAAA-A/history").status_code == 404
