"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), made from the operations themselves."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from registry.http.operations import MOST_COUNT, Operation, Parameter
from registry.queries.shapes import Problem

_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_ABOUT = (
    "Counts, gates, sessions, people, kiosks and conflicts of an event, as its registry knows them."
    " Every count says as of when it holds and who has not reported."
)


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The whole document, ready for JSON."""
    shapes = _shapes(operations)
    schemas, components = msgspec.json.schema_components(
        shapes, ref_template="#/components/schemas/{name}"
    )
    known = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = "/api/v1" + _ARGUMENT.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _described(operation, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jianmen registry", "version": version, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "jianmen"},
            },
        },
    }


def _shapes(operations: Sequence[Operation]) -> list[type[msgspec.Struct]]:
    found: dict[type[msgspec.Struct], None] = {Problem: None}
    for operation in operations:
        for shape in (operation.answer, operation.body):
            if isinstance(shape, type):
                found[shape] = None
    return list(found)


def _described(operation: Operation, known: dict[type[msgspec.Struct], Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {
            "200": {
                "description": "The answer",
                "content": _content(operation.answer, known),
            },
            "default": {"description": "Why not", "content": _content(Problem, known)},
        },
    }
    if operation.access is not None:
        described["security"] = [{"token": []}, {"session": []}]
        described["x-access"] = operation.access
    if operation.body is not None:
        described["requestBody"] = {
            "required": _needs_body(operation.body),
            "content": _content(operation.body, known),
        }
    return described


def _needs_body(body: type[msgspec.Struct] | str) -> bool:
    """Whether there must be a body: not where every field of it has a default."""
    return isinstance(body, str) or any(field.required for field in msgspec.structs.fields(body))


def _content(
    shape: type[msgspec.Struct] | str, known: dict[type[msgspec.Struct], Any]
) -> dict[str, Any]:
    if isinstance(shape, str):
        return {shape: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": known[shape]}}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _ARGUMENT.findall(operation.path)
    ]
    in_query = [
        {"name": one.name, "in": "query", "description": one.summary, "schema": _schema(one)}
        for one in operation.query
    ]
    return in_path + in_query


_KINDS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "count": {"type": "integer", "minimum": 1, "maximum": MOST_COUNT},
    "flag": {"type": "integer", "enum": [0, 1]},
}


def _schema(parameter: Parameter) -> dict[str, Any]:
    one = _KINDS[parameter.kind]
    return {"type": "array", "items": one} if parameter.repeats else one
