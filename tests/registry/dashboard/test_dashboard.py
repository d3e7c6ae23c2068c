"""The pages: in three languages, safe, and with everything that they need on board."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient

from access.event.definition import LANGUAGES, VERDICTS, Language
from access.rules.decide import Reason
from access.state.conflicts import KINDS, Reading
from registry.dashboard import HERE, PAGES
from registry.queries.shapes import Trouble
from registry.texts import chosen, words

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SAID = re.compile(r'\bsay\(\s*"([a-z_.]+)"')


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_there_in_every_language(language: Language) -> None:
    assert words(language).keys() == words("en").keys()
    for key, text in words(language).items():
        assert text.strip(), key
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(words("en")[key])), key


def test_chinese_is_chinese_and_the_two_scripts_differ() -> None:
    one, other = words("zh-Hant"), words("zh-Hans")
    for text in (one, other):
        assert [key for key, value in text.items() if value == words("en")[key]] == [
            "health.temperature_c"
        ]
    assert sum(one[key] != other[key] for key in one) > len(one) * 0.8


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("reason", get_args(Reason)),
        ("verdict", VERDICTS),
        ("reading", get_args(Reading)),
        ("conflict", KINDS),
        ("trouble", get_args(Trouble)),
        ("clock", ("registry", "supervisor", "kernel", "neighbour")),
        ("method", ("camera", "scanner", "manual", "override")),
        ("nav", PAGES),
    ],
)
def test_whatever_the_centre_may_say_has_words(prefix: str, values: tuple[str, ...]) -> None:
    assert [one for one in values if f"{prefix}.{one}" not in words("en")] == []


def test_scripts_and_pages_ask_only_for_words_that_exist() -> None:
    for script in HERE.glob("static/*.js"):
        for key in SAID.findall(script.read_text(encoding="utf-8")):
            assert key in words("en"), (script.name, key)
    for page in HERE.glob("templates/*.html"):
        for key in re.findall(r'w\["([a-z_.]+)"\]', page.read_text(encoding="utf-8")):
            assert key in words("en"), (page.name, key)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "zh-HK,zh;q=0.9,en;q=0.8", "zh-Hant"),
        (None, "zh-TW", "zh-Hant"),
        (None, "zh-CN,zh;q=0.9", "zh-Hans"),
        (None, "zh-Hant-SG", "zh-Hant"),
        (None, "fr-FR,en;q=0.5", "en"),
        (None, "fr", "en"),
        (None, "", "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("klingon", "zh-HK", "zh-Hant"),
    ],
)
def test_the_page_speaks_the_readers_language(
    asked: str | None, accepted: str, language: str
) -> None:
    assert chosen(asked, accepted) == language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_there_for_an_admin(api: Any, page: str, language: Language) -> None:
    path = "/" if page == "live" else f"/{page}"
    headers = {"Authorization": f"Bearer {api.token}", "Accept-Language": language}
    answer = api.client.get(path, headers=headers)
    assert answer.status_code == 200
    assert words(language)[f"nav.{page}"] in answer.text
    assert f'<html lang="{language}' in answer.text


def test_a_chosen_language_is_remembered(client: FlaskClient) -> None:
    answer = client.get("/language/zh-Hant?back=kiosks")
    assert answer.headers["Location"] == "/kiosks"
    assert words("zh-Hant")["nav.kiosks"] in client.get("/kiosks").text
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
