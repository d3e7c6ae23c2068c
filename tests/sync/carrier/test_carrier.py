"""A carrier against a real server: what the door wrote gets out, what others have comes in, and trouble is told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims
from access.event.programme import Programme
from access.log.clock_reading import ClockReading
from access.log.entry import Alarm, BadgeIssued, Clock, EventDefined, Kiosk, digest_of, pack
from config.event_file import load
from sync.carrier.carrier import Carrier
from sync.carrier.peer_worker import LONGEST_PAUSE_S
from sync.enrolment.record import Enrolment
from sync.store.journal import Journal
from sync.store.replica import ReplicaReader
from sync.transport import http_client as link_module
from sync.transport.lan_server import LanServer
from sync.transport.tls_certificate import certificate_at
from sync.wire.device_key import DeviceKey
from sync.wire.messages import SealedCard, TimeReport

Node = Any
NOW_MS = 1_795_000_000_000
DEVICE = DeviceKey.from_seed(b"\x07" * 32)


@dataclass
class RegistryService:
    """The registry behind a real TLS server; `fault` stands in the way of its answers."""

    node: Node
    server: LanServer
    pin: str
    fault: Callable[[bytes], bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.port}"


@pytest.fixture
def service(registry: Node, tmp_path: Path) -> Iterator[RegistryService]:
    folder = tmp_path / "centre"
    folder.mkdir()
    certificate = certificate_at(folder)
    made: list[RegistryService] = []

    def answer(raw: bytes) -> bytes:
        with made[0].lock:
            reply, _ = registry.answerer.answer(raw, 5000)
        fault = made[0].fault
        return fault(reply) if fault is not None else reply

    server = LanServer("127.0.0.1", 0, certificate, answer)
    made.append(RegistryService(registry, server, certificate.fingerprint))
    registry.say("kiosk", Kiosk(device=DEVICE.fingerprint, public=DEVICE.public, gate="gate"))
    registry.publish()
    yield made[0]
    server.close()


@dataclass
class Door:
    """A door that has started, and its carrier."""

    data: Path
    journal: Journal
    carrier: Carrier

    @property
    def target(self) -> Any:
        return self.carrier.registry

    def step(self) -> bool:
        self.carrier.look()
        return self.carrier.step(self.target)

    def registry_state(self) -> dict[str, Any]:
        """How things stand, as another process reads it."""
        with closing(ReplicaReader.at(self.data / "replica.db")) as reader:
            return reader.targets()["registry"]


@pytest.fixture
def start_door(tmp_path: Path, service: RegistryService) -> Iterator[Callable[..., Door]]:
    """Starts a door and its carrier over one folder; `reading` is what the machine's clocks say."""
    doors: list[Door] = []
    data = tmp_path / "door"
    data.mkdir()

    def start(
        reading: ClockReading = ClockReading(1000, NOW_MS, False),  # noqa: B008
        pin: str | None = None,
    ) -> Door:
        journal = Journal(data / "journal.db", DEVICE)
        journal.begin(reading, "", "first start", {}, None)
        enrolment = Enrolment(
            registry_url=service.url,
            registry_public=service.node.identity.public,
            registry=service.node.device,
            event="forum",
            certificate_pin=pin or service.pin,
        )
        doors.append(Door(data, journal, Carrier(data, enrolment, DEVICE, lambda: reading)))
        return doors[-1]

    yield start
    for door in doors:
        door.carrier.close()
        door.journal.close()


@pytest.fixture
def door(start_door: Callable[..., Door]) -> Door:
    return start_door()


def work(door: Door, count: int) -> None:
    door.journal.extend(
        [("alarm", Alarm(what="x", detail=""))] * count, ClockReading(1, NOW_MS, True)
    )


def test_what_the_door_wrote_reaches_the_registry_and_its_entries_come_back(
    door: Door, service: RegistryService
) -> None:
    work(door, 600)

    assert door.step()

    assert service.node.replica.tips(door.journal.log) == [
        tuple(door.journal.tips()[door.journal.log])
    ]
    assert door.carrier.replica.vector() == service.node.replica.vector()
    state = door.registry_state()
    assert (state["ahead"], state["failures"], state["why"]) == (0, 0, "")
    assert state["received"] == len(service.node.everything()) - 601


