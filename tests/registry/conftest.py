"""A registry on a database in memory, with the example event, and a clock that the test moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from access.event.definition import Direction, Event
from access.log.chain import device_id
from access.log.clock_reading import ClockReading
from access.log.entry import Clock as ClockEntry
from access.log.entry import pack
from access.state.event_state import EventState
from config import event_file
from jianmen.testing.postgres import PostgresServer
from jianmen.testing.waiting import until
from kiosk.door.door import Answer, Door
from kiosk.door.replica_feed import ReplicaFeed
from registry.roster.model import IssuedBadge, Person
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.carrier.journal_copy import JournalCopier
from sync.exchange.exchange import Asker
from sync.store.journal import Journal
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Enrol, Enrolled, Envelope, read

CONTROL = "control-token-of-the-tests"
DAY_MS = 86_400_000
EVENT_FILE = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
MORNING_MS = 1_605_573_000_000
"""08:30 in Chengdu on the first event day."""

JOB_PATIENCE_S = 600.0
"""Badges are drawn at the lowest priority: beside work on every processor a second of it takes minutes."""


@dataclass
class Clock:
    """The registry's clock; it stands until it is moved."""

    now_ms: int = MORNING_MS

    def __call__(self) -> ClockReading:
        return ClockReading(self.now_ms, self.now_ms, True)

    def wait(self, ms: int) -> None:
        self.now_ms += ms


@pytest.fixture(scope="session")
def event() -> Event:
    return event_file.load(EVENT_FILE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of the registry runs on both stores: on PostgreSQL in the suite where its module says
    `pytestmark = pytest.mark.both_stores`, and of the others in the long runs."""
    if "store" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("sqlite_alone") is not None:
        metafunc.parametrize("store", ["sqlite"], scope="function")
        return
    chosen = metafunc.definition.get_closest_marker("both_stores") is not None
    postgres = pytest.param("postgresql", marks=() if chosen else pytest.mark.soak)
    metafunc.parametrize("store", ["sqlite", postgres], scope="function")


@pytest.fixture
def new_service(
    clock: Clock, store: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., RegistryService]]:
    """Makes services over a folder, a database's address, or an empty database of the test's store; their ledgers are
    closed at the end."""
    ledgers: list[Ledger] = []
    with ExitStack() as stack:

        def address() -> str:
            if store == "sqlite":
                return "sqlite://"
            server: PostgresServer = request.getfixturevalue("postgres")
            return server.new_database()

        def make(data: Path | None = None, url: str | None = None) -> RegistryService:
            ledger = Ledger(url or (None if data else address()), data, lambda: clock.now_ms)
            ledgers.append(stack.enter_context(closing(ledger)))
            return RegistryService(ledger, clock, random.Random(len(ledgers)).randbytes)

        yield make


@pytest.fixture
def service(new_service: Callable[..., RegistryService], event: Event) -> RegistryService:
    service = new_service()
    service.init(event)
    return service


@dataclass
class Api:
    """The public interface with the rights of an admin."""

    client: FlaskClient
    token: str = CONTROL

    def call(self, method: str, path: str, body: object = None, **kind: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **kind.pop("headers", {})}
        if body is not None and not isinstance(body, bytes):
            body = msgspec.json.encode(body)
        return self.client.open(f"/api/v1{path}", method=method, data=body, headers=headers, **kind)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, body: object) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """A job as it is once it runs no more."""

        def look() -> dict[str, Any] | None:
            seen: dict[str, Any] = self.get(f"/jobs/{job['id']}")
            return None if seen["state"] in ("waiting", "running") else seen

        return until(look, f"the end of {job}", JOB_PATIENCE_S)


@dataclass
class Kiosk:
    """A door with its two files in memory, enrolled and exchanging over HTTP."""

    gate: str
    client: FlaskClient
    clock: Clock
    event: Event
    identity: DeviceKey
    enrolled: Enrolled
    keys: dict[int, bytes]
    journal: Journal = field(init=False)
    knows_time: bool = False

    def __post_init__(self) -> None:
        registry = device_id(self.enrolled.public)
        self.journal = Journal(":memory:", self.identity, durable=False)
        self.replica = Replica(":memory:", self.enrolled.public, registry)
        self.own = JournalCopier(self.replica, self.identity)
        event_state = EventState(registry, 0)
        event_state.enrolled_with(self.event, self.keys, self.identity.fingerprint, self.gate)
        self.door = Door(self.journal, self.replica, event_state, self.clock)
        self.feed = ReplicaFeed(self.door, replica=self.replica)
        self.door.begin_log(self.clock(), "boot", "test", {})
        self.asker = Asker(
            self.replica, self.identity, lambda: self.clock().wall_ms, lambda: None, registry
        )

    def become(self, identity: DeviceKey, warrant: bytes) -> None:
        """A kiosk with this key and nothing but its warrant: nobody's log names it."""
        self.journal.close()
        self.identity = identity
        self.journal = Journal(":memory:", identity, durable=False)
        self.own = JournalCopier(self.replica, identity)
        self.journal.begin(self.clock(), "boot", "test", {}, self.gate)
        self.asker = Asker(
            self.replica, identity, lambda: self.clock().wall_ms, lambda: None, self.asker.other
        )
        self.asker.warrant = warrant

    def show(self, text: str, direction: Direction = "in") -> Answer:
        """Hold a badge up to the door."""
        self.clock.wait(10_000)
        return self.door.present(text, direction)

    def publish(self) -> None:
        with self.replica.transaction():
            self.own.copy(self.journal, self.clock().wall_ms)

    def exchange_once(self) -> bool:
        """One round; whether another is worth while."""
        self.publish()
        answer = self.client.post("/v1/exchange", data=self.asker.request())
        assert answer.status_code == 200, answer.text
        taken, again = self.asker.receive(answer.data)
        if taken.time is not None and not self.knows_time:
            self.knows_time = True
            now = self.clock()
            clock_entry = ClockEntry(
                source="registry",
                trusted_ms=taken.time.at_ms,
                mono_ms=now.mono_ms,
                error_ms=taken.time.error_ms,
            )
            self.door.record("clock", clock_entry, now)
        return again

    def exchange(self) -> None:
        """Until it is quiet."""
        for _ in range(2):  # the second takes the word of the clock along that the first brought
            while self.exchange_once():
                pass
        self.feed.catch_up()

    def close(self) -> None:
        self.journal.close()
        self.replica.close()


@pytest.fixture
def app(service: RegistryService, clock: Clock) -> Iterator[Flask]:
    app = create_app(service, clock, WebSettings(control=CONTROL, open_here=True))
    yield app
    app.extensions["jianmen"].jobs.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser on the registry's own machine."""
    return app.test_client()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser somewhere on the network."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    return client


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app.test_client())


