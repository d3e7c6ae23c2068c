"""What may stand between a kiosk and its registry: an HTTP proxy that applies a chosen fault to each request.

It speaks plain HTTP, one request to a connection, so that it can alter and double what passes. Everything it does is on
loopback, and each of its connections ends by itself.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Literal, Self

from jianmen.testing.tcp_proxy import Acceptor

Fault = Literal[
    "pass",
    "refuse",  # the connection is closed at once
    "cut request",  # half of the request, then nothing
    "cut answer",  # the registry takes it all, half of its answer comes back
    "drop answer",  # the registry takes it all, nothing comes back
    "half open",  # taken, and never answered, until somebody gives up
    "twice",  # the same request reaches the registry twice
    "late",  # it reaches the registry after the next one, and its answer nobody
    "drip",  # in small pieces
    "html",  # a login page of the network, with 200
    "error",  # 503 from some balancer
    "garbage",  # 200, of the right type, and no message
    "alter request",
    "alter answer",
]

FAULTS: tuple[Fault, ...] = Fault.__args__  # type: ignore[attr-defined]
PATIENCE_S = 5.0
HALF_OPEN_S = 0.3
PIECE = 65536


class FaultProxy:
    """Listens on loopback before an upstream port there; `choose` returns what happens to the next request."""

    def __init__(self, upstream: int, choose: Callable[[], Fault]) -> None:
        self._upstream = upstream
        self._choose = choose
        self._delayed: bytes | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.done: Counter[str] = Counter()
        """How often each fault has been applied."""
        self._acceptor = Acceptor(self._serve)
        self.port = self._acceptor.port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._acceptor.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(PATIENCE_S)
        with client:
            try:
                fault = self._choose()
                self.done[fault] += 1
                self._do(fault, client)
            except OSError:
                return  # one side has gone: that is what this is for

    def _do(self, fault: Fault, client: socket.socket) -> None:
        if fault == "refuse":
            return
        request = _read_message(client)
        match fault:
            case "cut request":
                self._send(request[: len(request) // 2])
            case "half open":
                self._closed.wait(HALF_OPEN_S)
            case "late":
                with self._lock:
                    self._delayed = request
            case "html":
                client.sendall(_answer(b"<html>Please log in</html>", "text/html"))
            case "error":
                client.sendall(_answer(b"no backend", "text/plain", "503 Service Unavailable"))
            case "garbage":
                client.sendall(_answer(b"\x93\xc4\x04\xff\xff\xff\xff\x01", "application/msgpack"))
            case _:
                self._pass(fault, request, client)

    def _pass(self, fault: Fault, request: bytes, client: socket.socket) -> None:
        if fault == "alter request":
            request = _altered(request)
        answer = self._send(request)
        if fault == "twice":
            answer = self._send(request)
        with self._lock:
            delayed, self._delayed = self._delayed, None
        if delayed is not None:
            self._send(delayed)
        match fault:
            case "drop answer":
                return
            case "cut answer":
                client.sendall(answer[: len(answer) // 2])
            case "alter answer":
                client.sendall(_altered(answer))
            case "drip":
                for start in range(0, len(answer), 1 + len(answer) // 20):
                    client.sendall(answer[start : start + 1 + len(answer) // 20])
            case _:
                client.sendall(answer)

    def _send(self, request: bytes) -> bytes:
        """Pass a request on; the answer to it, as far as one comes."""
        with socket.create_connection(("127.0.0.1", self._upstream), PATIENCE_S) as upstream:
            upstream.sendall(request)
            if not _whole(request):
                return b""
            return _read_message(upstream).replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def _read_message(sock: socket.socket) -> bytes:
    """One HTTP message with a Content-Length, as far as it comes."""
    message = b""
    while not _whole(message):
        piece = sock.recv(PIECE)
        if not piece:
            break
        message += piece
    return message


def _whole(message: bytes) -> bool:
    head, mark, body = message.partition(b"\r\n\r\n")
    if not mark:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return True


def _altered(message: bytes) -> bytes:
    """One bit of the body is another."""
    head, mark, body = message.partition(b"\r\n\r\n")
    middle = len(body) // 2
    changed = body[:middle] + bytes([body[middle] ^ 4]) + body[middle + 1 :] if body else body
    return head + mark + changed


def _answer(body: bytes, kind: str, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
