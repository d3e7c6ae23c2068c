"""Requests made from the OpenAPI document, right and spoilt ones: whatever is asked, the answer is documented."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from registry.http.operations import Operation
from registry.queries.admin_shapes import Job, Jobs
from registry.queries.shapes import Problem
from registry.roster.model import IssuedBadge
from registry.server.app import Parts

EXAMPLES = 6
"""Requests for each operation: the suite is short of time. The long run makes many more."""

MANY = 150

ENDLESS = {"headcount_stream"}
LONG = {"begin_desk_key", "badges", "make_badges", "badge_picture", "begin_import", "import_people"}
"""What draws badges or reads lists in processes of its own; tests of their own ask for these."""

RESULT = re.compile(rb'"result":\{[^{}]*\}')

FINAL = {"purge", "begin_purge"}

Schema = dict[str, Any]

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", " ", "0", "\x00", "🎉", "陳大文", "ꓘ\u202e", "a" * 70_000, "%00", "../..", "W-0001", "P1"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
WRONG = frozenset({400, 404, 409, 413, 422})


def values(schema: Schema, shapes: dict[str, Schema]) -> st.SearchStrategy[Any]:
    """JSON that a schema allows."""
    if "$ref" in schema:
        return values(shapes[schema["$ref"].rpartition("/")[2]], shapes)
    if "anyOf" in schema:
        return st.one_of(*(values(one, shapes) for one in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        needed = schema.get("required", [])
        fields = {name: values(one, shapes) for name, one in schema.get("properties", {}).items()}
        if not fields:
            return st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
        return st.fixed_dictionaries(
            {name: one for name, one in fields.items() if name in needed},
            optional={name: one for name, one in fields.items() if name not in needed},
        )
    if kind == "array":
        return st.lists(values(schema.get("items", {"type": "string"}), shapes), max_size=3)
    if kind == "string" and "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    plain = {
        "string": st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 20), 300)),
        "integer": st.integers(schema.get("minimum", -5), schema.get("maximum", 10**20)),
        "boolean": st.booleans(),
        "null": st.none(),
    }  # fmt: skip
    return plain.get(kind or "", JUNK)


class Walk:
    """One registry, asked about one operation after the other."""

    def __init__(self, api: Any, app: Flask, known: list[str]) -> None:
        self._api = api
        parts: Parts = app.extensions["jianmen"]
        self._document = api.get("/openapi.json")
        self._known = st.sampled_from(known) | TEXTS
        self.operations = [one for one in parts.api.operations if one.name not in ENDLESS | LONG]

    def shapes(self) -> dict[str, Schema]:
        found: dict[str, Schema] = self._document["components"]["schemas"]
        return found

    def ask(self, operation: Operation, data: st.DataObject) -> None:
        """One request, and what must be true of its answer."""
        path = operation.path.replace("<", "{").replace(">", "}")
        described = self._document["paths"][f"/api/v1{path}"][operation.method.lower()]
        query = []
        for one in described["parameters"]:
            if one["in"] == "path":
                value = data.draw(self._known.filter(lambda text: "/" not in text and text != ""))
                path = path.replace(f"{{{one['name']}}}", quote(value, safe=""))
            elif data.draw(st.booleans()):
                drawn = data.draw(values(one["schema"], self.shapes()) | TEXTS)
                drawn = drawn if isinstance(drawn, list) else [drawn]
                query += [(one["name"], each) for each in drawn]
        body = self._body(described, data)
        answer = self._api.call(operation.method, f"{path}?{urlencode(query)}", body)
        try:
            self._judge(operation, answer)
        finally:
            answer.close()

    def _body(self, described: Schema, data: st.DataObject) -> bytes | None:
        content = described.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return data.draw(st.binary(max_size=40)) if content else None
        right = data.draw(values(content["application/json"]["schema"], self.shapes()))
        if isinstance(right, dict) and data.draw(st.booleans()):
            name = data.draw(st.sampled_from([*right, "bogus"]))
            right = right | {name: data.draw(JUNK)}
        return msgspec.json.encode(right)

    @staticmethod
    def _judge(operation: Operation, answer: Any) -> None:
        assert answer.status_code == 200 or answer.status_code in WRONG, answer.text
        if answer.status_code != 200:
            said = msgspec.json.decode(answer.data, type=Problem)
            assert said.error
        elif isinstance(operation.answer, str):
            assert answer.mimetype == operation.answer or operation.answer.startswith("application")
        else:
            data = answer.data
            if operation.answer in (Job, Jobs):  # msgspec takes null alone for an optional Raw
                data = RESULT.sub(b'"result":null', data)
            msgspec.json.decode(data, type=operation.answer)


@pytest.fixture
def walk(
    api: Any, app: Flask, delegates: list[IssuedBadge], new_kiosk: Callable[[str], Any]
) -> Walk:
    """A registry with people, a kiosk, and something to be asked about."""
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    device = api.get("/kiosks")["kiosks"][0]["device"]
    return Walk(api, app, [*(one.code for one in delegates), device, "1", "admin"])


def every_operation(walk: Walk, examples: int) -> None:
    last = [one for one in walk.operations if one.name in FINAL]
    for operation in [*(one for one in walk.operations if one.name not in FINAL), *last]:
        requests_of(walk, operation, examples)


def requests_of(walk: Walk, operation: Operation, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        walk.ask(operation, data)

    ask()


@pytest.mark.sqlite_alone
def test_every_operation_answers_generated_requests_as_documented(walk: Walk) -> None:
    every_operation(walk, EXAMPLES)


@pytest.mark.soak
def test_every_operation_answers_many_generated_requests_as_documented(walk: Walk) -> None:
    every_operation(walk, MANY)
