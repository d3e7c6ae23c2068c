"""Name cards travel beside the logs: to everybody whom the roster tells of them, and to nobody once they are erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims
from access.badge.name_card import Card, card_hash
from access.log.clock_reading import ClockReading
from access.log.entry import BadgeIssued, pack
from jianmen.testing.log_writer import LogWriter
from sync.wire.messages import MAX_CARDS, Envelope, Message, SealedCard, read

Node = Any


def card_of(number: int, sealed: bytes = b"sealed") -> SealedCard:
    card = Card(_badge(number), 1, sealed, sealed)
    return SealedCard(card_hash(card), pack(card))


def _badge(number: int) -> bytes:
    return number.to_bytes(5, "big")


def listed(number: int, card: SealedCard | None) -> BadgeIssued:
    digest = card.digest if card is not None else None
    return BadgeIssued(
        badge=_badge(number),
        issue=1,
        form="plain",
        claims=Claims(0, 1, 0, 1),
        verifier=bytes(32),
        card=digest,
    )


def issue(registry: Node, cards: list[SealedCard]) -> None:
    """The registry lists badges and keeps their cards."""
    bodies = [("badge", listed(number, card)) for number, card in enumerate(cards)]
    registry.journal.extend(bodies, ClockReading(1000, 1_795_000_000_000, True))
    registry.publish()
    keep(registry, cards)


def keep(node: Node, cards: list[SealedCard]) -> None:
    with node.replica.transaction():
        for card in cards:
            node.replica.keep_cards([card])


def test_cards_reach_a_kiosk_beyond_its_neighbour(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    cards = [card_of(number) for number in range(3)]
    issue(registry, cards)

    neighbour.talk_to(registry)
    kiosk.talk_to(neighbour)

    assert [kiosk.replica.card(_badge(n), 1) for n in range(3)] == [c.raw for c in cards]
    assert kiosk.replica.wanted_cards(9) == []


def test_more_cards_than_one_message_holds_come_in_one_talk(registry: Node, kiosk: Node) -> None:
    cards = [card_of(number) for number in range(MAX_CARDS * 2 + 7)]
    issue(registry, cards)

    brought = kiosk.talk_to(registry)

    assert kiosk.replica.wanted_cards(9) == []
    assert max(taken.cards for taken in brought) <= MAX_CARDS


def test_an_erased_card_is_gone_wherever_the_news_arrives(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    card = card_of(0)
    issue(registry, [card])
    neighbour.talk_to(registry)
    kiosk.talk_to(neighbour)

    registry.say("badge", listed(0, None))
    neighbour.talk_to(registry)
    assert neighbour.replica.cards([card.digest]) == []
    brought = neighbour.talk_to(kiosk)

    assert kiosk.replica.cards([card.digest]) == []
    assert neighbour.replica.card(_badge(0), 1) is None
    assert all(taken.cards == 0 for taken in brought)


@pytest.mark.parametrize("old_first", [True, False])
def test_an_erased_card_does_not_come_back_with_an_older_log_of_the_registry(
    kiosk: Node, registry: Node, new_log: Callable[..., LogWriter], old_first: bool
) -> None:
    """A registry that was restored goes on in a new log; its old one may reach a kiosk later."""
    card = card_of(0)
    old = new_log(registry.identity, "0000000a")
    old.write("badge", listed(0, card), wall_ms=1000)
    new = new_log(registry.identity, "0000000b")
    new.write("badge", listed(0, None), wall_ms=2000)

    for log in (old, new) if old_first else (new, old):
        kiosk.take(log.batch())
    keep(kiosk, [card])

    assert kiosk.replica.wanted_cards(9) == []
    assert kiosk.replica.card(_badge(0), 1) is None


def test_a_card_that_was_sealed_again_replaces_the_old_one_in_any_order(
    kiosk: Node, registry: Node, new_log: Callable[..., LogWriter]
) -> None:
    before, after = card_of(0), card_of(0, b"sealed again")
    old = new_log(registry.identity, "0000000a")
    old.write("badge", listed(0, before), wall_ms=1000)
    new = new_log(registry.identity, "0000000b")
    new.write("badge", listed(0, after), wall_ms=2000)

    kiosk.take(new.batch())
    keep(kiosk, [after])
    kiosk.take(old.batch())
    keep(kiosk, [before])

    assert kiosk.replica.card(_badge(0), 1) == after.raw
    assert [raw for _, _, raw in kiosk.replica.all_cards()] == [after.raw]


def test_a_card_with_another_content_than_was_named_is_let_fall(
    registry: Node, kiosk: Node
) -> None:
    card = card_of(0)
    issue(registry, [card])
    request = kiosk.sign(Message(1, b"n", b"", {}))
    hello, _ = registry.answerer.answer(request, 0)
    kiosk.talk_to(registry)
    nonce = read(Message, read(Envelope, hello).body).nonce
    wrong = [SealedCard(card.digest, b"another"), card_of(7), SealedCard(b"x" * 32, card.raw)]

    registry.answerer.answer(kiosk.sign(Message(1, b"n", nonce, {}, cards=wrong)), 0)

    assert registry.replica.cards([card.digest]) == [card]
    assert len(list(registry.replica.all_cards())) == 1


def test_cards_that_nobody_has_any_more_keep_no_others_waiting(registry: Node, kiosk: Node) -> None:
    cards = sorted((card_of(number) for number in range(MAX_CARDS + 50)), key=lambda c: c.digest)
    bodies = [
        ("badge", listed(int.from_bytes(msgspec.msgpack.decode(c.raw)[0], "big"), c)) for c in cards
    ]
    registry.journal.extend(bodies, ClockReading(1000, 1_795_000_000_000, True))
    registry.publish()
    keep(registry, cards[-20:])  # of those before, the registry has none

    for _ in range(3):
        kiosk.talk_to(registry)

    assert len(list(kiosk.replica.all_cards())) == 20


def test_cards_wait_until_the_roster_has_named_them(kiosk: Node) -> None:
    keep(kiosk, [card_of(0)])

    assert list(kiosk.replica.all_cards()) == []
