"""Entries of a log by number, and the values that they share."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from access.log.log_entry import LogEntry, SharedValues, read_entry
from access.log.numbered_entries import NumberedEntries


def entry(seq: int) -> LogEntry:
    return LogEntry("a" * 24, seq, bytes([seq]) * 32, 0, 0, "health", None)


@pytest.mark.parametrize("seed", range(5))
def test_entries_are_ordered_by_number_whatever_their_order_of_arrival(seed: int) -> None:
    numbers = [*range(1, 9), 11, 12, 20]
    arrived = random.Random(seed).sample(numbers, len(numbers))
    entries = NumberedEntries()
    for seq in arrived:
        assert entries.put_first(entry(seq)) is None
    assert [one.seq for one in entries.by_number()] == numbers
    assert [one.seq for one in entries.by_number(newest_first=True)] == numbers[::-1]
    assert [entries.get(seq) for seq in (0, 8, 9, 20)] == [None, entry(8), None, entry(20)]


def test_the_first_entry_of_a_number_stays() -> None:
    entries = NumberedEntries()
    first, branch = entry(1), LogEntry("a" * 24, 1, bytes(32), 5, 5, "boot", None)
    entries.put_first(first)
    assert entries.put_first(branch) is first
    assert entries.get(1) is first


def test_scans_share_what_they_repeat_and_stay_what_they_were(forum: Any) -> None:
    written = [forum.enters("north-in", clock, 1) for clock in ("09:00", "09:01")]
    shared = SharedValues()
    first, second = (read_entry(one.log, one.digest, one.raw) for one in written)
    for one in (first, second):
        shared.share(one, one.body)
    assert [first, second] == [one.entry for one in written]
    assert first.log is second.log
    for name in ("gate", "badge", "reason", "area"):
        assert getattr(first.body, name) is getattr(second.body, name)
    assert msgspec.msgpack.encode(first.body) == msgspec.msgpack.encode(written[0].entry.body)
