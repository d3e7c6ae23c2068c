"""A stranger, a carrier that cheats, a stolen kiosk: each is refused with a reason, and harms nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims
from access.log.chain import ChainError, Head
from access.log.entry import Alarm, BadgeIssued, Kiosk, Revoked, decode, encode, pack
from jianmen.testing.log_writer import LogWriter
from sync.exchange.exchange import Asker
from sync.store.log_store import CutOffError, GapError, UnknownWriterError
from sync.wire.device_key import DeviceKey
from sync.wire.messages import (
    MAX_BATCH_ENTRIES,
    MAX_CARDS,
    MAX_LOGS,
    MAX_MESSAGE_BYTES,
    VERSION,
    Batch,
    Envelope,
    Message,
    MessageError,
    SealedCard,
    TimeReport,
    read,
)

Node = Any

STRANGER = DeviceKey.from_seed(b"\x09" * 32)


def opened(raw: bytes) -> Message:
    """The message in these bytes, whoever sent it."""
    return read(Message, read(Envelope, raw).body)


@pytest.fixture
def log(kiosk: Node, new_log: Callable[..., LogWriter]) -> LogWriter:
    """A log of 20 entries that the kiosk wrote."""
    return new_log(kiosk.identity).grow(20)


def with_batch(node: Node, other: Node, batch: Batch, **more: Any) -> bytes:
    """A request of `node` over a good nonce of `other`'s that brings a batch."""
    hello, _ = other.answerer.answer(node.sign(Message(VERSION, b"n", b"", {})), 0)
    nonce = opened(hello).nonce
    return node.sign(Message(VERSION, b"n", nonce, {}, batches=[batch], **more))


def changed(batch: Batch, **fields: Any) -> Batch:
    return msgspec.structs.replace(batch, **fields)


def altered(batch: Batch) -> Batch:
    entry = decode(batch.raws[7])
    raw = encode(
        entry.seq,
        entry.prev,
        entry.mono_ms,
        entry.wall_ms,
        True,
        "alarm",
        Alarm(what="x", detail="altered"),
    )
    return changed(batch, raws=[*batch.raws[:7], raw, *batch.raws[8:]])


def reordered(batch: Batch) -> Batch:
    return changed(batch, raws=[*batch.raws[:7], batch.raws[8], batch.raws[7], *batch.raws[9:]])


def invented(batch: Batch) -> Batch:
    end = decode(batch.raws[-1])
    raw = encode(
        end.seq + 1, batch.head.digest, 1, 1, True, "alarm", Alarm(what="x", detail="invented")
    )
    return changed(batch, raws=[*batch.raws, raw])


def foreign_head(batch: Batch) -> Batch:
    head = batch.head
    return changed(batch, head=STRANGER.head(head.log, head.seq, head.digest, head.at_ms))


def dated_head(batch: Batch) -> Batch:
    head = batch.head
    forged = Head(head.log, head.seq, head.digest, head.at_ms + 1, head.signature)
    return changed(batch, head=forged)


def of_another_log(batch: Batch) -> Batch:
    return changed(batch, log=batch.log[:-1] + "f")


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        (altered, "does not follow"),
        (reordered, "it says that it is number 9"),
        (invented, "the signed head names another entry"),
        (foreign_head, "not signed by its owner"),
        (dated_head, "not signed by its owner"),
        (of_another_log, "not signed by its owner"),
        (lambda batch: changed(batch, raws=batch.raws[:-1]), "the signed head names another entry"),
        (lambda batch: changed(batch, raws=batch.raws[:5] + batch.raws[6:]), "number 7"),
        (lambda batch: changed(batch, raws=batch.raws[1:]), "it says that it is number 2"),
        (lambda batch: changed(batch, raws=[]), "the signed head names another entry"),
        (lambda batch: changed(batch, raws=[b"junk"]), "not a log entry"),
        (lambda batch: changed(batch, raws=[b"x" * 300_000]), "an entry of over 4096 bytes"),
        (lambda batch: changed(batch, after=5, prev=b"p" * 32), "it says that it is number 1"),
    ],
)
def test_a_carrier_that_cheats_is_refused_and_other_logs_go_on(
    kiosk: Node,
    neighbour: Node,
    log: LogWriter,
    new_log: Callable[..., LogWriter],
    attack: Callable[[Batch], Batch],
    why: str,
) -> None:
    good = new_log(neighbour.identity).grow(3)
    request = with_batch(neighbour, kiosk, attack(log.batch()))
    message = opened(request)
    both = msgspec.structs.replace(message, batches=[*message.batches, good.batch()])

    _, taken = kiosk.answerer.answer(neighbour.sign(both), 0)

    (reason,) = taken.rejected.values()
    assert why in reason
    assert taken.entries == 3
    assert log.log not in kiosk.replica.vector()
    assert kiosk.take(log.batch()) == 20


