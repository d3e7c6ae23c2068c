"""A small world around one door: a registry's log, people with badges, and the door's own files."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.badge import desk_key as desk_keys
from access.badge.credential import (
    Claims,
    Plain,
    Signed,
    derive,
    plain_text,
    sign,
    signed_text,
    verifier,
)
from access.badge.desk_key import StaffNameCard, WrappedKey, wrap
from access.badge.key_card import KeyCard, key_card_text
from access.badge.name_card import CardContent, card_hash, seal
from access.event.definition import Event, Language
from access.log.clock_reading import ClockReading
from access.log.entry import BadgeIssued, Body, EventDefined, Key, Kiosk, Revoked, Scan, pack
from config.event_file import load, moved_to
from config.languages import languages
from hardware.ports.door_contacts import now_ms
from hardware.ports.events import Reading as Scanned
from hardware.ports.signals import Pins, SignalSettings
from hardware.signals.simulated import SimulatedSignals
from hardware.system.clock import SimulatedClock
from hardware.system.errand import Errand
from hardware.system.power import PowerReading, SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.door.door import Door
from kiosk.door.housekeeping import Housekeeping
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.door.sensors import Sensors
from kiosk.runtime.inputs import Happening, Inputs, Source
from kiosk.runtime.parts import Parts, log_reading
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.runtime.service import DoorService, Home
from kiosk.runtime.setting_up import Errands
from kiosk.screen.attendee_screen import Screen, notice
from kiosk.screen.presenter import Presenter
from kiosk.screen.screen_feed import ScreenFeed
from sync.carrier.journal_copy import JournalCopier
from sync.enrolment.record import Enrolment
from sync.store.journal import Journal, JournalReader
from sync.store.replica import Replica, ReplicaReader
from sync.wire.device_key import DeviceKey
from sync.wire.messages import SealedCard

EVENT = Path("config/events/smarthk.toml")
ALL = Claims(ticket=0, venues=0b111, sessions=0, days=0b11)
PIN = "60221407"
DAY_MS = 86_400_000


def wrapped_as_before(
    desk_key: bytes, secret: bytes, pin: str, salt: bytes, nonce: bytes
) -> WrappedKey:
    """A desk key under a badge's own secret and a PIN, as registries gave it out before there were key cards."""
    stretched = hashlib.scrypt(
        pin.encode(), salt=salt, n=desk_keys.SCRYPT_N, r=8, p=3, maxmem=2**27
    )
    return WrappedKey(
        salt, nonce, AESGCM(derive(secret + stretched, b"desk")).encrypt(nonce, desk_key, None)
    )


@dataclass(frozen=True)
class Person:
    """A badge with the secret that only its owner's copy has."""

    badge: bytes
    issue: int
    secret: bytes
    text: str


