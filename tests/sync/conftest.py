"""A registry, kiosks with real journals and replicas, and the messages between them: no network anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access.log.clock_reading import ClockReading
from access.log.entry import GENESIS, Alarm, Body, Kiosk
from jianmen.testing.log_writer import FIRST_EPOCH, LogWriter
from sync.carrier.journal_copy import JournalCopier
from sync.exchange.exchange import Answerer, Asker
from sync.exchange.party import Taken
from sync.store.journal import Journal
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Envelope, Message, TimeReport, read

NOW_MS = 1_795_000_000_000
REGISTRY = DeviceKey.from_seed(bytes([1]) * 32)


def reading(at: int = 0, *, synced: bool = True) -> ClockReading:
    """The clocks `at` ms after the start."""
    return ClockReading(1000 + at, NOW_MS + at, synced)


class Node:
    """A device with its journal and its replica; `clock_ms` is its time and goes on by a second at each look."""

    def __init__(self, folder: Path, identity: DeviceKey) -> None:
        folder.mkdir()
        self.identity = identity
        self.replica = Replica(folder / "replica.db", REGISTRY.public, REGISTRY.fingerprint)
        self.journal = Journal(folder / "journal.db", identity, durable=False)
        self.own = JournalCopier(self.replica, identity)
        self.clock_ms = NOW_MS
        self.time_report: TimeReport | None = None
        self.answerer = Answerer(self.replica, identity, self.now_ms, lambda: self.time_report)
        self.askers: dict[str, Asker] = {}
        self.journal.begin(reading(), "boot", "first start", {}, None)

    @property
    def device(self) -> str:
        return self.identity.fingerprint

    def now_ms(self) -> int:
        self.clock_ms += 1000
        return self.clock_ms

    def say(self, kind: str, body: Body) -> None:
        self.journal.append(kind, body, reading())

    def work(self, count: int) -> None:
        """The door writes entries."""
        self.journal.extend([("alarm", Alarm(what="door_forced", detail=""))] * count, reading())

    def publish(self) -> None:
        """What the carrier does first."""
        with self.replica.transaction():
            self.own.copy(self.journal, self.now_ms())

    def take(self, batch: Batch) -> int:
        with self.replica.transaction():
            return self.replica.take(batch)

    def asker(self, other: Node) -> Asker:
        if other.device not in self.askers:
            self.askers[other.device] = Asker(
                self.replica, self.identity, self.now_ms, lambda: self.time_report, other.device
            )
        return self.askers[other.device]

    def talk_to(self, other: Node) -> list[Taken]:
        """Exchange until quiet; what each answer brought."""
        self.publish()
        other.publish()
        asker = self.asker(other)
        brought = []
        for _ in range(100):
            answer, _ = other.answerer.answer(asker.request(), 5000)
            taken, again = asker.receive(answer)
            brought.append(taken)
            if not again:
                return brought
        raise AssertionError("the two never come to an end")

    def sign(self, message: Message) -> bytes:
        """A message of this device, whatever it says."""
        return self.answerer.seal(message)

    def everything(self) -> set[tuple[str, int, bytes]]:
        """All entries held."""
        arrived = (one for _, one in self.replica.since(0, -1))
        return {(one.log, one.seq, one.digest) for one in arrived}

    def close(self) -> None:
        self.journal.close()
        self.replica.close()


def opened(raw: bytes) -> Message:
    """The message in these bytes, whoever sent it."""
    return read(Message, read(Envelope, raw).body)


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Callable[[int], Node]]:
    """Makes the device with a seed; 1 is the registry, anything else a kiosk that nobody has enrolled yet."""
    made: list[Node] = []

    def make(seed: int) -> Node:
        node = Node(tmp_path / f"node{seed}-{len(made)}", DeviceKey.from_seed(bytes([seed]) * 32))
        made.append(node)
        return node

    yield make
    for node in made:
        node.close()


@pytest.fixture
def registry(make_node: Callable[[int], Node]) -> Node:
    """The registry, as any other store of logs."""
    return make_node(1)


@pytest.fixture
def enrol(registry: Node, make_node: Callable[[int], Node]) -> Callable[..., Node]:
    """Makes a kiosk that the registry has enrolled; `knows`: and that has the registry's log already."""

    def enrol_one(seed: int, *, knows: bool = True) -> Node:
        node = make_node(seed)
        registry.say(
            "kiosk", Kiosk(device=node.device, public=node.identity.public, gate=f"gate-{seed}")
        )
        registry.publish()
        if knows:
            pass_registry_log(registry, node)
        return node

    return enrol_one


def pass_registry_log(registry: Node, node: Node) -> None:
    """As if the kiosk had talked to the registry, but nothing of the kiosk's comes there."""
    log = registry.journal.log
    tips = node.replica.tips(log)
    start = tips[0] if tips else (0, GENESIS)
    batch = registry.replica.batch(log, start)
    while batch is not None:
        node.take(batch)
        batch = registry.replica.batch(log, (batch.head.seq, batch.head.digest))


@pytest.fixture
def kiosk(enrol: Callable[..., Node]) -> Node:
    """An enrolled kiosk."""
    return enrol(2)


@pytest.fixture
def neighbour(enrol: Callable[..., Node], registry: Node, kiosk: Node) -> Node:
    """Another one; both know of each other."""
    node = enrol(3)
    pass_registry_log(registry, kiosk)
    return node


@pytest.fixture
def new_log() -> Callable[..., LogWriter]:
    """Makes a log of a device, to be written entry by entry."""

    def make(identity: DeviceKey, epoch: str = FIRST_EPOCH) -> LogWriter:
        return LogWriter(identity, epoch, start_ms=NOW_MS)

    return make
