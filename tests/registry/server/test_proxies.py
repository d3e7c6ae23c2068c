"""Whom a registry behind proxies takes a request for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.accounts.accounts import Accounts
from registry.server.app import WebSettings, create_app
from registry.server.proxies import TrustedProxies
from registry.service import RegistryService

PROXY = "10.1.0.1"
PASSWORD = "correct horse battery"


@pytest.fixture
def proxied(service: RegistryService, clock: Any) -> Flask:
    Accounts(service.ledger, lambda: clock.now_ms, cost=2**8).add("chan", "admin", PASSWORD)
    settings = WebSettings(
        trusted_proxies=("10.1.0.0/24", "::1"), kiosk_url="https://registry.example"
    )
    return create_app(service, clock, settings)


@pytest.fixture
def browser(proxied: Flask) -> Callable[..., FlaskClient]:
    def make(through: str = PROXY) -> FlaskClient:
        client = proxied.test_client()
        client.environ_base["REMOTE_ADDR"] = through
        return client

    return make


def log_in(client: FlaskClient, password: str, forwarded: str) -> int:
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}
    base = "https://registry.example"
    client.get("/login", headers=headers, base_url=base)
    with client.session_transaction(base_url=base) as session:
        token = session["page_token"]
    form = {"account": "chan", "password": password, "page_token": token}
    return client.post("/login", data=form, headers=headers, base_url=base).status_code


def test_a_guesser_behind_the_same_proxy_does_not_make_others_wait(
    browser: Callable[..., FlaskClient],
) -> None:
    for _ in range(8):
        log_in(browser(), "a wrong password", "198.51.100.9")
    assert log_in(browser(), PASSWORD, "198.51.100.9") == 200
    assert log_in(browser(), PASSWORD, "192.0.2.7") == 302


def test_an_address_that_a_guesser_makes_up_is_not_believed(
    browser: Callable[..., FlaskClient],
) -> None:
    """The proxy adds the address it saw at the end."""
    for number in range(8):
        log_in(browser(), "a wrong password", f"203.0.113.{number}, 198.51.100.9")
    assert log_in(browser(), PASSWORD, "198.51.100.9") == 200


def test_whoever_is_no_proxy_is_not_believed(browser: Callable[..., FlaskClient]) -> None:
    for number in range(8):
        log_in(browser("192.0.2.66"), "a wrong password", f"203.0.113.{number}")
    assert log_in(browser("192.0.2.66"), PASSWORD, "203.0.113.99") == 200


def test_cookies_go_over_tls_alone_where_the_public_address_has_it(
    browser: Callable[..., FlaskClient],
) -> None:
    answer = browser().get("/login")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.1.0.1", True),
        ("10.1.0.255", True),
        ("::ffff:10.1.0.1", True),
        ("::1", True),
        ("10.1.1.1", False),
        ("127.0.0.1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_which_addresses_are_proxies(address: str, trusted: bool) -> None:
    assert (address in TrustedProxies(["10.1.0.0/24", "::1"])) is trusted
