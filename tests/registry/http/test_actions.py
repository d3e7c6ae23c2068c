"""What admins do through the public interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from access.log.sign_offs import OpeningChecked
from registry.roster.model import IssuedBadge, Person
from registry.service import RegistryService
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Enrol

NewKiosk = Callable[[str], Any]


def someone(ref: str, name: str) -> Person:
    return Person(ref=ref, name=name, ticket="delegate")


HEADER = "ref,name,organisation,language,ticket,venues,days,sessions\n"


@pytest.mark.parametrize(
    "query",
    ["陳大文", "陈大", "chendawen", "cdw", "chen", "chan tai man", "P1", "p1", "p1-code", "大文"],
)
def test_a_person_is_found_in_any_script(
    api: Any, delegates: list[IssuedBadge], query: str
) -> None:
    asked = delegates[0].code.lower() if query == "p1-code" else query
    found = api.get(f"/registrants?q={asked}")
    assert [one["ref"] for one in found["registrants"]] == ["P1"]


def test_people_come_a_page_at_a_time(api: Any, delegates: list[IssuedBadge]) -> None:
    page = api.get("/registrants?limit=2&offset=1")
    assert page["total"] == 3
    assert [one["ref"] for one in page["registrants"]] == ["P2", "P3"]


def test_cursors_lead_through_everybody_once(api: Any, service: RegistryService) -> None:
    people = [someone(ref=f"X{n:03}", name="陳大文" if n % 2 else "王小明") for n in range(45)]
    service.register_many(people)
    for query, total in (("", 45), ("&q=chan", 22)):
        refs, asked = [], f"/registrants?limit=10{query}"
        cursor: str | None = ""
        while cursor is not None:
            page = api.get(f"{asked}&cursor={cursor}" if cursor else asked)
            assert (page["total"], page["limit"]) == (total, 10)
            assert page["offset"] == len(refs)
            refs += [one["ref"] for one in page["registrants"]]
            cursor = page["next"]
        assert len(refs) == len(set(refs)) == total
        if not query:
            assert refs == sorted(refs)


def test_a_page_says_how_many_it_was_cut_to(api: Any, delegates: list[IssuedBadge]) -> None:
    assert api.get("/registrants?limit=500")["limit"] == 200
    assert api.get("/registrants")["limit"] == 50


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("limit=abc", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("offset=abc", "offset"),
        ("offset=-5", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("page=2", "page"),
        ("cursor=abc", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=é", "cursor"),
        ("cursor=WyJQMSIsIDFd&offset=1", "cursor"),
    ],
)
def test_nonsense_is_refused_and_named(
    api: Any, delegates: list[IssuedBadge], asked: str, named: str
) -> None:
    answer = api.call("GET", f"/registrants?{asked}")
    assert answer.status_code == 400
    assert named in answer.json["error"]


def test_offsets_beyond_the_end_are_an_empty_page(api: Any, delegates: list[IssuedBadge]) -> None:
    for asked in ("offset=999999999999999", "offset=3", "offset=20000&q=chen"):
        page = api.get(f"/registrants?{asked}")
        assert (page["registrants"], page["next"]) == ([], None), asked


def test_people_are_found_by_company_phone_and_mail_but_not_by_remarks(
    api: Any, service: RegistryService
) -> None:
    extra = {
        "phone": "+852 9123 4567",
        "mail": "tm.chan@example.org",
        "seat": "A-12",
        "note": "wheelchair",
    }
    service.register(
        Person(ref="R1", name="陳大文", organisation="香港科技園", ticket="delegate", extra=extra)
    )
    for query in ("科技园", "91234567", "9123 4567", "85291234567", "tm.chan@ex", "a12", "r1"):
        assert api.get(f"/registrants?q={quote(query)}")["total"] == 1, query
    assert api.get("/registrants?q=wheelchair")["total"] == 0


def test_people_close_to_what_was_typed_are_marked_as_such(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    close = api.get("/registrants?q=chen da wu")
    assert (close["near"], [one["ref"] for one in close["registrants"]]) == (True, ["P1"])
    assert not api.get("/registrants?q=chen da wen")["near"]


def test_a_search_knows_what_changed_since_the_last_one(
    api: Any, service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    assert api.get("/registrants?q=chan tai")["total"] == 1
    service.register(someone(ref="NEW", name="陳太"))
    assert api.get("/registrants?q=chan tai")["total"] == 2
    service.amend(someone(ref="NEW", name="王五"))
    assert api.get("/registrants?q=chan tai")["total"] == 1
    assert api.get("/registrants?q=wong ng")["total"] == 1
    service.erase(delegates[0].badge)
    assert api.get("/registrants?q=chan tai")["total"] == 0
    service.purge(early=True)
    assert api.get("/registrants?q=wong ng")["total"] == 0


def test_a_person_is_shown_with_what_their_badge_may_do(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("meishan-main-1")
    kiosk.show(delegates[1].text)
    kiosk.exchange()
    one = api.get(f"/registrants/{delegates[1].code}")
    assert (one["name"], one["ticket"], one["venues"]) == ("李雷", "delegate", ["meishan"])
    assert one["place"] == "meishan"
    assert one["issues"] == [{"issue": 1, "form": "plain", "revoked": False, "superseded": False}]


def test_a_revoked_badge_is_refused_at_the_doors(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    api.post(f"/registrants/{delegates[0].code}/revoke", {"why": "lost"})
    kiosk.exchange()
    assert kiosk.show(delegates[0].text).decision.reason == "revoked"
    assert api.get(f"/registrants/{delegates[0].code}")["revoked"]


def test_after_a_staff_card_was_lost_all_name_cards_are_sealed_under_a_new_desk_key(
    api: Any, service: RegistryService, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    before = {badge: card for badge, _, card in kiosk.replica.all_cards()}

    assert api.post("/desk-key", {}) == {"cards": len(delegates)}
    kiosk.exchange()
    after = {badge: card for badge, _, card in kiosk.replica.all_cards()}
    assert set(after) == set(before) == {one.badge for one in delegates}
    assert all(after[badge] != before[badge] for badge in after)
    assert kiosk.show(delegates[0].text).decision.reason == "ok"


def test_a_new_print_retires_the_old_one(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    issued = api.post(f"/registrants/{delegates[0].code}/reissue", {})
    kiosk.exchange()
    assert issued["issue"] == 2
    assert kiosk.show(delegates[0].text).decision.reason == "superseded"
    assert kiosk.show(issued["text"]).decision.reason == "ok"


def test_an_erased_person_is_nobody_any_more(api: Any, delegates: list[IssuedBadge]) -> None:
    api.post(f"/registrants/{delegates[0].code}/erase", {})
    assert api.call("GET", f"/registrants/{delegates[0].code}").status_code == 404
    assert api.get("/registrants?q=陳大文")["total"] == 0


def test_a_walk_up_is_let_in_by_a_door_that_has_not_heard_of_them(
    api: Any, new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    issued = api.post("/registrants", {"ref": "W1", "name": "New Person", "ticket": "delegate"})
    answer = kiosk.show(issued["text"])
    assert (answer.decision.reason, answer.opens) == ("unlisted", True)


def test_a_person_who_cannot_be_is_refused_with_every_mistake(api: Any) -> None:
    body = {"ref": "W1", "name": "X", "ticket": "delegat", "venues": ["chongqing"]}
    answer = api.call("POST", "/registrants", body)
    assert answer.status_code == 422
    assert len(answer.json["mistakes"]) == 2


def test_only_staff_get_a_key_card_and_it_is_shown_once(
    api: Any, delegates: list[IssuedBadge], service: RegistryService
) -> None:
    staff = service.register(Person(ref="S1", name="Wang Fang", ticket="staff"))
    card = api.post(f"/registrants/{staff.code}/pin", {"pin": "60221407"})
    assert (card["done"], card["ref"], card["code"]) == (True, "S1", staff.code)
    assert card["text"].startswith("JMK1:")
    assert api.get("/staff")["staff"] == [
        {
            "ref": "S1",
            "code": staff.code,
            "ticket": "staff",
            "roles": ["door", "supervisor"],
            "unlocks": "key_card",
            "guessable": False,
        }
    ]
    refused = api.call("POST", f"/registrants/{delegates[0].code}/pin", {"pin": "60221407"})
    assert refused.status_code == 422
    weak = api.call("POST", f"/registrants/{staff.code}/pin", {"pin": "12345678"})
    assert (weak.status_code, "pattern" in weak.json["error"]) == (409, True)
    assert api.call("POST", f"/registrants/{staff.code}/pin", {"pin": ""}).status_code == 400


def test_key_cards_are_all_replaced_at_once(api: Any, service: RegistryService) -> None:
    staff = service.register(Person(ref="S1", name="Wang Fang", ticket="staff"))
    first = api.post(f"/registrants/{staff.code}/pin", {})
    (card,) = api.post("/key-cards", {})["cards"]
    assert card["ref"] == "S1"
    assert card["text"] != first["text"]
    assert len(card["pin"]) == 8


def test_a_badge_of_a_key_that_a_door_has_not_heard_of_is_no_forgery(
    api: Any, service: RegistryService, new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    assert api.post("/signing-keys", {}) == {"number": 1}
    issued = api.post(
        "/registrants", {"ref": "W1", "name": "Walk In", "ticket": "delegate", "form": "signed"}
    )
    answer = kiosk.show(issued["text"])
    assert (answer.decision.verdict, answer.decision.reason) == ("ask_staff", "unknown")
    kiosk.exchange()
    assert kiosk.show(issued["text"]).decision.reason == "ok"


def test_a_retired_key_opens_no_door(api: Any, new_kiosk: NewKiosk) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    issued = api.post(
        "/registrants", {"ref": "W1", "name": "Walk In", "ticket": "delegate", "form": "signed"}
    )
    assert api.call("POST", "/signing-keys/0/retire", {}).status_code == 409
    api.post("/signing-keys", {})
    assert api.post("/signing-keys/0/retire", {}) == {"badges": 1}
    assert [key["state"] for key in api.get("/signing-keys")["keys"]] == ["retired", "signs"]
    assert api.call("POST", "/signing-keys/0/retire", {}).status_code == 404
    assert api.call("POST", "/signing-keys/x/retire", {}).status_code == 404
    kiosk.exchange()
    assert kiosk.show(issued["text"]).decision.reason == "forged"


@pytest.mark.parametrize("name", [None, "", "  ", "\u200b"])
def test_nobody_is_registered_without_a_name(api: Any, name: str | None) -> None:
    body = {"ref": "N1", "ticket": "delegate"} | ({} if name is None else {"name": name})
    answer = api.call("POST", "/registrants", body)
    assert answer.status_code == 422
    assert "name is empty" in answer.json["error"]
    answer = api.call("POST", "/import", (HEADER + f"N1,{name or ''},,en,delegate,,,\n").encode())
    assert answer.status_code == 422
    assert "name is empty" in answer.json["error"]


def test_a_walk_up_is_kept_in_canonical_text(api: Any, service: RegistryService) -> None:
    api.post("/registrants", {"ref": "Ｗ１", "name": " 李\ue863\u200b ", "ticket": "delegate"})
    assert service.person("W1").name == "李䶮"


def test_an_import_as_a_job_says_what_came_of_it(api: Any, service: RegistryService) -> None:
    rows = "编号,姓名,票种\nR1,张伟,参会代表\n".encode("gb18030")
    job = api.call("POST", "/imports?check=1&language=zh-Hans&file=名单.csv", rows).json
    job = api.ended(job)
    assert job["state"] == "done"
    assert (job["result"]["added"], job["result"]["applied"]) == (1, False)
    assert "没有会场一列：新报名者可进入全部会场" in job["result"]["warnings"][2]["text"]
    assert service.people.count() == 0
    assert [one["what"] for one in api.get("/trail")["lines"]] == [], "nothing was changed"


@pytest.mark.parametrize("query", ["map=ref", "fill=colour=red", "map==x"])
def test_a_mapping_that_is_none_is_refused_in_words(api: Any, query: str) -> None:
    answer = api.call("POST", f"/imports?{query}", b"ref,name\n")
    assert answer.status_code == 409
    assert "should be" in answer.json["error"]


def test_a_file_of_people_is_taken_in_whole(api: Any) -> None:
    rows = "R1,陳小姐,HKSTP,zh-Hant,delegate,*,,\nR2,Bob,,en,media,chengdu,,\n"
    answer = api.call("POST", "/import", (HEADER + rows).encode())
    assert answer.json == {
        "added": 2,
        "updated": 0,
        "same": 0,
        "missing": 0,
        "warnings": [],
        "applied": True,
    }
    changed = rows.replace("Bob", "Bobby")
    answer = api.call("POST", "/import?update=1", (HEADER + changed).encode())
    assert answer.json == {
        "added": 0,
        "updated": 1,
        "same": 1,
        "missing": 0,
        "warnings": [],
        "applied": True,
    }
    looked = api.call("POST", "/import?update=1&check=1", (HEADER + "R3,C,,en,media,,,\n").encode())
    assert (looked.json["added"], looked.json["applied"]) == (1, False)
    lines = api.get("/trail")["lines"]
    assert [(one["what"], one["subject"]) for one in lines] == [
        ("import_people", "file people.csv, added 0, updated 1"),
        ("import_people", "file people.csv, added 2, updated 0"),
    ]


def test_a_file_with_mistakes_names_them_all_and_changes_nothing(api: Any) -> None:
    rows = "R1,A,,en,delegate,,,\nR2,B,,fr,delegate,,,\nR3,C,,en,nothing,,,\n"
    answer = api.call("POST", "/import?file=day1.csv", (HEADER + rows).encode())
    assert answer.status_code == 422
    assert [line.split(": ")[0] for line in answer.json["mistakes"]] == ["day1.csv:3", "day1.csv:4"]
    assert api.get("/registrants")["total"] == 0


def test_a_broken_byte_is_named_with_its_place(api: Any) -> None:
    answer = api.call("POST", "/import", HEADER.encode() + b"R1,\xff\xff,,zh-Hant,delegate,,,\n")
    assert answer.status_code == 422
    assert "people.csv:2" in answer.json["error"]


@pytest.mark.parametrize(
    "encoding", ["base64", "zip", "rot13", "punycode", "hex", "undefined", "utf-8%00x"]
)
def test_only_encodings_of_text_are_taken(api: Any, encoding: str) -> None:
    answer = api.call("POST", f"/import?encoding={encoding}", HEADER.encode())
    assert answer.status_code == 422
    assert "should be one of utf-8" in answer.json["error"]


@pytest.mark.parametrize("name", ["..", "%00x", "../../etc/passwd", "参" * 90])
def test_what_a_browser_calls_a_file_is_no_path(api: Any, name: str) -> None:
    answer = api.call("POST", f"/import?file={name}", (HEADER + "R1,A,,en,delegate,,,\n").encode())
    assert answer.status_code == 200


def test_codes_that_can_be_copied_are_said(api: Any) -> None:
    header = HEADER.replace("sessions", "sessions,code")
    answer = api.call("POST", "/import", (header + "F1,A,,en,delegate,,,,12345\n").encode())
    assert "F1" in answer.json["warnings"][0]


def test_badges_can_be_printed(api: Any, delegates: list[IssuedBadge]) -> None:
    answer = api.call("GET", "/badges?ref=P1&ref=P3")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    for method, path in (("GET", "/badges"), ("POST", "/badges/jobs"), ("POST", "/badges/printed")):
        answer = api.call(method, f"{path}?ref=P1&ref=NOPE")
        assert (answer.status_code, answer.json["error"]) == (
            404, "Nobody is registered as 'NOPE'.",
        )  # fmt: skip


def test_looking_at_badges_is_no_printing(api: Any, delegates: list[IssuedBadge]) -> None:
    api.call("GET", "/badges?ref=P1")
    assert api.ended(api.post("/badges/jobs?new=1", {}))["result"]["badges"] == 3
    api.post("/badges/printed?ref=P1", {})
    again = api.ended(api.post("/badges/jobs?new=1", {}))
    assert again["error"] == "Every badge that was asked for is printed already."


def test_an_enrolment_code_says_where_and_who_the_registry_is(
    api: Any, service: RegistryService
) -> None:
    reply = api.post("/kiosks/code", {"gate": "chengdu-main-1", "url": "https://registry.example"})
    read = EnrolmentCode.parse(reply["text"])
    assert (read.registry, read.url) == (
        service.identity.fingerprint,
        "https://registry.example",
    )
    assert reply["qr"].startswith("<svg")


def test_a_networks_code_is_drawn_and_nothing_of_it_is_kept(
    api: Any, service: RegistryService
) -> None:
    asked = {"name": "venue; 场馆", "password": "only for kiosks", "hidden": True}
    reply = api.post("/kiosks/network-code", asked)

    assert reply.keys() == {"qr"}
    assert reply["qr"].startswith("<svg")
    trail = api.call("GET", "/trail").text
    assert "network_code" in trail
    assert "only for kiosks" not in trail
    assert "venue" not in trail


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "", "password": "long enough"}, "1 to 32 bytes"),
        ({"name": "场" * 11, "password": "long enough"}, "1 to 32 bytes"),
        ({"name": "venue", "password": "short"}, "8 to 63"),
        ({"name": "venue", "password": "short", "security": "wep"}, "security"),
    ],
)
def test_a_network_that_cannot_be_is_said_to_be_none(
    api: Any, asked: dict[str, str], said: str
) -> None:
    answer = api.call("POST", "/kiosks/network-code", asked)

    assert answer.status_code in (400, 409)
    assert said in answer.json["error"]
    assert "short" not in answer.json["error"]


def test_a_code_for_a_gate_that_is_not_there_names_one_that_is(api: Any) -> None:
    answer = api.call("POST", "/kiosks/code", {"gate": "chengdu-main-9"})
    assert answer.status_code == 404
    assert "chengdu-main-" in answer.json["error"]


def test_the_seats_that_a_wiped_kiosk_took_with_it_are_shown_until_they_are_given_anew(
    api: Any, service: RegistryService, new_kiosk: NewKiosk
) -> None:
    new_kiosk("chengdu-room-b-1")
    replacement = DeviceKey.new()
    service.enrol(Enrol(replacement.public, service.enrol_code("chengdu-room-b-1"), b""))

    def shown() -> dict[str, Any]:
        kiosks = api.get("/kiosks")["kiosks"]
        return next(one for one in kiosks if one["device"] == replacement.fingerprint)

    lost = shown()["seats_lost"]
    assert lost > 0
    assert "seats_lost" in shown()["troubles"]
    api.post(f"/kiosks/{replacement.fingerprint}/seats", {"area": "chengdu-room-b", "seats": lost})
    assert shown()["seats_lost"] == 0
    assert "seats_lost" not in shown()["troubles"]


def test_the_centre_sees_which_door_was_signed_off_and_with_what(
    api: Any, new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    assert api.get("/kiosks")["kiosks"][0]["opening"] is None
    signed = OpeningChecked(
        gate="chengdu-main-1",
        findings={"lights": "good", "sound": "bad"},
        test_badges={"good": "good", "forged": "not_done"},
        staff=b"staff",
        staff_issue=1,
        note="no loudspeaker",
    )
    kiosk.door.record("opening", signed)
    kiosk.exchange()

    opening = api.get("/kiosks")["kiosks"][0]["opening"]
    assert (opening["good"], opening["not_good"]) == (False, ["sound", "forged"])
    assert (opening["gate"], opening["note"]) == ("chengdu-main-1", "no loudspeaker")


def test_a_kiosk_can_be_moved_cut_off_and_given_seats(api: Any, new_kiosk: NewKiosk) -> None:
    device = new_kiosk("chengdu-room-b-1").identity.fingerprint
    api.post(f"/kiosks/{device}/seats", {"area": "chengdu-room-b", "seats": 2})
    api.post(f"/kiosks/{device}/gate", {"gate": "chengdu-room-b-2"})
    assert api.get("/kiosks")["kiosks"][0]["gate"] == "chengdu-room-b-2"
    api.post(f"/kiosks/{device}/cut-off", {})
    assert api.get("/kiosks")["kiosks"][0]["troubles"] == ["cut_off"]


def test_a_day_is_closed_when_every_kiosk_has_told_everything(
    api: Any, new_kiosk: NewKiosk, clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    clock.wait(120_000)
    reply = api.post("/days/close", {"day": "2020-11-17"})
    assert (reply["drained"], reply["silent"][0]["gate"]) == (False, "chengdu-main-1")
    kiosk.exchange()
    assert api.post("/days/close", {"day": "2020-11-17"})["drained"]
    assert api.call("POST", "/days/close", {"day": "2020-11-19"}).status_code == 404


def test_people_are_erased_when_the_retention_days_are_over(
    api: Any, delegates: list[IssuedBadge], clock: Any
) -> None:
    early = api.call("POST", "/purge", {})
    assert early.status_code == 409
    assert "2020-12-19" in early.json["error"]
    clock.wait(40 * 86_400_000)
    assert api.post("/purge", {}) == {"persons": 3, "silent": []}


def test_a_purge_reaches_the_kiosks_that_are_in_touch(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], api: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    assert kiosk.replica.card(delegates[0].badge, 1) is not None
    assert api.post("/purge", {"early": True})["persons"] == 3
    kiosk.exchange()
    assert [kiosk.replica.card(one.badge, 1) for one in delegates] == [None, None, None]
    assert kiosk.show(delegates[0].text).decision.verdict == "admit"
