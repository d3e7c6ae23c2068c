"""A kiosk dies in the middle of the day while the registry cannot be reached: a spare one takes its place, with all
that the venue knows, from the neighbours alone. Real carriers, a real door; waiting is for events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jianmen.testing.processes import Programs
from jianmen.testing.spare_kiosk import SparePage
from jianmen.testing.waiting import until
from registry.roster.model import Person
from registry.service import RegistryService
from sync.enrolment.record import Enrolment
from sync.wire.messages import Enrol
from tests.faults.machines import Kiosk, Registry
from tests.faults.open_door import door_of


def enrol_spare(spare: Kiosk, service: RegistryService, registry: Registry) -> None:
    """In the morning, at no gate yet."""
    address, certificate = f"{spare.lan_host}:{spare.lan_port}", spare.certificate.fingerprint
    code = service.enrol_code(None)
    asked = Enrol(spare.identity.public, code, b"", "spare", address, certificate)
    taken = service.enrol(asked)
    Enrolment(
        registry_url=registry.url,
        registry_public=service.identity.public,
        registry=service.identity.fingerprint,
        event=taken.event,
        gate=taken.gate,
        certificate_pin=registry.pin,
        warrant=taken.warrant,
    ).save(spare.data)


def test_a_spare_kiosk_takes_the_place_of_a_dead_one_with_what_its_neighbours_know(
    tmp_path: Path, programs: Programs, registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    dead, neighbour, spare = kiosk_at("east-1"), kiosk_at("east-2"), kiosk_at("spare")
    with registry.opened() as service:
        supervisor = service.register(Person(ref="boss", ticket="staff")).text
    with registry.here() as service:
        for kiosk in (dead, neighbour):
            kiosk.enrol_with(service, registry.url, registry.pin)
        enrol_spare(spare, service, registry)
        for kiosk in (spare, dead, neighbour):
            kiosk.sync()
        late = service.register(Person(ref="late", ticket="delegate")).text
        neighbour.sync()
        with door_of(dead, registry) as door:
            inside = [door.present(text)[1] for text in registry.texts[:3]]
    carriers = [dead.carry(), neighbour.carry()]
    until(lambda: set(inside) <= set(neighbour.replica()), "the neighbour to hear the dead one")
    carriers[0].kill()

    carriers.append(spare.carry())
    door_process = spare.run(wait=False)
    page = SparePage(spare.screen, lambda text: spare.scan([text]))
    until(page.knows_the_event, "the spare kiosk to have the event")
    until(lambda: set(inside) <= set(spare.replica()), "the day's entries to come")
    page.give("east-1", supervisor)
    until(lambda: page.status()["state"] == "working", "the door to work")

    assert page.status()["gate"] == "east-1"
    page.answer_to(late, "ok")
    page.answer_to(registry.texts[0], "reentry")
    page.close()
    door_process.stop()
    for carrier in carriers[1:]:
        carrier.stop()
