"""Exchanges in which little or nothing is new: only that is sent, and who is still there is known soon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.log.entry import pack
from sync.carrier.reach_log import REACHED_MS
from sync.exchange.head_relay import OFFER_AFTER_MS
from sync.wire.messages import Envelope, Message, Renewal, read

Node = Any
Round = tuple[Message, Message]


def opened(raw: bytes) -> Message:
    return read(Message, read(Envelope, raw).body)


def talk(kiosk: Node, other: Node) -> list[Round]:
    """Exchange until quiet; each request with its answer."""
    kiosk.publish()
    other.publish()
    asker = kiosk.asker(other)
    rounds = []
    again = True
    while again:
        request = asker.request()
        answer, _ = other.answerer.answer(request, 5000)
        _, again = asker.receive(answer)
        rounds.append((opened(request), opened(answer)))
    return rounds


@pytest.fixture
def crowd(
    registry: Node, kiosk: Node, neighbour: Node, enrol: Callable[..., Node]
) -> tuple[Node, Node]:
    """Two kiosks that hold the logs of twenty, and have talked."""
    for seed in range(20, 40):
        enrol(seed).talk_to(registry)
    registry.talk_to(neighbour)
    talk(kiosk, neighbour)
    return kiosk, neighbour


def test_nothing_new_takes_some_hundred_bytes(crowd: tuple[Node, Node]) -> None:
    ((request, answer),) = talk(*crowd)

    assert (request.have, answer.have) == ({}, {})
    assert (request.heard, request.batches, answer.batches) == ({}, [], [])
    assert {head.log[:16] for head in request.heads} <= {crowd[0].device}
    assert len(pack(request)) < 500


def test_a_head_that_the_other_side_knows_is_only_signed_again(
    crowd: tuple[Node, Node],
) -> None:
    kiosk, neighbour = crowd
    talk(kiosk, neighbour)
    kiosk.clock_ms += 1000
    ((request, _),) = talk(kiosk, neighbour)

    assert request.heads == []
    assert [one.device.hex() for one in request.renewed] == [kiosk.device]
    assert neighbour.replica.heard_ms(kiosk.device) == request.renewed[0].at_ms


def test_a_renewal_that_its_device_has_not_signed_changes_nothing(
    crowd: tuple[Node, Node], registry: Node
) -> None:
    neighbour = crowd[1]
    before = neighbour.replica.heard_ms(registry.device)
    forged = Renewal(bytes.fromhex(registry.device), before + 60_000, bytes(64))
    neighbour.answerer.take(Message(1, b"", b"", {}, renewed=[forged]))

    assert neighbour.replica.heard_ms(registry.device) == before


def test_one_new_entry_names_one_log(crowd: tuple[Node, Node]) -> None:
    kiosk, neighbour = crowd
    kiosk.work(1)
    log = kiosk.journal.log
    rounds = talk(kiosk, neighbour)

    assert set(rounds[0][0].have) == {log}
    assert [batch.log for batch in rounds[0][0].batches] == [log]
    assert set(rounds[0][1].have) == {log}
    assert kiosk.everything() == neighbour.everything()


def test_what_the_other_side_learned_meanwhile_comes_as_a_delta(
    crowd: tuple[Node, Node], registry: Node
) -> None:
    kiosk, neighbour = crowd
    registry.work(3)
    neighbour.talk_to(registry)
    rounds = talk(kiosk, neighbour)

    assert rounds[0][0].have == {}
    assert registry.journal.log in rounds[0][1].have
    assert len(rounds[0][1].have) <= 2
    assert kiosk.everything() == neighbour.everything()


def test_a_side_that_was_started_again_is_sent_everything(crowd: tuple[Node, Node]) -> None:
    kiosk, neighbour = crowd
    neighbour.answerer = type(neighbour.answerer)(
        neighbour.replica, neighbour.identity, neighbour.now_ms, lambda: None
    )
    kiosk.work(1)
    rounds = talk(kiosk, neighbour)

    assert rounds[0][1].hello
    assert rounds[1][0].have == kiosk.replica.vector()
    assert kiosk.everything() == neighbour.everything()


def test_a_kiosk_that_is_still_there_is_passed_on_every_few_seconds(
    crowd: tuple[Node, Node], registry: Node
) -> None:
    """The neighbour hears a third device directly, each second; the kiosk hears of it through the neighbour."""
    kiosk, neighbour = crowd
    before = kiosk.replica.heard_ms(registry.device)
    passed = 0
    for _ in range(10):
        for node in (kiosk, neighbour, registry):
            node.clock_ms += 1000
        registry.talk_to(neighbour)
        rounds = talk(kiosk, neighbour)
        passed += sum(head.log[:16] == registry.device for _, one in rounds for head in one.heads)
        passed += sum(
            head.device.hex() == registry.device for _, one in rounds for head in one.renewed
        )
        late = registry.clock_ms - kiosk.replica.heard_ms(registry.device)
        assert late < REACHED_MS
    assert kiosk.replica.heard_ms(registry.device) > before
    assert passed < 10


def test_a_device_is_heard_through_two_others_soon_enough_to_be_passed_seats(
    crowd: tuple[Node, Node], registry: Node, enrol: Callable[..., Node]
) -> None:
    kiosk, neighbour = crowd
    third = enrol(60)
    third.talk_to(registry)
    registry.talk_to(neighbour)
    talk(kiosk, neighbour)
    talk(third, kiosk)
    for _ in range(12):
        for node in (third, kiosk, neighbour, registry):
            node.clock_ms += 1000
        registry.talk_to(neighbour)
        talk(kiosk, neighbour)
        talk(third, kiosk)
        assert 0 <= registry.clock_ms - third.replica.heard_ms(registry.device) < REACHED_MS


def test_an_asker_offers_at_once_what_the_other_side_says_it_has_not_heard(
    crowd: tuple[Node, Node], registry: Node
) -> None:
    kiosk, neighbour = crowd
    for node in (kiosk, neighbour, registry):
        node.clock_ms += OFFER_AFTER_MS
    registry.talk_to(kiosk)
    talk(kiosk, neighbour)

    assert neighbour.replica.heard_ms(registry.device) == kiosk.replica.heard_ms(registry.device)
