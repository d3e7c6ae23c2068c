"""A centre with its web application, and kiosks that exchange with it through the application's own routes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from access.background import Background
from access.chain import fingerprint
from access.entry import Clock, pack
from access.event import Direction, Event
from kiosk.door import Answer, Door
from kiosk.listening import Listener
from registry.app import WebSettings, create_app
from registry.centre import Centre
from registry.person import IssuedBadge, Person
from sync.enrolling import read_enrol_text
from sync.exchange import Asker
from sync.identity import Identity
from sync.journal import Journal, Reading
from sync.messages import Enrol, Enrolled, Envelope, read
from sync.own import OwnLogs
from sync.replica import Replica

CONTROL = "control-token-of-the-tests"
DAY_MS = 86_400_000


class MovableClock(Protocol):
    now_ms: int

    def __call__(self) -> Reading: ...

    def wait(self, ms: int) -> None: ...


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


@dataclass
class Kiosk:
    """A door with its two files in memory, enrolled and exchanging over HTTP."""

    gate: str
    client: FlaskClient
    clock: MovableClock
    event: Event
    identity: Identity
    enrolled: Enrolled
    keys: dict[int, bytes]
    journal: Journal = field(init=False)
    knows_time: bool = False

    def __post_init__(self) -> None:
        registry = fingerprint(self.enrolled.public)
        self.journal = Journal(":memory:", self.identity, durable=False)
        self.replica = Replica(":memory:", self.enrolled.public, registry)
        self.own = OwnLogs(self.replica, self.identity)
        background = Background(registry, 0)
        background.enrolled_with(self.event, self.keys, self.identity.fingerprint, self.gate)
        self.door = Door(self.journal, self.replica, background, self.clock)
        self.listener = Listener(self.door)
        first = self.journal.begin(self.clock(), "boot", "test", {}, self.gate)
        self.door.noticed(first)
        self.asker = Asker(
            self.replica, self.identity, lambda: self.clock().wall_ms, lambda: None, registry
        )

    def become(self, identity: Identity, warrant: bytes) -> None:
        """A kiosk with this key and nothing but its warrant: nobody's log names it."""
        self.identity = identity
        self.journal = Journal(":memory:", identity, durable=False)
        self.own = OwnLogs(self.replica, identity)
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
            word = Clock("registry", taken.time.at_ms, now.mono_ms, taken.time.error_ms)
            self.door.noticed(self.journal.append("clock", word, now))
        return again

    def exchange(self) -> None:
        """Until it is quiet."""
        for _ in range(2):  # the second takes the word of the clock along that the first brought
            while self.exchange_once():
                pass
        self.listener.catch_up()

    def close(self) -> None:
        self.journal.close()
        self.replica.close()


@pytest.fixture
def app(centre: Centre, clock: MovableClock) -> Flask:
    return create_app(centre, clock, WebSettings(control=CONTROL))


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
    app: Flask, api: Api, centre: Centre, event: Event, clock: MovableClock
) -> Iterator[Callable[[str], Kiosk]]:
    """Enrols a kiosk at a gate, through the application."""
    made: list[Kiosk] = []

    def make(gate: str) -> Kiosk:
        client = app.test_client()
        code = read_enrol_text(api.post("/kiosks/code", {"gate": gate})["text"])
        identity = Identity.from_seed(random.Random(gate).randbytes(32))
        body = pack(Enrol(identity.public, code.code, b"nonce", gate))
        envelope = Envelope(body, identity.fingerprint, identity.sign(body))
        answer = client.post("/v1/enrol", data=pack(envelope))
        assert answer.status_code == 200, answer.text
        enrolled = read(Enrolled, read(Envelope, answer.data).body)
        with centre.knowing() as known:
            keys = dict(known.background.keys)
        kiosk = Kiosk(gate, client, clock, event, identity, enrolled, keys)
        made.append(kiosk)
        kiosk.exchange()
        return kiosk

    yield make
    for kiosk in made:
        kiosk.close()


@pytest.fixture
def delegates(centre: Centre) -> list[IssuedBadge]:
    """Three people with names in three scripts."""
    return centre.register_many(
        [
            Person(ref="P1", name="陳大文", language="zh-Hant", ticket="delegate"),
            Person(
                ref="P2", name="李雷", language="zh-Hans", ticket="delegate", venues=("meishan",)
            ),
            Person(ref="P3", name="Jane Smith", organisation="ACME", ticket="speaker"),
        ]
    )
