"""The way to another device: HTTP with MessagePack bodies, TLS pinned by fingerprint, every answer bounded."""

import time
from collections.abc import Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError

from sync.transport.http_body import COMPRESS_FROM, packed
from sync.wire.messages import MAX_BODY_BYTES

CONNECT_S = 5.0
READ_S = 20.0
ANSWER_S = 60.0
"""A whole answer must be there after this, however steadily it drips."""

PIECE = 64 * 1024
MEDIA_TYPE = "application/msgpack"


class LinkError(Exception):
    """The other side could not be reached, or what answered was not it. The text says what happened."""


class _Pinned(HTTPAdapter):
    """TLS with one certificate, known by its SHA-256: neither its name nor its dates matter, so that a kiosk with a
    wrong clock still gets through."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs["assert_fingerprint"] = self._fingerprint
        kwargs["assert_hostname"] = False
        super().init_poolmanager(*args, **kwargs)


class _Session(requests.Session):
    """Follows nothing: to see where a redirect leads, requests would read its whole body first, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        del resp


class Link:
    """One other device, by its address. Connections are kept open between messages."""

    def __init__(self, url: str, pin: str | None = None) -> None:
        """`pin` is the SHA-256 of the certificate (64 hex digits), for https."""
        self.url = url.rstrip("/")
        self._session = _Session()
        self._session.trust_env = False  # no proxy of the machine's environment stands in between
        if pin is not None:
            self._session.mount("https://", _Pinned(pin))
            self._session.verify = False  # the pin is the whole check
        # Said once a second for days: nothing that the other side does not need.
        self._session.headers.clear()
        self._session.headers.update(
            {"Content-Type": MEDIA_TYPE, "Accept-Encoding": "gzip", "User-Agent": "jianmen"}
        )

    def post(self, path: str, body: bytes) -> bytes:
        """Send a message, and get the other side's. Raises LinkError."""
        try:
            small = len(body) < COMPRESS_FROM
            with self._session.post(
                self.url + path,
                data=body if small else packed(body),
                headers={} if small else {"Content-Encoding": "gzip"},
                timeout=(CONNECT_S, READ_S),
                stream=True,
                allow_redirects=False,
            ) as answer:
                return self._body(answer)
        except requests.exceptions.SSLError as error:
            shown = "ingerprint" in str(error)
            why = "not the certificate that was agreed on" if shown else "no TLS is spoken there"
            raise LinkError(f"{self.url}: {why}") from error
        except requests.exceptions.Timeout as error:
            raise LinkError(f"{self.url}: no answer in time") from error
        except requests.exceptions.ConnectionError as error:
            raise LinkError(f"{self.url}: cannot be reached") from error
        except requests.exceptions.RequestException as error:
            raise LinkError(f"{self.url}: {error}") from error

    def _body(self, answer: requests.Response) -> bytes:
        if answer.status_code != 200:
            said = next(self._pieces(answer), b"").decode(errors="replace").strip()
            raise LinkError(f"{self.url}: answered {answer.status_code}: {said[:200]}")
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if kind != MEDIA_TYPE:
            raise LinkError(
                f"{self.url}: something else answered ({kind or 'no content type'}):"
                " a login page of the network stands in between, perhaps"
            )
        body = bytearray()
        for piece in self._pieces(answer):
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise LinkError(f"{self.url}: the answer is larger than any answer of ours")
        return bytes(body)

    def _pieces(self, answer: requests.Response) -> Iterator[bytes]:
        """The body as it comes, unpacked."""
        until = time.monotonic() + ANSWER_S
        try:
            while piece := answer.raw.read1(PIECE, decode_content=True):
                yield piece
                if time.monotonic() > until:
                    raise LinkError(f"{self.url}: the answer took longer than {ANSWER_S:.0f} s")
        except ReadTimeoutError as error:
            raise LinkError(f"{self.url}: no answer in time") from error
        except HTTPError as error:
            raise LinkError(f"{self.url}: the answer broke off") from error

    def close(self) -> None:
        self._session.close()
