"""Routes of the public interface, each declared once with its shapes, so that the document cannot differ.

An operation names its method, path, who may ask, the shape of its body and of its answer. From this Flask gets its
routes, and `registry.http.openapi` the document.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec
from flask import Blueprint, Request, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from config.errors import instead, shown
from registry.accounts.authorization import Guard
from registry.accounts.trail import Trail
from registry.http.error_texts import in_readers_language
from registry.http.mistakes import describe
from registry.http.requests import Body
from registry.lists.findings import SpreadsheetError
from registry.queries.shapes import Access, Problem
from registry.storage.errors import (
    ChangedError,
    ForbiddenError,
    RegistrationError,
    RegistryError,
    UnknownError,
    UnstorableError,
)

log = logging.getLogger(__name__)

_NUMBER = re.compile("[0-9]{1,18}")

MOST_COUNT = 10**9
"""More than there can be of anything that is counted."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""In JSON: the character that no database stores."""

NO_TRACE = "none"


class Nothing(Body, frozen=True, kw_only=True):
    """The body of an operation that takes none: empty, or an empty object."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter; a count is a whole number from 1 to `MOST_COUNT`, a flag 0 or 1. `repeats`: it may be given
    several times."""

    name: str
    summary: str
    kind: Literal["string", "integer", "count", "flag"] = "string"
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `path` is Flask's, below /api/v1; `access` None: anybody. `answer` is a struct, or a media type."""

    name: str
    method: str
    path: str
    summary: str
    access: Access | None
    answer: type[msgspec.Struct] | str
    body: type[Body] | str | None = None
    query: tuple[Parameter, ...] = ()


View = TypeVar("View", bound=Callable[..., Any])


class Interface:
    """The operations of one blueprint."""

    def __init__(self, guard: Guard, trail: Trail) -> None:
        """`trail` gets a line for whatever was changed."""
        self.blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
        self.operations: list[Operation] = []
        self._guard = guard
        self._trail = trail

    def get(self, path: str, summary: str, **kind: Any) -> Callable[[View], View]:
        """A route that reads. `kind` is as of `Operation`."""
        return self._route("GET", path, summary, **kind)

    def post(self, path: str, summary: str, **kind: Any) -> Callable[[View], View]:
        """A route that changes something; its view gets the decoded body first, if it has a shape."""
        return self._route("POST", path, summary, **kind)

    def delete(self, path: str, summary: str, **kind: Any) -> Callable[[View], View]:
        return self._route("DELETE", path, summary, **kind)

    def _route(self, method: str, path: str, summary: str, **kind: Any) -> Callable[[View], View]:
        def bind(view: View) -> View:
            operation = Operation(view.__name__.strip("_"), method, path, summary, **kind)
            self.operations.append(operation)
            self.blueprint.add_url_rule(
                path, operation.name, self._answering(operation, view), methods=[method]
            )
            return view

        return bind

    def _answering(self, operation: Operation, view: Callable[..., Any]) -> Callable[..., Response]:
        def answer(**arguments: str) -> Response:
            if operation.access is not None:
                refusal = self._guard.refusal(operation.access, changes=operation.method != "GET")
                if refusal is not None:
                    return problem(*refusal)
            wrong = _wrong_parameters(operation, request)
            if wrong is not None:
                return problem(400, wrong)
            given: list[Any] = []
            try:
                if isinstance(operation.body, type):
                    given.append(body_of(request, operation.body))
                elif operation.body is None and operation.method != "GET":
                    body_of(request, Nothing)
                answer = view(*given, **arguments)
                if operation.method != "GET" and not _is_refusal(answer):
                    self._note(operation, arguments, given)
            except RequestEntityTooLarge:
                most = (request.max_content_length or 0) // 1024
                return problem(413, f"This has more than {most} KB, the most that is taken here.")
            except msgspec.ValidationError as error:
                shape = operation.body if isinstance(operation.body, type) else Nothing
                return problem(400, describe(error, shape))
            except msgspec.DecodeError:
                return problem(400, "The body is not JSON.")
            except RegistryError as error:
                return refused(error)
            return answer if isinstance(answer, Response) else to_json(answer)

        return answer

    def _note(self, operation: Operation, arguments: dict[str, str], body: list[Any]) -> None:
        more = g.pop("trace", {})
        if more != NO_TRACE:
            details = _details(operation, arguments, body) | more
            self._trail.note(self.asker(), operation.name, details)

    def asker(self) -> str:
        """What the trail calls whoever asks."""
        visitor = self._guard.visitor()
        return visitor.name if visitor is not None else ""


