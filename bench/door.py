"""From the text of a code to a durable decision, with a large roster and a long day behind it.

The floor is what no door can do without, on the same file system and as often: one indexed read and one bare INSERT
commit (WAL, synchronous=FULL), and for the signed form one Ed25519 verification. Door and floor take turns, so that a
machine that slows down slows both.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.credential import Claims, Plain, plain_text, sign, signed_text, verifier
from access.event.definition import Event
from access.log.clock_reading import ClockReading
from access.log.entry import (
    Body,
    EventDefined,
    Key,
    Kiosk,
    badge_of,
    pack,
)
from access.state.event_state import EventState
from bench.support.figure import Figure, median, percentile
from config.event_file import load
from jianmen.testing.log_writer import LogWriter, admission, listing
from kiosk.door.door import Door
from kiosk.door.replica_feed import ReplicaFeed
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.store.log_store import BEGINNING, Row
from sync.store.replica import Replica, ReplicaReader
from sync.store.sqlite import open_reader
from sync.wire.device_key import DeviceKey

EVENT = Path(__file__).parents[1] / "config" / "events" / "smarthk.toml"
GATE = "chengdu-main-1"
KIOSKS = 10
DRAWN = random.Random(1)


def door(
    folder: Path, people: int = 100_000, entries: int = 500_000, rounds: int = 400
) -> list[Figure]:
    """Two lines: the signed form and the plain one. `folder` is on the file system to measure."""
    world = _World(load(EVENT), folder, people, entries)
    try:
        return [
            _line(
                "door signed", "+ Ed25519 verification", world, world.signed(rounds), signed=True
            ),
            _line("door plain", "", world, world.plain(rounds), signed=False),
        ]
    finally:
        world.close()


def _line(name: str, more: str, world: "_World", texts: list[str], *, signed: bool) -> Figure:
    ours: list[float] = []
    floor: list[float] = []
    cpu = floor_cpu = 0.0
    for number, text in enumerate(texts):
        took, used = _timed(lambda text=text: world.door.present(text, "in"))  # type: ignore[misc]
        ours.append(took)
        cpu += used
        took, used = _timed(lambda number=number: world.floor(number, signed=signed))  # type: ignore[misc]
        floor.append(took)
        floor_cpu += used
    count = len(texts)
    note = (
        f"median of {count}; 99th percentile {percentile(ours, 99):.2f} ms (floor"
        f" {percentile(floor, 99):.2f}); CPU {cpu / count:.2f} ms (floor {floor_cpu / count:.2f});"
        f" floor: indexed read + INSERT commit (WAL, FULL) {more}".rstrip()
        + "; wanted: 1.25 times the floor or less"
    )
    return Figure(name, median(ours), median(floor), "ms", note)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000


class _World:
    """A kiosk that has seen much, and the bare tables of the floor beside it."""

    def __init__(self, event: Event, folder: Path, people: int, entries: int) -> None:
        self.event = event
        self.badges = [DRAWN.randbytes(5) for _ in range(people)]
        self.secret = DRAWN.randbytes(11)
        self.signing = Ed25519PrivateKey.from_private_bytes(DRAWN.randbytes(32))
        self.registry = DeviceKey.from_seed(DRAWN.randbytes(32))
        self.kiosk = DeviceKey.from_seed(DRAWN.randbytes(32))
        self.start_ms = next(s for s in event.sessions if s.id == "opening").starts_ms
        self._fill(DataFolder(folder).replica, entries)
        self.replica = ReplicaReader.at(DataFolder(folder).replica)
        self.journal = Journal(DataFolder(folder).journal, self.kiosk)
        event_state = EventState(self.registry.fingerprint, self.start_ms - 30 * 86_400_000)
        begun = time.monotonic()
        self.door = Door(
            self.journal,
            self.replica,
            event_state,
            lambda: ClockReading(int((time.monotonic() - begun) * 1000), self.start_ms, True),
        )
        ReplicaFeed(self.door, replica=self.replica).catch_up()
        self.door.begin_log(self.door.read_clock(), "bench", "bench", {})
        self._floor_reads = open_reader(DataFolder(folder).replica)
        self._floor = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._floor.execute("PRAGMA journal_mode=WAL")
        self._floor.execute("PRAGMA synchronous=FULL")
        self._floor.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, raw BLOB NOT NULL)")
        self._row = DRAWN.randbytes(260)
        self._message = DRAWN.randbytes(14)
        self._signature = self.signing.sign(self._message)
        self._public = self.signing.public_key()

    def floor(self, number: int, *, signed: bool) -> None:
        """What no door can do without."""
        badge = self.badges[-1 - number]
        self._floor_reads.execute("SELECT raw FROM entry WHERE badge = ?", (badge,)).fetchall()
        if signed:
            self._public.verify(self._signature, self._message)
        self._floor.execute("BEGIN IMMEDIATE")
        self._floor.execute("INSERT INTO entry (raw) VALUES (?)", (self._row,))
        self._floor.execute("COMMIT")

    def plain(self, count: int) -> list[str]:
        """Texts of people on the roster, each a different one."""
        return [plain_text(Plain(badge, 1, self.secret)) for badge in self.badges[:count]]

    def signed(self, count: int) -> list[str]:
        """Texts of walk-ups that the roster does not know."""
        claims = Claims(0, 7, 0, 3)
        return [
            signed_text(sign(self.signing, 0, self.event.id, DRAWN.randbytes(5), 1, claims))
            for _ in range(count)
        ]

    def _fill(self, path: Path, entries: int) -> None:
        """The roster, and a day's scans of ten other kiosks, as the carrier would have left them."""
        replica = Replica(path, self.registry.public, self.registry.fingerprint)
        check = verifier(self.secret)
        claims = Claims(0, 7, 0, 3)
        with replica.transaction():
            self._log(replica, self.registry, self._roster(check, claims))
            each = entries // KIOSKS
            for number in range(KIOSKS):
                identity = DeviceKey.from_seed(bytes([number]) * 32)
                self._log(replica, identity, self._scans(number, each))
        replica.close()

    def _log(
        self, replica: Replica, identity: DeviceKey, bodies: Iterator[tuple[str, Body]]
    ) -> None:
        log = LogWriter(identity, start_ms=self.start_ms - 3_600_000)
        rows = []
        for seq, (kind, body) in enumerate(bodies, 1):
            one = log.write(kind, body, log.start_ms + seq)
            rows.append(Row(one.log, seq, one.digest, badge_of(body), one.raw))
        replica.add(log.log, rows, [])
        replica.move_tip(log.log, BEGINNING, log.point())
        replica.keep_head(log.head(at_ms=self.start_ms))

    def _roster(self, check: bytes, claims: Claims) -> Iterator[tuple[str, Body]]:
        yield "event", EventDefined(event=msgspec.Raw(pack(self.event)))
        yield "key", Key(number=0, public=self.signing.public_key().public_bytes_raw())
        yield "kiosk", Kiosk(device=self.kiosk.fingerprint, public=self.kiosk.public, gate=GATE)
        for badge in self.badges:
            yield "badge", listing(badge, claims, check)

    def _scans(self, number: int, count: int) -> Iterator[tuple[str, Body]]:
        for index in range(count):
            badge = self.badges[(index * KIOSKS + number) % len(self.badges)]
            yield "scan", admission("meishan-main-1", badge, self.start_ms)

    def close(self) -> None:
        self.replica.close()
        self.journal.close()
        self._floor_reads.close()
        self._floor.close()
