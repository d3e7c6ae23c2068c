"""A kiosk's own ear on the LAN: other kiosks exchange with it directly, over TLS, without any hub.

Only enrolled devices get an answer; a stranger costs one bounded body and one look-up. At most a few bodies are in
memory at once.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from cheroot.errors import FatalSSLAlert
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from sync.transport.endpoint import EXCHANGE, Endpoint, Route
from sync.transport.tls_certificate import Certificate
from sync.wire.messages import MAX_BODY_BYTES

log = logging.getLogger(__name__)

THREADS = 24
OF_ONE_ADDRESS = 4
"""Connections from one address at a time, of which an honest kiosk needs one: somebody who opens many and says nothing
leaves threads for the others."""

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
    ) -> None:
        """Port 0 takes any free one; `certificate` None speaks plain HTTP (tests alone). Raises OSError where the port
        is taken."""
        endpoint = Endpoint({EXCHANGE: Route(answer, MAX_BODY_BYTES)}, BODIES_AT_ONCE)
        self._server = Server(
            (host, port),
            endpoint,
            numthreads=THREADS,
            max=THREADS,
            request_queue_size=WAITING,
            timeout=TIMEOUT_S,
            shutdown_timeout=2,
        )
        self._server.max_request_body_size = MAX_BODY_BYTES
        self._server.max_request_header_size = 16 * 1024
        self._server.error_log = self._log  # type: ignore[method-assign]
        if certificate is not None:
            self._server.ssl_adapter = _Tls(str(certificate.certificate), str(certificate.key))
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="lan", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        bound: int = self._server.bind_addr[1]
        return bound

    @staticmethod
    def _log(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Broken handshakes and vanished clients are daily bread on a venue's network: noted, without a trace."""
        del traceback
        log.log(min(level, logging.INFO), "lan: %s", msg.strip().splitlines()[-1:] or msg)

    def close(self) -> None:
        """Safe to repeat."""
        self._server.stop()
        self._thread.join(timeout=5)


class _Tls(BuiltinSSLAdapter):
    """Shakes hands in the thread that serves a connection, and not in the one that accepts all of them."""

    def __init__(self, certificate: str, key: str) -> None:
        super().__init__(certificate, key)
        self._open: dict[str, list[ssl.SSLSocket]] = {}

    def wrap(self, sock: socket.socket) -> tuple[ssl.SSLSocket, dict[str, Any]]:
        """Called in the accepting thread alone."""
        self._open = {
            address: alive
            for address, known in self._open.items()
            if (alive := [one for one in known if one.fileno() >= 0])
        }
        try:
            address = sock.getpeername()[0]
            if len(self._open.get(address, ())) >= OF_ONE_ADDRESS:
                raise ConnectionRefusedError(f"more than {OF_ONE_ADDRESS} connections")
            wrapped = self.context.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False
            )
        except OSError as error:
            sock.close()
            raise FatalSSLAlert(*error.args) from error
        self._open.setdefault(address, []).append(wrapped)
        return wrapped, {"wsgi.url_scheme": "https", "HTTPS": "on"}