@pytest.fixture
def new_kiosk(
    app: Flask, api: Api, service: RegistryService, event: Event, clock: Clock
) -> Iterator[Callable[[str], Kiosk]]:
    """Enrols a kiosk at a gate, through the application."""
    made: list[Kiosk] = []

    def make(gate: str) -> Kiosk:
        client = app.test_client()
        code = EnrolmentCode.parse(api.post("/kiosks/code", {"gate": gate})["text"])
        identity = DeviceKey.from_seed(random.Random(gate).randbytes(32))
        body = pack(Enrol(identity.public, code.code, b"nonce", gate))
        envelope = Envelope(body, identity.fingerprint, identity.sign(body))
        answer = client.post("/v1/enrol", data=pack(envelope))
        assert answer.status_code == 200, answer.text
        enrolled = read(Enrolled, read(Envelope, answer.data).body)
        with service.snapshot() as known:
            keys = dict(known.event_state.keys)
        kiosk = Kiosk(gate, client, clock, event, identity, enrolled, keys)
        made.append(kiosk)
        kiosk.exchange()
        return kiosk

    yield make
    for kiosk in made:
        kiosk.close()


@pytest.fixture
def delegates(service: RegistryService) -> list[IssuedBadge]:
    """Three people with names in three scripts."""
    return service.register_many(
        [
            Person(ref="P1", name="陳大文", language="zh-Hant", ticket="delegate"),
            Person(
                ref="P2", name="李雷", language="zh-Hans", ticket="delegate", venues=("meishan",)
            ),
            Person(ref="P3", name="Jane Smith", organisation="ACME", ticket="speaker"),
        ]
    )
