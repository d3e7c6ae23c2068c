"""The registry does the same on either database; on PostgreSQL several workers share one log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from access.event.definition import Event
from access.log.chain import follow
from access.log.clock_reading import ClockReading
from access.log.entry import GENESIS, Boot, EntryRef
from config import event_file
from registry.devices.own_log import DATABASE
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage import tables
from registry.storage.ledger import Ledger
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol

EVENT_FILE = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
NOW_MS = 1_605_573_000_000

NewWorker = Callable[[], RegistryService]


@pytest.fixture(scope="module")
def event() -> Event:
    return event_file.load(EVENT_FILE)


def _workers(url: str | None, data: Path) -> Iterator[NewWorker]:
    ledgers: list[Ledger] = []

    def make() -> RegistryService:
        ledger = Ledger(url, data)
        ledgers.append(ledger)
        return RegistryService(ledger, lambda: ClockReading(NOW_MS, NOW_MS, True))

    yield make
    for ledger in ledgers:
        ledger.close()


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def new_worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewWorker]:
    url = request.getfixturevalue("postgres_url") if request.param == "PostgreSQL" else None
    yield from _workers(url, tmp_path)


@pytest.fixture
def new_postgres_worker(postgres_url: str, tmp_path: Path) -> Iterator[NewWorker]:
    yield from _workers(postgres_url, tmp_path)


def own_logs(service: RegistryService) -> list[str]:
    return [log for log in service.ledger.vector() if service.ledger.is_registry(log)]


def test_a_day_at_the_centre(new_worker: NewWorker, event: Event) -> None:
    service = new_worker()
    service.init(event)
    people = [Person(ref=f"r{n}", ticket="delegate", name="张伟") for n in range(600)]
    people += [Person(ref="signed", ticket="media", name="Pat", form="signed")]
    issued = service.register_many(people)
    kiosk = DeviceKey.new()
    answer = service.enrol(Enrol(kiosk.public, service.enrol_code("chengdu-main-1"), b""))
    second = service.reissue(issued[0].badge)
    service.amend(Person(ref="r1", ticket="media", name="張偉", language="zh-Hant"))
    service.revoke(issued[2].badge, None, "lost")
    service.erase(issued[3].badge)

    assert answer.gate == "chengdu-main-1"
    assert service.people.count() == 600
    assert service.badge(issued[0].badge).text == second.text
    assert len(service.labels()) == 599
    with service.snapshot() as known:
        assert known.history(issued[2].badge).revoked(1)
        assert known.event_state.kiosk_at("chengdu-main-1") == kiosk.fingerprint
    assert service.headcount(NOW_MS)["chengdu"].inside == 0
    assert service.purge(early=True) == 600


def test_workers_append_to_one_log_in_turn(new_postgres_worker: NewWorker, event: Event) -> None:
    first, second = new_postgres_worker(), new_postgres_worker()
    first.init(event)
    failed: list[Exception] = []

    def work(service: RegistryService, name: str) -> None:
        try:
            for number in range(15):
                service.register(Person(ref=f"{name}{number}", ticket="delegate"))
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            failed.append(error)

    jobs = [(first, "a"), (second, "b"), (first, "c"), (second, "d")]
    workers = [threading.Thread(target=work, args=job) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []
    (log,) = own_logs(first)
    rows = first.ledger.rows(log, 1, 999)
    entries, _ = follow(1, GENESIS, [row.raw for row in rows])
    assert len(entries) == 3 + 60
    for service in (first, second):
        with service.snapshot() as known:
            assert len(known) == 63


def test_workers_that_start_together_make_the_tables_once(
    new_postgres_worker: NewWorker, event: Event
) -> None:
    failed: list[Exception] = []

    def start() -> None:
        try:
            new_postgres_worker()
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            failed.append(error)

    starts = [threading.Thread(target=start) for _ in range(4)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()

    assert failed == []
    new_postgres_worker().init(event)


def test_a_server_that_took_over_opens_a_new_epoch(
    new_postgres_worker: NewWorker, event: Event
) -> None:
    service = new_postgres_worker()
    service.init(event)
    (old,) = own_logs(service)
    service.register(Person(ref="before", ticket="delegate"))
    assert own_logs(service) == [old]
    # What a promoted standby finds: the identity that the old server wrote is not its own.
    known = service.ledger.value(DATABASE)
    assert known is not None
    system, timeline = known.decode().split("/")
    assert (len(timeline), int(timeline, 16)) == (8, 1)
    service.ledger.set_value(DATABASE, f"{system}/00000007".encode())
    service.register(Person(ref="after", ticket="delegate"))

    (new,) = (log for log in own_logs(service) if log != old)
    boot = next(h.body for _, h in service.ledger.since(0, 99) if h.log == new)
    assert isinstance(boot, Boot)
    assert boot.previous is not None
    assert boot.previous[:2] == (old, 4)
    service.register(Person(ref="later", ticket="delegate"))
    assert len(own_logs(service)) == 2


def test_the_fold_misses_nothing_that_another_worker_writes(
    new_postgres_worker: NewWorker, event: Event
) -> None:
    writer, reader = new_postgres_worker(), new_postgres_worker()
    writer.init(event)
    failed: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(15):
                writer.register(Person(ref=f"{name}{number}", ticket="delegate"))
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reader.refresh()
    for thread in threads:
        thread.join()

    assert failed == []
    reader.refresh()
    assert len(reader.log_state) == writer.ledger.newest() == 33


def test_a_fold_begins_again_where_another_server_gives_its_ids_to_others(
    new_postgres_worker: NewWorker, event: Event
) -> None:
    writer, reader = new_postgres_worker(), new_postgres_worker()
    writer.init(event)
    writer.register_many([Person(ref=f"kept{n}", ticket="delegate") for n in range(3)])
    kept = writer.ledger.newest()
    lost = writer.register(Person(ref="lost", ticket="delegate")).badge
    watched = reader.changed_badges()
    # What a standby that lagged finds when it takes over: the last entries are gone, and their ids are given again.
    (row,) = (
        one
        for log in own_logs(writer)
        for one in writer.ledger.rows(log, 1, 99)
        if one.badge == lost
    )
    writer.ledger.write(delete(tables.entry).where(tables.entry.c.id > kept))
    writer.ledger.write(text(f"SELECT setval('entry_id_seq', {kept})"))
    other = os.urandom(5)
    writer.ledger.write(
        tables.entry.insert().values(
            **{**row._asdict(), "badge": other, "digest": os.urandom(32)}, received_ms=NOW_MS
        )
    )
    reader.refresh()

    assert reader.ledger.newest() == kept + 1
    fresh = new_postgres_worker()
    fresh.refresh()
    assert len(reader.log_state) == len(fresh.log_state)
    assert reader.log_state.entry(EntryRef(row.log, row.seq, row.digest)) is None
    assert len(watched) >= 3
