"""For every route and every role the answer: who may, who is told to log in, who is refused."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.accounts.accounts import Accounts
from registry.server.app import Parts
from registry.service import RegistryService

ROLES = ("nobody", "here", "viewer", "desk", "admin")
"""`here`: a browser of the registry's own machine, where the settings let it see counts."""

PASSWORD = "correct horse battery"

# For each route, the first role that may; all after it may too. "-": nobody needs to log in.
TABLE = {
    "GET /openapi.json": "-",
    "GET /headcount": "here",
    "GET /headcount/stream": "here",
    "GET /arrivals": "here",
    "GET /gates": "here",
    "GET /sessions": "here",
    "GET /kiosks": "here",
    "GET /health": "here",
    "GET /conflicts": "here",
    "GET /receipts/<code>": "here",
    "GET /logins": "here",
    "DELETE /logins/<login_id>": "here",
    "POST /own-password": "here",
    "GET /registrants": "desk",
    "GET /registrants/<code>": "desk",
    "POST /registrants": "desk",
    "POST /registrants/<code>": "desk",
    "GET /registrants/<code>/history": "desk",
    "POST /registrants/<code>/unrevoke": "desk",
    "GET /badges": "desk",
    "POST /registrants/<code>/revoke": "desk",
    "POST /registrants/<code>/reissue": "desk",
    "GET /attendance": "here",
    "GET /attendance/people": "desk",
    "POST /attendance/people/jobs": "desk",
    "POST /attendance/hybrid": "desk",
    "GET /badges/layouts": "desk",
    "GET /badges/picture": "desk",
    "POST /badges/jobs": "desk",
    "POST /badges/test": "desk",
    "POST /badges/printed": "desk",
    "GET /jobs": "admin",
    "GET /jobs/<job_id>": "desk",
    "POST /jobs/<job_id>/cancel": "desk",
    "GET /jobs/<job_id>/files/<name>": "desk",
    "GET /export": "admin",
    "POST /export/jobs": "admin",
    "POST /import": "admin",
    "POST /imports": "admin",
    "POST /registrants/<code>/erase": "admin",
    "POST /registrants/<code>/pin": "admin",
    "POST /desk-key": "admin",
    "POST /desk-key/jobs": "admin",
    "GET /staff": "admin",
    "POST /key-cards": "admin",
    "GET /signing-keys": "admin",
    "POST /signing-keys": "admin",
    "POST /signing-keys/<number>/retire": "admin",
    "POST /event": "admin",
    "POST /kiosks/code": "admin",
    "POST /kiosks/network-code": "admin",
    "POST /kiosks/<device>/gate": "admin",
    "POST /kiosks/<device>/cut-off": "admin",
    "POST /kiosks/<device>/seats": "admin",
    "POST /conflicts": "admin",
    "POST /days/close": "admin",
    "POST /purge": "admin",
    "POST /purge/jobs": "admin",
    "GET /tokens": "admin",
    "POST /tokens": "admin",
    "DELETE /tokens/<token_id>": "admin",
    "POST /password": "admin",
    "GET /accounts": "admin",
    "POST /accounts": "admin",
    "POST /accounts/<name>/role": "admin",
    "DELETE /accounts/<name>": "admin",
    "GET /webhooks": "admin",
    "POST /webhooks": "admin",
    "DELETE /webhooks/<hook_id>": "admin",
    "GET /trail": "admin",
}

PAGES = {
    "/": "here",
    "/kiosks": "here",
    "/conflicts": "here",
    "/receipt": "here",
    "/attendance": "here",
    "/close": "admin",
    "/people": "desk",
    "/badges": "desk",
    "/settings": "admin",
    "/login": "-",
    "/healthz": "-",
}


@pytest.fixture
def browsers(app: Flask, service: RegistryService, clock: Any) -> dict[str, FlaskClient]:
    """A browser of each role."""
    accounts = Accounts(service.ledger, lambda: clock.now_ms, cost=2**8)
    found = {}
    for role in ROLES:
        client = found[role] = app.test_client()
        client.environ_base["REMOTE_ADDR"] = "127.0.0.1" if role == "here" else "192.0.2.7"
        if role in ("viewer", "desk", "admin"):
            accounts.set_password(role, PASSWORD)
            form = {"account": role, "password": PASSWORD, "page_token": token(client)}
            assert client.post("/login", data=form).status_code == 302
    return found


def token(client: FlaskClient) -> str:
    client.get("/login")
    with client.session_transaction() as session:
        return str(session["page_token"])


def may(role: str, first: str) -> bool:
    return first == "-" or ROLES.index(role) >= ROLES.index(first)


