"""Sessions of browsers: they end at logout, when nobody is there, and from the settings page; and who did what."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.accounts.accounts import Accounts
from registry.accounts.throttle import FREE_TRIES
from registry.service import RegistryService
from registry.storage.errors import RegistryError

PASSWORD = "correct horse battery"
HOUR_MS = 3_600_000


@pytest.fixture
def accounts(service: RegistryService, clock: Any) -> Accounts:
    accounts = Accounts(service.ledger, lambda: clock.now_ms, cost=2**8)  # quick
    for name, role in (("chan", "admin"), ("lee", "admin"), ("helper", "desk"), ("wall", "viewer")):
        accounts.add(name, role, f"{PASSWORD} {name}")  # type: ignore[arg-type]
    return accounts


class Browser:
    """A browser somewhere on the network."""

    def __init__(self, app: Flask, address: str = "192.0.2.7") -> None:
        self.client = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address

    @property
    def token(self) -> str:
        self.client.get("/login")
        with self.client.session_transaction() as session:
            return str(session["page_token"])

    def log_in(self, account: str, password: str | None = None) -> int:
        form = {
            "account": account,
            "password": password or f"{PASSWORD} {account}",
            "page_token": self.token,
        }
        return self.client.post("/login", data=form).status_code

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.client.open(
            f"/api/v1{path}", method=method, json=body, headers={"X-Jianmen-Token": self.token}
        )


@pytest.fixture
def browser(app: Flask, accounts: Accounts) -> Browser:
    return Browser(app)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("jianmen")
    assert found is not None
    return str(found.value)


def test_a_copied_cookie_ends_with_the_session(browser: Browser, app: Flask) -> None:
    browser.log_in("chan")
    thief = Browser(app, "198.51.100.9")
    thief.client.set_cookie("jianmen", cookie(browser.client))
    assert thief.client.get("/api/v1/registrants").status_code == 200
    browser.client.post("/logout", data={"page_token": browser.token})
    assert thief.client.get("/api/v1/registrants").status_code == 401


@pytest.mark.parametrize(
    "asked",
    ["/headcount", "/arrivals", "/kiosks", "/conflicts?limit=1", "/sessions", "/attendance"],
)
def test_an_admin_who_left_is_logged_out_though_the_page_goes_on_asking(
    browser: Browser, clock: Any, asked: str
) -> None:
    browser.log_in("chan")
    for _ in range(13):
        clock.wait(HOUR_MS // 6)
        browser.client.get(f"/api/v1{asked}")
    assert browser.client.get("/api/v1/registrants").status_code == 401


def test_an_admin_at_work_stays_logged_in_for_a_day_and_no_longer(
    browser: Browser, clock: Any
) -> None:
    browser.log_in("chan")
    for _ in range(15):
        clock.wait(HOUR_MS)
        assert browser.client.get("/api/v1/registrants").status_code == 200
    clock.wait(HOUR_MS + 1)
    assert browser.client.get("/api/v1/registrants").status_code == 401


def test_a_wall_screen_stays_for_the_day(browser: Browser, clock: Any) -> None:
    browser.log_in("wall")
    clock.wait(15 * HOUR_MS)
    assert browser.client.get("/api/v1/headcount").status_code == 200


def test_sessions_are_listed_and_ended_by_an_admin(browser: Browser, app: Flask) -> None:
    browser.log_in("chan")
    other = Browser(app, "198.51.100.9")
    other.log_in("helper")
    listed = browser.call("GET", "/logins").json["logins"]
    assert {(one["account"], one["address"], one["own"]) for one in listed} == {
        ("chan", "192.0.2.7", True),
        ("helper", "198.51.100.9", False),
    }
    (theirs,) = [one["id"] for one in listed if not one["own"]]
    assert browser.call("DELETE", f"/logins/{theirs}").status_code == 200
    assert other.client.get("/api/v1/registrants").status_code == 401
    assert browser.call("DELETE", f"/logins/{theirs}").status_code == 404


def test_others_see_and_end_their_own_sessions_alone(browser: Browser, app: Flask) -> None:
    browser.log_in("helper")
    other = Browser(app)
    other.log_in("chan")
    assert [one["account"] for one in browser.call("GET", "/logins").json["logins"]] == ["helper"]
    (admins,) = [one["id"] for one in other.call("GET", "/logins").json["logins"] if one["own"]]
    assert browser.call("DELETE", f"/logins/{admins}").status_code == 404


def test_an_account_that_is_removed_is_out_at_once(browser: Browser, app: Flask) -> None:
    browser.log_in("chan")
    other = Browser(app)
    other.log_in("helper")
    assert browser.call("DELETE", "/accounts/helper").status_code == 200
    assert other.client.get("/api/v1/headcount").status_code == 401
    assert other.log_in("helper") == 200


def test_a_role_that_changes_is_in_force_at_once(browser: Browser, app: Flask) -> None:
    browser.log_in("chan")
    other = Browser(app)
    other.log_in("lee")
    assert browser.call("POST", "/accounts/lee/role", {"role": "viewer"}).status_code == 200
    assert other.client.get("/api/v1/registrants").status_code == 403


def test_there_is_always_an_admin(browser: Browser) -> None:
    browser.log_in("chan")
    assert browser.call("DELETE", "/accounts/lee").status_code == 200
    for answer in (
        browser.call("DELETE", "/accounts/chan"),
        browser.call("POST", "/accounts/chan/role", {"role": "desk"}),
    ):
        assert answer.status_code == 409
        assert "only admin" in answer.json["error"]


def test_one_changes_ones_own_password_and_only_with_the_old_one(
    browser: Browser, app: Flask
) -> None:
    elsewhere = Browser(app)
    elsewhere.log_in("helper")
    browser.log_in("helper")
    new = "a password of my own"
    wrong = browser.call("POST", "/own-password", {"old": "not this one", "password": new})
    assert wrong.status_code == 409
    good = {"old": f"{PASSWORD} helper", "password": new}
    assert browser.call("POST", "/own-password", good).status_code == 200
    assert browser.client.get("/api/v1/registrants").status_code == 200
    assert elsewhere.client.get("/api/v1/registrants").status_code == 401
    assert Browser(app).log_in("helper") == 200
    assert Browser(app).log_in("helper", new) == 302


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 65, "a/b", "a\nb"])
def test_a_name_that_cannot_be_is_refused(browser: Browser, name: str) -> None:
    browser.log_in("chan")
    body = {"name": name, "role": "desk", "password": "long enough, this"}
    assert browser.call("POST", "/accounts", body).status_code in (400, 409)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("helper", "There is an account 'helper' already."),
        ("Helper", "There is an account 'helper' already."),
        ("ｈｅｌｐｅｒ", "There is an account 'helper' already."),
        ("Command", "is what the trail calls the command"),
    ],
)
def test_a_second_account_of_a_name_is_refused_whatever_its_letters_look_like(
    browser: Browser, accounts: Accounts, name: str, said: str
) -> None:
    browser.log_in("chan")
    body = {"name": name, "role": "admin", "password": "long enough, this"}
    answer = browser.call("POST", "/accounts", body)
    assert answer.status_code == 409
    assert said in answer.json["error"]
    with pytest.raises(RegistryError, match=said):
        accounts.add(name, "admin", "long enough, this")
    if name != "helper":
        with pytest.raises(RegistryError, match=said):
            accounts.set_password(name, "long enough, this", "admin")


def test_a_tokens_label_is_not_what_the_trail_calls_the_command(browser: Browser) -> None:
    browser.log_in("chan")
    answer = browser.call("POST", "/tokens", {"label": "command", "access": "desk"})
    assert answer.status_code == 409


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "chenchenchen"])
def test_a_password_that_is_guessed_at_once_is_refused(browser: Browser, password: str) -> None:
    browser.log_in("chan")
    body = {"name": "chen", "role": "desk", "password": password}
    assert browser.call("POST", "/accounts", body).status_code in (400, 409)


def test_the_trail_says_who_did_what_and_no_secret(browser: Browser) -> None:
    browser.log_in("chan")
    secret = "a password of theirs"
    browser.call("POST", "/accounts", {"name": "wong", "role": "desk", "password": secret})
    browser.call("POST", "/password", {"account": "wong", "password": secret + "!"})
    browser.call("POST", "/tokens", {"label": "wall", "access": "viewer"})
    person = {"ref": "P9", "name": "陳大文", "ticket": "delegate"}
    code = browser.call("POST", "/registrants", person).json["code"]
    browser.call("POST", f"/registrants/{code}/revoke", {"why": "lost"})
    browser.call("POST", f"/registrants/{code}/revoke", {"why": 7})
    lines = browser.call("GET", "/trail").json["lines"]
    assert [(one["who"], one["what"], one["subject"]) for one in lines] == [
        ("chan", "revoke", f"code {code}, why lost"),
        ("chan", "register", f"code {code}, ticket delegate"),
        ("chan", "new_token", "label wall, access viewer"),
        ("chan", "set_password", "account wong"),
        ("chan", "new_account", "name wong, role desk"),
        ("chan", "login", "address 192.0.2.7"),
    ]
    assert lines[0]["details"] == {"code": code, "why": "lost"}
    assert lines[0]["ref"] == "P9"
    assert secret not in str(lines)
    assert "陳大文" not in str(lines)
    older = browser.call("GET", f"/trail?before={lines[-2]['number']}&limit=1").json["lines"]
    assert [one["what"] for one in older] == ["login"]


def test_a_stranger_who_guesses_does_not_keep_the_admins_browser_out(
    browser: Browser, app: Flask, clock: Any
) -> None:
    browser.log_in("chan")
    browser.client.post("/logout", data={"page_token": browser.token})
    stranger = Browser(app)  # from the same address: both are behind one router
    for _ in range(FREE_TRIES + 3):
        stranger.log_in("chan", "a wrong password")
    assert stranger.log_in("chan") == 200, "it waits, though it is the right one"
    assert browser.log_in("chan") == 302


def test_the_mark_of_a_browser_is_good_for_its_account_alone_and_cannot_be_made_up(
    browser: Browser, app: Flask
) -> None:
    browser.log_in("helper")
    stranger = Browser(app)
    for _ in range(FREE_TRIES):
        stranger.log_in("chan", "a wrong password")
    browser.client.post("/logout", data={"page_token": browser.token})
    assert browser.log_in("chan") == 200
    stranger.client.set_cookie("jianmen-device", "WyJjaGFuIiwiMTIzNCJd.made.up", path="/login")
    assert stranger.log_in("chan") == 200


def test_a_tokens_label_shows_and_ends_nobodys_sessions(
    browser: Browser, app: Flask, accounts: Accounts
) -> None:
    browser.log_in("chan")
    (session,) = browser.call("GET", "/logins").json["logins"]
    _, text, _ = accounts.add_token("chan", "viewer")
    script = app.test_client()
    header = {"Authorization": f"Bearer {text}"}
    assert script.get("/api/v1/logins", headers=header).json == {"logins": []}
    ended = script.delete(f"/api/v1/logins/{session['id']}", headers=header)
    assert ended.status_code == 404
    assert browser.call("GET", "/logins").status_code == 200


def test_logins_at_once_are_counted_before_the_work_and_few_are_worked_on(
    app: Flask, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty at once from one address: five are looked at in all, and never more than two at a time."""
    lock = threading.Lock()
    now, most, done = 0, 0, 0
    real = Accounts.log_in

    def counted(self: Accounts, name: str, password: str) -> Any:
        nonlocal now, most, done
        with lock:
            now, done = now + 1, done + 1
            most = max(most, now)
        try:
            return real(self, name, password)
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(Accounts, "log_in", counted)
    browsers = [Browser(app, "198.51.100.1") for _ in range(40)]
    tokens = [browser.token for browser in browsers]
    start = threading.Barrier(len(browsers))
    statuses: list[int] = []

    def guess(browser: Browser, token: str) -> None:
        form = {"account": "chan", "password": "a wrong password", "page_token": token}
        start.wait()
        statuses.append(browser.client.post("/login", data=form).status_code)

    threads = [
        threading.Thread(target=guess, args=one) for one in zip(browsers, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 2
    assert done <= FREE_TRIES
    assert set(statuses) <= {200, 503}
    assert len(statuses) == 40