@dataclass
class World:
    """The registry's side is written by `registry_writes`; `deliver` is what the carrier would bring to the door."""

    data: Path
    event: Event
    clock: SimulatedClock
    registry: DeviceKey
    device: DeviceKey
    registry_log: Journal
    replica: Replica
    desk_key: bytes = b"d" * 32
    journal: Journal = field(init=False)
    """The door's own, once one is open."""
    _cards: list[SealedCard] = field(default_factory=list)
    _key_cards: dict[bytes, KeyCard] = field(default_factory=dict)

    def registry_writes(self, *bodies: tuple[str, Body]) -> None:
        """The registry writes entries."""
        self.registry_log.extend(bodies, log_reading(self.clock.read()))

    def deliver(self) -> None:
        """Bring everything that the registry has written so far into the replica."""
        with self.replica.transaction():
            JournalCopier(self.replica, self.registry).copy(
                self.registry_log, self.clock.read().wall_ms
            )
            self.replica.keep_cards(self._cards)

    def recreate_replica(self) -> None:
        """The carrier throws its file away and begins a new one."""
        self.replica.close()
        for path in self.data.glob("replica.db*"):
            path.unlink()
        self.replica = Replica(
            self.data / "replica.db", self.registry.public, self.registry.fingerprint
        )

    def register(
        self,
        name: str = "",
        language: Language = "en",
        *,
        ticket: str = "delegate",
        venues: int = 0b111,
        sessions: int = 0,
        days: int = 0b11,
        issue: int = 1,
        pin: str | None = None,
        old_pin: str | None = None,
        badge: bytes | None = None,
    ) -> Person:
        """Someone registers and is on the roster; with a name, their sealed card is there too. `pin` is that of a key
        card, `old_pin` one that goes with the badge itself, as before there were key cards."""
        number = [one.id for one in self.event.tickets].index(ticket)
        person = self.plain(badge, issue)
        digest = (
            self._seal(person, self._content(person, name, language), pin, old_pin)
            if name
            else None
        )
        body = BadgeIssued(
            badge=person.badge,
            issue=person.issue,
            form="plain",
            claims=Claims(number, venues, sessions, days),
            verifier=verifier(person.secret),
            card=digest,
        )
        self.registry_writes(("badge", body))
        return person

    def _content(self, person: Person, name: str, language: Language) -> CardContent:
        prints = any(gate.mode == "print" for gate in self.event.gates)
        return CardContent(name, "Organisation", language, code=person.text if prints else "")

    def key_card(self, person: Person) -> str:
        """The text of a staff member's key card."""
        return key_card_text(self._key_cards[person.badge])

    def _seal(
        self, person: Person, content: CardContent, pin: str | None, old_pin: str | None
    ) -> bytes:
        """The person's name card goes with the next delivery; its hash."""
        nonces = (secrets.token_bytes(12), secrets.token_bytes(12))
        key = (person.badge, person.issue)
        card = seal(content, person.secret, self.desk_key, *key, nonces)
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        locked = wrapped = None
        if pin is not None:
            key_card = KeyCard(person.badge, secrets.token_bytes(10))
            self._key_cards[person.badge] = key_card
            locked = wrap(self.desk_key, key_card, pin, salt, nonce)
        if old_pin is not None:
            wrapped = wrapped_as_before(self.desk_key, person.secret, old_pin, salt, nonce)
        if locked is not None or wrapped is not None:
            card = StaffNameCard(*key, card.sealed_badge, card.sealed_desk, wrapped, locked)
        self._cards.append(SealedCard(card_hash(card), msgspec.msgpack.encode(card)))
        return card_hash(card)

    def plain(self, badge: bytes | None = None, issue: int = 1) -> Person:
        """A plain badge that no roster has."""
        code = Plain(badge or secrets.token_bytes(5), issue, secrets.token_bytes(11))
        return Person(code.badge, issue, code.secret, plain_text(code))

    def walk_up(self, claims: Claims = ALL) -> Person:
        """A signed badge, genuine, that no roster has."""
        code: Signed = sign(self.registry.key, 0, self.event.id, secrets.token_bytes(5), 1, claims)
        return Person(code.badge, 1, code.secret, signed_text(code))

    def revoke(self, person: Person) -> None:
        self.registry_writes(("revoke", Revoked(badge=person.badge, issue=None, why="lost")))

    def assign(self, gate: str | None) -> None:
        """The registry gives this kiosk a gate."""
        self.registry_writes(
            ("kiosk", Kiosk(device=self.device.fingerprint, public=self.device.public, gate=gate))
        )

    def open_journal(self) -> Journal:
        return Journal(self.data / "journal.db", self.device)

    def reading(self) -> ClockReading:
        return log_reading(self.clock.read())

    def written(self, kind: str) -> list[Body]:
        """The bodies of a kind in the door's journal, in order."""
        reader = JournalReader.at(self.data / "journal.db")
        try:
            return [h.body for h in reader.everything() if h.kind == kind and h.body is not None]
        finally:
            reader.close()

    def enrol(self) -> None:
        """Leave the files that enrolling leaves."""
        (self.data / "device.key").write_bytes(self.device.key.private_bytes_raw())
        Enrolment(
            registry_url="http://127.0.0.1:1",
            registry_public=self.registry.public,
            registry=self.registry.fingerprint,
            event=self.event.id,
        ).save(self.data)

    @property
    def earliest_ms(self) -> int:
        return self.clock.read().wall_ms - 30 * DAY_MS


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes the world of a kiosk at a gate, on the first day of the event at a chosen hour of Chengdu."""
    made: list[World] = []

    def make(gate: str | None = "chengdu-main-1", at: str = "10:00") -> World:
        hour, minute = map(int, at.split(":"))
        today = datetime.now(UTC).date()
        event = moved_to(load(EVENT), today)
        clock = SimulatedClock(synced=True)
        wall = datetime(today.year, today.month, today.day, hour - 8, minute, tzinfo=UTC)
        clock.offset_ms = int(wall.timestamp() * 1000) - time.time_ns() // 1_000_000
        data = tmp_path / f"kiosk{len(made)}"
        data.mkdir()
        registry, device = DeviceKey.new(), DeviceKey.new()
        log = Journal(data / "registry-log.db", registry)
        replica = Replica(data / "replica.db", registry.public, registry.fingerprint)
        world = World(data, event, clock, registry, device, log, replica)
        made.append(world)
        log.begin(world.reading(), "registry", "first start", {}, None)
        world.registry_writes(
            ("event", EventDefined(event=msgspec.Raw(pack(event)))),
            ("key", Key(number=0, public=registry.public)),
        )
        if gate is not None:
            world.assign(gate)
        world.enrol()
        world.deliver()
        return world

    yield make
    for world in made:
        world.replica.close()
        world.registry_log.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """The world of a kiosk at the entrance of Chengdu."""
    return make_world()


@pytest.fixture
def open_door(make_world: Callable[..., World]) -> Iterator[Callable[[World], Door]]:
    """Opens a door over a world's files, as a start of the service does."""
    opened: list[Journal | ReplicaReader] = []

    def open_one(world: World) -> Door:
        from access.state.event_state import EventState

        journal = world.open_journal()
        feed_from = ReplicaReader.at(world.data / "replica.db")
        opened.extend((journal, feed_from))
        event_state = EventState(world.registry.fingerprint, world.earliest_ms)
        door = Door(journal, None, event_state, world.reading)
        ReplicaFeed(door, replica=feed_from).catch_up()
        door.begin_log(world.reading(), "boot", "first start", {})
        world.journal = journal
        return door

    yield open_one
    for file in opened:
        file.close()


