"""Cloned cards: every branch of a log ends everywhere, whatever way and order it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from access.log.chain import ChainError
from access.log.entry import Alarm
from access.state.log_state import LogState
from jianmen.testing.log_writer import LogWriter
from sync.store.log_store import BEGINNING
from sync.wire.messages import MAX_BRANCHES, MessageError

Node = Any


@pytest.fixture
def forked(kiosk: Node, new_log: Callable[..., LogWriter]) -> tuple[LogWriter, LogWriter]:
    """A log of 40 entries, and what its clone made of it after the tenth: 5 other ones."""
    log = new_log(kiosk.identity).grow(40)
    return log, log.branch_after(10).grow(5, "clone")


def ends(node: Node, log: LogWriter) -> list[Any]:
    return sorted(node.replica.tips(log.log))


@pytest.mark.parametrize("longer_first", [True, False])
def test_both_branches_of_one_side_reach_the_other(
    kiosk: Node, neighbour: Node, forked: tuple[LogWriter, LogWriter], longer_first: bool
) -> None:
    for log in forked if longer_first else forked[::-1]:
        kiosk.take(log.batch())

    neighbour.talk_to(kiosk)

    assert ends(neighbour, forked[0]) == sorted(log.point() for log in forked)
    assert neighbour.everything() == kiosk.everything()


@pytest.mark.parametrize("kiosk_asks", [True, False])
def test_each_side_holding_one_branch_both_end_with_both(
    kiosk: Node, neighbour: Node, forked: tuple[LogWriter, LogWriter], kiosk_asks: bool
) -> None:
    kiosk.take(forked[0].batch())
    neighbour.take(forked[1].batch())

    if kiosk_asks:
        kiosk.talk_to(neighbour)
    else:
        neighbour.talk_to(kiosk)

    for node in (kiosk, neighbour):
        assert ends(node, forked[0]) == sorted(log.point() for log in forked)
    assert kiosk.everything() == neighbour.everything()


def test_branches_that_part_long_before_what_is_named_first_still_meet(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(kiosk.identity).grow(900)
    clone = log.branch_after(1).grow(800, "clone")
    for start in range(0, 900, 300):
        kiosk.take(log.batch(start, start + 300))
    for until in (401, 801):
        neighbour.take(clone.batch(max(0, until - 400) if until > 401 else 0, until))

    kiosk.talk_to(neighbour)
    assert ends(kiosk, log) == sorted([log.point(), clone.point()])
    assert kiosk.everything() == neighbour.everything()


def test_branches_that_have_no_entry_in_common_still_meet(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(kiosk.identity).grow(30)
    other = new_log(kiosk.identity)
    other.write("alarm", Alarm(what="door_forced", detail="first"))
    other.grow(29, "other")
    kiosk.take(log.batch())
    neighbour.take(other.batch())

    kiosk.talk_to(neighbour)
    assert ends(kiosk, log) == sorted([log.point(), other.point()])
    assert kiosk.everything() == neighbour.everything()


def test_a_branch_goes_on_growing_after_the_fork_is_known(
    kiosk: Node, neighbour: Node, forked: tuple[LogWriter, LogWriter]
) -> None:
    log, clone = forked
    for one in forked:
        kiosk.take(one.batch())
    kiosk.talk_to(neighbour)
    log.grow(3)
    clone.grow(4, "clone again")
    kiosk.take(log.batch(40))
    kiosk.take(clone.batch(15))

    brought = neighbour.talk_to(kiosk)

    assert sum(taken.entries for taken in brought) == 7
    assert ends(neighbour, log) == sorted([log.point(), clone.point()])


def test_a_branch_of_a_branch_is_a_third_one(
    kiosk: Node, neighbour: Node, registry: Node, forked: tuple[LogWriter, LogWriter]
) -> None:
    log, clone = forked
    third = clone.branch_after(12).grow(9, "clone of the clone")
    kiosk.take(log.batch())
    neighbour.take(clone.batch())
    registry.take(third.batch())

    kiosk.talk_to(neighbour)
    neighbour.talk_to(registry)
    kiosk.talk_to(neighbour)

    for node in (kiosk, neighbour, registry):
        assert ends(node, log) == sorted([log.point(), clone.point(), third.point()])
    assert kiosk.everything() == registry.everything()


def test_a_fork_is_counted_by_the_folds_of_every_side(
    kiosk: Node, neighbour: Node, registry: Node, forked: tuple[LogWriter, LogWriter]
) -> None:
    kiosk.take(forked[0].batch())
    neighbour.take(forked[1].batch())
    kiosk.talk_to(neighbour)
    neighbour.talk_to(registry)

    for node in (kiosk, neighbour, registry):
        log_state = LogState(registry.device, 0)
        for _, entry in node.replica.since(0, -1):
            log_state.file(entry)
        (branch,) = log_state.forks()
        assert branch.seq == 11


def test_a_log_with_a_branch_that_is_refused_still_brings_the_other(
    kiosk: Node, neighbour: Node, forked: tuple[LogWriter, LogWriter]
) -> None:
    log, clone = forked
    kiosk.take(log.batch())
    bad = clone.batch(10)
    with pytest.raises(ChainError):
        kiosk.take(type(bad)(bad.log, bad.after, bad.prev, bad.raws[1:], bad.head))
    assert ends(kiosk, log) == [log.point()]

    neighbour.talk_to(kiosk)
    assert ends(neighbour, log) == [log.point()]


def test_a_device_cannot_make_branches_without_end(
    kiosk: Node, new_log: Callable[..., LogWriter]
) -> None:
    trunk = new_log(kiosk.identity).grow(3)
    branches = [trunk.branch_after(2).grow(1, f"branch {n}") for n in range(MAX_BRANCHES + 1)]
    for branch in branches[:-1]:
        kiosk.take(branch.batch())

    with pytest.raises(MessageError, match="branches"):
        kiosk.take(branches[-1].batch())
    assert kiosk.take(branches[0].grow(2).batch(3)) == 2
    assert len(kiosk.replica.tips(trunk.log)) == MAX_BRANCHES


def test_a_device_cannot_fill_everybodys_vector_with_logs(
    kiosk: Node,
    neighbour: Node,
    new_log: Callable[..., LogWriter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.exchange.quota.MAX_DEVICE_LOGS", 40)
    for epoch in range(90):
        kiosk.take(new_log(kiosk.identity, f"{epoch:08x}").grow(1).batch())
    registrys = set(neighbour.everything())

    neighbour.talk_to(kiosk)

    logs = neighbour.replica.vector()
    assert sum(log.startswith(kiosk.device) for log in logs) == 40
    assert registrys < neighbour.everything()


def test_logs_that_a_side_will_not_take_hold_up_no_others_for_long(
    kiosk: Node,
    neighbour: Node,
    enrol: Callable[..., Node],
    new_log: Callable[..., LogWriter],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.exchange.quota.MAX_DEVICE_LOGS", 40)
    for epoch in range(300):
        kiosk.take(new_log(kiosk.identity, f"{epoch:08x}").grow(1).batch())
    honest = [new_log(neighbour.identity, f"{epoch:08x}").grow(1) for epoch in range(30)]
    for log in honest:
        kiosk.take(log.batch())
    asker = neighbour.asker(kiosk)
    kiosk.publish()
    for _ in range(100):
        asker.receive(kiosk.answerer.answer(asker.request(), 0)[0])
        if all(neighbour.replica.tips(log.log) for log in honest):
            return
    pytest.fail("a hundred messages did not bring what an honest device wrote")


def test_of_a_fork_the_starting_point_is_the_last_entry_in_common(
    kiosk: Node, forked: tuple[LogWriter, LogWriter]
) -> None:
    log, clone = forked
    for one in forked:
        kiosk.take(one.batch())
    replica = kiosk.replica

    assert replica.stretches(log.log, [log.point()]) == [(log.point(10), clone.point())]
    assert replica.stretches(log.log, [clone.point(12)]) == [
        (clone.point(12), clone.point()),
        (log.point(10), log.point()),
    ]
    assert replica.stretches(log.log, [log.point(), clone.point()]) == []
    assert replica.stretches(log.log, []) == [
        (BEGINNING, clone.point()),
        (BEGINNING, log.point()),
    ]
    assert len(replica.locator(log.log)) <= 64
