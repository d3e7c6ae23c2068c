"""Thousands of people at once, while others go on writing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from access.badge.credential import BADGE_BYTES
from access.event.definition import Event
from access.log.chain import follow
from access.log.entry import GENESIS
from registry.roster.batch import discard
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage import tables
from tests.registry.conftest import Clock

pytestmark = pytest.mark.both_stores


def never_mind(done: int) -> None:
    pass


def people(count: int) -> list[Person]:
    return [Person(ref=f"r{n}", ticket="delegate", name="张伟") for n in range(count)]


def test_what_a_crash_leaves_staged_takes_nobodys_name_card(service: RegistryService) -> None:
    batch = service.batch()
    batch.register(people(3), never_mind)
    staged = service.ledger.read(tables.staged_person.select())
    batch.commit(lambda: True)
    # As a crash leaves it between the transaction and the clearing up.
    service.ledger.write(tables.staged_person.insert(), [row._asdict() for row in staged])
    discard(service.ledger)

    assert service.ledger.read(tables.staged_person.select()) == []
    for ref in ("r0", "r1", "r2"):
        badge = service.badge(service.person(ref).badge)
        assert service.ledger.card(badge.badge, badge.issue) is not None


def test_what_was_staged_and_not_committed_leaves_no_name_card(service: RegistryService) -> None:
    service.batch().register(people(3), never_mind)
    discard(service.ledger)
    assert service.ledger.read(tables.card.select()) == []


def test_a_badge_id_drawn_twice_in_one_batch_is_drawn_again(
    new_service: Callable[..., RegistryService],
    clock: Clock,
    event: Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a million people this happens to some in nearly every second list."""

    def random(length: int) -> bytes:
        return os.urandom(length) if length != BADGE_BYTES else bytes(4) + os.urandom(1)

    monkeypatch.setattr("registry.roster.batch.PIECE", 20)
    service = RegistryService(new_service().ledger, clock, random)
    service.init(event)
    batch = service.batch()
    batch.register(people(200), never_mind)
    batch.commit(lambda: True)
    assert service.people.count() == 200


def test_walk_ups_during_a_batch_and_the_batch_are_one_log(service: RegistryService) -> None:
    batch = service.batch()
    batch.register(people(300), never_mind)
    ended = threading.Event()
    walk_ups: list[str] = []

    def register() -> None:
        while not ended.is_set() or not walk_ups:
            ref = f"w{len(walk_ups)}"
            service.register(Person(ref=ref, ticket="delegate"))
            walk_ups.append(ref)

    desk = threading.Thread(target=register)
    desk.start()
    batch.commit(lambda: True)
    ended.set()
    desk.join()

    assert service.people.count() == 300 + len(walk_ups)
    (log,) = (log for log in service.ledger.vector() if service.ledger.is_registry(log))
    rows = service.ledger.rows(log, 1, 10_000)
    assert len(follow(1, GENESIS, [row.raw for row in rows])[0]) == len(rows)
    with service.snapshot() as known:
        assert len(known) == len(rows) == 3 + 300 + len(walk_ups)


def test_the_event_is_known_while_somebody_folds_what_says_nothing_of_it(
    service: RegistryService, event: Event
) -> None:
    service.refresh()
    found: list[Event] = []
    with service.snapshot():
        service.register(Person(ref="somebody", ticket="delegate"))
        asks = threading.Thread(target=lambda: found.append(service.event))
        asks.start()
        asks.join()
    assert found == [event]
