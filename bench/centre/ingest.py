"""Kiosks bring their logs to a registry on PostgreSQL with two workers, over real HTTP, against bare rows.

The floor is the same rows by bare `executemany` over one connection to the same server, a transaction to a message.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
from sqlalchemy import make_url

from access.log.clock_reading import ClockReading
from bench.exchange.bare import EntryRow, entry_rows
from bench.exchange.idle import OURS, _serving
from bench.support.figure import Figure
from bench.support.logs import (
    EVENT,
    START_MS,
    batches,
    fill,
    kiosks,
    scans,
    stored_entries,
    wall_ms,
)
from config.event_file import load
from jianmen.testing.postgres import PostgresServer
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.exchange.exchange import Answerer, Asker
from sync.store.replica import Replica
from sync.transport.http_client import HttpClient
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol, Envelope, Message, read

WORKERS = 2

AT_ONCE = 4
"""Kiosks that exchange at the same time: a server takes no more long requests at once from one address."""

INGESTED = 2_000
"""Entries that each kiosk brings."""

_TABLE = """
CREATE TABLE entry (id bigserial PRIMARY KEY, log varchar(24) NOT NULL, seq bigint NOT NULL, digest bytea NOT NULL,
    badge bytea, raw bytea NOT NULL, received_ms bigint NOT NULL, UNIQUE (log, seq, digest));
CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL;
"""
_INSERT = (
    "INSERT INTO entry (log, seq, digest, badge, raw, received_ms) VALUES (%s, %s, %s, %s, %s, 0)"
)


def ingest(folder: Path, count: int, entries: int) -> list[Figure]:
    """One line: `count` kiosks bring `entries` each. Raises NoPostgresError."""
    server = PostgresServer.new()
    try:
        tried = server.new_database()
        devices = kiosks(count)
        identity = _enrolled(tried, devices)
        url = _copied(server, tried)
        logs = [_messages(tried, identity, *one, entries) for one in enumerate(devices)]
        took = _brought(folder, url, logs, count * entries)
        transactions = [rows for log in logs for message in log if (rows := _rows(message))]
        floor = _bare(server.new_database(), transactions)
    finally:
        server.remove()
    note = (
        f"messages of {count} kiosks with {entries:,} entries each, {AT_ONCE} at once, over HTTP to {WORKERS} workers"
        f" on PostgreSQL, which answer with what the others brought; floor: the same rows by bare executemany over one"
        f" connection, in {len(transactions)} transactions; wanted: at most 2.0"
    )
    return [Figure("centre ingest", took, floor, "s", note)]


def _enrolled(url: str, devices: Sequence[DeviceKey]) -> DeviceKey:
    """Begin the event in an empty database, and enrol the kiosks; the registry's key."""
    with closing(Ledger(url, None)) as ledger:
        service = RegistryService(ledger, lambda: ClockReading(0, START_MS, True))
        service.init(load(EVENT))
        for device in devices:
            service.enrol(Enrol(device.public, service.enrol_code(), b""))
        return service.identity


def _copied(server: PostgresServer, url: str) -> str:
    """The address of a copy of a database."""
    name = make_url(url).database
    server.run(f"CREATE DATABASE {name}_copy TEMPLATE {name} OWNER {name}")
    return url.replace(f"/{name}?", f"/{name}_copy?")


class _Whole(Answerer):
    """Answers that name no vector, so that every request is whole: another process understands it, too."""

    def _shortened(self, answer: Message, *_: object) -> Message:
        return msgspec.structs.replace(answer, digest=b"")


def _messages(
    url: str, registry: DeviceKey, number: int, device: DeviceKey, entries: int
) -> list[bytes]:
    """What a kiosk that has the roster sends until the registry has its log: tried out, without HTTP."""
    replica = Replica(":memory:", registry.public, registry.fingerprint)
    asker = Asker(replica, device, lambda: START_MS, lambda: None, registry.fingerprint)
    with closing(Ledger(url, None)) as ledger:
        answerer = _Whole(ledger, registry, lambda: START_MS, lambda: None)

        def exchange() -> Iterator[bytes]:
            again = True
            while again:
                request = asker.request()
                yield request
                _, again = asker.receive(answerer.answer(request, wall_ms())[0])

        for _ in exchange():
            pass
        fill(replica, [batches(device, scans(number, entries))])
        sent = list(exchange())
    replica.close()
    return sent


def _brought(folder: Path, url: str, logs: Sequence[Sequence[bytes]], entries: int) -> float:
    """Seconds until every message is answered. Raises RuntimeError where entries are missing then."""
    own = _stored(url)
    settings = folder / "settings.toml"
    settings.write_text(f'[registry]\ndata = "{folder}"\ndatabase_url = "{url}"\n')
    command = [str(Path(sys.executable).parent / "jianmen"), "registry", "serve"]
    options = ["--settings", str(settings), "--workers", str(WORKERS), "--port", "0"]
    with _serving(OURS, [*command, *options, "--open-here", "--trust-clock"]) as served:

        def bring(log: Sequence[bytes]) -> None:
            link = HttpClient(f"http://127.0.0.1:{served.port}", "")
            for message in log:
                link.post("/v1/exchange", message)
            link.close()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            began = time.perf_counter()
            list(threads.map(bring, logs))
            took = time.perf_counter() - began
    found = _stored(url) - own
    if found != entries:
        raise RuntimeError(f"the registry has {found} entries, not {entries}")
    return took


def _stored(url: str) -> int:
    """The kiosks' and the registry's entries in a database that nobody writes to."""
    with closing(Ledger(url, None)) as ledger:
        return stored_entries(ledger)


def _rows(message: bytes) -> list[EntryRow]:
    """The rows that a message becomes."""
    brought = read(Message, read(Envelope, message).body).batches
    return [row for batch in brought for row in entry_rows(batch)]


def _bare(url: str, transactions: Sequence[Sequence[EntryRow]]) -> float:
    """Seconds for the rows alone."""
    with psycopg.connect(url) as connection:
        connection.execute(_TABLE)
        connection.commit()
        began = time.perf_counter()
        for rows in transactions:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_INSERT, rows)
        return time.perf_counter() - began
