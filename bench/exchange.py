"""The exchange against its floors.

`bring`: thirty kiosks bring 5,000 entries each to a registry on SQLite. What is timed is the registry's side of every
message; the floor is what it cannot do without: the same rows by bare `executemany` in equal batches, the same bytes
hashed, as many heads verified.

`first_sync`: a new kiosk fetches the roster of 26,000 people and 150,000 entries over loopback HTTPS. The floor moves
the same bytes over the same kind of server and inserts the same rows.
"""

import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from access.badge import Claims
from access.chain import Head
from access.entry import (
    BadgeIssued,
    Body,
    EventDefined,
    Key,
    Kiosk,
    Scan,
    Span,
    badge_of,
    body_of,
    decode,
    digest_of,
    encode,
    pack,
)
from access.knowledge import Knowledge
from bench.figure import Figure
from config.event_file import load
from registry.centre import Centre
from registry.ledger import Ledger
from sync.certificate import certificate_at
from sync.exchange import Answerer, Asker
from sync.identity import Identity, verifies
from sync.journal import HEAD_EVERY, Reading
from sync.lan import LanServer
from sync.link import Link
from sync.messages import Batch, Enrol
from sync.replica import Replica
from sync.store import BEGINNING, LogStore

EVENT = Path(__file__).parents[1] / "config" / "events" / "smarthk.toml"
START_MS = 1_605_571_200_000
GATES = ("chengdu-main-1", "meishan-main-1", "mianyang-main-1")
REGISTRY = Identity.from_seed(b"r" * 32)


def kiosks(count: int) -> list[Identity]:
    """As many devices, always the same ones."""
    return [Identity.from_seed(number.to_bytes(32, "big")) for number in range(1, count + 1)]


def scans(number: int, count: int) -> Iterator[tuple[str, Body]]:
    """A kiosk's day: people let in, one after another."""
    for place in range(count):
        badge = sha256(f"{number} {place}".encode()).digest()[:5]
        yield (
            "scan",
            Scan(
                GATES[number % 3], "in", badge, 1, "proven", None, "admit", "ok", "camera", (),
                False, None, 1, None, ("0" * 24, 1), Span(START_MS + place, START_MS + place),
            ),
        )  # fmt: skip


def roster(devices: list[Identity], people: int) -> Iterator[tuple[str, Body]]:
    """The registry's log: the event, its key, the kiosks, the people."""
    yield "event", EventDefined(msgspec.Raw(pack(load(EVENT))))
    yield "key", Key(0, bytes(32))
    for number, device in enumerate(devices):
        yield "kiosk", Kiosk(device.fingerprint, device.public, GATES[number % 3])
    claims = Claims(0, 7, 0, 3)
    for person in range(people):
        badge = sha256(f"person {person}".encode()).digest()[:5]
        yield "badge", BadgeIssued(badge, 1, "plain", claims, bytes(32))


def batches(identity: Identity, bodies: Iterator[tuple[str, Body]]) -> list[Batch]:
    """A log as batches, each up to a head."""
    log = identity.fingerprint + "00000001"
    made: list[Batch] = []
    raws: list[bytes] = []
    after = BEGINNING
    prev = after[1]
    seq = 0

    def close() -> None:
        nonlocal after
        head = identity.head(log, seq, prev, START_MS + seq)
        made.append(Batch(log, *after, list(raws), head))
        after = (seq, prev)
        raws.clear()

    for kind, body in bodies:
        seq += 1
        raw = encode(seq, prev, seq, START_MS + seq, True, kind, body)
        prev = digest_of(raw)
        raws.append(raw)
        if seq % HEAD_EVERY == 0:
            close()
    if raws:
        close()
    return made


def fill(store: LogStore, logs: list[list[Batch]]) -> None:
    """Take whole logs into a store."""
    for log in logs:
        with store.transaction():
            for batch in log:
                store.take(batch)


