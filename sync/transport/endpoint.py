"""The HTTP endpoint of the device interface, the same at a registry and at a kiosk on its LAN: a WSGI application.

    POST /v1/exchange   Envelope(pack(Message)) -> Envelope(pack(Message))
    POST /v1/enrol      Envelope(pack(Enrol)) -> Envelope(pack(Enrolled)), at the registry

A body must say its length and may be gzip (RFC 1952); an answer is where the other side takes it. A refusal is one
line of plain text under the status that its class has in `STATUSES`. At most a few bodies are in memory at once; more
are asked to come again.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from access.log.chain import ChainError
from sync.store.log_store import UnknownWriterError
from sync.transport.http_body import (
    COMPRESS_FROM,
    BodyError,
    content_length,
    decoded,
    packed,
    received,
)
from sync.transport.http_client import MEDIA_TYPE
from sync.wire.messages import MessageError, NotSignedError

log = logging.getLogger(__name__)

PREFIX = "/v1/"
EXCHANGE = "/v1/exchange"
ENROL = "/v1/enrol"

BUSY = HTTPStatus.SERVICE_UNAVAILABLE
RETRY_AFTER_S = 2
SMALL_BYTES = 64 * 1024
"""A body up to this length is received before the request takes its turn: all but those that bring many entries."""

WAIT_S = 1.0
"""How long a request waits for its turn before it is asked to come again."""

STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NotSignedError, HTTPStatus.FORBIDDEN),
    (UnknownWriterError, HTTPStatus.FORBIDDEN),
    (MessageError, HTTPStatus.BAD_REQUEST),
    (ChainError, HTTPStatus.BAD_REQUEST),
)
"""The status of each class of refusal; the first that fits counts."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Route(NamedTuple):
    """The function that answers the bytes of a request, and the longest body (bytes)."""

    answer: Callable[[bytes], bytes]
    max_bytes: int


class Endpoint:
    """Answers POST requests for its routes. Threads may share it."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        bodies_at_once: int,
        outages: tuple[type[Exception], ...] = (),
    ) -> None:
        """`routes` by path. `outages` are errors that pass by themselves, such as a database that restarts: the
        other side is asked to retry."""
        self._routes = routes
        self._turn = threading.BoundedSemaphore(bodies_at_once)
        self._outages = outages

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        try:
            body = self._answer(environ)
        except BodyError as error:
            return _refuse(start_response, error.status, str(error))
        except (MessageError, ChainError) as error:
            return _refuse(start_response, _status_of(error), str(error))
        except self._outages as error:
            log.warning("%s: cannot be answered now: %s", environ["PATH_INFO"], type(error))
            return _refuse(start_response, BUSY, "cannot answer just now; come again")
        except Exception:
            log.exception("%s failed", environ["PATH_INFO"])
            return _refuse(
                start_response, HTTPStatus.INTERNAL_SERVER_ERROR, "failed at this; its log says why"
            )
        headers = [("Content-Type", MEDIA_TYPE)]
        if len(body) >= COMPRESS_FROM and _takes_gzip(environ):
            body = packed(body)
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def in_front_of(self, other: Wsgi) -> Wsgi:
        """A WSGI application that answers the device interface here and leaves every other path to `other`."""

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            mine = str(environ.get("PATH_INFO", "")).startswith(PREFIX)
            return self(environ, start_response) if mine else other(environ, start_response)

        return application

    def _answer(self, environ: Mapping[str, Any]) -> bytes:
        route = self._routes.get(environ.get("PATH_INFO", ""))
        if route is None:
            paths = ", ".join(f"POST {path}" for path in self._routes)
            raise BodyError(HTTPStatus.NOT_FOUND, f"there is only {paths} here")
        if environ["REQUEST_METHOD"] != "POST":
            raise BodyError(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is answered here")
        length = content_length(environ, route.max_bytes)
        # A small body, however slow, is received before the request takes a turn from the others.
        body = received(environ["wsgi.input"], length) if length <= SMALL_BYTES else None
        if not self._turn.acquire(timeout=WAIT_S):
            raise BodyError(BUSY, "busy with others; come again")
        try:
            if body is None:
                body = received(environ["wsgi.input"], length)
            return route.answer(decoded(environ, body, route.max_bytes))
        finally:
            self._turn.release()


def _status_of(error: Exception) -> HTTPStatus:
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def _refuse(start_response: StartResponse, status: HTTPStatus, why: str) -> list[bytes]:
    """Answer with one line of text."""
    body = f"{why}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Length", str(len(body))),
    ]
    if status is BUSY:
        headers.append(("Retry-After", str(RETRY_AFTER_S)))
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append(("Allow", "POST"))
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def _takes_gzip(environ: Mapping[str, Any]) -> bool:
    """Whether the other side's Accept-Encoding names gzip and does not exclude it."""
    for one in str(environ.get("HTTP_ACCEPT_ENCODING", "")).lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
