"""The public interface: every route is in its document, and every answer is as the document says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from access.log.entry import Alarm, Health
from config.languages import languages
from registry.http.operations import Operation
from registry.queries.kiosks import is_unhealthy
from registry.roster.model import IssuedBadge
from registry.server.app import Parts
from registry.service import RegistryService
from web.texts import section

NewKiosk = Callable[[str], Any]
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")


def parts(app: Flask) -> Parts:
    found: Parts = app.extensions["jianmen"]
    return found


@pytest.fixture
def busy(new_kiosk: NewKiosk, delegates: list[IssuedBadge]) -> dict[str, Any]:
    """Kiosks at two venues; somebody came in, somebody was at the wrong venue, one badge was at both."""
    one, other = new_kiosk("chengdu-main-1"), new_kiosk("meishan-main-1")
    answers = [one.show(delegates[0].text), one.show(delegates[1].text)]
    answers.append(other.show(delegates[0].text))
    one.exchange()
    other.exchange()
    return {"one": one, "other": other, "answers": answers}


def test_the_document_names_every_route_and_no_other(app: Flask, client: FlaskClient) -> None:
    reply = client.get("/api/v1/openapi.json").json
    assert reply is not None
    assert reply["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, item in reply["paths"].items() for method in item}
    routed = {
        (method, ARGUMENT.sub(r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == routed


def test_a_parameter_given_twice_is_named_and_not_passed_over(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    for query in ("limit=1&limit=2", "limit=1&limit=1", "q=a&q=b", "offset=x&offset=0"):
        answer = api.call("GET", f"/registrants?{query}")
        assert answer.status_code == 400, query
        assert "given 2 times; it should be given once" in answer.json["error"]
    several = api.call("GET", f"/badges?ref={delegates[0].ref}&ref={delegates[1].ref}")
    assert several.mimetype == "application/pdf"


def test_every_reference_in_the_document_leads_somewhere(client: FlaskClient) -> None:
    text = client.get("/api/v1/openapi.json").text
    reply = msgspec.json.decode(text)
    for name in re.findall(r'"#/components/schemas/([^"]+)"', text):
        assert name in reply["components"]["schemas"]


def test_operations_have_names_of_their_own(app: Flask) -> None:
    names = [operation.name for operation in parts(app).api.operations]
    assert len(names) == len(set(names))


def test_every_change_has_a_line_of_the_trail_in_every_language(app: Flask) -> None:
    changes = [one.name for one in parts(app).api.operations if one.method != "GET"]
    for language in languages():
        texts = section("dashboard", language)
        assert [name for name in changes if f"did.{name}" not in texts] == []
        assert [name for name in _traced(app) if f"trail.of.{name}" not in texts] == []


def _traced(app: Flask) -> set[str]:
    """What a line of the trail may name, beside what a route adds; imports say what they did."""
    found: set[str] = set()
    for one in parts(app).api.operations:
        if one.method != "GET" and one.body not in ("text/csv", "application/octet-stream"):
            found |= set(re.findall("<(.*?)>", one.path)) | {asked.name for asked in one.query}
            found |= set(one.body.traced) if isinstance(one.body, type) else set()
    return found - {"language"}


def test_a_spare_kiosk_is_at_no_gate(
    api: Any, busy: dict[str, Any], new_kiosk: NewKiosk, clock: Any
) -> None:
    spare = new_kiosk("chengdu-main-2").identity.fingerprint
    before = api.get("/headcount")
    api.post(f"/kiosks/{spare}/gate", {"gate": None})
    clock.wait(10_000)
    after = api.get("/headcount")
    assert (after["kiosks"], after["gates"]) == (before["kiosks"], before["gates"] - 1) == (3, 2)


def test_a_cancelled_session_is_called_so(api: Any, service: RegistryService) -> None:
    sessions = [
        msgspec.structs.replace(one, cancelled=one.id == "financing")
        for one in service.event.sessions
    ]
    service.update_event(msgspec.structs.replace(service.event, sessions=tuple(sessions)))
    shown = {one["id"]: one["cancelled"] for one in api.get("/sessions")["sessions"]}
    assert [name for name, cancelled in shown.items() if cancelled] == ["financing"]


def test_every_question_is_answered_as_the_document_says(
    app: Flask, api: Any, busy: dict[str, Any], delegates: list[IssuedBadge]
) -> None:
    jobs = parts(app).jobs
    jobs.kind("nothing", lambda work: work.keep("x", b"made"))
    job = jobs.wait(jobs.start("nothing", {}).id, 30).id
    fill = {
        "registrant": delegates[0].code,
        "registrant_history": delegates[0].code,
        "receipt": busy["answers"][0].receipt,
        "job": job,
    }
    for operation in parts(app).api.operations:
        if operation.method != "GET" or operation.name in (
            "headcount_stream",
            "badges",
            "job_file",
        ):
            continue
        path = ARGUMENT.sub(fill.get(operation.name, "x"), operation.path)
        if operation.name == "attendance_people":
            path += "?session=5g"
        answer = api.call("GET", path)
        assert answer.status_code == 200, (operation.name, answer.text)
        agrees(operation, answer.data, answer.mimetype)


def agrees(operation: Operation, body: bytes, mimetype: str) -> None:
    if isinstance(operation.answer, str):
        assert mimetype == operation.answer
        return
    value = msgspec.json.decode(body, type=operation.answer)
    assert msgspec.json.encode(value) == body, f"{operation.name} says more than its shape"


@pytest.mark.parametrize("rights", ["nobody", "viewer"])
def test_who_may_not_ask_gets_no_answer(
    app: Flask, stranger: FlaskClient, client: FlaskClient, rights: str
) -> None:
    asking = stranger if rights == "nobody" else client  # a browser of this machine may look on
    for operation in parts(app).api.operations:
        allowed = operation.access is None or (rights == "viewer" and operation.access == "viewer")
        if allowed:
            continue
        path = "/api/v1" + ARGUMENT.sub("x", operation.path)
        answer = asking.open(path, method=operation.method)
        assert answer.status_code in (401, 403), operation.name
        assert answer.json is not None
        assert answer.json["error"]


def test_the_headcount_says_how_old_it_is_and_who_is_silent(
    api: Any, busy: dict[str, Any], clock: Any
) -> None:
    reply = api.get("/headcount")
    chengdu = next(area for area in reply["areas"] if area["id"] == "chengdu")
    assert chengdu["people"] == 1
    assert chengdu["refused"] == 1
    assert chengdu["as_of"] == reply["as_of"]
    assert reply["silent"] == []
    clock.wait(6 * 60_000)
    busy["one"].exchange()
    clock.wait(20_000)
    reply = api.get("/headcount")
    assert [one["gate"] for one in reply["silent"]] == ["meishan-main-1"]
    meishan = next(area for area in reply["areas"] if area["id"] == "meishan")
    assert (meishan["silent"], meishan["heard"]) == (1, reply["silent"][0]["since"])


def test_a_room_has_a_number_of_free_seats(
    api: Any, new_kiosk: NewKiosk, delegates: list[IssuedBadge], clock: Any
) -> None:
    clock.wait(5 * 3_600_000 + 20 * 60_000)  # 13:50, the doors of Room B are open
    kiosk = new_kiosk("chengdu-room-b-1")
    assert kiosk.show(delegates[0].text).opens
    kiosk.exchange()
    room = next(one for one in api.get("/headcount")["areas"] if one["id"] == "chengdu-room-b")
    assert (room["inside"], room["capacity"], room["places_left"]) == (1, 3, 2)
    session = next(one for one in api.get("/sessions")["sessions"] if one["id"] == "financing")
    assert session["attended"] == 1


def test_gates_say_what_they_answered_today(api: Any, busy: dict[str, Any]) -> None:
    gates = {gate["id"]: gate for gate in api.get("/gates")["gates"]}
    assert gates["chengdu-main-1"]["reasons"] == {"ok": 1, "wrong_venue": 1}
    assert gates["chengdu-main-1"]["kiosk"] == busy["one"].identity.fingerprint
    assert gates["chengdu-main-2"]["kiosk"] is None


def test_ill_kiosks_stand_on_top(api: Any, busy: dict[str, Any], clock: Any) -> None:
    clock.wait(2 * 60_000)
    busy["one"].exchange()
    reply = api.get("/kiosks")["kiosks"]
    assert [(kiosk["gate"], kiosk["troubles"]) for kiosk in reply] == [
        ("meishan-main-1", ["silent"]),
        ("chengdu-main-1", []),
    ]
    assert reply[1]["clock"]["source"] == "registry"


def test_entries_on_their_way_are_no_trouble(api: Any, app: Flask, new_kiosk: NewKiosk) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.exchange()
    log, seq = kiosk.journal.log, kiosk.journal.seq
    has = {log: [(seq + 3, bytes(32))]}
    parts(app).queries.reported_vectors.heard(kiosk.identity.fingerprint, has)
    [shown] = api.get("/kiosks")["kiosks"]
    assert (shown["missing"], shown["troubles"]) == (3, [])


def test_a_kiosk_that_says_it_is_unhealthy_is_unhealthy_and_its_alarms_are_shown(
    api: Any, new_kiosk: NewKiosk
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    readings = {"camera": "lost", "scanner": "none", "disk_free_mb": 9000}
    kiosk.door.record("health", Health(readings=readings))
    alarm = Alarm(what="camera_lost", detail="no picture for 30 s")
    kiosk.door.record("alarm", alarm)
    kiosk.exchange()
    reply = api.get("/kiosks")
    assert reply["kiosks"][0]["troubles"] == ["alarm", "health"]
    assert reply["kiosks"][0]["readings"] == readings
    assert [(one["what"], one["gate"]) for one in reply["alarms"]] == [
        ("camera_lost", "chengdu-main-1")
    ]


@pytest.mark.parametrize(
    ("readings", "unhealthy"),
    [
        ({"camera": "ok", "scanner": "none", "under_voltage": False, "disk_free_mb": 9000}, False),
        ({"camera": "starting", "temperature_c": 79.9, "throttled": None}, False),
        ({}, False),
        ({"scanner": "lost"}, True),
        ({"under_voltage": True}, True),
        ({"throttled": True}, True),
        ({"disk_free_mb": 499}, True),
        ({"temperature_c": 80.5}, True),
        ({"disk_free_mb": "unknown", "temperature_c": None}, False),
    ],
)
def test_readings_say_whether_somebody_should_look(readings: Any, *, unhealthy: bool) -> None:
    assert is_unhealthy(readings) == unhealthy


@pytest.mark.parametrize(
    ("readings", "troubles"),
    [
        ({"printer": "ok", "prints_in_doubt": 0}, []),
        ({"printer": "paper_out", "prints_in_doubt": 0}, ["printer"]),
        ({"printer": "ok", "prints_in_doubt": 2}, ["printer"]),
    ],
)
def test_a_printer_that_needs_somebody_is_a_trouble_of_its_kiosk(
    api: Any, new_kiosk: NewKiosk, readings: Any, troubles: list[str]
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.door.record("health", Health(readings=readings))
    kiosk.exchange()
    [shown] = api.get("/kiosks")["kiosks"]
    assert (shown["troubles"], shown["readings"]) == (troubles, readings)


def test_a_badge_at_two_venues_is_a_line_until_somebody_answers_it(
    api: Any, busy: dict[str, Any], client: FlaskClient
) -> None:
    reply = api.get("/conflicts")
    assert reply["open"] == 1
    line = reply["conflicts"][0]
    assert (line["kind"], line["gates"]) == ("two_places", ["chengdu-main-1", "meishan-main-1"])
    assert line["reading"] == "copied_badge"
    api.post(
        "/conflicts", {"kind": line["kind"], "entry": line["entry"], "answer": "two colleagues"}
    )
    reply = api.get("/conflicts")
    assert reply["open"] == 0
    assert reply["conflicts"][0]["ruling"] == "two colleagues"


def test_a_viewer_is_not_told_whose_badge_it_was(busy: dict[str, Any], client: FlaskClient) -> None:
    reply = client.get("/api/v1/conflicts").json
    assert reply is not None
    assert reply["conflicts"][0]["code"] is None
    assert re.fullmatch("b[0-9a-f]{12}", reply["conflicts"][0]["badge"])


def test_a_line_that_is_not_in_the_report_cannot_be_answered(api: Any) -> None:
    entry = {"log": "0" * 24, "seq": 1, "digest": "0" * 64}
    answer = api.call("POST", "/conflicts", {"kind": "fork", "entry": entry, "answer": "no"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not JSON"),
        (b'{"issue": 1}', "why"),
        (b'{"why": "lost", "isue": 1}', "isue"),
        (b'{"why": "lost", "issue": 99}', "63"),
    ],
)
def test_a_wrong_body_is_refused_with_what_is_wrong(
    api: Any, delegates: list[IssuedBadge], body: bytes, message: str
) -> None:
    answer = api.call("POST", f"/registrants/{delegates[0].code}/revoke", body)
    assert answer.status_code == 400
    assert message in answer.json["error"]


def test_a_failure_of_ours_is_told_without_its_trace(
    app: Flask, api: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts(app).queries, "kiosks", lambda: 1 // 0)
    answer = api.call("GET", "/kiosks")
    assert answer.status_code == 500
    assert answer.json == {
        "error": "The registry failed at this; its log says why.",
        "mistakes": [],
        "changed": [],
    }
    assert "Traceback" in caplog.text
