"""A registry and kiosks on real files: folders, keys, badges, and the processes that work on them."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import urllib3

from access.event.definition import Event
from access.log.clock_reading import ClockReading
from hardware.system.clock import SystemClock
from hardware.system.version import BUILT_MS
from jianmen.testing.processes import Program, Programs
from jianmen.testing.waiting import until
from kiosk.runtime.parts import log_reading
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.carrier.carrier import Carrier
from sync.enrolment.client import enrol
from sync.enrolment.record import Enrolment
from sync.exchange.exchange import Answerer, Asker
from sync.store.journal import JournalReader
from sync.store.replica import Replica
from sync.transport.lan_server import LanServer
from sync.transport.tls_certificate import Certificate, certificate_at
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Enrol, TimeReport

LOOPBACK = "127.0.0.1"
Mark = tuple[str, int, str]
"""An entry, by log, number and hash (hex)."""


def read_clock() -> ClockReading:
    return log_reading(SystemClock().read())


def wall_ms() -> int:
    return read_clock().wall_ms


def right_time() -> TimeReport:
    """The time report of a registry that is sure of its clock."""
    return TimeReport(wall_ms(), 100, "registry")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class Registry:
    """A registry on SQLite. `texts` are those of everybody's badges, in order."""

    def __init__(self, folder: Path, programs: Programs, event: Event, people: int = 40) -> None:
        folder.mkdir(parents=True)
        self.data = folder
        self._programs = programs
        self.port = 0
        self._tls = True
        self.program: Program | None = None
        self.pin = certificate_at(folder).fingerprint
        with self.opened() as service:
            service.init(event)
            persons = [Person(ref=f"p{n}", ticket="delegate") for n in range(people)]
            self.texts = [badge.text for badge in service.register_many(persons)]
            self.fingerprint = service.identity.fingerprint
            self.public = service.identity.public
            self._codes = {gate.id: service.enrol_code(gate.id) for gate in event.gates}
            self._spare = [service.enrol_code(None) for _ in range(3)]

    @contextmanager
    def opened(self) -> Iterator[RegistryService]:
        """The registry in this process, while no server runs."""
        ledger = Ledger(None, self.data)
        try:
            yield RegistryService(ledger, read_clock, earliest_ms=BUILT_MS)
        finally:
            ledger.close()

    @contextmanager
    def here(
        self, time_report: Callable[[], TimeReport | None] | None = None
    ) -> Iterator[RegistryService]:
        """The device interface in this process, over the same TLS: quick to start. `time_report` gives its time."""
        lock = threading.Lock()
        with self.opened() as service:
            answerer = Answerer(
                service.ledger, service.identity, wall_ms, time_report or right_time
            )

            def answer(raw: bytes) -> bytes:
                with lock:
                    return answerer.answer(raw, read_clock().mono_ms)[0]

            server = LanServer(LOOPBACK, self.port, certificate_at(self.data), answer)
            self.port = server.port
            try:
                yield service
            finally:
                server.close()

    def choose_port(self) -> None:
        """Settle on a port before serving, where others must know it first."""
        self.port = free_port()

    def serve(
        self,
        *more: str,
        host: str = LOOPBACK,
        netns: str | None = None,
        wait: bool = True,
        tls: bool = True,
    ) -> Program:
        """Start the server, at the port it had before; `wait` until it answers."""
        arguments = ["registry", "serve", "--data", str(self.data), "--host", host, "--json"]
        arguments += ["--port", str(self.port), "--open-here", *more]
        if not tls:
            arguments.append("--plain-http")
        self._tls = tls
        if not tls:  # what is there would be shown
            (self.data / "lan.pem").unlink(missing_ok=True)
        self.program = self._programs.jianmen("registry", *arguments, netns=netns)
        printed = json.loads(self.program.next_line())
        self.port = int(printed["url"].rpartition(":")[2])
        if wait and netns is None:
            until(self.answers, "the registry to answer")
        return self.program

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        try:
            return bool(self.headcount())
        except requests.RequestException:
            return False

    def headcount(self) -> dict[str, dict[str, int]]:
        """The public headcount, by area."""
        with requests.Session() as session:
            session.trust_env = False
            session.verify = False
            with _quiet():
                found = session.get(f"{self.url}/api/v1/headcount", timeout=20)
        found.raise_for_status()
        return {area["id"]: area for area in found.json()["areas"]}

    def let_in(self, area: str = "east") -> int:
        """Distinct people let in today, as the registry counts them."""
        return self.headcount()[area]["people"]

    def enrol_text(self, gate: str | None, url: str | None = None) -> str:
        code = self._codes[gate] if gate is not None else self._spare.pop()
        return EnrolmentCode(self.fingerprint, code, url or self.url, self.pin).text()

    def marks(self) -> list[Mark]:
        """Every entry in its replica."""
        return marks(self.data / "registry.db")


