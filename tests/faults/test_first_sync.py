"""A first sync is broken off, again and again: it goes on where it was, and hardly anything is fetched twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from random import Random

import pytest

from jianmen.testing.waiting import PATIENCE_S, until
from registry.roster.model import Person
from registry.service import RegistryService
from sync.exchange.exchange import Answerer
from sync.store.replica import ReplicaReader
from sync.transport.lan_server import LanServer
from sync.transport.tls_certificate import certificate_at
from sync.wire.messages import MAX_CARDS, Envelope, Message, MessageError, read
from tests.faults.machines import LOOPBACK, Kiosk, Registry, read_clock, right_time, wall_ms

PEOPLE = 16_000
"""Their roster fills three messages, their name cards thirty-two."""


class Counting:
    """The registry's side of the exchange, which notes what it sends, and after a given answer sends no more."""

    def __init__(self, service: RegistryService) -> None:
        self.service = service
        self._answerer = Answerer(service.ledger, service.identity, wall_ms, right_time)
        self._lock = threading.Lock()
        self._more = threading.Event()
        self._left: int | None = None
        self.reached = threading.Event()
        self.entries: list[list[bytes]] = []
        self.cards: list[list[bytes]] = []

    def stop_after(self, answers: int | None) -> None:
        """Delay the answer after so many answers with news in them, until `let_go` (None: none)."""
        self.reached.clear()
        self._more.clear()
        self._left = answers

    def let_go(self) -> None:
        self._more.set()

    def answer(self, raw: bytes) -> bytes:
        if self._left == 0:
            self.reached.set()
            self._more.wait(PATIENCE_S)
            raise MessageError("whoever asked this is dead")
        with self._lock:
            answer, _ = self._answerer.answer(raw, read_clock().mono_ms)
        message = read(Message, read(Envelope, answer).body)
        raws = [raw for batch in message.batches for raw in batch.raws]
        if raws or message.cards:
            self.entries.append(raws)
            self.cards.append([card.digest for card in message.cards])
            if self._left is not None:
                self._left -= 1
        return answer


@pytest.fixture
def counting(registry: Registry) -> Iterator[Counting]:
    """The registry with many people, answering kiosks from this process."""
    with registry.opened() as service:
        people = [
            Person(ref=f"guest-{n}", ticket="delegate", name=f"Guest {n}") for n in range(PEOPLE)
        ]
        service.register_many(people)
        counting = Counting(service)
        server = LanServer(LOOPBACK, 0, certificate_at(registry.data), counting.answer)
        registry.port = server.port
        yield counting
        counting.let_go()
        server.close()


@dataclass
class Progress:
    """What a kiosk has, and what its carrier reports of it."""

    entries: int
    cards: int
    reported: int | None
    received: int

    @classmethod
    def by(cls, kiosk: Kiosk) -> Progress:
        with closing(ReplicaReader.at(kiosk.data / "replica.db")) as replica:
            cards, _ = replica.card_counts()
        shown = kiosk.target()
        return cls(len(kiosk.replica()), cards, shown.get("held"), shown.get("received", 0))


def _broken_off(
    kiosk: Kiosk, counting: Counting, answers: int, random: Random, before: int | None = None
) -> Progress:
    """The carrier works until it has stored so many answers (it asks for the next before it has stored one), and is
    killed; where `before` entries were there before it, once it has reported how many it has received."""
    counting.stop_after(answers)
    carrier = kiosk.carry()
    assert counting.reached.wait(PATIENCE_S)
    sent = _distinct(counting.entries), _distinct(counting.cards)
    until(lambda: _stored(Progress.by(kiosk)) == sent, "what was sent to be stored")
    if before is not None:
        until(lambda: Progress.by(kiosk).received == len(kiosk.replica()) - before, "its progress")
    sum(range(random.randint(1, 200_000)))  # while it waits, or already tries again
    carrier.kill()
    counting.let_go()
    return Progress.by(kiosk)


def _stored(progress: Progress) -> tuple[int, int]:
    return progress.entries, progress.cards


def _distinct(messages: list[list[bytes]]) -> int:
    return len({one for message in messages for one in message})


def _sent_twice(messages: list[list[bytes]]) -> int:
    sent = Counter(one for message in messages for one in message)
    return sum(sent.values()) - len(sent)


def test_a_first_sync_that_is_killed_goes_on_where_it_was(
    registry: Registry, counting: Counting, kiosk_at: Callable[[str], Kiosk]
) -> None:
    kiosk = kiosk_at("east-1")
    kiosk.enrol_with(counting.service, registry.url, registry.pin)
    random = Random(17)
    first = _broken_off(kiosk, counting, 1, random)
    second = _broken_off(kiosk, counting, 1, random, first.entries)
    third = _broken_off(kiosk, counting, 5, random)
    whole = len(registry.marks())
    assert 0 < first.entries < second.entries < third.entries == whole
    assert first.cards <= second.cards < third.cards < PEOPLE

    counting.stop_after(None)
    kiosk.carry()
    until(lambda: Progress.by(kiosk).cards == PEOPLE, "everything to be here")
    until(lambda: kiosk.target().get("behind") == 0, "the carrier to say so")
    last = Progress.by(kiosk)
    assert sorted(kiosk.replica()) == sorted(registry.marks())
    assert (last.entries, last.reported) == (whole, whole)
    assert second.received == second.entries - first.entries, "it does not begin again"
    assert last.received == 0
    assert _sent_twice(counting.entries) == 0
    assert _sent_twice(counting.cards) <= 3 * MAX_CARDS


def test_a_first_sync_killed_in_the_midst_of_a_message_fetches_that_one_again_at_most(
    registry: Registry, counting: Counting, kiosk_at: Callable[[str], Kiosk]
) -> None:
    kiosk = kiosk_at("east-1")
    kiosk.enrol_with(counting.service, registry.url, registry.pin)
    random = Random(23)
    before = 0
    for answers in (1, 2):
        counting.stop_after(None)
        carrier = kiosk.carry()
        until(lambda n=answers: sum(map(bool, counting.entries)) >= n, "a piece of the roster")
        sum(range(random.randint(1, 1_500_000)))  # while it unpacks, checks or keeps the piece
        carrier.kill()
        stored = len(kiosk.replica())
        assert stored >= before
        before = stored

    kiosk.carry()
    until(lambda: kiosk.has_roster_of(registry), "the roster")
    assert sorted(kiosk.replica()) == sorted(registry.marks())
    assert _sent_twice(counting.entries) <= 2 * max(map(len, counting.entries))
