"""HTTP client for another device: MessagePack bodies, TLS pinned by fingerprint, every answer bounded."""

import ssl
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import SKIP_HEADER, parse_url

from sync.transport.http_body import COMPRESS_FROM, packed
from sync.wire.messages import MAX_BODY_BYTES

CONNECT_S = 5.0
NEIGHBOUR_CONNECT_S = 1.0
"""On a LAN: one that does not answer within this is tried again rather than waited for."""

READ_S = 20.0
ANSWER_S = 60.0
"""A whole answer must have arrived after this, however steadily it comes."""

PIECE = 64 * 1024
MEDIA_TYPE = "application/msgpack"


class HttpClientError(Exception):
    """The other side could not be reached, or what answered was not it. The text says what happened."""


class HttpClient:
    """One other device, by its address. Connections are kept open between messages."""

    def __init__(self, url: str, pin: str | None = None, connect_s: float | None = None) -> None:
        """`pin` is the SHA-256 of the certificate (64 hex digits), for https; `connect_s` how long a connection may
        take (None: as long as on any network)."""
        self.url = url.rstrip("/")
        self._connect_s = connect_s
        # Sent once a second for days: no header that the other side does not need.
        self._headers = {
            "Content-Type": MEDIA_TYPE,
            "Accept-Encoding": "gzip",
            "User-Agent": SKIP_HEADER,
        }
        # No proxy of the machine's environment stands in between, nothing is followed or tried again.
        self._pin = pin
        self._pool: HTTPConnectionPool | None = None

    def post(self, path: str, body: bytes) -> bytes:
        """Send a message, and get the other side's. Raises HttpClientError."""
        small = len(body) < COMPRESS_FROM
        try:
            if self._pool is None:
                self._pool = _pool(self.url, self._pin)
            answer = self._pool.urlopen(
                "POST",
                path,
                body=body if small else packed(body),
                headers=self._headers if small else self._headers | {"Content-Encoding": "gzip"},
                timeout=Timeout(connect=self._connect_s or CONNECT_S, read=READ_S),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return self._body(answer)
            finally:
                answer.close()  # a connection whose answer was read to its end is in the pool again
        except SSLError as error:
            raise HttpClientError(f"{self.url}: {_no_tls(error)}") from error
        except (ReadTimeoutError, ConnectTimeoutError) as error:
            gone = isinstance(error, NewConnectionError)
            why = "cannot be reached" if gone else "no answer in time"
            raise HttpClientError(f"{self.url}: {why}") from error
        except (HTTPError, OSError) as error:
            raise HttpClientError(f"{self.url}: cannot be reached") from error

    def _body(self, answer: BaseHTTPResponse) -> bytes:
        if answer.status != HTTPStatus.OK:
            reply = next(self._pieces(answer), b"").decode(errors="replace").strip()
            raise HttpClientError(f"{self.url}: answered {answer.status}: {reply[:200]}")
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if kind != MEDIA_TYPE:
            raise HttpClientError(
                f"{self.url}: something else answered ({kind or 'no content type'}):"
                " a login page of the network stands in between, perhaps"
            )
        body = bytearray()
        for piece in self._pieces(answer):
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise HttpClientError(f"{self.url}: the answer is larger than any answer of ours")
        return bytes(body)

    def _pieces(self, answer: BaseHTTPResponse) -> Iterator[bytes]:
        """The pieces of the body as they arrive, decompressed."""
        until = time.monotonic() + ANSWER_S
        try:
            while piece := answer.read1(PIECE, decode_content=True):
                yield piece
                if time.monotonic() > until:
                    raise HttpClientError(
                        f"{self.url}: the answer took longer than {ANSWER_S:.0f} s"
                    )
        except ReadTimeoutError as error:
            raise HttpClientError(f"{self.url}: no answer in time") from error
        except HTTPError as error:
            raise HttpClientError(f"{self.url}: the answer broke off") from error

    def close(self) -> None:
        """Safe to repeat."""
        if self._pool is not None:
            self._pool.close()


def _no_tls(error: SSLError) -> str:
    """Why there is no TLS connection, in words."""
    cause = error.args[0] if error.args else None
    if "ingerprint" in str(error):
        return "not the certificate that was agreed on"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not one that this machine trusts"
    if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):  # which, depends on the Python
        return "hung up before TLS began: it is busy, or no TLS is spoken there"
    return "no TLS is spoken there"


class _InOnePiece(HTTPConnection):
    """Sends the head of a request together with its body: a packet and a TLS record less each way of a message."""

    _pieces: list[bytes] | None = None
    """What a request under way has given to send."""

    def request(self, *arguments: Any, **options: Any) -> None:
        self._pieces = []
        try:
            super().request(*arguments, **options)
            whole = b"".join(self._pieces)
        finally:
            self._pieces = None
        self.send(whole)

    def send(self, data: Any) -> None:
        if self._pieces is None:
            super().send(data)
        else:
            self._pieces.append(data)


class _InOneRecord(_InOnePiece, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _InOnePiece


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _InOneRecord


def _pool(url: str, pin: str | None) -> HTTPConnectionPool:
    """Connections to one address. With a pin TLS knows one certificate by its SHA-256: neither its name nor its dates
    matter, so that a kiosk with a wrong clock still gets through. Raises LocationValueError for what is no address."""
    address = parse_url(url)
    host, port = address.host or "", address.port
    if address.scheme != "https":
        return _PlainPool(host, port)
    if pin is None:
        return _TlsPool(host, port)
    return _TlsPool(
        host, port, assert_fingerprint=pin, assert_hostname=False, cert_reqs="CERT_NONE"
    )
