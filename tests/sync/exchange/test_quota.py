"""A stolen kiosk that nobody has cut off yet writes as much as it likes: the others take no more than they can bear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from access.log.entry import Health
from jianmen.testing.log_writer import LogWriter
from sync.exchange.bundle_file import export, take_in
from sync.exchange.quota import MAX_DEVICE_ENTRY_BYTES
from tests.sync.conftest import opened

Node = Any


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.exchange.quota.MAX_DEVICE_ENTRIES", 600)


@pytest.mark.usefixtures("little_room")
def test_no_more_than_so_many_entries_are_taken_of_one_device(
    kiosk: Node, neighbour: Node, registry: Node
) -> None:
    kiosk.work(1500)
    registry.work(900)
    neighbour.work(300)
    brought = neighbour.talk_to(kiosk)

    log = kiosk.journal.log
    assert neighbour.replica.tips(log)[0][0] <= 600
    assert neighbour.replica.tips(log)[0][0] > 300
    assert any("600 entries of a device" in one.rejected.get(log, "") for one in brought)
    neighbour.talk_to(registry)
    assert registry.everything() <= neighbour.everything(), "the registry may say what it likes"


@pytest.mark.usefixtures("little_room")
def test_nor_of_all_its_logs_together(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    for epoch in range(5):
        kiosk.take(new_log(kiosk.identity, f"{epoch:08x}").grow(250).batch())
    neighbour.talk_to(kiosk)

    tips = neighbour.replica.vector()
    assert sum(tips[log][0][0] for log in tips if log.startswith(kiosk.device)) <= 600


@pytest.mark.usefixtures("little_room")
def test_nor_by_a_stick(kiosk: Node, neighbour: Node, tmp_path: Path) -> None:
    kiosk.work(1500)
    kiosk.publish()
    export(kiosk.replica, kiosk.identity, tmp_path / "stick", 1)

    brought = take_in(neighbour.replica, tmp_path / "stick")
    assert "600 entries of a device" in brought.rejected[kiosk.journal.log]
    assert neighbour.replica.tips(kiosk.journal.log)[0][0] <= 600


def test_an_entry_larger_than_any_kiosk_writes_is_not_taken(
    kiosk: Node, neighbour: Node, new_log: Callable[..., LogWriter]
) -> None:
    log = new_log(kiosk.identity).grow(1)
    log.write("health", Health(readings={"disk": "x" * MAX_DEVICE_ENTRY_BYTES}))
    kiosk.take(log.batch())

    brought = neighbour.talk_to(kiosk)
    assert any("over 4096 bytes" in one.rejected.get(log.log, "") for one in brought)
    assert log.log not in neighbour.replica.vector()


@pytest.mark.usefixtures("little_room")
def test_what_a_side_has_refused_is_not_sent_again_until_there_is_something_new(
    kiosk: Node, neighbour: Node
) -> None:
    kiosk.work(1500)
    neighbour.talk_to(kiosk)
    log = kiosk.journal.log

    def rounds(one: Node, other: Node) -> list[set[str]]:
        """The logs of which anything was sent, both ways, in some rounds more."""
        sent = []
        for _ in range(3):
            request = one.asker(other).request()
            answer, _ = other.answerer.answer(request, 5000)
            one.asker(other).receive(answer)
            both = [*opened(request).batches, *opened(answer).batches]
            sent.append({batch.log for batch in both})
        return sent

    assert rounds(neighbour, kiosk) == [set(), set(), set()]
    rounds(kiosk, neighbour)
    assert rounds(kiosk, neighbour) == [set(), set(), set()]

    kiosk.work(1)
    kiosk.publish()
    assert {log} in rounds(kiosk, neighbour)
    neighbour.asker(kiosk).forget()
    assert {log} in rounds(neighbour, kiosk)
