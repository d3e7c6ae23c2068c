"""The chain of a log and its heads: nothing altered, dropped from the middle or invented goes unseen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.log.chain import ChainError, Head, device_id, follow, log_id, sign_head, vouched
from access.log.entry import GENESIS, MAX_ENTRY_BYTES, pack

NOW = 1_605_591_000_000


@pytest.fixture
def kiosk(build: Any) -> Any:
    """A kiosk with five entries in its log."""
    writer = build.kiosk("door", NOW)
    writer.boots()
    for number in range(4):
        writer.scans(NOW + number, build.badge(number))
    return writer


def test_a_log_from_its_beginning_is_a_run(kiosk: Any) -> None:
    entries, digests = follow(1, GENESIS, [one.raw for one in kiosk.entries])
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert digests == [one.digest for one in kiosk.entries]


def test_a_batch_goes_on_where_the_one_before_it_ended(kiosk: Any) -> None:
    third = kiosk.entries[2]
    entries, _ = follow(4, third.digest, [one.raw for one in kiosk.entries[3:]])
    assert [entry.seq for entry in entries] == [4, 5]


def test_no_entries_are_an_empty_run() -> None:
    assert follow(1, GENESIS, []) == ([], [])


def test_an_entry_dropped_from_the_middle_is_seen(kiosk: Any) -> None:
    raws = [one.raw for one in kiosk.entries]
    with pytest.raises(ChainError, match="entry 3: it says that it is number 4") as caught:
        follow(1, GENESIS, raws[:2] + raws[3:])
    assert caught.value.seq == 3


def test_an_altered_entry_is_seen_at_the_next_one(kiosk: Any) -> None:
    raws = [one.raw for one in kiosk.entries]
    raws[1] = raws[1].replace(b"admit", b"admix")
    with pytest.raises(ChainError, match="does not follow") as caught:
        follow(1, GENESIS, raws)
    assert (caught.value.seq, caught.value.why) == (3, "it does not follow the entry before it")


def test_entries_of_another_log_do_not_continue_this_one(kiosk: Any, build: Any) -> None:
    other = build.kiosk("other", NOW)
    other.boots()
    with pytest.raises(ChainError, match="entry 2"):
        follow(2, kiosk.entries[0].digest, [other.entries[0].raw])


def test_bytes_that_are_no_entry_end_the_run_with_their_number(kiosk: Any) -> None:
    with pytest.raises(ChainError, match="entry 6: not a log entry") as caught:
        follow(6, kiosk.entries[-1].digest, [b"\xc1"])
    assert caught.value.seq == 6


def test_an_entry_that_is_too_long_ends_the_run_with_its_number(kiosk: Any) -> None:
    raws = [one.raw for one in kiosk.entries]
    with pytest.raises(ChainError, match=f"at most {MAX_ENTRY_BYTES}") as caught:
        follow(1, GENESIS, [*raws, bytes(MAX_ENTRY_BYTES + 1)])
    assert caught.value.seq == len(raws) + 1


def test_a_head_is_vouched_for_by_the_key_that_its_log_is_named_after(kiosk: Any) -> None:
    last = kiosk.entries[-1]
    head = sign_head(kiosk.identity.key, last.log, last.seq, last.digest, NOW)
    assert vouched(head, kiosk.public)
    assert vouched(msgspec.msgpack.decode(pack(head), type=Head), kiosk.public)


def test_a_head_signed_by_another_device_vouches_for_nothing(kiosk: Any, build: Any) -> None:
    thief = build.kiosk("thief", NOW)
    last = kiosk.entries[-1]
    stolen = sign_head(thief.identity.key, last.log, last.seq, last.digest, NOW)
    assert not vouched(stolen, kiosk.public)
    assert not vouched(stolen, thief.public)


def test_a_head_of_which_anything_was_changed_vouches_for_nothing(kiosk: Any) -> None:
    last = kiosk.entries[-1]
    head = sign_head(kiosk.identity.key, last.log, last.seq, last.digest, NOW)
    changes: list[dict[str, Any]] = [
        {"log": kiosk.device + "00000000"},
        {"seq": last.seq + 1},
        {"digest": GENESIS},
        {"at_ms": NOW + 1},
        {"signature": bytes(64)},
    ]
    for change in changes:
        assert not vouched(msgspec.structs.replace(head, **change), kiosk.public)


def test_a_key_that_is_no_key_vouches_for_nothing() -> None:
    public = b"\xff" * 32
    head = Head(log_id(public, bytes(4)), 1, GENESIS, NOW, bytes(64))
    assert not vouched(head, public)


def test_a_log_is_named_after_its_devices_key_and_its_boot(kiosk: Any) -> None:
    log = log_id(kiosk.public, b"\x01\x02\x03\x04")
    assert log == device_id(kiosk.public) + "01020304"
    assert len(log) == 24