class Stopwatch:
    """Wall time of some calls among others, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, work: Callable[[], bytes]) -> bytes:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - start


def bring(folder: Path, count: int = 30, entries: int = 5_000) -> list[Figure]:
    """Two lines: the exchange against its floor, and the folds made of what was brought."""
    devices = kiosks(count)
    logs = [batches(device, scans(n, entries)) for n, device in enumerate(devices)]
    ledger = Ledger(None, folder)
    centre = Centre(ledger, lambda: Reading(0, START_MS, True))
    centre.init(load(EVENT))
    registry = centre.identity
    for device in devices:
        centre.enrol(Enrol(device.public, centre.enrol_code(), b""))
    before = _held(ledger)
    answerer = Answerer(ledger, registry, lambda: START_MS, lambda: None)
    watch = Stopwatch()
    for device, log in zip(devices, logs, strict=True):
        replica = Replica(":memory:", registry.public, registry.fingerprint)
        asker = Asker(replica, device, lambda: START_MS, lambda: None, registry.fingerprint)
        _talk(asker, answerer, lambda work: work())
        fill(replica, [log])
        _talk(asker, answerer, watch)
        replica.close()
    total = count * entries
    if _held(ledger) - before != total:
        raise RuntimeError(f"the registry holds {_held(ledger) - before} entries, not {total}")
    floor = _bare(folder / "floor.db", logs, devices)
    folding = _fold(ledger, registry.fingerprint, total)
    ledger.close()
    note = (
        f"{count} kiosks bring {entries} entries each, the registry's side of every message; floor: the same rows by"
        " executemany in equal batches, the same bytes hashed, as many heads verified"
    )
    return [Figure("exchange bring", watch.seconds, floor, "s", note), folding]


def _talk(asker: Asker, answerer: Answerer, timed: Callable[[Callable[[], bytes]], bytes]) -> None:
    """Exchange until it is quiet; `timed` does the answering."""
    again = True
    while again:
        request = asker.request()
        answer = timed(lambda request=request: answerer.answer(request, 0)[0])  # type: ignore[misc]
        _, again = asker.receive(answer)


def _held(store: LogStore) -> int:
    return sum(tips[0][0] for tips in store.vector().values())


def _fold(ledger: Ledger, registry: str, total: int) -> Figure:
    knowledge = Knowledge(registry, 0)
    start = time.perf_counter()
    last = 0
    while rows := ledger.since(last, 5000):
        for _, held in rows:
            knowledge.file(held)
        last = rows[-1][0]
    took = time.perf_counter() - start
    note = "derived tables, apart: reading the entries back and filing them for the folds"
    return Figure("exchange bring: folds", took / total * 1e6, None, "us/entry", note)


def _bare(path: Path, logs: list[list[Batch]], devices: list[Identity]) -> float:
    """Seconds for the rows, hashes and heads alone."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, badge BLOB, raw BLOB NOT NULL, received_ms INTEGER NOT NULL,"
        " UNIQUE (log, seq, digest))"
    )
    db.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
    work = [
        (device, [(batch, _rows(batch)) for batch in log])
        for device, log in zip(devices, logs, strict=True)
    ]
    start = time.perf_counter()
    for device, pieces in work:
        for batch, rows in pieces:
            for raw in batch.raws:
                sha256(raw).digest()
            head: Head = batch.head
            verifies(device.public, head.signature, raw)
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO entry (log, seq, digest, badge, raw, received_ms) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            db.execute("COMMIT")
    took = time.perf_counter() - start
    db.close()
    return took


def _rows(batch: Batch) -> list[tuple[str, int, bytes, bytes | None, bytes, int]]:
    return [
        (
            batch.log,
            batch.after + place,
            digest_of(raw),
            badge_of(body_of(decode(raw))),
            raw,
            START_MS,
        )
        for place, raw in enumerate(batch.raws, 1)
    ]


def first_sync(folder: Path, people: int = 26_000, entries: int = 150_000) -> list[Figure]:
    """A new kiosk's first exchange, over HTTPS."""
    devices = kiosks(30)
    new = Identity.from_seed(b"n" * 32)
    logs = [batches(REGISTRY, roster([*devices, new], people))]
    logs += [batches(device, scans(n, entries // 30)) for n, device in enumerate(devices)]
    server = Replica(folder / "server.db", REGISTRY.public, REGISTRY.fingerprint)
    fill(server, logs)
    certificate = certificate_at(folder)
    lock = threading.Lock()
    answerer = Answerer(server, REGISTRY, lambda: START_MS, lambda: None)
    moved: list[int] = []

    def answer(raw: bytes) -> bytes:
        with lock:
            said, _ = answerer.answer(raw, 0)
        moved.append(len(raw) + len(said))
        return said

    lan = LanServer("127.0.0.1", 0, certificate, answer)
    link = Link(f"https://127.0.0.1:{lan.port}", certificate.fingerprint)
    replica = Replica(folder / "kiosk.db", REGISTRY.public, REGISTRY.fingerprint)
    asker = Asker(replica, new, lambda: START_MS, lambda: None, REGISTRY.fingerprint)
    gc.collect()
    start = time.perf_counter()
    again = True
    while again:
        _, again = asker.receive(link.post("/v1/exchange", asker.request()))
    took = time.perf_counter() - start
    link.close()
    lan.close()
    if replica.vector() != server.vector():
        raise RuntimeError("the new kiosk does not hold what the registry holds")
    floor = _moved(folder, moved, logs)
    replica.close()
    server.close()
    note = (
        f"{people} people and {entries} entries over loopback HTTPS, {sum(moved) / 1e6:.0f} MB in"
        f" {len(moved)} messages; floor: the same bytes over the same TLS server, and the same rows by executemany"
    )
    return [Figure("exchange first sync", took, floor, "s", note)]


def _moved(folder: Path, sizes: list[int], logs: list[list[Batch]]) -> float:
    """Seconds for the bytes over TLS and the rows alone."""
    body = bytes(max(sizes))

    def serve(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        size = int(environ["PATH_INFO"].removeprefix("/"))
        start_response(
            "200 OK", [("Content-Type", "application/msgpack"), ("Content-Length", str(size))]
        )
        return [body[:size]]

    server = Server(("127.0.0.1", 0), serve, numthreads=2)
    certificate = certificate_at(folder)
    server.ssl_adapter = BuiltinSSLAdapter(str(certificate.certificate), str(certificate.key))
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    link = Link(f"https://127.0.0.1:{server.bind_addr[1]}", certificate.fingerprint)
    db = sqlite3.connect(folder / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, badge BLOB, raw BLOB NOT NULL, UNIQUE (log, seq, digest))"
    )
    db.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
    rows = [[row[:5] for row in _rows(batch)] for log in logs for batch in log]
    start = time.perf_counter()
    for size in sizes:
        link.post(f"/{size}", b"")
    for piece in rows:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO entry (log, seq, digest, badge, raw) VALUES (?, ?, ?, ?, ?)", piece
        )
        db.execute("COMMIT")
    took = time.perf_counter() - start
    db.close()
    link.close()
    server.stop()
    thread.join()
    return took