def test_a_first_sync_stores_its_progress(door: Door, service: RegistryService) -> None:
    for _ in range(20):
        service.node.journal.extend(
            [("alarm", Alarm(what="x", detail="y" * 1000))] * 250, ClockReading(1, NOW_MS, True)
        )
    service.node.publish()
    states: list[tuple[int, int]] = []
    set_target = door.carrier.replica.set_target

    def telling(name: str, state: dict[str, Any]) -> None:
        states.append((state["held"], state["behind"]))
        set_target(name, state)

    door.carrier.replica.set_target = telling  # type: ignore[method-assign]
    assert door.step()

    here = [held for held, _ in states]
    assert here == sorted(here)
    assert any(behind for _, behind in states), "it is stored before the end"
    assert {held + behind for held, behind in states} == {here[-1]}
    assert states[-1] == (len(service.node.everything()), 0)


def test_what_the_door_writes_while_nobody_answers_counts_as_still_to_send(
    door: Door, service: RegistryService
) -> None:
    assert door.step()
    assert door.registry_state()["ahead"] == 0
    last = door.registry_state()["last_contact_ms"]

    service.server.close()
    for more in (7, 5):
        work(door, more)
        assert not door.step()

    state = door.registry_state()
    assert (state["ahead"], state["failures"], state["last_contact_ms"]) == (12, 2, last)


def test_a_carrier_goes_on_from_what_the_last_one_knew(
    start_door: Callable[..., Door], service: RegistryService
) -> None:
    first = start_door()
    assert first.step()
    last = first.registry_state()["last_contact_ms"]
    first.carrier.close()
    first.journal.close()
    service.server.close()

    second = start_door()
    work(second, 3)
    assert not second.step()
    state = second.registry_state()
    assert (state["last_contact_ms"], state["ahead"], state["received"]) == (last, 4, 0)


def test_nothing_is_told_of_a_kiosk_that_is_no_neighbour_any_more(door: Door) -> None:
    door.step()
    with door.carrier.replica.transaction():
        door.carrier.replica.set_target("gate-9", {"failures": 3})

    door.carrier.find_peers()

    with closing(ReplicaReader.at(door.data / "replica.db")) as reader:
        assert list(reader.targets()) == ["registry"]


def test_a_carrier_may_start_before_the_door(tmp_path: Path, service: RegistryService) -> None:
    data = tmp_path / "early"
    data.mkdir()
    enrolment = Enrolment(
        registry_url=service.url,
        registry_public=service.node.identity.public,
        registry=service.node.device,
        event="forum",
        certificate_pin=service.pin,
    )
    with closing(
        Carrier(data, enrolment, DEVICE, lambda: ClockReading(1, NOW_MS, True))
    ) as carrier:
        assert not carrier.look()
        assert carrier.step(carrier.registry)
        assert carrier.replica.vector() == service.node.replica.vector()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda raw: b"", "not a message"),
        (lambda raw: raw[:-1], "not a message"),
        (lambda raw: raw[:40] + b"?" + raw[41:], "not signed|not a message"),
        (lambda raw: b"x" * 5_000_000, "larger than any answer"),
    ],
)
def test_an_answer_that_is_none_is_told_and_tried_again_later(
    door: Door, service: RegistryService, fault: Callable[[bytes], bytes], why: str
) -> None:
    work(door, 5)
    service.fault = fault
    assert not door.step()

    assert re.search(why, door.registry_state()["why"])
    assert door.registry_state()["failures"] == 1
    service.fault = None
    assert door.step()
    assert door.registry_state()["failures"] == 0
    assert service.node.replica.tips(door.journal.log)


def test_a_registry_with_another_certificate_is_not_talked_to(
    start_door: Callable[..., Door], service: RegistryService
) -> None:
    door = start_door(pin="0" * 64)
    work(door, 5)

    assert not door.step()
    assert "not the certificate" in door.registry_state()["why"]
    assert not service.node.replica.tips(door.journal.log)


def test_a_device_that_was_cut_off_is_told_so(door: Door, service: RegistryService) -> None:
    assert door.step()
    service.node.say(
        "kiosk", Kiosk(device=DEVICE.fingerprint, public=DEVICE.public, gate=None, cut_off=True)
    )
    service.node.publish()
    work(door, 3)

    assert not door.step()
    assert "cut off" in door.registry_state()["why"]


