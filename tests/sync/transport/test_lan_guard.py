"""Strangers on the LAN: whatever they open and hold, kiosks are still answered."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from sync.transport import lan_guard
from sync.transport.http_client import HttpClient, HttpClientError
from sync.transport.lan_server import OF_ONE_ADDRESS, STRANGERS, THREADS, LanServer
from sync.transport.tls_certificate import Certificate, certificate_at
from sync.wire.messages import MessageError

KIOSK = "127.0.0.1"
HEAD = b"POST /v1/exchange HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return certificate_at(tmp_path)


def answer(raw: bytes) -> bytes:
    if raw != b"hello":
        raise MessageError("not a message")
    return b"heard"


@pytest.fixture
def serve(certificate: Certificate) -> Iterator[Callable[..., LanServer]]:
    """Starts a server that knows the address of one kiosk, or of none."""
    started: list[LanServer] = []

    def start(*known: str) -> LanServer:
        started.append(LanServer("127.0.0.1", 0, certificate, answer, lambda: set(known)))
        return started[-1]

    yield start
    for server in started:
        server.close()


def ask(server: LanServer, certificate: Certificate) -> bytes:
    with closing(HttpClient(f"https://127.0.0.1:{server.port}", certificate.fingerprint)) as link:
        return link.post("/v1/exchange", b"hello")


def silent(server: LanServer, host: int) -> socket.socket:
    """A stranger who connects from an address of the LAN and says nothing."""
    return socket.create_connection(
        ("127.0.0.1", server.port), timeout=30, source_address=(f"127.0.1.{host}", 0)
    )


def test_silent_strangers_leave_threads_for_kiosks(
    serve: Callable[..., LanServer], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan_guard, "HEAD_S", 600.0)
    server = serve(KIOSK)
    with ExitStack() as stack:
        for host in range(1, 1 + 2 * THREADS // OF_ONE_ADDRESS):
            for _ in range(OF_ONE_ADDRESS):
                stack.enter_context(silent(server, host))
        assert ask(server, certificate) == b"heard"


def test_a_stranger_who_says_nothing_is_let_go(
    serve: Callable[..., LanServer], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan_guard, "HEAD_S", 0.1)
    server = serve()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(silent(server, host)) for host in range(1, STRANGERS + 1)
        ]
        assert [connection.recv(1) for connection in connections] == [b""] * STRANGERS
        monkeypatch.setattr(lan_guard, "HEAD_S", 600.0)  # a kiosk beside other tests is slow itself
        assert ask(server, certificate) == b"heard"


def test_one_who_drips_a_head_is_let_go(
    serve: Callable[..., LanServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan_guard, "HEAD_S", 0.3)
    server = serve()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with silent(server, 1) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(HEAD[:20])
        assert _ended(connection)


def _ended(connection: ssl.SSLSocket) -> bool:
    try:
        return connection.recv(1) == b""
    except OSError:
        return True


def test_who_is_answered_keeps_the_connection_and_who_is_refused_does_not(
    serve: Callable[..., LanServer], certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    with closing(HttpClient(f"https://127.0.0.1:{server.port}", certificate.fingerprint)) as link:
        for _ in range(3):
            assert link.post("/v1/exchange", b"hello") == b"heard"
    monkeypatch.setattr(lan_guard, "HEAD_S", 0.1)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with silent(server, 1) as plain, context.wrap_socket(plain) as connection:
        connection.sendall(HEAD + b"other")
        refusal = connection.recv(4096)
        assert b" 400 " in refusal
        while not _ended(connection):
            pass


def test_a_stranger_at_a_port_of_ours_is_refused_with_a_reason(
    serve: Callable[..., LanServer], certificate: Certificate
) -> None:
    server = serve(KIOSK)
    with (
        closing(HttpClient(f"https://127.0.0.1:{server.port}", certificate.fingerprint)) as link,
        pytest.raises(HttpClientError, match="400"),
    ):
        link.post("/v1/exchange", b"other")
