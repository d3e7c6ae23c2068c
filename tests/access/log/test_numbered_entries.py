"""Entries of a log by number, and the values that they share."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from access.log.entry import GENESIS, encode
from access.log.log_entry import LogEntry, SharedValues, read_entry
from access.log.numbered_entries import NumberedEntries

REPEATED = ("gate", "badge", "session", "reason", "conditions", "place", "roster_head", "area")


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
    [bare] = [forum.enters("north-in", "09:00", 1).entry.body]
    full = msgspec.structs.replace(
        bare,
        session="opening",
        place="north",
        conditions=("roster_stale",),
        roster_head=("b" * 24, 7),
    )
    nothing = msgspec.structs.replace(bare, badge=None, area=None, roster_head=None, place=None)
    for body in (full, nothing):
        raw = encode(1, GENESIS, 0, 0, True, "scan", body)
        entries = [read_entry(bytes(12).hex(), GENESIS, raw) for _ in range(2)]
        shared = SharedValues()
        for one in entries:
            shared.share(one, one.body)
        first, second = entries
        assert first == second == read_entry(bytes(12).hex(), GENESIS, raw)
        assert first.log is second.log
        for name in REPEATED:
            assert getattr(first.body, name) is getattr(second.body, name)
        assert msgspec.msgpack.encode(first.body) == msgspec.msgpack.encode(body)