@dataclass
class Kiosk:
    """A kiosk's folder, and the processes on it."""

    data: Path
    programs: Programs
    gate: str
    lan_host: str = LOOPBACK
    lan_port: int = 0
    netns: str | None = None
    extra: str = ""
    screen: str = ""

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True)
        self.lan_port = self.lan_port or free_port()
        self.settings.write_text(
            f'[kiosk]\ndata = "{self.data}"\nlan_host = "{self.lan_host}"\n'
            f'lan_port = {self.lan_port}\nmdns = false\nlanguage = "en"\n'
            f'[kiosk.pages]\nport = 0\n[kiosk.camera]\nadapter = ""\n{self.extra}'
        )

    @property
    def settings(self) -> Path:
        return self.data.parent / f"{self.data.name}.toml"

    @property
    def identity(self) -> DeviceKey:
        return DeviceKey.at(self.data / "device.key")

    @property
    def certificate(self) -> Certificate:
        return certificate_at(self.data)

    def _reach(self) -> tuple[str, str]:
        return f"{self.lan_host}:{self.lan_port}", self.certificate.fingerprint

    def enrol(self, registry: Registry, url: str | None = None) -> None:
        """Over the network, by a one-time code; `url` where the registry is behind something."""
        address, certificate = self._reach()
        text = registry.enrol_text(self.gate, url)
        printed = enrol(
            EnrolmentCode.parse(text), self.identity,
            name=self.gate, address=address, certificate=certificate,
        )  # fmt: skip
        printed.save(self.data)

    def enrol_with(self, service: RegistryService, url: str, pin: str | None) -> None:
        """By the registry itself, where its server cannot be reached from here; `pin` None: no TLS is spoken."""
        address, certificate = self._reach()
        code = service.enrol_code(self.gate)
        public = service.identity.public
        request = Enrol(self.identity.public, code, b"", self.gate, address, certificate)
        printed = service.enrol(request)
        assert not printed.refused
        Enrolment(
            registry_url=url,
            registry_public=public,
            registry=service.identity.fingerprint,
            event=printed.event,
            gate=printed.gate,
            certificate_pin=pin,
            warrant=printed.warrant,
        ).save(self.data)

    def fetch(self, service: RegistryService) -> None:
        """Exchange with a registry in this process until it is quiet, as its carrier would."""
        registry = service.identity
        replica = Replica(self.data / "replica.db", registry.public, registry.fingerprint)
        try:
            exchange(replica, self.identity, service.ledger, registry)
        finally:
            replica.close()

    def carrier(self, read: Callable[[], ClockReading] = read_clock) -> Carrier:
        """Its carrier, in this process."""
        return Carrier(self.data, Enrolment.load(self.data), self.identity, read)

    def sync(self, read: Callable[[], ClockReading] = read_clock) -> None:
        """Start a carrier in this process, exchange with the registry once, and end it."""
        with closing(self.carrier(read)) as carrier:
            carrier.look()
            assert carrier.step(carrier.registry), carrier.registry.state.why

    def sync_with(self, neighbour: Kiosk, read: Callable[[], ClockReading] = read_clock) -> None:
        """The same with another kiosk of the venue, directly."""
        with closing(self.carrier(read)) as carrier:
            carrier.look()
            carrier.find_peers()
            target = carrier.peers[neighbour.identity.fingerprint]
            assert carrier.step(target), target.state.why

    def carry(self) -> Program:
        """Start its carrier."""
        return self.programs.jianmen(
            f"{self.data.name}-carrier", "sync", "run", "--settings", str(self.settings),
            netns=self.netns,
        )  # fmt: skip

    def door_program(self) -> Program:
        """Start its door alone, which answers the codes that it is given."""
        import sys

        return self.programs.start(
            f"{self.data.name}-door",
            [sys.executable, "-m", "tests.faults.door_driver", str(self.data)],
        )

    def run(self, *more: str, wait: bool = True) -> Program:
        """Start the real door, with a scanner that `scan` speaks for, and `wait` until it is open."""
        if not self._fifo.exists():
            os.mkfifo(self._fifo)
        door = self.programs.jianmen(
            f"{self.data.name}-kiosk", "kiosk", "run", "--settings", str(self.settings),
            "--scanner", f"simulated:{self._fifo}", *more,
        )  # fmt: skip
        self.screen = door.next_line().removeprefix("screen: ").rstrip("/")
        if wait:
            until(lambda: self.status().get("state") == "working", "the door to open")
        return door

    @property
    def _fifo(self) -> Path:
        return self.data.parent / f"{self.data.name}.scanner"

    def scan(self, texts: Sequence[str]) -> None:
        """Codes come from the scanner of the real door."""
        with os.fdopen(os.open(self._fifo, os.O_RDWR), "wb", buffering=0) as scanner:
            for text in texts:
                scanner.write(f"{text}\n".encode())

    def status(self) -> dict[str, Any]:
        """The status that the door's own page gives; empty where no page answers."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                found = session.get(f"{self.screen}/status.json", timeout=10)
        except requests.RequestException:
            return {}
        return dict(found.json())

    def shows(self) -> str:
        """What stands on its screen now, as the screen is sent it."""
        with requests.Session() as session:
            session.trust_env = False
            with session.get(f"{self.screen}/events", stream=True, timeout=10) as events:
                lines = events.iter_lines(chunk_size=1, decode_unicode=True)
                return next(line for line in lines if line.startswith("data: {"))

    def marks(self) -> list[Mark]:
        """Every entry of its journal."""
        return marks(self.data / "journal.db")

    def replica(self) -> list[Mark]:
        """Every entry of its replica."""
        return marks(self.data / "replica.db")

    def has_mark(self, mark: Mark) -> bool:
        """Whether its replica has an entry."""
        return mark in self.replica()

    def has_roster_of(self, registry: Registry) -> bool:
        """Whether it has all that the registry has written."""
        there = [mark for mark in registry.marks() if mark[0].startswith(registry.fingerprint)]
        return set(there) <= set(self.replica())

    def target(self, name: str = "registry") -> dict[str, Any]:
        """The state of the exchange with a target, as its carrier reports it."""
        try:
            with closing(_reading(self.data / "replica.db")) as db:
                row = db.execute("SELECT state FROM target WHERE name = ?", (name,)).fetchone()
        except sqlite3.OperationalError:
            return {}
        found: dict[str, Any] = json.loads(row[0]) if row else {}
        return found

    def alarms(self) -> list[str]:
        """The causes of the alarms in its journal, oldest first."""
        reader = JournalReader.at(self.data / "journal.db")
        try:
            return [h.body.what for h in reader.everything() if h.kind == "alarm"]  # type: ignore[union-attr]
        finally:
            reader.close()


def exchange(replica: Replica, device: DeviceKey, ledger: Ledger, registry: DeviceKey) -> None:
    """Two stores talk until neither has anything new for the other."""
    answerer = Answerer(ledger, registry, wall_ms, right_time)
    asker = Asker(replica, device, wall_ms, lambda: None, registry.fingerprint)
    again = True
    while again:
        answer, _ = answerer.answer(asker.request(), read_clock().mono_ms)
        _, again = asker.receive(answer)


def marks(path: Path) -> list[Mark]:
    """Every entry of a journal, replica or registry, read beside its writer."""
    try:
        with closing(_reading(path)) as db:
            rows = db.execute("SELECT log, seq, digest FROM entry").fetchall()
    except sqlite3.OperationalError:
        return []
    return [(log, seq, digest.hex()) for log, seq, digest in rows]


def _reading(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.execute("PRAGMA busy_timeout=5000")
    return db


@contextmanager
def _quiet() -> Iterator[None]:
    """The tests' own requests check no certificate."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        yield
