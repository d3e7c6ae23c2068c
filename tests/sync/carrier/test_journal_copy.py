"""The door's log on its way out: what is taken over from the journal, and how far it is vouched for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from access.log.chain import vouched
from access.log.clock_reading import ClockReading
from access.log.entry import Alarm, Revoked
from jianmen.testing.log_writer import LogWriter
from sync.carrier.journal_copy import LOOK_AGAIN_S, JournalCopier, JournalFollower
from sync.store.journal import Journal

Node = Any


def test_what_the_door_wrote_is_taken_over_once_and_vouched_for(kiosk: Node) -> None:
    kiosk.work(600)
    kiosk.publish()
    kiosk.publish()

    log = kiosk.journal.log
    assert kiosk.replica.tips(log) == [kiosk.journal.tips()[log]]
    heads = kiosk.replica.heads(log, 0, 99)
    assert [head.seq for head in heads] == [256, 512, 601]
    assert all(vouched(head, kiosk.identity.public) for head in heads)


def test_every_log_of_the_device_is_taken_over(kiosk: Node) -> None:
    kiosk.publish()
    first = kiosk.journal.log
    kiosk.journal.begin(ClockReading(1000, kiosk.clock_ms, True), "", "power", {}, None)
    kiosk.work(3)
    kiosk.publish()

    for log, tip in kiosk.journal.tips().items():
        assert kiosk.replica.tips(log) == [tuple(tip)]
    assert kiosk.replica.latest_head(kiosk.device).log == kiosk.journal.log != first


def test_after_a_failure_it_is_taken_over_again_without_a_hole(kiosk: Node) -> None:
    def fail() -> None:
        with kiosk.replica.transaction():
            kiosk.own.copy(kiosk.journal, 1)
            raise RuntimeError("the disk is full")

    kiosk.work(5)
    with pytest.raises(RuntimeError):
        fail()
    kiosk.own.forget()
    kiosk.work(5)
    kiosk.publish()

    log = kiosk.journal.log
    assert [row.seq for row in kiosk.replica.rows(log, 1, 99)] == list(range(1, 12))


def test_a_journal_that_the_door_is_just_making_is_looked_at_again_later(
    kiosk: Node, tmp_path: Path
) -> None:
    path = tmp_path / "journal.db"
    path.touch()
    with closing(JournalFollower(path, kiosk.replica, kiosk.identity)) as follower:
        assert follower.take_over(lambda: 1) == 0
        with closing(Journal(path, kiosk.identity)) as journal:
            journal.begin(ClockReading(1, kiosk.clock_ms, True), "", "first start", {}, None)
            assert follower.take_over(lambda: 1) == 1


def test_after_a_nudge_the_journal_is_looked_at_again_soon(kiosk: Node, tmp_path: Path) -> None:
    """One nudge may stand for two commits, the second of which the card did not have at the first look."""
    follower = JournalFollower(tmp_path / "journal.db", kiosk.replica, kiosk.identity)
    follower.watch.poke()

    assert follower.wait(3600)
    assert [follower.wait(3600) for _ in LOOK_AGAIN_S] == [False] * len(LOOK_AGAIN_S)
    follower.close()


def test_a_replica_that_was_thrown_away_is_filled_again(
    kiosk: Node, make_node: Callable[[int], Node]
) -> None:
    kiosk.work(300)
    fresh = make_node(2)
    with fresh.replica.transaction():
        fresh.own.copy(kiosk.journal, 1)

    log = kiosk.journal.log
    assert fresh.replica.tips(log) == [tuple(kiosk.journal.tips()[log])]


def test_a_journal_shorter_than_its_copies_is_reported_to_the_door_once(
    kiosk: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(kiosk.identity, "0000000c").grow(9)
    kiosk.take(log.batch())
    for _ in range(2):
        with kiosk.replica.transaction():
            kiosk.own.copy(kiosk.journal, 1)
            kiosk.own.report_shorter_journal(kiosk.journal)

    ((_, kind, _),) = kiosk.replica.inbox(0)
    assert kind == "rollback"


def test_an_entry_that_is_about_a_badge_is_found_in_the_replica(kiosk: Node) -> None:
    kiosk.say("revoke", Revoked(badge=b"BADGE", issue=None, why="not ours to say"))
    kiosk.say("alarm", Alarm(what="x", detail=""))
    kiosk.publish()

    assert [entry.kind for entry in kiosk.replica.about(b"BADGE")] == ["revoke"]


def test_what_was_written_with_a_retired_key_is_signed_with_it(
    registry: Node, kiosk: Node, make_node: Callable[[int], Node], enrol: Callable[..., Node]
) -> None:
    """Enrolled again with another key, before anything of the old one's log was brought."""
    kiosk.work(5)
    old = kiosk.journal.log
    later = enrol(40)
    with later.replica.transaction():
        JournalCopier(later.replica, later.identity, [kiosk.identity]).copy(kiosk.journal, 1)
    later.talk_to(registry)

    assert registry.replica.tips(old) == [tuple(kiosk.journal.tips()[old])]
    assert vouched(registry.replica.latest_head(kiosk.device), kiosk.identity.public)


def test_a_log_whose_key_is_gone_stays_and_is_named(
    kiosk: Node, enrol: Callable[..., Node], caplog: pytest.LogCaptureFixture
) -> None:
    kiosk.work(5)
    later = enrol(40)
    own = JournalCopier(later.replica, later.identity)
    for _ in range(2):
        with later.replica.transaction():
            assert own.copy(kiosk.journal, 1) == 0

    assert later.replica.tips(kiosk.journal.log) == []
    assert [kiosk.device in line for line in caplog.messages] == [True]
