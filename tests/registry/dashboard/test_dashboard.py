"""The pages: in three languages, safe, and with everything that they need on board."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from access.event.definition import Language
from config.languages import languages
from registry.dashboard import HERE, PAGES
from web.texts import section


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_for_an_admin(api: Any, page: str, language: Language) -> None:
    path = "/" if page == "live" else f"/{page}"
    headers = {"Authorization": f"Bearer {api.token}", "Accept-Language": language}
    answer = api.client.get(path, headers=headers)
    assert answer.status_code == 200
    assert section("dashboard", language)[f"nav.{page}"] in answer.text
    assert f'<html lang="{language}' in answer.text


def test_a_chosen_language_is_remembered(client: FlaskClient) -> None:
    answer = client.get("/language/zh-Hant?back=kiosks")
    assert answer.headers["Location"] == "/kiosks"
    assert section("dashboard", "zh-Hant")["nav.kiosks"] in client.get("/kiosks").text
    assert client.get("/language/zh-Hant?back=//evil.example").headers["Location"] == "/"


def test_pages_bring_all_they_need(client: FlaskClient) -> None:
    text = client.get("/").text
    for link in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert link.startswith("/"), link
        if link.startswith("/static"):
            with client.get(link) as answer:
                assert answer.status_code == 200, link
    for file in HERE.glob("static/*"):
        found = re.findall(r"https?://[^\s\"'`)]+", file.read_text(encoding="utf-8"))
        assert [one for one in found if "www.w3.org" not in one] == [], file.name


def test_a_page_runs_no_script_but_its_own(client: FlaskClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    scripts = re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text)
    assert scripts == []


def test_a_page_that_is_not_there_says_so(client: FlaskClient) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404


def test_the_watchman_gets_his_answer(stranger: FlaskClient) -> None:
    assert stranger.get("/healthz").text == "ok\n"
