"""What two devices that talk have in the end, however often they are interrupted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.log.clock_reading import ClockReading
from access.log.entry import Alarm, Kiosk
from jianmen.testing.log_writer import LogWriter
from sync.exchange.exchange import NONCE_LIVES_MS
from sync.store.log_store import UnknownWriterError
from sync.wire.messages import (
    MAX_BATCHES,
    MAX_MESSAGE_BYTES,
    Envelope,
    Message,
    MessageError,
    TimeReport,
    read,
)

Node = Any


def opened(raw: bytes) -> Message:
    """The message in these bytes, whoever sent it."""
    return read(Message, read(Envelope, raw).body)


def test_both_sides_end_with_the_same_entries(kiosk: Node, neighbour: Node) -> None:
    kiosk.work(300)
    neighbour.work(20)

    kiosk.talk_to(neighbour)

    assert kiosk.replica.vector() == neighbour.replica.vector()
    assert kiosk.everything() == neighbour.everything()
    assert len(kiosk.everything()) == 301 + 21 + 3


def test_a_second_talk_brings_nothing(kiosk: Node, neighbour: Node) -> None:
    kiosk.work(10)
    kiosk.talk_to(neighbour)

    assert not any(taken.news for taken in kiosk.talk_to(neighbour))
    assert not any(taken.news for taken in neighbour.talk_to(kiosk))


def test_a_wiped_kiosk_gets_its_own_log_back_from_a_neighbour(
    kiosk: Node, neighbour: Node, make_node: Callable[[int], Node], registry: Node
) -> None:
    kiosk.work(40)
    kiosk.talk_to(neighbour)

    again = make_node(2)  # the same key, an empty card, a new log
    again.publish()
    again.take(registry.replica.batch(registry.journal.log, (0, bytes(32))))
    again.talk_to(neighbour)

    assert kiosk.everything() < again.everything()
    assert again.replica.vector() == neighbour.replica.vector()


def test_a_lost_request_or_answer_changes_nothing_for_long(kiosk: Node, neighbour: Node) -> None:
    kiosk.work(5)
    kiosk.publish()
    asker = kiosk.asker(neighbour)
    asker.receive(neighbour.answerer.answer(asker.request(), 0)[0])  # the nonce

    asker.request()  # never arrives
    neighbour.answerer.answer(asker.request(), 0)  # arrives, and its answer is lost
    asker.forget()

    kiosk.talk_to(neighbour)
    assert kiosk.everything() == neighbour.everything()


def test_a_request_that_arrives_twice_is_answered_twice_and_kept_once(
    kiosk: Node, neighbour: Node
) -> None:
    kiosk.work(5)
    kiosk.publish()
    asker = kiosk.asker(neighbour)
    for _ in range(2):
        asker.receive(neighbour.answerer.answer(asker.request(), 0)[0])
    request = asker.request()

    first, brought = neighbour.answerer.answer(request, 0)
    second, again = neighbour.answerer.answer(request, 0)

    assert (brought.entries, again.entries) == (6, 0)
    assert opened(first).have == opened(second).have
    asker.receive(second)


@pytest.mark.parametrize("broken_after", range(8))
def test_a_talk_broken_off_after_any_message_is_taken_up_again(
    kiosk: Node, neighbour: Node, broken_after: int
) -> None:
    kiosk.work(700)
    neighbour.work(700)
    kiosk.publish()
    neighbour.publish()
    asker = kiosk.asker(neighbour)
    for step in range(broken_after):
        if step % 2 == 0:
            answer, _ = neighbour.answerer.answer(asker.request(), 0)
        else:
            asker.receive(answer)
    asker.forget()

    for node in (kiosk, neighbour):
        tips = node.replica.vector()
        assert all(len(points) == 1 for points in tips.values())
        assert len(node.everything()) == sum(points[0][0] for points in tips.values())
    kiosk.talk_to(neighbour)
    assert kiosk.everything() == neighbour.everything()


def test_the_registrys_log_goes_first_so_that_nobody_is_refused_for_being_new(
    registry: Node, enrol: Callable[..., Node]
) -> None:
    for seed in range(2, 8):
        kiosk = enrol(seed)
        kiosk.work(3)
        kiosk.talk_to(registry)
    empty = enrol(8, knows=False)

    brought = empty.talk_to(registry)

    assert all(not taken.rejected for taken in brought)
    assert empty.everything() == registry.everything()


def test_more_than_one_message_holds_goes_in_several_of_bounded_size(
    kiosk: Node, neighbour: Node
) -> None:
    long = [("alarm", Alarm(what="door_forced", detail="x" * 480))] * 9000
    kiosk.journal.extend(long, ClockReading(1, kiosk.clock_ms, True))
    kiosk.publish()
    asker = neighbour.asker(kiosk)

    sizes = []
    again = True
    while again:
        answer, _ = kiosk.answerer.answer(asker.request(), 0)
        message = opened(answer)
        sizes.append(sum(len(raw) for batch in message.batches for raw in batch.raws))
        assert len(message.batches) <= MAX_BATCHES
        _, again = asker.receive(answer)

    assert max(sizes) <= MAX_MESSAGE_BYTES
    assert len([size for size in sizes if size]) > 4
    assert kiosk.everything() <= neighbour.everything()


def test_a_message_never_carries_more_than_its_share_of_batches(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    for epoch in range(150):
        kiosk.take(new_log(kiosk.identity, f"{epoch:08x}").grow(2).batch())

    brought = neighbour.talk_to(kiosk)

    assert len(brought) >= 3
    assert max(taken.entries for taken in brought) <= 2 * MAX_BATCHES
    assert kiosk.everything() <= neighbour.everything()


def test_a_kiosk_carries_the_log_of_one_that_has_no_uplink(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    kiosk.work(500)

    kiosk.talk_to(neighbour)
    neighbour.talk_to(registry)

    assert kiosk.everything() <= registry.everything()
    assert registry.replica.latest_head(kiosk.device) is not None


def test_what_the_registry_says_reaches_a_kiosk_through_its_neighbour(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    neighbour.talk_to(registry)
    registry.work(30)
    neighbour.talk_to(registry)

    kiosk.talk_to(neighbour)

    assert registry.everything() <= kiosk.everything()


def test_a_device_that_nobody_enrolled_is_refused_by_name(
    kiosk: Node, make_node: Callable[[int], Node]
) -> None:
    stranger = make_node(9)

    with pytest.raises(UnknownWriterError, match=stranger.device):
        kiosk.answerer.answer(stranger.asker(kiosk).request(), 0)


def test_a_registry_restored_from_an_old_backup_is_filled_up_again(
    registry: Node, kiosk: Node, make_node: Callable[[int], Node]
) -> None:
    backup = registry.replica.batch(registry.journal.log, (0, bytes(32)))
    registry.work(50)
    kiosk.work(50)
    kiosk.talk_to(registry)

    restored = make_node(1)
    restored.take(backup)
    brought = kiosk.talk_to(restored)

    assert registry.everything() <= restored.everything()
    assert all(not taken.rejected for taken in brought)


def test_a_side_that_lost_its_last_entries_is_given_them_again_without_being_asked(
    kiosk: Node, neighbour: Node, make_node: Callable[[int], Node], registry: Node
) -> None:
    """What the other side holds is asked again in every round: no cursor is trusted."""
    kiosk.work(20)
    kiosk.talk_to(neighbour)
    asker = kiosk.asker(neighbour)
    shorter = make_node(3)
    shorter.take(registry.replica.batch(registry.journal.log, (0, bytes(32))))
    kiosk.askers[shorter.device] = asker

    kiosk.talk_to(shorter)
    assert kiosk.everything() == shorter.everything()


def test_an_old_nonce_costs_one_more_round_and_nothing_else(kiosk: Node, neighbour: Node) -> None:
    kiosk.talk_to(neighbour)
    asker = kiosk.asker(neighbour)
    kiosk.work(5)
    kiosk.publish()

    late = 5000 + NONCE_LIVES_MS + 1
    rounds = [asker.receive(neighbour.answerer.answer(asker.request(), late)[0])]
    while rounds[-1][1]:
        rounds.append(asker.receive(neighbour.answerer.answer(asker.request(), late)[0]))

    assert not rounds[0][0].news
    assert kiosk.everything() == neighbour.everything()


def test_a_clock_of_the_other_side_that_jumps_back_and_forth_ends_the_step_not_the_carrier(
    kiosk: Node, neighbour: Node
) -> None:
    kiosk.publish()
    asker = kiosk.asker(neighbour)
    again = True
    now = 10**9
    for _ in range(5):
        if not again:
            break
        now -= 1000
        _, again = asker.receive(neighbour.answerer.answer(asker.request(), now)[0])
    assert not again


def test_what_each_side_lacks_is_known_after_the_first_answer(kiosk: Node, neighbour: Node) -> None:
    asker = kiosk.asker(neighbour)
    assert (asker.ahead(), asker.behind()) == (None, None)

    kiosk.talk_to(neighbour)
    assert (asker.ahead(), asker.behind()) == (0, 0)

    kiosk.work(7)
    kiosk.publish()
    assert (asker.ahead(), asker.behind()) == (7, 0)

    asker.forget()
    assert (asker.ahead(), asker.behind()) == (None, None)


def test_a_newer_head_is_sent_although_there_are_no_entries(
    registry: Node, kiosk: Node, neighbour: Node
) -> None:
    kiosk.talk_to(neighbour)
    neighbour.talk_to(registry)
    before = registry.replica.heard_ms(kiosk.device)

    kiosk.clock_ms += 60_000
    kiosk.talk_to(neighbour)
    neighbour.talk_to(registry)

    after = registry.replica.heard_ms(kiosk.device)
    assert before is not None
    assert after is not None
    assert after >= before + 60_000


def test_a_side_that_speaks_another_version_is_refused_with_a_reason(
    kiosk: Node, neighbour: Node
) -> None:
    request = neighbour.sign(Message(99, b"n" * 16, b"", {}))

    with pytest.raises(MessageError, match="version 99, this one 1"):
        kiosk.answerer.answer(request, 0)


def test_the_time_of_a_hello_is_not_believed(kiosk: Node, neighbour: Node) -> None:
    neighbour.time_report = TimeReport(neighbour.clock_ms, 10, "registry")
    asker = kiosk.asker(neighbour)
    kiosk.publish()

    first, _ = asker.receive(neighbour.answerer.answer(asker.request(), 0)[0])
    second, _ = asker.receive(neighbour.answerer.answer(asker.request(), 0)[0])

    assert first.time is None
    assert second.time == neighbour.time_report


def test_what_was_refused_of_a_device_not_yet_known_is_taken_as_soon_as_it_is(
    registry: Node, kiosk: Node, neighbour: Node, make_node: Callable[[int], Node]
) -> None:
    """The registry names it by another way, and the device itself writes nothing more."""
    newcomer = make_node(9)
    newcomer.publish()
    log = newcomer.journal.log
    named = Kiosk(device=newcomer.device, public=newcomer.identity.public, gate="gate-9")
    with neighbour.replica.transaction():
        neighbour.replica.introduce(named)
        neighbour.replica.take(newcomer.replica.batch(log, (0, bytes(32))))
    kiosk.talk_to(neighbour)
    neighbour.talk_to(kiosk)
    assert log not in kiosk.replica.vector()

    registry.say("kiosk", named)
    kiosk.talk_to(registry)
    kiosk.talk_to(neighbour)
    assert log in kiosk.replica.vector()
