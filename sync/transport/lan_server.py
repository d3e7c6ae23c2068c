"""HTTPS server of a kiosk on its LAN: other kiosks exchange with it directly, without any hub.

Only enrolled devices get an answer; a stranger costs one bounded body and one look-up, some of the threads, and each of
them for a few seconds. At most a few bodies are in memory at once.
"""

import logging
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.server import HTTPConnection
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from sync.transport.endpoint import EXCHANGE, Endpoint, Route, StartResponse
from sync.transport.lan_guard import LanGuard
from sync.transport.tls_certificate import Certificate
from sync.wire.messages import MAX_BODY_BYTES

log = logging.getLogger(__name__)

THREADS = 24
STRANGERS = 16
"""Connections of strangers at a time: the other threads are for kiosks that the registry's log knows."""

OF_ONE_ADDRESS = 4
"""Connections from one address at a time, of which an honest kiosk needs one: a client that opens many idle ones leaves
threads for the others."""

WAITING = 64
TIMEOUT_S = 10
BODIES_AT_ONCE = 3
"""Bodies in memory at once: with what they unpack to, some 24 MiB of the carrier's 120."""


class LanServer:
    """Answers `POST /v1/exchange`. `answer` takes the bytes of a request and gives those of the answer."""

    def __init__(
        self,
        host: str,
        port: int,
        certificate: Certificate | None,
        answer: Callable[[bytes], bytes],
        known: Callable[[], Container[str]] = frozenset,
    ) -> None:
        """Port 0 takes any free one; `certificate` None speaks plain HTTP (tests alone); `known` are the addresses of
        other kiosks, for which threads are kept. Raises OSError where the port is taken."""
        routes = {EXCHANGE: Route(answer, MAX_BODY_BYTES)}
        # A full disk passes: others are asked to come again, and the log is not filled with traces.
        self._endpoint = Endpoint(routes, BODIES_AT_ONCE, (sqlite3.OperationalError,))
        self._guard = LanGuard(STRANGERS, known)
        self._server = Server(
            (host, port),
            self._serve,
            numthreads=THREADS,
            max=THREADS,
            request_queue_size=WAITING,
            timeout=TIMEOUT_S,
            shutdown_timeout=2,
        )
        self._server.ConnectionClass = Connection
        self._server.max_request_body_size = MAX_BODY_BYTES
        self._server.max_request_header_size = 16 * 1024
        self._server.error_log = self._log  # type: ignore[method-assign]
        if certificate is not None:
            self._server.ssl_adapter = _Tls(certificate, self._guard)
        try:
            self._server.prepare()
        except OSError:
            self._guard.close()
            raise
        self._thread = threading.Thread(target=self._server.serve, name="lan", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        bound: int = self._server.bind_addr[1]
        return bound

    @staticmethod
    def _log(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log errors without a traceback: broken handshakes and vanished clients are common on a venue's network."""
        del traceback
        log.log(min(level, logging.INFO), "lan: %s", msg.strip().splitlines()[-1:] or msg)

    def _serve(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Answer a request, and let the guard know whether it was a kiosk's."""
        peer = (environ["REMOTE_ADDR"], environ["REMOTE_PORT"])
        self._guard.head_came(peer)
        good = False

        def started(status: str, headers: list[tuple[str, str]]) -> object:
            nonlocal good
            good = status.startswith("200")
            return start_response(status, headers)

        try:
            return self._endpoint(environ, started)
        finally:
            self._guard.answered(peer, good=good)

    def close(self) -> None:
        """Safe to repeat."""
        self._server.stop()
        self._guard.close()
        self._thread.join(timeout=5)


class Connection(HTTPConnection):
    """Drops what a client that has left did not take. Otherwise its writer tries to send it when it is collected, and
    Python 3.13 prints the traceback of that."""

    def close(self) -> None:
        super().close()
        with suppress(OSError, ValueError):
            self.wfile.close()


class _Tls(BuiltinSSLAdapter):
    """Shakes hands in the thread that serves a connection, and not in the one that accepts all of them."""

    def __init__(self, certificate: Certificate, guard: LanGuard) -> None:
        super().__init__(str(certificate.certificate), str(certificate.key))
        self._guard = guard
        self._open: dict[str, list[ssl.SSLSocket]] = {}

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Called in the accepting thread alone."""
        self._open = {
            address: alive
            for address, known in self._open.items()
            if (alive := [one for one in known if one.fileno() >= 0])
        }
        wrapped: ssl.SSLSocket | None = None
        try:
            address, port = sock.getpeername()[:2]
            if len(self._open.get(address, ())) >= OF_ONE_ADDRESS:
                raise ConnectionRefusedError(f"more than {OF_ONE_ADDRESS} connections")
            wrapped = self.context.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False
            )
            self._guard.admit((address, str(port)), wrapped)
        except OSError as error:
            if wrapped is not None:
                wrapped.close()
            sock.close()
            raise FatalSSLAlert(*error.args) from error
        self._open.setdefault(address, []).append(wrapped)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}
