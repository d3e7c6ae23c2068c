"""Whatever the registry cannot do is answered in the language of the page that asked."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient

from access.badge.desk_key import BadPinError
from access.badge.secret_strength import PinProblem
from registry.accounts.authorization import NEEDS
from registry.http.error_texts import FILE, in_language
from registry.roster.model import NAMELESS, IssuedBadge

ROOT = Path(__file__).parents[3]
LATIN = re.compile(r"[a-z]{2,} [a-z]{2,}")
"""Two English words in a row."""

RAISED = {"RegistryError", "UnknownError", "ChangedError", "PasswordError", "problem", "refused"}
FOR_COMMANDS = ("registry/storage", "registry/lists")
NEVER_ANSWERED = {
    "There is an event here already. Another one needs another data folder or database."
}


def sentences(node: ast.expr) -> Iterator[str]:
    """The sentences that an argument may be, with x9 for each value."""
    if isinstance(node, ast.IfExp):
        yield from sentences(node.body)
        yield from sentences(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from sentences(one)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "x9" for v in node.values)


def raised() -> Iterator[str]:
    """Every message of the registry's errors."""
    for path in sorted((ROOT / "registry").rglob("*.py")):
        if str(path.relative_to(ROOT)).startswith(FOR_COMMANDS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            lists_mistakes = path.name in ("model.py", "validation.py")
            if name in RAISED or (name == "append" and lists_mistakes):
                for argument in node.args:
                    yield from sentences(argument)


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_every_message_is_there_in_chinese(language: Any) -> None:
    found = [one for one in raised() if " " in one and one not in NEVER_ANSWERED]
    assert len(found) > 60
    pins = [str(BadPinError(one)) for one in get_args(PinProblem)]
    every = [*found, *pins, *NEEDS.values(), NAMELESS]
    assert [one for one in every if in_language(one, language) == one] == []


def test_both_languages_have_all_values() -> None:
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    assert len({english for english, *_ in rows}) == len(rows)
    for english, *others in rows:
        for other in others:
            numbers = {int(one) for one in re.findall(r"\{(\d)\}", other)}
            assert numbers == set(range(english.count("{}"))), english


@pytest.mark.parametrize(
    ("message", "traditional", "simplified"),
    [
        ("There is no account 'chan'.", "沒有帳戶「chan」。", "没有账号“chan”。"),
        (
            '\'W-1\': ticket "delegat" is not in the event; did you mean "delegate"?',
            "「W-1」：活動沒有票種「delegat」；是否指「delegate」？",
            "“W-1”：活动没有票种“delegat”；是指“delegate”吗？",
        ),
        (
            "“password” should have 10 characters or more.",
            "密碼至少要有 10 個字元。",
            "密码至少要有 10 个字符。",
        ),
        (
            '“role” is \'boss\'; it should be "viewer", "desk" or "admin".',
            "角色是「boss」，應為「viewer」、「desk」、「admin」。",
            "角色是“boss”，应为“viewer”、“desk”、“admin”。",
        ),
        ("something new", "something new", "something new"),
    ],
)
def test_values_stand_in_the_sentence(message: str, traditional: str, simplified: str) -> None:
    assert in_language(message, "zh-Hant") == traditional
    assert in_language(message, "zh-Hans") == simplified
    assert in_language(message, "en") == message


def test_a_page_reads_errors_in_its_own_language(api: Any, delegates: list[IssuedBadge]) -> None:
    person = f"/registrants/{delegates[0].code}"
    asked: list[tuple[str, str, object]] = [
        ("GET", "/registrants?limit=0", None),
        ("GET", "/registrants?limt=1", None),
        ("GET", "/registrants?limit=1&limit=2", None),
        ("GET", "/registrants/AAAA-AAAA-A", None),
        ("POST", person, {"name": "X", "version": "1"}),
        ("POST", person, {"ticket": "vip", "venues": ["paris"]}),
        ("POST", f"{person}/unrevoke", {}),
        ("POST", f"{person}/pin", {"pin": "12345678"}),
        ("POST", "/registrants", {"ticket": "delegate"}),
        ("POST", "/accounts", {"name": "a", "role": "admin", "password": "short"}),
        ("POST", "/accounts", {"name": "a", "role": "boss", "password": "long enough"}),
        ("POST", "/kiosks/code", {"gate": "nowhere"}),
        ("POST", "/kiosks/network-code", {"name": ""}),
        ("POST", "/kiosks/network-code", {"name": "x", "password": "1"}),
        ("POST", "/tokens", {"label": "", "access": "viewer"}),
        ("POST", "/days/close", {"day": "today"}),
        ("POST", "/webhooks", {"url": "ftp://x"}),
        ("POST", "/webhooks", {"surl": "http://x/"}),
        ("GET", "/jobs/nothing", None),
        ("GET", "/receipts/x", None),
        ("GET", "/nothing/at/all", None),
        ("GET", "/attendance/people", None),
    ]
    api.client.set_cookie("language", "zh-Hant")
    for method, path, body in asked:
        answer = api.call(method, path, body)
        assert answer.status_code >= 400, path
        for line in (answer.json["error"], *answer.json["mistakes"]):
            assert re.search("[一-龥]", line), (path, line)
            assert not LATIN.search(line), (path, line)


def test_whoever_prefers_chinese_without_a_page_reads_it_too(client: FlaskClient) -> None:
    chinese = client.get("/api/v1/registrants", headers={"Accept-Language": "zh-CN,en;q=0.5"})
    assert "请用相应账号登录" in chinese.text
    assert "Log in" in client.get("/api/v1/registrants").text
