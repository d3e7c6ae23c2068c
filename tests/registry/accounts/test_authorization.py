"""Who may see what, and how somebody shows who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.accounts.accounts import Accounts, PasswordError
from registry.accounts.throttle import FREE_TRIES
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(service: RegistryService, clock: Any) -> Accounts:
    accounts = Accounts(service.ledger, lambda: clock.now_ms, cost=2**8)  # quick
    accounts.set_password("admin", PASSWORD)
    return accounts


def page_token(client: FlaskClient) -> str:
    client.get("/login")
    with client.session_transaction() as session:
        token: str = session["page_token"]
    return token


def log_in(client: FlaskClient, password: str = PASSWORD, account: str = "admin") -> int:
    form = {"account": account, "password": password, "page_token": page_token(client)}
    return client.post("/login", data=form).status_code


def test_a_password_is_kept_as_a_hash_alone(accounts: Accounts, service: RegistryService) -> None:
    stored = accounts.find("admin")
    assert stored is not None
    assert PASSWORD.encode() not in stored.hash + stored.salt
    assert PASSWORD not in repr(stored)
    assert accounts.log_in("admin", PASSWORD) is not None
    assert accounts.log_in("admin", PASSWORD + "!") is None
    assert accounts.log_in("viewer", PASSWORD) is None


def test_a_short_password_is_refused(accounts: Accounts) -> None:
    with pytest.raises(PasswordError, match="10 characters"):
        accounts.set_password("viewer", "short")


def test_a_browser_of_this_machine_sees_counts_and_no_person(client: FlaskClient) -> None:
    assert client.get("/api/v1/headcount").status_code == 200
    assert client.get("/api/v1/registrants").status_code == 403
    assert client.get("/api/v1/export").status_code == 403


def test_a_stranger_sees_nothing(stranger: FlaskClient) -> None:
    assert stranger.get("/api/v1/headcount").status_code == 401
    assert stranger.get("/").status_code == 302
    assert stranger.get("/login").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}, {"Host": "evil.example"}],
)
def test_what_a_proxy_passes_on_is_not_this_machine(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    assert client.get("/api/v1/headcount", headers=headers).status_code == 401


def test_this_machine_can_be_kept_out_too(service: RegistryService, clock: Any) -> None:
    app = create_app(service, clock, WebSettings(open_here=False))
    assert app.test_client().get("/api/v1/headcount").status_code == 401


def test_after_a_login_an_admin_sees_people(accounts: Accounts, stranger: FlaskClient) -> None:
    assert log_in(stranger) == 302
    assert stranger.get("/api/v1/registrants").status_code == 200
    assert stranger.get("/people").status_code == 200


def test_a_viewer_does_not(accounts: Accounts, stranger: FlaskClient) -> None:
    accounts.set_password("viewer", "viewer viewer")
    assert log_in(stranger, "viewer viewer", "viewer") == 302
    assert stranger.get("/api/v1/headcount").status_code == 200
    assert stranger.get("/api/v1/registrants").status_code == 403
    assert stranger.get("/people").status_code == 302


def test_a_new_password_ends_the_sessions_of_the_old(
    accounts: Accounts, stranger: FlaskClient, clock: Any
) -> None:
    log_in(stranger)
    clock.wait(1000)
    accounts.set_password("admin", "another password")
    assert stranger.get("/api/v1/registrants").status_code == 401


def test_another_sites_page_cannot_change_anything(
    accounts: Accounts, stranger: FlaskClient
) -> None:
    log_in(stranger)
    without = stranger.post("/api/v1/kiosks/code", json={"gate": None})
    assert without.status_code == 403
    token = page_token(stranger)
    headers = {"X-Jianmen-Token": token}
    assert stranger.post("/api/v1/kiosks/code", json={}, headers=headers).status_code == 200


def test_a_login_form_without_its_token_is_refused(
    accounts: Accounts, stranger: FlaskClient
) -> None:
    form = {"account": "admin", "password": PASSWORD}
    assert stranger.post("/login", data=form).status_code == 200
    assert stranger.get("/api/v1/registrants").status_code == 401


def test_logging_out_ends_the_session(accounts: Accounts, stranger: FlaskClient) -> None:
    log_in(stranger)
    stranger.post("/logout", data={"page_token": page_token(stranger)})
    assert stranger.get("/api/v1/registrants").status_code == 401


def test_guessing_is_slowed_down(accounts: Accounts, stranger: FlaskClient) -> None:
    for _ in range(FREE_TRIES):
        log_in(stranger, "wrong password")
    form = {"account": "admin", "password": PASSWORD, "page_token": page_token(stranger)}
    answer = stranger.post("/login", data=form, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "Too many wrong tries" in answer.text


def test_a_token_works_until_it_is_removed(api: Any, app: Flask) -> None:
    made = api.post("/tokens", {"label": "wall", "access": "viewer"})
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/v1/headcount", headers=headers).status_code == 200
    assert client.get("/api/v1/registrants", headers=headers).status_code == 403
    listed = api.get("/tokens")["tokens"]
    assert [(one["label"], one["token"]) for one in listed] == [("wall", None)]
    assert api.call("DELETE", f"/tokens/{made['id']}").status_code == 200
    assert client.get("/api/v1/headcount", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "sent", ["Bearer", "Bearer ", "Bearer jmt_wrong", "Basic YTpi", "Bearer é"]
)
def test_a_wrong_token_opens_nothing(client: FlaskClient, sent: str) -> None:
    headers = {"Authorization": sent, "X-Forwarded-For": "192.0.2.7"}
    assert client.get("/api/v1/headcount", headers=headers).status_code == 401


def test_the_login_leads_nowhere_else(accounts: Accounts, stranger: FlaskClient) -> None:
    form = {"account": "admin", "password": PASSWORD, "page_token": page_token(stranger)}
    answer = stranger.post("/login?next=//evil.example/people", data=form)
    assert answer.headers["Location"] == "/"


def test_no_secret_reaches_the_log(
    accounts: Accounts,
    stranger: FlaskClient,
    api: Any,
    caplog: pytest.LogCaptureFixture,
    new_kiosk: Callable[[str], Any],
) -> None:
    caplog.set_level("DEBUG")
    log_in(stranger, "a wrong password")
    log_in(stranger)
    made = api.post("/tokens", {"label": "x", "access": "admin"})
    new_kiosk("chengdu-main-1")
    for secret in (PASSWORD, "a wrong password", made["token"]):
        assert secret not in caplog.text