def test_the_table_has_every_route(app: Flask) -> None:
    parts: Parts = app.extensions["jianmen"]
    assert {f"{one.method} {one.path}" for one in parts.api.operations} == TABLE.keys()


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_each_role_as_the_table_says(
    browsers: dict[str, FlaskClient], role: str
) -> None:
    client = browsers[role]
    for route, first in TABLE.items():
        method, _, path = route.partition(" ")
        answer = client.open(
            "/api/v1" + path.replace("<", "").replace(">", ""),
            method=method,
            data=b'{"bogus": 1}' if method != "GET" else None,  # nothing is changed by it
            headers={"X-Jianmen-Token": token(client)},
        )
        if may(role, first):
            assert answer.status_code not in (401, 403), route
        else:
            assert answer.status_code == (401 if role == "nobody" else 403), route
        answer.close()


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_shown_to_each_role_as_the_table_says(
    browsers: dict[str, FlaskClient], role: str
) -> None:
    for path, first in PAGES.items():
        answer = browsers[role].get(path)
        if may(role, first):
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 302, path
            assert answer.headers["Location"].startswith("/login?next="), path


OTHER = {
    "/account": "GET",
    "/language/<language>": "GET",
    "/login": "GET POST",
    "/logout": "POST",
    "/metrics": "GET",
    "/static/<path:filename>": "GET",
}
"""What is neither a page of the table above nor an operation of the interface."""


def test_there_is_no_route_besides_those_of_the_tables(app: Flask) -> None:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/"):
            methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
            found.setdefault(rule.rule, set()).update(methods)
    expected = dict.fromkeys(PAGES, "GET") | OTHER
    assert found == {path: set(methods.split()) for path, methods in expected.items()}


def test_a_stranger_learns_nothing_of_the_event_but_its_name(
    browsers: dict[str, FlaskClient], service: RegistryService
) -> None:
    event = service.event
    hidden = [one.id for one in (*event.gates, *event.sessions, *event.areas, *event.tickets)]
    page = browsers["nobody"].get("/login").text
    assert [one for one in hidden if f'"{one}"' in page] == []
    assert browsers["nobody"].get("/metrics").status_code == 401
    assert browsers["desk"].get("/metrics").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "desk", "admin"])
def test_everybody_who_is_logged_in_has_a_page_for_their_password_and_sessions(
    browsers: dict[str, FlaskClient], role: str
) -> None:
    page = browsers[role].get("/account")
    assert page.status_code == 200
    assert 'id="own"' in page.text
    assert browsers["here"].get("/account").status_code == 302
    assert browsers["nobody"].get("/account").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "desk", "admin"])
def test_nothing_is_changed_without_the_pages_own_token(
    browsers: dict[str, FlaskClient], role: str
) -> None:
    for route in TABLE:
        method, _, path = route.partition(" ")
        if method != "GET":
            path = path.replace("<", "").replace(">", "")
            assert (
                browsers[role].open("/api/v1" + path, method=method, data=b"{}").status_code == 403
            )


LIST = "ref,name,ticket\nX1,Ann Example,delegate\n"


@pytest.mark.parametrize(
    ("begun", "given", "file", "refused", "allowed"),
    [
        ("/badges/jobs", "", "badges.pdf", "viewer", "desk"),
        ("/imports?check=1", LIST, "list", "desk", "admin"),
    ],
)
def test_a_job_is_shown_to_those_alone_who_may_do_what_it_does(
    browsers: dict[str, FlaskClient],
    delegates: Any,
    begun: str,
    given: str,
    file: str,
    refused: str,
    allowed: str,
) -> None:
    headers = {role: {"X-Jianmen-Token": token(browsers[role])} for role in browsers}
    made = browsers[allowed].post(f"/api/v1{begun}", data=given, headers=headers[allowed])
    job = f"/api/v1/jobs/{made.json['id']}"
    for method, path in (("GET", job), ("GET", f"{job}/files/{file}"), ("POST", f"{job}/cancel")):
        answer = browsers[refused].open(path, method=method, headers=headers[refused])
        assert answer.status_code == 403, path
        assert b"Ann" not in answer.data
        answer = browsers[allowed].open(path, method=method, headers=headers[allowed])
        assert answer.status_code in (200, 404), path


def test_an_operation_without_a_body_takes_none(api: Any, delegates: Any) -> None:
    for path in (f"/registrants/{delegates[0].code}/erase", "/desk-key"):
        answer = api.call("POST", path, {"bogus": 1})
        assert answer.status_code == 400
        assert "bogus" in answer.json["error"]
        assert api.call("POST", path, b"").status_code == 200