def test_nobody_there_makes_the_pauses_longer_up_to_a_ceiling(
    door: Door, service: RegistryService
) -> None:
    service.server.close()
    pauses = []
    for _ in range(12):
        assert not door.step()
        pauses.append(door.target._pause_s)

    assert "cannot be reached" in door.registry_state()["why"]
    assert pauses[0] < 2
    assert all(pause <= LONGEST_PAUSE_S * 1.25 for pause in pauses)
    assert min(pauses[-3:]) > LONGEST_PAUSE_S / 2


def test_the_registrys_time_reaches_the_door_through_its_inbox(
    door: Door, service: RegistryService
) -> None:
    service.node.time_report = TimeReport(NOW_MS + 77_000, 20, "registry")

    assert door.step()

    with closing(ReplicaReader.at(door.data / "replica.db")) as reader:
        clocks = [msgspec.msgpack.decode(raw, type=Clock) for _, kind, raw in reader.inbox(0)]
    assert [(clock.source, clock.trusted_ms) for clock in clocks] == [("registry", NOW_MS + 77_000)]
    assert door.carrier.time.now_ms() == NOW_MS + 77_000


@pytest.mark.parametrize("wall_ms", [0, 2_147_483_647_000, NOW_MS - 3_600_000])
def test_a_kiosk_with_a_wrong_clock_syncs_all_the_same(
    start_door: Callable[..., Door], service: RegistryService, wall_ms: int
) -> None:
    service.node.time_report = TimeReport(NOW_MS, 20, "registry")
    door = start_door(ClockReading(1000, wall_ms, False))
    work(door, 20)

    assert door.step()
    assert service.node.replica.tips(door.journal.log)
    assert door.carrier.time.now_ms() == NOW_MS


def test_name_cards_are_deleted_when_the_events_retention_days_are_over(
    door: Door, service: RegistryService
) -> None:
    event = load(Path(__file__).parents[3] / "config" / "events" / "smarthk.toml")
    over_ms = Programme(event).end_ms + event.policy.retention_days * 86_400_000
    card = b"a sealed name card"
    roster = BadgeIssued(
        badge=b"BADGE",
        issue=1,
        form="plain",
        claims=Claims(0, 1, 0, 1),
        verifier=bytes(32),
        card=digest_of(card),
    )
    service.node.say("event", EventDefined(event=msgspec.Raw(pack(event))))
    service.node.say("badge", roster)
    service.node.publish()
    service.node.replica.keep_cards([SealedCard(digest_of(card), card)])

    service.node.time_report = TimeReport(over_ms - 60_000, 20, "registry")
    assert door.step()
    door.carrier.purge()
    assert door.carrier.replica.card(b"BADGE", 1) == card

    service.node.time_report = TimeReport(over_ms + 60_000, 20, "registry")
    assert door.step()
    door.carrier.purge()
    assert door.carrier.replica.card(b"BADGE", 1) is None
    assert not any(card in file.read_bytes() for file in door.data.glob("replica.db*"))


def test_what_the_door_has_dealt_with_leaves_the_inbox(
    door: Door, service: RegistryService
) -> None:
    service.node.time_report = TimeReport(NOW_MS, 20, "registry")
    door.step()
    ((number, _, _),) = door.carrier.replica.inbox(0)

    door.journal.extend([], ClockReading(1, NOW_MS, True), inbox=number)
    door.carrier.look()

    assert door.carrier.replica.inbox(0) == []


def test_one_who_accepts_and_says_nothing_is_given_up(
    door: Door, service: RegistryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = threading.Event()
    monkeypatch.setattr(link_module, "READ_S", 0.1)

    def wait(raw: bytes) -> bytes:
        silent.wait(5)
        return raw

    service.fault = wait
    assert not door.step()
    assert "no answer in time" in door.registry_state()["why"]
    silent.set()


def test_a_carrier_runs_until_it_is_told_to_stop(door: Door, service: RegistryService) -> None:
    stopped = threading.Event()
    seen = threading.Event()
    ticks = iter(range(0, 10**6, 10))
    work(door, 30)

    def alive() -> None:
        if service.node.replica.tips(door.journal.log):
            seen.set()
            stopped.set()

    running = threading.Thread(
        target=door.carrier.run, args=(stopped.wait, alive, lambda: float(next(ticks)))
    )
    running.start()
    assert seen.wait(20)
    running.join(20)
    assert not running.is_alive()
