"""The phones of a venue's staff reach the door's staff page through here: TLS on the LAN, a socket file to the door.

The door itself knows no network. What is passed on is a short list of paths, methods and headers; everything else ends
here. Who may see what is the door's to say.
"""

import http.client
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from sync.durable_file import write_whole
from sync.store.data_folder import DataFolder
from sync.transport.tls_certificate import Certificate

log = logging.getLogger(__name__)

PATHS = ("/staff", "/static/", "/p/", "/manifest.json")
METHODS = frozenset({"GET", "POST"})
HEADERS = {
    "HTTP_COOKIE": "Cookie",
    "HTTP_X_JIANMEN_TOKEN": "X-Jianmen-Token",
    "CONTENT_TYPE": "Content-Type",
}
ANSWERED = frozenset(
    {
        "cache-control", "content-security-policy", "content-type", "etag", "last-modified", "location",
        "referrer-policy", "set-cookie", "x-content-type-options",
    }
)  # fmt: skip
MAX_BODY = 16 * 1024
THREADS = 8
TIMEOUT_S = 30
"""Unlocking takes a second or two of a Pi."""

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class PhoneProxy:
    """Listens as soon as it is made."""

    def __init__(self, host: str, port: int, certificate: Certificate, door: Path) -> None:
        """`door` is the socket file on which the door serves its pages for phones. Raises OSError."""
        self._door = door
        self._server = Server(
            (host, port),
            self._serve,
            numthreads=THREADS,
            max=THREADS,
            timeout=10,
            shutdown_timeout=2,
        )
        self._server.max_request_body_size = MAX_BODY
        self._server.max_request_header_size = 16 * 1024
        self._server.error_log = self._log  # type: ignore[method-assign]
        self._server.ssl_adapter = BuiltinSSLAdapter(
            str(certificate.certificate), str(certificate.key)
        )
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="phones", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        bound: int = self._server.bind_addr[1]
        return bound

    def close(self) -> None:
        """Safe to repeat."""
        self._server.stop()
        self._thread.join(timeout=5)

    @staticmethod
    def _log(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        del traceback
        log.log(min(level, logging.INFO), "phones: %s", msg.strip().splitlines()[-1:] or msg)

    def _serve(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path != "/" and not path.startswith(PATHS):
            return _refuse(start_response, "404 Not Found", "not here")
        if method not in METHODS:
            return _refuse(start_response, "405 Method Not Allowed", "GET and POST only")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {name: environ[key] for key, name in HEADERS.items() if environ.get(key)}
        query = environ.get("QUERY_STRING", "")
        try:
            status, found, answer = _asked(
                self._door, method, f"{path}?{query}" if query else path, body, headers
            )
        except (OSError, http.client.HTTPException):
            return _refuse(start_response, "503 Service Unavailable", "the door does not answer")
        start_response(status, [*found, ("Content-Length", str(len(answer)))])
        return [answer]


@contextmanager
def phones_served(data: Path, host: str, port: int, certificate: Certificate) -> Iterator[None]:
    """Pass phones on to the door of a data folder as long as this lasts, and write there where they reach it. Port 0:
    no phones. One that cannot be had is logged: the carrier has more to do."""
    folder = DataFolder(data)
    proxy = None
    if port:
        try:
            proxy = PhoneProxy(host, port, certificate, folder.phones_socket)
        except OSError as error:
            log.warning("no phones at %s:%s: %s; change phones_port", host, port, error.strerror)
    if proxy is None:
        yield
        return
    reach = {"address": f"{host}:{proxy.port}", "fingerprint": certificate.fingerprint}
    try:
        write_whole(folder.phones_reach, json.dumps(reach).encode(), 0o640)
        yield
    finally:
        folder.phones_reach.unlink(missing_ok=True)
        proxy.close()


def _refuse(start_response: StartResponse, status: str, why: str) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{why}\n".encode()]


def _asked(
    door: Path, method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The door's answer: status, the headers that are passed on, body."""
    link = _Link(door)
    try:
        link.request(method, path, body or None, headers)
        answer = link.getresponse()
        found = [(name, value) for name, value in answer.getheaders() if name.lower() in ANSWERED]
        return f"{answer.status} {answer.reason}", found, answer.read()
    finally:
        link.close()


class _Link(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
