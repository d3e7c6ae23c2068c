"""The way to another device: HTTP with MessagePack bodies, TLS pinned by fingerprint, every answer bounded."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from sync.bodies import COMPRESS_FROM, packed
from sync.messages import MAX_BODY_BYTES

CONNECT_S = 5.0
READ_S = 20.0
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


class Link:
    """One other device, by its address. Connections are kept open between messages."""

    def __init__(self, url: str, pin: str | None = None) -> None:
        """`pin` is the SHA-256 of the certificate (64 hex digits), for https."""
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the machine's environment stands in between
        if pin is not None:
            self._session.mount("https://", _Pinned(pin))
            self._session.verify = False  # the pin is the whole check
        self._session.headers["Content-Type"] = MEDIA_TYPE

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
            raise LinkError(f"{self.url}: not the certificate that was agreed on") from error
        except requests.exceptions.Timeout as error:
            raise LinkError(f"{self.url}: no answer in time") from error
        except requests.exceptions.ConnectionError as error:
            raise LinkError(f"{self.url}: cannot be reached") from error
        except requests.exceptions.RequestException as error:
            raise LinkError(f"{self.url}: {error}") from error

    def _body(self, answer: requests.Response) -> bytes:
        if answer.status_code != 200:
            said = answer.raw.read(300, decode_content=True).decode(errors="replace").strip()
            raise LinkError(f"{self.url}: answered {answer.status_code}: {said[:200]}")
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if kind != MEDIA_TYPE:
            raise LinkError(
                f"{self.url}: something else answered ({kind or 'no content type'}):"
                " a login page of the network stands in between, perhaps"
            )
        body = bytearray()
        for piece in answer.iter_content(64 * 1024):
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise LinkError(f"{self.url}: the answer is larger than any answer of ours")
        return bytes(body)

    def close(self) -> None:
        self._session.close()