def test_entries_replayed_under_a_later_number_are_refused(kiosk: Node, log: LogWriter) -> None:
    kiosk.take(log.batch())

    with pytest.raises(ChainError):
        kiosk.take(Batch(log.log, *log.point(20), log.raws[5:10], log.batch(until=10).head))
    with pytest.raises(GapError):
        kiosk.take(log.branch_after(10).grow(5, "elsewhere").batch(12))
    assert kiosk.replica.tips(log.log) == [log.point()]


def test_a_log_in_a_strangers_name_is_refused(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    batch = new_log(STRANGER).grow(3).batch()

    _, taken = kiosk.answerer.answer(with_batch(neighbour, kiosk, batch), 0)

    assert "not enrolled" in taken.rejected[batch.log]
    with pytest.raises(UnknownWriterError):
        kiosk.take(batch)


def test_a_kiosk_cannot_write_in_the_registrys_log(
    kiosk: Node, neighbour: Node, registry: Node, new_log: Callable[..., LogWriter]
) -> None:
    real = registry.journal.log
    forged = new_log(registry.identity, "0000000f")
    forged.write("kiosk", Kiosk(device=STRANGER.fingerprint, public=STRANGER.public, gate="gate"))
    head = neighbour.identity.head(forged.log, *forged.point(), 1)
    batch = Batch(forged.log, 0, bytes(32), forged.raws, head)

    _, taken = kiosk.answerer.answer(with_batch(neighbour, kiosk, batch), 0)

    assert "not signed by its owner" in taken.rejected[forged.log]
    assert kiosk.replica.public_key(STRANGER.fingerprint) is None
    assert set(kiosk.replica.vector()) & {real, forged.log} == {real}


def test_what_only_the_registry_may_say_does_nothing_in_a_kiosks_log(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(neighbour.identity)
    log.write("kiosk", Kiosk(device=STRANGER.fingerprint, public=STRANGER.public, gate="gate"))
    log.write(
        "badge",
        BadgeIssued(
            badge=b"BADGE",
            issue=1,
            form="plain",
            claims=Claims(0, 1, 0, 1),
            verifier=bytes(32),
            card=b"c" * 32,
        ),
    )
    log.write("revoke", Revoked(badge=b"BADGE", issue=None, why="a lie"))

    assert kiosk.take(log.batch()) == 3
    assert kiosk.replica.public_key(STRANGER.fingerprint) is None
    assert kiosk.replica.wanted_cards(10) == []


def test_a_message_signed_by_another_key_than_it_says_is_refused(
    kiosk: Node, neighbour: Node
) -> None:
    envelope = read(Envelope, neighbour.sign(Message(VERSION, b"n", b"", {})))
    stolen = Envelope(envelope.body, neighbour.device, STRANGER.sign(envelope.body))

    with pytest.raises(MessageError, match="not signed by device"):
        kiosk.answerer.answer(pack(stolen), 0)


def test_a_message_that_was_altered_on_the_way_is_refused(kiosk: Node, neighbour: Node) -> None:
    raw = bytearray(neighbour.sign(Message(VERSION, b"nonce", b"", {})))
    raw[raw.index(b"nonce")] ^= 1

    with pytest.raises(MessageError, match="not signed"):
        kiosk.answerer.answer(bytes(raw), 0)


def test_an_answer_of_another_device_is_refused(
    kiosk: Node, neighbour: Node, registry: Node
) -> None:
    asker = kiosk.asker(registry)
    answer, _ = neighbour.answerer.answer(asker.request(), 0)

    with pytest.raises(MessageError, match=f"answered in the place of {registry.device}"):
        asker.receive(answer)


def test_the_answer_to_another_request_is_refused(kiosk: Node, neighbour: Node) -> None:
    kiosk.talk_to(neighbour)
    asker = kiosk.asker(neighbour)
    old, _ = neighbour.answerer.answer(asker.request(), 5000)
    asker.request()

    with pytest.raises(MessageError, match="another request"):
        asker.receive(old)


def test_a_replayed_answer_cannot_turn_time_back(kiosk: Node, registry: Node) -> None:
    registry.time_report = TimeReport(1, 1, "registry")
    kiosk.talk_to(registry)
    asker = kiosk.asker(registry)
    old, _ = registry.answerer.answer(asker.request(), 5000)
    asker.receive(old)
    asker.request()

    with pytest.raises(MessageError):
        asker.receive(old)


def test_a_request_of_somebody_else_cannot_be_replayed_over_its_nonce(
    kiosk: Node, neighbour: Node, registry: Node
) -> None:
    """A nonce is given to one device; another gets a hello and nothing else."""
    hello, _ = registry.answerer.answer(kiosk.sign(Message(VERSION, b"n", b"", {})), 0)
    kiosks = opened(hello).nonce
    answer, taken = registry.answerer.answer(neighbour.sign(Message(VERSION, b"n", kiosks, {})), 0)

    assert opened(answer).hello
    assert not opened(answer).have
    assert not taken.news


def test_a_cut_off_device_gets_no_answer_but_what_it_wrote_is_still_carried(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    kiosk.work(3)
    kiosk.talk_to(neighbour)
    registry.say(
        "kiosk", Kiosk(device=kiosk.device, public=kiosk.identity.public, gate=None, cut_off=True)
    )
    registry.publish()

    with pytest.raises(CutOffError, match="cut off"):
        kiosk.talk_to(registry)
    neighbour.talk_to(registry)
    assert kiosk.everything() - neighbour.everything() == set()
    assert any(log.startswith(kiosk.device) for log in registry.replica.vector())
    with pytest.raises(CutOffError):
        kiosk.talk_to(neighbour)


def test_a_vector_of_a_million_logs_is_no_message(kiosk: Node, neighbour: Node) -> None:
    have = {f"{n:024x}": [] for n in range(MAX_LOGS + 1)}
    body = [VERSION, b"n", b"", have]

    with pytest.raises(MessageError, match=str(MAX_LOGS)):
        kiosk.answerer.answer(_signed(neighbour, body), 0)


def test_a_vector_that_claims_a_million_logs_and_brings_none_is_no_message(
    kiosk: Node, neighbour: Node
) -> None:
    body = pack([VERSION, b"n", b""])
    raw = b"\x94" + body[1:] + b"\xdf\x00\x0f\x42\x40"
    identity = neighbour.identity

    with pytest.raises(MessageError):
        kiosk.answerer.answer(pack(Envelope(raw, identity.fingerprint, identity.sign(raw))), 0)


def _signed(node: Node, body: object) -> bytes:
    raw = pack(body)
    return pack(Envelope(raw, node.device, node.identity.sign(raw)))


def test_a_full_vector_of_invented_logs_gets_a_short_answer(kiosk: Node, neighbour: Node) -> None:
    kiosk.publish()
    hello, _ = kiosk.answerer.answer(neighbour.sign(Message(VERSION, b"n", b"", {})), 0)
    points = [(5, b"p" * 32)]
    have = {f"{n:024x}": points for n in range(MAX_LOGS)}
    unknown = sorted(have)
    request = Message(VERSION, b"n", opened(hello).nonce, have, unknown=unknown)

    answer, taken = kiosk.answerer.answer(neighbour.sign(request), 0)

    assert len(answer) < 4096
    assert not taken.news


@pytest.mark.parametrize(
    "more",
    [
        {"batches": [None] * 65},
        {"wants": [b"w" * 32] * (MAX_CARDS + 1)},
        {"cards": [SealedCard(b"c" * 32, b"")] * (MAX_CARDS + 1)},
        {"cards": [SealedCard(b"c" * 32, b"x" * 8193)]},
        {"have": {"0" * 24: [(1, b"p" * 32)] * 65}},
        {"have": {"no log": []}},
        {"have": {"0" * 24: [(-1, b"p" * 32)]}},
        {"nonce": b"n" * 65},
        {"version": "one"},
    ],
)
def test_a_message_beyond_its_bounds_is_no_message(
    kiosk: Node, neighbour: Node, more: dict[str, Any]
) -> None:
    fields: dict[str, Any] = {"version": VERSION, "nonce": b"n", "yours": b"", "have": {}} | more

    with pytest.raises(MessageError):
        kiosk.answerer.answer(neighbour.sign(Message(**fields)), 0)


def test_a_batch_of_too_many_entries_is_no_message(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    long = new_log(neighbour.identity).grow(MAX_BATCH_ENTRIES + 1)

    with pytest.raises(MessageError, match="512"):
        kiosk.answerer.answer(with_batch(neighbour, kiosk, long.batch()), 0)


def test_a_log_whose_name_ends_in_a_line_end_is_no_message(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    """It would be one letter too long for a database that holds its columns to their length."""
    log = new_log(neighbour.identity, "0000000a\n").grow(1)

    with pytest.raises(MessageError, match="24"):
        kiosk.answerer.answer(with_batch(neighbour, kiosk, log.batch()), 0)


def test_arrays_in_arrays_without_end_are_no_message(kiosk: Node, neighbour: Node) -> None:
    deep = b"\x91" * 500_000 + b"\x90"
    envelope = pack(Envelope(b"", neighbour.device, bytes(64)))

    with pytest.raises(MessageError):
        kiosk.answerer.answer(b"\x94" + envelope[1:] + deep, 0)
    body = b"\xdc\x00\x12" + pack(Message(VERSION, b"n", b"", {}))[3:] + deep
    with pytest.raises(MessageError):
        kiosk.answerer.answer(
            pack(Envelope(body, neighbour.device, neighbour.identity.sign(body))), 0
        )


def test_huge_entries_of_the_registry_are_passed_on_in_messages_that_others_take(
    kiosk: Node, neighbour: Node, registry: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(registry.identity)
    for at in range(40):
        log.write("alarm", Alarm(what="x", detail="y" * 200_000))
        kiosk.take(log.batch(at))
    neighbour.work(3)
    neighbour.publish()
    asker = neighbour.asker(kiosk)

    again = True
    while again:
        answer, _ = kiosk.answerer.answer(asker.request(), 0)
        assert len(answer) < MAX_MESSAGE_BYTES + 300_000
        _, again = asker.receive(answer)
    assert neighbour.replica.tips(log.log) == [log.point()]


def test_a_head_that_its_device_did_not_sign_is_dropped(
    kiosk: Node, neighbour: Node, registry: Node
) -> None:
    kiosk.talk_to(neighbour)
    head = neighbour.replica.latest_head(kiosk.device)
    forged = msgspec.structs.replace(head, at_ms=head.at_ms + 10**9)
    foreign = STRANGER.head(head.log, head.seq, head.digest, head.at_ms + 10**9)
    hello, _ = neighbour.answerer.answer(registry.sign(Message(VERSION, b"n", b"", {})), 0)
    request = Message(VERSION, b"n", opened(hello).nonce, {}, heads=[forged, foreign])

    neighbour.answerer.answer(registry.sign(request), 0)

    assert neighbour.replica.latest_head(kiosk.device) == head


def test_an_answer_in_the_registrys_name_needs_the_registrys_key(
    kiosk: Node, registry: Node
) -> None:
    """An asker believes the key it was enrolled with and no other, whatever an answer says of itself."""
    asker = Asker(kiosk.replica, kiosk.identity, kiosk.now_ms, lambda: None, registry.device)
    asker.request()
    body = pack(Message(VERSION, b"n", b"", {}))
    forged = pack(Envelope(body, registry.device, STRANGER.sign(body)))

    with pytest.raises(MessageError, match="not signed by device"):
        asker.receive(forged)
