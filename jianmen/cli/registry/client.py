"""How a command asks the registry: the server that is running, or, where none is, the same application in this process.

One process alone may write an SQLite database. So a running server leaves a note in the data folder (`serving.json`,
readable by its user alone) with its address and a token; commands find it there.
"""

from __future__ import annotations

import gc
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import msgspec
import urllib3

from access.log.clock_reading import ClockReading
from config.settings import RegistrySettings
from hardware.system.clock import SystemClock
from hardware.system.version import BUILT_MS
from registry.storage.errors import DatabaseError, RegistryError

if TYPE_CHECKING:  # loads what a server needs
    from collections.abc import Iterator

    from registry.server.app import Parts, WebSettings
    from registry.service import RegistryService

NOTE = "serving.json"
CONNECT_S = 3.0
READ_S = 300.0
"""Printing badges for a whole event takes minutes."""


SELDOM_COLLECTED = (100_000, 20, 50)
"""New objects before Python's garbage collector looks at the young ones, and so on, in a command's own process."""

LAYOUTS = "layouts"
"""The folder in the registry's data folder that may have badge layouts."""


class RefusedError(RegistryError):
    """The registry's "no", with its reason; `mistakes` are lines for people."""

    def __init__(self, error: str, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes) or error)


class Note(msgspec.Struct, frozen=True):
    """What a running server writes about itself. `url` is for commands on this machine, `kiosk_url` for kiosks."""

    url: str
    kiosk_url: str
    token: str
    pid: int
    certificate: str | None = None

    @classmethod
    def read(cls, data: Path) -> Note | None:
        try:
            return msgspec.json.decode((data / NOTE).read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, data: Path) -> None:
        """Raises OSError."""
        part = data / f".{NOTE}.{os.getpid()}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(self))
        part.replace(data / NOTE)

    @staticmethod
    def remove(data: Path) -> None:
        (data / NOTE).unlink(missing_ok=True)


class Registry(Protocol):
    """The public interface, as admin."""

    def send(self, method: str, path: str, body: bytes | None, kind: str) -> tuple[int, bytes]:
        """Status and body of the answer."""


@dataclass(frozen=True)
class Client:
    """The public interface, for commands."""

    registry: Registry
    kiosk_url: str

    def get(self, path: str, **query: object) -> Any:
        """A JSON answer. Raises RefusedError."""
        return msgspec.json.decode(self.raw("GET", _with(path, query)))

    def post(self, path: str, body: dict[str, object], **query: object) -> Any:
        return msgspec.json.decode(
            self.raw("POST", _with(path, query), msgspec.json.encode(body), "application/json")
        )

    def post_file(self, path: str, content: bytes, **query: object) -> Any:
        return msgspec.json.decode(self.raw("POST", _with(path, query), content, "text/csv"))

    def get_file(self, path: str, **query: object) -> bytes:
        """The bytes of an answer that is a file. Raises RefusedError."""
        return self.raw("GET", _with(path, query))

    def raw(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> bytes:
        """The bytes of an answer. Raises RefusedError."""
        status, response = self.registry.send(method, f"/api/v1{path}", body, kind)
        if status == 200:
            return response
        try:
            problem = msgspec.json.decode(response)
            raise RefusedError(problem["error"], problem.get("mistakes", []))
        except (msgspec.DecodeError, KeyError, TypeError):
            raise RefusedError(f"The registry answered {status}.", []) from None


def _with(path: str, query: dict[str, object]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


class _Running:
    """A server that is running on this machine."""

    def __init__(self, note: Note) -> None:
        self._note = note
        timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        if note.certificate is None:
            self._pool = urllib3.PoolManager(timeout=timeout, retries=False)
        else:
            self._pool = urllib3.PoolManager(
                timeout=timeout,
                retries=False,
                cert_reqs="CERT_NONE",  # the fingerprint is the whole check
                assert_fingerprint=note.certificate,
                assert_hostname=False,
            )

    def send(self, method: str, path: str, body: bytes | None, kind: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._note.token}", "Content-Type": kind}
        try:
            answer = self._pool.request(method, self._note.url + path, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError(
                f"The registry at {self._note.url} (process {self._note.pid}) does not answer: {error}"
            ) from error
        return answer.status, answer.data


class _InProcess:
    """The application over a ledger of our own."""

    def __init__(self, service: RegistryService, settings: WebSettings) -> None:
        from registry.server.app import create_app

        app = create_app(service, read_clock(), settings)
        parts: Parts = app.extensions["jianmen"]
        self.jobs = parts.jobs
        self._client = app.test_client()
        self._token = settings.control

    def send(self, method: str, path: str, body: bytes | None, kind: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        answer = self._client.open(path, method=method, data=body, headers=headers)
        return answer.status_code, answer.data


class _Clock:
    def __init__(self) -> None:
        self._clock = SystemClock()

    def __call__(self) -> ClockReading:
        now = self._clock.read()
        return ClockReading(now.mono_ms, now.wall_ms, now.synced)


def read_clock() -> _Clock:
    """This machine's clocks, and whether the kernel calls them synchronised."""
    return _Clock()


@contextmanager
def opened(settings: RegistrySettings) -> Iterator[RegistryService]:
    """The registry over the settings' database, for this process. Raises DatabaseError."""
    from registry.service import RegistryService
    from registry.storage.ledger import Ledger

    ledger = Ledger(settings.database_url, settings.data)
    try:
        yield RegistryService(ledger, read_clock(), earliest_ms=BUILT_MS)
    finally:
        ledger.close()


@contextmanager
def connected(settings: RegistrySettings, kiosk_url: str) -> Iterator[Client]:
    """The registry, running or not. `kiosk_url` is where kiosks would reach it if it ran. Raises RegistryError."""
    note = Note.read(settings.data)
    # The modules of the whole application stay, and so do thousands of people at work: looking at all of them again and
    # again for cycles to free would be a sixth of a command's time.
    gc.set_threshold(*SELDOM_COLLECTED)
    try:
        with opened(settings) as service:
            from registry.server.app import WebSettings
            from registry.server.tls import certificate_of

            certificate = certificate_of(settings)
            web = WebSettings(
                control=token_urlsafe(24),
                pin=certificate.fingerprint if certificate else None,
                layouts=settings.data / LAYOUTS,
            )
            here = _InProcess(service, web)
            try:
                yield Client(here, note.kiosk_url if note else kiosk_url)
            finally:
                here.jobs.close()  # before the database is
    except DatabaseError:
        if note is None:
            raise
        yield Client(_Running(note), note.kiosk_url)