@dataclass
class Stand:
    """A door with its scan loop, stepped by the test itself."""

    world: World
    door: Door
    loop: ScanLoop
    feed: ReplicaFeed
    journal: Journal
    inputs: Inputs
    signals: SimulatedSignals
    screen_feed: ScreenFeed

    def show(self, what: str | Happening, source: Source = "camera") -> Screen:
        """Hold up a code (or let something else happen) and let the loop take it; the screen then."""
        if isinstance(what, str):
            what = Scanned(what, what.encode(), "test", 1.0, now_ms())
        self.inputs.put(source, what)
        self.loop.step()
        return self.screen_feed.screen

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the loop go on until a condition is true."""
        while not condition():
            self.loop.step()

    @property
    def headline(self) -> str:
        """The English headline of the screen."""
        return next(
            one.headline for one in self.screen_feed.screen.wordings if one.language == "en"
        )

    def reasons(self) -> list[str]:
        """The reasons of the scans in the journal, in order."""
        return [body.reason for body in self.world.written("scan") if isinstance(body, Scan)]


@pytest.fixture
def make_stand(open_door: Callable[[World], Door]) -> Iterator[Callable[[World], Stand]]:
    """Puts a world's door to work: a loop that is stepped by the test, over real files."""
    made: list[Stand] = []

    def make(world: World) -> Stand:
        door = open_door(world)
        feed = ReplicaFeed(door, world.data / "replica.db")
        feed.tend()
        feed.catch_up()
        signals = SimulatedSignals(SignalSettings(pins=Pins(passed=24)))
        inputs = Inputs({})
        screen_feed = ScreenFeed(notice("starting", languages()))
        presenter = Presenter(door, signals, screen_feed, languages())
        sensors = Sensors(SimulatedPower(PowerReading(free_bytes=10**9)))
        duties = Housekeeping(
            door, sensors, world.clock.read, time.monotonic, camera=True, scanner=False
        )
        loop = ScanLoop(door, feed, inputs, presenter, duties, Notifier({}))
        stand = Stand(world, door, loop, feed, world.journal, inputs, signals, screen_feed)
        made.append(stand)
        loop.open()
        loop.step()
        return stand

    yield make
    for stand in made:
        stand.inputs.close()
        stand.feed.close()


@pytest.fixture
def stand(world: World, make_stand: Callable[[World], Stand]) -> Stand:
    """The entrance of Chengdu, at work."""
    return make_stand(world)


class SteppedService(DoorService):
    """A service around a stand: its loop is stepped by the test, or by `at_work`."""

    def __init__(self, stand: Stand) -> None:
        world = stand.world
        folder = world.data.with_name(f"{world.data.name}-network")
        folder.mkdir(exist_ok=True)
        network = Errand(folder, "network")
        home = Home(
            world.data,
            world.open_journal,
            lambda: world.registry.fingerprint,
            begin=lambda: False,
            prepare=lambda event_state, device: None,
            earliest_ms=world.earliest_ms,
            errands=Errands(network, Errand(world.data, "enrolment"), print, lambda text: False),
        )
        parts = Parts(
            world.clock, SimulatedPower(), Notifier({}), lambda: stand.signals, None, None
        )
        super().__init__(home, parts, "en")
        self.screen_feed = stand.screen_feed
        self.loop = stand.loop


@pytest.fixture
def service_of() -> Callable[[Stand], DoorService]:
    """What the pages of a stand are made for."""
    return SteppedService


@pytest.fixture
def at_work() -> Iterator[Callable[[Stand], None]]:
    """Lets a stand's loop go on beside the test, as in a real door."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def start(stand: Stand) -> None:
        def go() -> None:
            while not stop.is_set():
                stand.loop.step()

        threads.append(threading.Thread(target=go))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join()