def _is_refusal(answer: Any) -> bool:
    return isinstance(answer, Response) and answer.status_code >= 400


def trace(**details: object) -> None:
    """Say more in the line of the trail about the change that this request makes."""
    g.trace = g.get("trace", {}) | details


def leave_no_trace() -> None:
    """This request gets no line of the trail: it only looks, or what it begins will have its own."""
    g.trace = NO_TRACE


def _details(operation: Operation, arguments: dict[str, str], body: list[Any]) -> dict[str, object]:
    """What a change was about: what the path names, what was asked for, and those fields of the body that are no
    secret; without what was left as it is."""
    details: dict[str, object] = dict(arguments)
    asked = request.args
    details |= {
        one.name: ", ".join(asked.getlist(one.name))
        for one in operation.query
        if one.name in asked and one.name != "language"
    }
    for one in body:
        traced = ((name, getattr(one, name)) for name in one.traced)
        details |= {name: value for name, value in traced if value not in (None, False)}
    return details


def _wrong_parameters(operation: Operation, asked: Request) -> str | None:
    """What is wrong with the query parameters; None: nothing. An unknown one is an error: whoever sends it
    expects an effect."""
    known = {parameter.name: parameter for parameter in operation.query}
    for name, values in asked.args.lists():
        if name not in known:
            return f"{operation.path} has no parameter {shown(name)}; {instead(name, list(known))}."
        if len(values) > 1 and not known[name].repeats:
            return f"{name} is given {len(values)} times; it should be given once."
        if known[name].kind in ("integer", "count") and not _NUMBER.fullmatch(values[0]):
            return f"{name} is {shown(values[0])}; it should be a whole number, 0 or more."
        if known[name].kind == "count" and not 1 <= int(values[0]) <= MOST_COUNT:
            return (
                f"{name} is {shown(values[0])}; it should be a whole number from 1 to {MOST_COUNT}."
            )
        if known[name].kind == "flag" and values[0] not in ("0", "1"):
            return f"{name} is {shown(values[0])}; it should be 1 or 0."
    return None


def body_of(asked: Request, kind: type[Body]) -> Any:
    """The JSON body, in its shape. Raises msgspec.DecodeError (a ValidationError names the field),
    RequestEntityTooLarge, UnstorableError."""
    asked.max_content_length = kind.most_bytes
    body = asked.get_data() or b"{}"
    decoded = msgspec.json.decode(body, type=kind)
    if _NUL.search(body):
        raise UnstorableError
    return decoded


def to_json(value: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def problem(status: int, message: str, mistakes: tuple[str, ...] = ()) -> Response:
    """An error answer with a text for people, in the reader's language."""
    lines = list(map(in_readers_language, mistakes))
    return to_json(Problem(error=in_readers_language(message), mistakes=lines), status)


def refused(error: RegistryError) -> Response:
    """The answer for an error of the registry."""
    if isinstance(error, RegistrationError | SpreadsheetError):
        lines = tuple(str(error).splitlines())
        count = error.rows if isinstance(error, SpreadsheetError) else len(error.mistakes)
        message = lines[0] if len(lines) == 1 else f"{count} mistakes; nothing was changed."
        return problem(422, message, lines)
    if isinstance(error, ChangedError):
        message = in_readers_language(str(error))
        return to_json(Problem(error=message, changed=list(error.fields)), 409)
    statuses = {UnknownError: 404, ForbiddenError: 403, UnstorableError: 400}
    return problem(statuses.get(type(error), 409), str(error))
