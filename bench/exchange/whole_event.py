"""A registry that has a whole event, as it is when a new kiosk is put up: people, name cards, what doors wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from access.log.clock_reading import ClockReading
from bench.support.logs import (
    DEVICES,
    batches,
    fill,
    kiosks,
    present_event,
    scans,
    stored_entries,
    wall_ms,
)
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.enrolment.record import Enrolment
from sync.exchange.exchange import Answerer
from sync.transport.lan_server import LanServer
from sync.transport.tls_certificate import certificate_at
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol, TimeReport

GATE = "chengdu-main-1"


class WholeEvent:
    """The registry's database, and its device interface over TLS in a thread of this process."""

    def __init__(self, folder: Path, people: int, entries: int) -> None:
        """`entries` are those of the doors: 30 kiosks wrote as many each."""
        folder.mkdir()
        self.people = people
        self.ledger = Ledger(None, folder)
        self._service = RegistryService(self.ledger, lambda: ClockReading(0, wall_ms(), True))
        self._service.init(present_event())
        self._service.register_many([_person(number) for number in range(people)])
        for device in kiosks(DEVICES):
            self._service.enrol(Enrol(device.public, self._service.enrol_code(), b""))
        if entries:
            self.doors_wrote(entries)
        self.identity = self._service.identity
        self._certificate = certificate_at(folder)
        self._answerer = Answerer(self.ledger, self.identity, wall_ms, _time)
        self._server = LanServer("127.0.0.1", 0, self._certificate, self._answer)

    def doors_wrote(self, entries: int) -> None:
        """Entries of the event's doors arrive."""
        for number, device in enumerate(kiosks(DEVICES)):
            fill(self.ledger, [batches(device, scans(number, entries // DEVICES))])

    def register(self, person: Person) -> str:
        """Somebody registers; the text of their badge."""
        return self._service.register(person).text

    @property
    def entries(self) -> int:
        """How many entries it has, the registry's own among them."""
        return stored_entries(self.ledger)

    def _answer(self, request: bytes) -> bytes:
        return self._answerer.answer(request, wall_ms())[0]

    def enrol(
        self, device: DeviceKey, gate: str | None = GATE, address: str = "", certificate: str = ""
    ) -> Enrolment:
        """Enrol a new kiosk; `address` and `certificate` by which the others of its venue reach it."""
        code = self._service.enrol_code(gate)
        enrolled = self._service.enrol(Enrol(device.public, code, b"", "", address, certificate))
        return Enrolment(
            registry_url=f"https://127.0.0.1:{self._server.port}",
            registry_public=enrolled.public,
            registry=self.identity.fingerprint,
            event=enrolled.event,
            gate=enrolled.gate,
            certificate_pin=self._certificate.fingerprint,
            warrant=enrolled.warrant,
        )

    def close(self) -> None:
        self._server.close()
        self.ledger.close()


@contextmanager
def whole_event(folder: Path, people: int, entries: int) -> Iterator[WholeEvent]:
    """The same, ended at the end."""
    event = WholeEvent(folder, people, entries)
    try:
        yield event
    finally:
        event.close()


def _person(number: int) -> Person:
    name = "陳大文" if number % 2 else f"Guest {number}"
    return Person(ref=f"guest-{number}", ticket="delegate", name=name, organisation="Forum")


def _time() -> TimeReport:
    return TimeReport(wall_ms(), 100, "registry")
