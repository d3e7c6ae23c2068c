"""A registry's folder with people and a day's entries of thirty kiosks, made past the exchange: to be measured on."""

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from access.event.definition import Event
from access.log.chain import log_id
from access.log.clock_reading import ClockReading
from access.log.entry import Body, Boot, Clock, badge_of, digest_of, encode
from bench.support.logs import DEVICES, kiosks
from jianmen.testing.log_writer import admission
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.store.log_store import BEGINNING, Row
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol

EVERY_MS = 400
"""Between two presentations at one gate: at no gate do people come faster."""

GIVEN = "伟芳娜敏静丽强磊"


def lasts_ms(entries: int) -> int:
    """How long the kiosks took for so many entries."""
    return entries // DEVICES * EVERY_MS


def fill_registry(folder: Path, event: Event, start_ms: int, people: int, entries: int) -> bytes:
    """Make a registry there; its kiosks began to let people in at `start_ms`. Returns its public key."""
    folder.mkdir(parents=True)
    ledger = Ledger(None, folder)
    try:
        service = RegistryService(ledger, lambda: ClockReading(start_ms, start_ms, True))
        service.init(event)
        batch = service.batch()
        batch.register([_person(number) for number in range(people)], lambda _: None)
        batch.commit(lambda: True)
        with service.snapshot() as known:
            badges = [badge for badge in known.badges if badge is not None]
        gates = [gate.id for gate in event.gates]
        for number, device in enumerate(kiosks(DEVICES)):
            gate = gates[number % len(gates)]
            service.enrol(Enrol(device.public, service.enrol_code(gate), b"", gate))
            day = _day(device, gate, badges, start_ms)
            _write(ledger, device, islice(day, entries // DEVICES), start_ms)
        return service.identity.public
    finally:
        ledger.close()


def _person(number: int) -> Person:
    name = f"王{GIVEN[number % len(GIVEN)]}{chr(0x4E00 + number % 5000)}"
    return Person(ref=f"R{number:07}", ticket="delegate", name=name)


def _day(
    device: DeviceKey, gate: str, badges: list[bytes], start_ms: int
) -> Iterator[tuple[str, Body]]:
    """What a kiosk writes: people let in, one after another, each kiosk in an order of its own."""
    yield (
        "boot",
        Boot(device=device.fingerprint, previous=None, boot_id="b" * 32, why="boot", versions={}),
    )
    yield "clock", Clock(source="registry", trusted_ms=start_ms, mono_ms=0, error_ms=100)
    drawn = random.Random(device.fingerprint)
    at_ms = start_ms + 2 * EVERY_MS
    while True:
        body = admission(gate, drawn.choice(badges), at_ms)
        yield "scan", msgspec.structs.replace(body, roster_head=("0" * 24, 1))
        at_ms += EVERY_MS


def _write(
    ledger: Ledger, device: DeviceKey, bodies: Iterator[tuple[str, Body]], start_ms: int
) -> None:
    log = log_id(device.public, bytes(4))
    _, digest = BEGINNING
    rows = []
    at_ms = 0
    for seq, (kind, body) in enumerate(bodies, 1):
        raw = encode(seq, digest, at_ms, start_ms + at_ms, True, kind, body)
        digest = digest_of(raw)
        rows.append(Row(log, seq, digest, badge_of(body), raw))
        at_ms += EVERY_MS
    with ledger.transaction():
        ledger.add_many(rows)
        ledger.move_tip(log, BEGINNING, (rows[-1].seq, digest))
        ledger.keep_heads([device.head(log, rows[-1].seq, digest, start_ms + at_ms)])
