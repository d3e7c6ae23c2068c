"""A registry is begun once, follows what arrives, and forgets people when their time has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from access.badge.credential import Claims
from access.event.definition import Event
from access.log.clock_reading import ClockReading
from access.log.entry import Ruling
from access.log.sign_offs import Close
from access.state.conflicts import Conflict
from access.state.coverage import CoverageReport, Silence
from config.errors import ConfigError
from jianmen.testing.log_writer import LogWriter, admission
from registry.queries.queries import Queries
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.errors import NotInitialisedError, RegistryError, UnknownError
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol

pytestmark = pytest.mark.both_stores

GATE = "chengdu-main-1"
MINUTE_MS = 60_000
DAY_MS = 86_400_000


class Clock(Protocol):
    """The clock of the tests."""

    now_ms: int

    def wait(self, ms: int) -> None: ...


class Door:
    """A kiosk whose log the test writes and hands in."""

    def __init__(self, service: RegistryService, gate: str, epoch: str = "00000001") -> None:
        self.service = service
        self.gate = gate
        self.identity = DeviceKey.new()
        code = service.enrol_code(gate)
        assert service.enrol(Enrol(self.identity.public, code, b"")).refused == ""
        self.start(epoch, None)

    def start(self, epoch: str, previous: tuple[str, int, bytes] | None) -> None:
        self.log = LogWriter(self.identity, epoch).boot(previous)

    def lets_in(self, badge: bytes, at_ms: int) -> None:
        self.log.write("scan", admission(self.gate, badge, at_ms), at_ms, mono_ms=at_ms)

    def send_entries(self, at_ms: int) -> None:
        ledger = self.service.ledger
        stored = max((seq for seq, _ in ledger.tips(self.log.log)), default=0)
        with ledger.transaction():
            ledger.take(self.log.batch(stored, at_ms=at_ms))


def test_without_an_event_everything_says_how_to_begin(
    new_service: Callable[..., RegistryService],
) -> None:
    service = new_service()

    for ask in (
        lambda: service.event,
        lambda: service.identity,
        service.refresh,
        service.enrol_code,
        lambda: service.register(Person(ref="a", ticket="delegate")),
    ):
        with pytest.raises(NotInitialisedError, match="jianmen registry init"):
            ask()


def test_an_event_is_begun_once(service: RegistryService, event: Event) -> None:
    assert service.event == event
    assert service.programme.gates
    with pytest.raises(RegistryError, match="already"):
        service.init(event)


def test_a_centre_remembers_who_it_is(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    first = new_service(tmp_path)
    first.init(event)
    first.ledger.close()
    again = new_service(tmp_path)

    assert again.identity.public == first.identity.public
    assert again.event == event


def test_a_begin_that_fails_can_be_tried_again(
    new_service: Callable[..., RegistryService], event: Event
) -> None:
    service = new_service()

    def fail() -> None:
        with service.ledger.transaction():
            service.init(event)
            raise OSError("no space left")

    with pytest.raises(OSError, match="space"):
        fail()
    service.init(event)
    assert service.event == event
    assert service.register(Person(ref="a", ticket="delegate")).issue == 1


def test_a_definition_may_grow_and_not_change_what_badges_mean(
    service: RegistryService, event: Event
) -> None:
    grown = msgspec.structs.replace(event, days=(*event.days, "2020-11-19"))
    service.update_event(grown)
    assert service.event == grown

    with pytest.raises(ConfigError, match="badges are printed"):
        service.update_event(msgspec.structs.replace(event, tickets=event.tickets[1:]))
    assert service.event == grown


def test_people_who_come_in_are_counted(service: RegistryService, clock: Clock) -> None:
    issued = service.register(Person(ref="a", ticket="delegate"))
    door = Door(service, GATE)
    door.lets_in(issued.badge, clock.now_ms)
    door.send_entries(clock.now_ms)

    counts = service.headcount(clock.now_ms)
    assert (counts["chengdu"].inside, counts["chengdu"].people) == (1, 1)
    assert counts["meishan"].inside == 0
    assert service.by_gate(clock.now_ms) == {GATE: {"ok": 1}}
    assert service.conflicts() == []


def test_a_conflict_is_reported_and_an_answer_to_it_logged(
    service: RegistryService, clock: Clock
) -> None:
    issued = service.register(Person(ref="a", ticket="delegate", venues=("meishan",)))
    door = Door(service, GATE)
    door.lets_in(issued.badge, clock.now_ms)
    door.send_entries(clock.now_ms)

    (line,) = service.conflicts()
    assert (line.kind, line.reason, line.ruling) == ("would_refuse", "wrong_venue", None)
    clock.wait(1)
    service.rule(line, "let it be", "admin")
    (answered,) = service.conflicts()
    assert isinstance(answered, Conflict)
    assert answered.ruling == "let it be"
    with service.snapshot() as known:
        ((_, ruling),) = known.event_state.rulings
    assert ruling == Ruling(
        conflict="would_refuse", entry=line.entry, answer="let it be", by="admin"
    )


def covered(service: RegistryService, now_ms: int) -> CoverageReport:
    """What the registry knows of how far its numbers can be trusted."""
    queries = Queries(service, lambda: ClockReading(0, now_ms, True))
    with service.snapshot() as known:
        return queries.coverage(known, now_ms)


def silences(service: RegistryService, now_ms: int) -> list[Silence]:
    return list(covered(service, now_ms).silences)


def band(service: RegistryService, now_ms: int) -> tuple[int, int]:
    """The band of Chengdu."""
    return covered(service, now_ms).bands["chengdu"]


def test_a_kiosk_not_heard_for_half_a_minute_is_silent(
    service: RegistryService, clock: Clock
) -> None:
    door = Door(service, GATE)
    (never,) = silences(service, clock.now_ms)
    assert (never.device, never.gate, never.since_ms) == (door.identity.fingerprint, GATE, None)

    door.send_entries(clock.now_ms)
    assert silences(service, clock.now_ms + MINUTE_MS // 2) == []
    (silent,) = silences(service, clock.now_ms + MINUTE_MS // 2 + 1)
    assert (silent.since_ms, silent.missing) == (clock.now_ms, None)


def test_the_band_says_what_a_silent_kiosk_may_have_done(
    service: RegistryService, clock: Clock
) -> None:
    people = service.register_many([Person(ref=f"{n}", ticket="delegate") for n in range(10)])
    door = Door(service, GATE)
    for ago, one in enumerate(people):
        door.lets_in(one.badge, clock.now_ms - (10 - ago) * MINUTE_MS)
    door.send_entries(clock.now_ms)

    assert band(service, clock.now_ms) == (10, 10)
    assert band(service, clock.now_ms + 10 * MINUTE_MS) == (10, 19)


def test_entries_that_a_kiosks_new_log_names_and_nobody_brought_are_missing(
    service: RegistryService, clock: Clock
) -> None:
    door = Door(service, GATE)
    for _ in range(4):
        door.log.boot()
    before = (door.log.log, *door.log.point())
    door.start("00000002", before)
    door.send_entries(clock.now_ms)

    (silence,) = silences(service, clock.now_ms)
    assert silence.missing == 5


def test_a_kiosk_that_was_cut_off_is_not_waited_for(service: RegistryService, clock: Clock) -> None:
    door = Door(service, GATE)
    service.cut_off(door.identity.fingerprint)

    assert silences(service, clock.now_ms) == []


def test_the_end_of_a_day_names_the_last_entry_stored_of_each_log(
    service: RegistryService, clock: Clock
) -> None:
    door = Door(service, GATE)
    door.send_entries(clock.now_ms)
    service.close_day("2020-11-17")

    with service.snapshot() as known:
        ((_, close),) = known.event_state.closes
    assert isinstance(close, Close)
    assert close.day == "2020-11-17"
    assert close.held[door.log.log] == 1
    with pytest.raises(UnknownError, match="2020-11-17"):
        service.close_day("2020-12-24")


def test_people_are_kept_until_the_definition_lets_them_go(
    service: RegistryService, clock: Clock
) -> None:
    issued = service.register(Person(ref="a", ticket="delegate", name="张伟"))
    with pytest.raises(RegistryError, match="2020-12-1"):
        service.purge()
    assert service.person("a").name == "张伟"

    clock.now_ms = service.programme.end_ms + 30 * DAY_MS
    assert service.purge() == 1
    assert service.people.count() == 0
    assert service.ledger.card(issued.badge, 1) is None
    with service.snapshot() as known:
        assert known.history(issued.badge).newest() is not None
    with pytest.raises(RegistryError, match="deleted"):
        service.register(Person(ref="b", ticket="delegate"))


def test_an_admin_may_purge_early(service: RegistryService) -> None:
    service.register(Person(ref="a", ticket="delegate", name="张伟"))

    assert service.purge(early=True) == 1


def test_folds_are_not_asked_inside_a_transaction(service: RegistryService) -> None:
    with service.ledger.transaction(), pytest.raises(RuntimeError, match="undone"):
        service.refresh()


def test_many_threads_register_and_ask_at_once(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    service = new_service(tmp_path)
    service.init(event)
    failed: list[Exception] = []

    def work(name: str) -> None:
        try:
            for number in range(10):
                issued = service.register(Person(ref=f"{name}{number}", ticket="delegate"))
                service.headcount(0)
                service.revoke(issued.badge)
        except Exception as error:  # noqa: BLE001 - handed to the test's own thread
            failed.append(error)

    workers = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []
    assert service.people.count() == 40
    with service.snapshot() as known:
        assert sum(known.history(badge).revoked(1) for badge in known.badges if badge) == 40
        assert known.forks() == []


def test_no_venues_named_means_all_and_no_sessions_none(service: RegistryService) -> None:
    issued = service.register(Person(ref="a", ticket="staff", days=("2020-11-18",)))

    with service.snapshot() as known:
        newest = known.history(issued.badge).newest()
    assert newest is not None
    assert newest.claims == Claims(4, 0b111, 0, 0b10)
