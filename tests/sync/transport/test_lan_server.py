"""A kiosk's ear on the LAN: whoever shouts into it is refused with a reason, and the others are still heard."""

from __future__ import annotations

import gzip
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest

from sync.store.log_store import UnknownWriterError
from sync.transport.http_client import MEDIA_TYPE, HttpClient, HttpClientError
from sync.transport.lan_server import LanServer
from sync.wire.messages import MAX_BODY_BYTES, MessageError

Listen = Callable[..., LanServer]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts an ear in the clear that answers as this function does."""
    started: list[LanServer] = []

    def start(answer: Callable[[bytes], bytes] = lambda raw: b"heard " + raw) -> LanServer:
        started.append(LanServer("127.0.0.1", 0, None, answer))
        return started[-1]

    yield start
    for server in started:
        server.close()


def ask(server: LanServer, body: bytes, path: str = "/v1/exchange") -> bytes:
    with closing(HttpClient(f"http://127.0.0.1:{server.port}")) as link:
        return link.post(path, body)


def shout(server: LanServer, raw: bytes) -> bytes:
    """What comes back for bytes that no link of ours would send."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with suppress(OSError):
            connection.sendall(raw)
        with suppress(OSError):
            return connection.recv(65536)
    return b""


def request(headers: str, body: bytes = b"", line: str = "POST /v1/exchange") -> bytes:
    return f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n".encode() + body


def test_a_message_is_answered(listen: Listen) -> None:
    assert ask(listen(), b"hello") == b"heard hello"


def test_a_long_message_and_its_answer_travel_packed(listen: Listen) -> None:
    assert ask(listen(), b"x" * 300_000) == b"heard " + b"x" * 300_000


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UnknownWriterError("device 00 is not enrolled here"), "answered 403: device 00 is not"),
        (MessageError("not a message"), "answered 400: not a message"),
    ],
)
def test_a_refusal_says_why(listen: Listen, error: Exception, message: str) -> None:
    def refuse(raw: bytes) -> bytes:
        raise error

    with pytest.raises(HttpClientError, match=message):
        ask(listen(refuse), b"x")


def test_there_is_nothing_else_to_be_had(listen: Listen) -> None:
    server = listen()

    with pytest.raises(HttpClientError, match="answered 404"):
        ask(server, b"x", "/v1/enrol")
    assert b" 404 " in shout(server, request("", line="GET /"))


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request("Content-Length: 2147483648\r\n"), b" 413 "),
        (request(f"Content-Length: {MAX_BODY_BYTES + 1}\r\n"), b" 413 "),
        (request("Content-Length: 4\r\nContent-Encoding: br\r\n", b"body"), b" 415 "),
        (request("Content-Length: 4\r\nContent-Encoding: gzip\r\n", b"body"), b" 400 "),
        (request("Content-Length: many\r\n"), b" 400 "),
        (request(""), b" 411 "),
        (request("X: " + "x" * 40_000 + "\r\n"), b" 413 "),
        (b"\x16\x03\x01 not http at all\r\n\r\n", b" 400 "),
    ],
)
def test_what_is_no_message_is_refused_and_others_are_still_heard(
    listen: Listen, raw: bytes, status: bytes
) -> None:
    server = listen()

    assert status in shout(server, raw)
    assert ask(server, b"hello") == b"heard hello"


def test_a_small_body_that_unpacks_without_end_is_refused(listen: Listen) -> None:
    bomb = gzip.compress(b"\0" * (4 * MAX_BODY_BYTES))
    head = (
        f"Content-Length: {len(bomb)}\r\nContent-Encoding: gzip\r\nContent-Type: {MEDIA_TYPE}\r\n"
    )

    assert b" 413 " in shout(listen(), request(head, bomb))


def test_those_who_connect_and_say_nothing_hold_up_nobody(listen: Listen) -> None:
    server = listen()
    silent: list[Any] = [
        socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(6)
    ]
    try:
        for connection in silent:
            connection.sendall(b"POST /v1/exch")
        assert ask(server, b"hello") == b"heard hello"
    finally:
        for connection in silent:
            connection.close()


def test_on_a_full_disk_others_are_asked_to_come_again(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(raw: bytes) -> bytes:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(HttpClientError, match="answered 503: cannot answer just now"):
        ask(listen(answer), b"x")
    assert not [record for record in caplog.records if record.exc_info]


def test_a_fault_of_the_answer_ends_one_request_and_not_the_server(listen: Listen) -> None:
    asked: list[bytes] = []

    def answer(raw: bytes) -> bytes:
        asked.append(raw)
        if len(asked) == 1:
            raise RuntimeError("a fault")
        return b"heard"

    server = listen(answer)
    with pytest.raises(HttpClientError):
        ask(server, b"x")
    assert ask(server, b"x") == b"heard"
