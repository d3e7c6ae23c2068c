"""The next part of a long answer is asked for while the last part is being stored."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.log.entry import digest_of
from jianmen.testing.log_writer import LogWriter
from sync.exchange.exchange import Answerer, Asker
from sync.exchange.vector_delta import completed
from sync.wire.messages import Message, SealedCard
from tests.sync.conftest import Node, opened
from tests.sync.exchange.test_exchange_properties import Side, branching_logs, three_sides


@pytest.fixture(autouse=True, scope="module")
def short_messages() -> Iterator[None]:
    """A message has one batch, or three cards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.exchange.batching.MAX_BATCHES", 1)
        patch.setattr("sync.exchange.party.MAX_CARDS", 3)
        patch.setattr("sync.exchange.asking_ahead.MAX_CARDS", 3)
        yield


class Older(Answerer):
    """A version that knows nothing of entries on their way."""

    def unseal(self, raw: bytes) -> tuple[str, Message]:
        device, message = super().unseal(raw)
        return device, msgspec.structs.replace(message, coming={})


class Line:
    """A connection on which requests go out ahead; what the other side answered, in order."""

    def __init__(self, asker: Asker, answerer: Answerer) -> None:
        self.asker = asker
        self.answerer = answerer
        self.requests: list[Message] = []
        self.answers: list[Message] = []
        self._ahead: bytes | None = None

    def round(self) -> bool:
        """Receive the answer to what was sent ahead, or to a new request. Return whether there is more."""
        answer, self._ahead = self._ahead, None
        return self.asker.receive(answer or self._ask(self.asker.request()), self._send_ahead)[1]

    def _send_ahead(self, request: bytes) -> None:
        self._ahead = self._ask(request)

    def _ask(self, request: bytes) -> bytes:
        answer, _ = self.answerer.answer(request, 5000)
        self.requests.append(opened(request))
        self.answers.append(opened(answer))
        return answer

    def break_off(self) -> None:
        self._ahead = None
        self.asker.forget()

    def until_quiet(self) -> None:
        for _ in range(200):
            if not self.round():
                return
        raise AssertionError("the two never come to an end")

    @property
    def entries_sent(self) -> int:
        return sum(len(batch.raws) for one in self.answers for batch in one.batches)


@pytest.fixture
def behind(registry: Node, kiosk: Node, neighbour: Node) -> Node:
    """A kiosk that lacks much of the neighbour's log and of the registry's."""
    neighbour.publish()
    for _ in range(5):
        neighbour.work(600)
        neighbour.publish()
    return kiosk


def test_each_entry_is_sent_once(behind: Node, neighbour: Node) -> None:
    line = Line(behind.asker(neighbour), neighbour.answerer)
    line.until_quiet()
    assert behind.everything() >= neighbour.everything()
    assert line.entries_sent == 3001
    assert sum(bool(request.coming) for request in line.requests) > 3


def test_nothing_is_acknowledged_before_it_is_stored(behind: Node, neighbour: Node) -> None:
    line = Line(behind.asker(neighbour), neighbour.answerer)
    again = True
    while again:
        before = dict(behind.replica.vector())
        asked = len(line.requests)
        again = line.round()
        ahead = line.requests[-1]
        if len(line.requests) > asked and ahead.coming:
            whole = completed(ahead, neighbour.answerer.history.at(ahead.basis) or {})
            assert whole is not None
            assert whole.have == before


def test_an_older_version_is_asked_ahead_once(behind: Node, neighbour: Node) -> None:
    older = Older(neighbour.replica, neighbour.identity, neighbour.now_ms, lambda: None)
    line = Line(behind.asker(neighbour), older)
    line.until_quiet()
    assert behind.everything() >= neighbour.everything()
    assert sum(bool(request.coming) for request in line.requests) == 1


def test_what_could_not_be_stored_is_asked_for_again(
    behind: Node, neighbour: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(behind.asker(neighbour), neighbour.answerer)
    while not line.answers or not line.answers[-1].batches:
        line.round()
    with monkeypatch.context() as patch:
        patch.setattr("sync.exchange.quota.MAX_DEVICE_ENTRIES", 1)
        line.round()
        line.round()
    line.until_quiet()
    line.break_off()
    line.until_quiet()
    assert behind.everything() >= neighbour.everything()


def test_each_name_card_is_sent_once(kiosk: Node, neighbour: Node) -> None:
    cards = [b"a sealed card %d" % number for number in range(20)]
    named = {(b"%05d" % n, 1): digest_of(raw) for n, raw in enumerate(cards)}
    for node in (kiosk, neighbour):
        node.replica._cards.expect(named)
    line = Line(kiosk.asker(neighbour), neighbour.answerer)
    line.until_quiet()
    neighbour.replica.keep_cards([SealedCard(digest_of(raw), raw) for raw in cards])
    line.until_quiet()
    assert {card.raw for card in kiosk.replica.all_sealed()} == set(cards)
    assert sum(len(answer.cards) for answer in line.answers) == len(cards)


@given(branching_logs(), st.data())
def test_whatever_breaks_off_both_have_the_same_in_the_end(
    lines: list[LogWriter], data: st.DataObject
) -> None:
    with three_sides() as (here, there, _):
        for written in lines:
            there.take(written, len(written.entries))
            here.take(written, data.draw(st.integers(0, len(written.entries))))
        older = data.draw(st.booleans())
        line = Line(here.asker(there), _older(there) if older else there.answerer)
        for broken in data.draw(st.lists(st.booleans(), max_size=12)):
            if broken:
                line.break_off()
            line.round()
        line.until_quiet()
        line.break_off()
        line.until_quiet()
        assert here.entries() == there.entries()
        assert here.tips() == there.tips()


def _older(side: Side) -> Older:
    return Older(side.replica, side.identity, lambda: 1_795_000_000_000, lambda: None)
