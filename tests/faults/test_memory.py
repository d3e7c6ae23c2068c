"""Carriers and registries stay small: a carrier also while it fetches a whole event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bench.exchange.bring import batches, fill, kiosks, scans
from jianmen.testing.processes import Program
from jianmen.testing.waiting import until
from registry.roster.model import Person
from registry.service import RegistryService
from sync.wire.messages import Enrol
from tests.faults.machines import Kiosk, Registry

MOST_KB = 120 * 1024


def _whole_event(registry: Registry, people: int, entries: int, devices: int = 30) -> None:
    """Fill the registry's database with people and with what doors have written."""
    with registry.opened() as service:
        _register(service, people)
        others = kiosks(devices)
        for device in others:
            service.enrol(Enrol(device.public, service.enrol_code(None), b""))
        logs = [batches(one, scans(n, entries // devices)) for n, one in enumerate(others)]
        fill(service.ledger, logs)


def _register(service: RegistryService, people: int) -> None:
    service.register_many(
        [
            Person(ref=f"guest-{n}", ticket="delegate", name=f"Guest {n}", organisation="Forum")
            for n in range(people)
        ]
    )


def _watched(carrier: Program, done: Callable[[], bool]) -> Iterator[int]:
    """The carrier's memory (KiB), until it is done."""

    def look() -> bool:
        sizes.append(carrier.resident_kb())
        return done()

    sizes: list[int] = []
    until(look, "the first sync to end", 900)
    yield from sizes


def _stored(path: Path) -> int:
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT max(id) FROM entry").fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return 0


def _first_sync(registry: Registry, kiosk: Kiosk, people: int, entries: int) -> None:
    _whole_event(registry, people, entries)
    registry.choose_port()
    with registry.opened() as service:
        kiosk.enrol_with(service, registry.url, registry.pin)
    registry.serve("--trust-clock")
    wanted = _stored(registry.data / "registry.db")
    assert wanted >= people + entries
    carrier = kiosk.carry()

    def done() -> bool:
        return _stored(kiosk.data / "replica.db") >= wanted and not kiosk.target().get("behind", 1)

    most = max(_watched(carrier, done))
    print(f"{people} people, {entries} entries: the carrier needs {most / 1024:.0f} MiB at most")
    assert most < MOST_KB


def test_a_carrier_stays_small_in_its_first_sync(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _first_sync(registry, kiosk_at("east-1"), 3_000, 15_000)


HEAP = 64 * 1024 * 1024


def _thread_heaps(program: Program) -> int:
    """How many heaps beside the main one glibc has made for threads of a program: 64 MiB each, of which a part is in
    use and the rest is only reserved."""
    found = 0
    for pid in program.group():
        areas = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
        for used, rest in pairwise(areas):
            start, _, end = (int(n, 16) for n in (*used[0].split("-"), rest[0].split("-")[1]))
            found += start % HEAP == 0 and end - start == HEAP and rest[1] == "---p"
    return found


def test_the_threads_of_a_registry_and_of_a_carrier_share_one_heap(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    registry.choose_port()
    kiosk = kiosk_at("east-1")
    with registry.opened() as service:
        kiosk.enrol_with(service, registry.url, registry.pin)
    server = registry.serve("--trust-clock")
    assert registry.answers()
    carrier = kiosk.carry()
    until(lambda: kiosk.target().get("behind") == 0, "the carrier to have everything")
    assert [_thread_heaps(server), _thread_heaps(carrier)] == [0, 0]


@pytest.mark.soak
def test_a_carrier_stays_small_in_the_first_sync_of_a_whole_event(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _first_sync(registry, kiosk_at("east-1"), 26_000, 150_000)
