"""What every log store promises: a kiosk's replica, and the registry's ledger on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from access.badge.credential import Claims
from access.badge.name_card import Card, card_hash
from access.log.chain import ChainError
from access.log.entry import (
    GENESIS,
    BadgeIssued,
    Boot,
    Kiosk,
    Revoked,
    pack,
)
from access.log.log_entry import LogEntry
from jianmen.testing.log_writer import FIRST_EPOCH, LogWriter
from registry.storage.ledger import Ledger
from registry.storage.log_store import PUBLIC_KEY
from sync.store.log_store import BEGINNING, GapError, LogStore, UnknownWriterError
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, MessageError, SealedCard

REGISTRY = DeviceKey.from_seed(bytes([1]) * 32)
KIOSK = DeviceKey.from_seed(bytes([2]) * 32)
STRANGER = DeviceKey.from_seed(bytes([3]) * 32)


def _log(writer: DeviceKey, epoch: str = FIRST_EPOCH) -> LogWriter:
    return LogWriter(writer, epoch, start_ms=1000)


def _roster() -> LogWriter:
    """The registry's log that enrols the kiosk."""
    log = _log(REGISTRY).boot()
    log.write("kiosk", Kiosk(device=KIOSK.fingerprint, public=KIOSK.public, gate="gate"))
    return log


@pytest.fixture(params=["replica", "ledger in memory", "ledger on SQLite", "ledger on PostgreSQL"])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LogStore]:
    """A store that knows the registry's key and nothing else."""
    if request.param == "replica":
        path = tmp_path / "replica.db"
        with closing(Replica(path, REGISTRY.public, REGISTRY.fingerprint)) as replica:
            yield replica
        return
    url = {
        "ledger in memory": lambda: "sqlite://",
        "ledger on SQLite": lambda: None,
        "ledger on PostgreSQL": lambda: request.getfixturevalue("postgres_url"),
    }[request.param]()
    with closing(Ledger(url, tmp_path)) as ledger:
        ledger.set_value(PUBLIC_KEY, REGISTRY.public)
        yield ledger


@pytest.fixture
def store(empty_store: LogStore) -> LogStore:
    """A store that knows the kiosk too."""
    take(empty_store, _roster().batch())
    return empty_store


def take(store: LogStore, batch: Batch) -> int:
    with store.transaction():
        return store.take(batch)


def test_an_empty_store_has_nothing(empty_store: LogStore) -> None:
    assert empty_store.vector() == {}
    assert empty_store.tips("0" * 24) == []
    assert empty_store.latest_heads() == []
    assert empty_store.wanted_cards(10) == []


def test_the_registrys_logs_are_known_by_its_key(empty_store: LogStore) -> None:
    assert empty_store.public_key(REGISTRY.fingerprint) == REGISTRY.public
    assert empty_store.is_registry(_log(REGISTRY).log)
    assert not empty_store.is_registry(_log(KIOSK).log)


def test_the_log_of_a_device_that_nobody_enrolled_is_refused(store: LogStore) -> None:
    with pytest.raises(UnknownWriterError):
        take(store, _log(STRANGER).boot().batch())


def test_an_enrolled_device_is_known_by_its_key(store: LogStore) -> None:
    assert store.public_key(KIOSK.fingerprint) == KIOSK.public
    assert store.public_key(STRANGER.fingerprint) is None


def test_a_device_is_introduced_until_the_registrys_log_names_it(store: LogStore) -> None:
    stranger = Kiosk(device=STRANGER.fingerprint, public=STRANGER.public, gate="gate")
    with store.transaction():
        store.introduce(stranger)

    assert store.public_key(STRANGER.fingerprint) == STRANGER.public
    assert store.introduced() == [stranger]
    assert store.kiosk(STRANGER.fingerprint) == stranger
    assert take(store, _log(STRANGER).boot().batch()) == 1

    log = _roster()
    log.write("kiosk", msgspec.structs.replace(stranger, gate="other"))
    take(store, log.batch())
    assert store.introduced() == []
    assert store.devices()[STRANGER.fingerprint].gate == "other"


def test_an_introduction_changes_nothing_that_the_registrys_log_says(store: LogStore) -> None:
    with store.transaction():
        store.introduce(Kiosk(device=KIOSK.fingerprint, public=KIOSK.public, gate="other"))

    assert store.kiosk(KIOSK.fingerprint) == Kiosk(
        device=KIOSK.fingerprint, public=KIOSK.public, gate="gate"
    )
    assert store.introduced() == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_a_cut_off_is_final_in_whatever_order_the_registrys_logs_come(
    empty_store: LogStore, order: tuple[int, ...]
) -> None:
    kiosk = Kiosk(device=KIOSK.fingerprint, public=KIOSK.public, gate="gate")
    bodies = [kiosk, msgspec.structs.replace(kiosk, cut_off=True, believed={"a": 7})]
    bodies.append(msgspec.structs.replace(kiosk, gate="other"))
    logs = []
    for number, body in enumerate(bodies):
        log = _log(REGISTRY, f"{number:08}").boot()
        log.write("kiosk", body, wall_ms=1000 + number)
        logs.append(log)
    for number in order:
        take(empty_store, logs[number].batch())

    known = empty_store.kiosk(KIOSK.fingerprint)
    assert known is not None
    assert (known.gate, known.cut_off, known.believed) == ("other", True, {"a": 7})
    assert empty_store.is_cut_off(KIOSK.fingerprint)


def test_a_batch_joins_the_log_and_is_all_there(store: LogStore) -> None:
    log = _log(KIOSK).grow(5)

    assert take(store, log.batch()) == 5
    assert store.vector()[log.log] == [log.point(5)]
    assert [row.raw for row in store.rows(log.log, 1, 5)] == log.raws
    assert [row.seq for row in store.rows(log.log, 2, 4)] == [2, 3, 4]
    assert store.has_entry(log.log, *log.point(3))
    assert not store.has_entry(log.log, 3, log.point(4)[1])


def test_a_batch_that_comes_twice_brings_nothing_new(store: LogStore) -> None:
    log = _log(KIOSK).grow(5)
    take(store, log.batch())

    assert take(store, log.batch()) == 0
    assert take(store, log.batch(2)) == 0
    assert store.vector()[log.log] == [log.point(5)]


def test_of_a_batch_that_overlaps_only_the_rest_is_new(store: LogStore) -> None:
    log = _log(KIOSK).grow(8)
    take(store, log.batch(until=5))

    assert take(store, log.batch(2)) == 3
    assert store.tips(log.log) == [log.point(8)]


def test_entries_after_one_that_is_missing_are_refused(store: LogStore) -> None:
    log = _log(KIOSK).grow(5)

    with pytest.raises(GapError):
        take(store, log.batch(2))
    assert log.log not in store.vector()


def test_entries_that_their_owner_did_not_sign_are_refused(store: LogStore) -> None:
    log = _log(KIOSK).grow(3)
    forged = STRANGER.head(log.log, *log.point(3), 1000)

    with pytest.raises(MessageError):
        take(store, Batch(log.log, 0, GENESIS, log.raws, forged))
    with pytest.raises(ChainError):
        take(store, Batch(log.log, 0, GENESIS, log.raws[:2], log.head(3)))
    assert log.log not in store.vector()


def test_batches_of_one_log_in_a_message_are_taken_as_far_as_they_are_good(store: LogStore) -> None:
    log, other = _log(KIOSK).grow(12), LogWriter(KIOSK, "00000002").grow(4)
    damaged = Batch(log.log, *log.point(9), other.raws[:3], log.head(12))
    with store.transaction():
        new, why = store.take_run([log.batch(0, 4), log.batch(2, 6), log.batch(6, 9), damaged])
    assert new == 9
    assert isinstance(why, ChainError)
    assert store.tips(log.log) == [log.point(9)]
    assert [head.seq for head in store.heads(log.log, 0, 9)] == [4, 6, 9]
    assert [row.raw for row in store.rows(log.log, 1, 99)] == log.raws[:9]
    with store.transaction():
        assert store.take_run([log.batch(0, 6), log.batch(6, 12)]) == (3, None)
    assert store.tips(log.log) == [log.point(12)]


def test_batches_on_both_sides_of_a_gap_are_taken_up_to_it(store: LogStore) -> None:
    log = _log(KIOSK).grow(9)
    with store.transaction():
        new, why = store.take_run([log.batch(0, 3), log.batch(3, 5), log.batch(7, 9)])
    assert (new, type(why)) == (5, GapError)
    assert store.tips(log.log) == [log.point(5)]


def test_what_a_transaction_took_before_it_failed_is_gone(store: LogStore) -> None:
    log = _log(KIOSK).grow(3)

    def fail_half_way() -> None:
        with store.transaction():
            store.take(log.batch())
            raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError, match="plug"):
        fail_half_way()
    assert log.log not in store.vector()
    assert store.rows(log.log, 1, 9) == []
    assert take(store, log.batch()) == 3


def _fork() -> tuple[LogWriter, LogWriter]:
    """A log, and what its clone made of it after the third entry."""
    log = _log(KIOSK).grow(6)
    clone = log.branch_after(3)
    clone.write(
        "boot", Boot(device=KIOSK.fingerprint, previous=None, boot_id="", why="cloned", versions={})
    )
    return log, clone


def test_both_branches_of_a_fork_are_kept(store: LogStore) -> None:
    log, clone = _fork()
    take(store, log.batch())

    assert take(store, clone.batch()) == 1
    assert sorted(store.tips(log.log)) == sorted([log.point(6), clone.point(4)])
    assert len(store.rows(log.log, 4, 4)) == 2


def test_both_branches_of_a_fork_are_passed_on(
    store: LogStore, other: Callable[[], LogStore]
) -> None:
    log, clone = _fork()
    take(store, log.batch())
    take(store, clone.batch())

    second = other()
    _pass_on(store, second)
    assert sorted(second.tips(log.log)) == sorted(store.tips(log.log))


def test_a_log_of_many_entries_is_passed_on_in_batches(
    store: LogStore, other: Callable[[], LogStore]
) -> None:
    log = _log(KIOSK).grow(1100)
    for after, until in ((0, 256), (256, 512), (512, 768), (768, 1024), (1024, 1100)):
        take(store, log.batch(after, until))

    second = other()
    batches = _pass_on(store, second)
    assert second.vector() == store.vector()
    assert all(len(batch.raws) <= 512 for batch in batches)


@pytest.fixture
def other() -> Iterator[Callable[[], LogStore]]:
    """Makes another store, to pass logs on to."""
    made: list[Ledger] = []

    def make() -> LogStore:
        ledger = Ledger("sqlite://", None)
        made.append(ledger)
        ledger.set_value(PUBLIC_KEY, REGISTRY.public)
        return ledger

    yield make
    for ledger in made:
        ledger.close()


def _pass_on(one: LogStore, two: LogStore) -> list[Batch]:
    """All that the first store has and the second lacks."""
    passed = []
    for log in sorted(one.vector(), key=lambda log: not one.is_registry(log)):
        for start, tip in one.stretches(log, two.tips(log)) or []:
            at = start
            while (batch := one.batch(log, at, tip)) is not None:
                passed.append(batch)
                take(two, batch)
                at = (batch.head.seq, batch.head.digest)
    return passed


def test_what_another_store_lacks_is_told_from_its_tips(store: LogStore) -> None:
    log = _log(KIOSK).grow(5)
    take(store, log.batch())

    end = log.point(5)
    assert store.stretches(log.log, []) == [(BEGINNING, end)]
    assert store.stretches(log.log, [log.point(3)]) == [(log.point(3), end)]
    assert store.stretches(log.log, [end]) == []
    assert store.stretches(log.log, [(4, bytes(32))]) is None
    assert set(store.locator(log.log)) <= {log.point(seq) for seq in range(1, 6)}


def test_heads_are_found_by_number(store: LogStore) -> None:
    log = _log(KIOSK).grow(6)
    take(store, log.batch(until=2))
    take(store, log.batch(2, 4))
    take(store, log.batch(4))

    assert [head.seq for head in store.heads(log.log, 0, 10)] == [2, 4, 6]
    assert [head.seq for head in store.heads(log.log, 2, 1)] == [4]
    assert store.heads(log.log, 6, 10) == []


def test_a_devices_latest_head_is_the_one_signed_last(store: LogStore) -> None:
    log = _log(KIOSK).grow(3)
    take(store, log.batch())

    with store.transaction():
        assert store.take_head(log.head(3, at_ms=5000))
        assert store.take_head(log.head(3, at_ms=4000))
    assert store.latest_head(KIOSK.fingerprint) == log.head(3, at_ms=5000)
    assert [head.seq for head in store.heads(log.log, 0, 10)] == [3]
    assert {head.log[:16] for head in store.latest_heads()} == {
        KIOSK.fingerprint,
        REGISTRY.fingerprint,
    }


def test_a_head_signed_by_a_clock_ahead_gives_way_to_the_next_entrys(
    store: LogStore,
) -> None:
    log = _log(KIOSK).grow(3)
    take(store, log.batch(until=2))
    with store.transaction():
        store.take_head(log.head(2, at_ms=9_000_000))
    take(store, log.batch(2))

    assert store.latest_head(KIOSK.fingerprint) == log.head(3)
    with store.transaction():
        store.take_head(log.head(2, at_ms=9_000_000))
    assert store.latest_head(KIOSK.fingerprint) == log.head(3)


def test_a_head_of_an_entry_that_is_not_stored_is_dropped(store: LogStore) -> None:
    log = _log(KIOSK).grow(3)

    with store.transaction():
        assert not store.take_head(log.head(3))
    assert store.latest_head(KIOSK.fingerprint) is None


def _card(issue: int = 1, sealed: bytes = b"sealed") -> tuple[SealedCard, bytes]:
    card = Card(b"BADGE", issue, None, sealed)
    return SealedCard(card_hash(card), pack(card)), card_hash(card)


def _listed(card: bytes | None) -> BadgeIssued:
    return BadgeIssued(
        badge=b"BADGE",
        issue=1,
        form="plain",
        claims=Claims(0, 1, 0, 1),
        verifier=bytes(32),
        card=card,
    )


def test_a_name_card_that_the_roster_names_is_asked_for_and_kept(store: LogStore) -> None:
    card, digest = _card()
    unasked, _ = _card(sealed=b"another")
    roster = _roster()
    roster.write("badge", _listed(digest))
    take(store, roster.batch(2))

    assert store.wanted_cards(10) == [digest]
    assert store.cards([digest]) == []
    with store.transaction():
        store.keep_cards([SealedCard(digest, b"not what was named")])
        store.keep_cards([unasked])
    assert store.wanted_cards(10) == [digest]
    with store.transaction():
        store.keep_cards([card])
    assert store.wanted_cards(10) == []
    assert store.cards([digest, unasked.digest]) == list(store.all_sealed()) == [card]
    assert store.cards([]) == []


def test_a_name_card_that_the_roster_no_longer_names_is_deleted(store: LogStore) -> None:
    card, digest = _card()
    newer, newer_digest = _card(sealed=b"sealed again")
    roster = _roster()
    roster.write("badge", _listed(digest))
    roster.write("badge", _listed(newer_digest))
    roster.write("badge", _listed(None))
    take(store, roster.batch(2, 3))
    with store.transaction():
        store.keep_cards([card])

    take(store, roster.batch(3, 4))
    assert store.cards([digest]) == []
    assert store.wanted_cards(10) == [newer_digest]
    with store.transaction():
        store.keep_cards([newer])

    take(store, roster.batch(4, 5))
    assert store.cards([newer_digest]) == []
    assert store.wanted_cards(10) == []


def test_an_erased_card_does_not_come_back_with_an_older_log_of_the_registry(
    store: LogStore,
) -> None:
    _, digest = _card()
    newer, older = _log(REGISTRY, "00000003"), _log(REGISTRY, "00000002")
    newer.write("badge", _listed(None), wall_ms=9000)
    older.write("badge", _listed(digest), wall_ms=5000)
    take(store, newer.batch())
    take(store, older.batch())

    assert store.wanted_cards(10) == []


def test_cards_that_nobody_has_keep_none_of_the_others_waiting(store: LogStore) -> None:
    roster = _roster()
    cards = [_card(issue, bytes([issue]))[1] for issue in range(1, 8)]
    for issue, digest in enumerate(cards, 1):
        roster.write("badge", msgspec.structs.replace(_listed(digest), issue=issue))
    take(store, roster.batch(2))

    asked = [store.wanted_cards(3) for _ in range(3)]
    assert {digest for some in asked for digest in some} == set(cards)
    assert store.wanted_cards(100) != []


def test_only_the_registry_names_cards_and_kiosks(store: LogStore) -> None:
    log = _log(KIOSK).boot()
    log.write("badge", _listed(_card()[1]))
    log.write("kiosk", Kiosk(device=STRANGER.fingerprint, public=STRANGER.public, gate="gate"))
    take(store, log.batch())

    assert store.wanted_cards(10) == []
    assert store.public_key(STRANGER.fingerprint) is None


def test_the_registrys_newest_entry_on_a_kiosk_counts_in_any_order(store: LogStore) -> None:
    newer = _log(REGISTRY, "00000003")
    newer.write(
        "kiosk", Kiosk(device=KIOSK.fingerprint, public=KIOSK.public, gate="new gate"), wall_ms=9000
    )
    older = _log(REGISTRY, "00000002")
    older.write(
        "kiosk", Kiosk(device=KIOSK.fingerprint, public=KIOSK.public, gate="old gate"), wall_ms=5000
    )
    take(store, newer.batch())
    take(store, older.batch())

    assert isinstance(store, Replica | Ledger)
    assert store.devices()[KIOSK.fingerprint].gate == "new gate"


def test_entries_are_found_by_badge_and_in_order_of_arrival(store: LogStore) -> None:
    roster = _roster()
    roster.write("badge", _listed(None))
    roster.write("revoke", Revoked(badge=b"BADGE", issue=None, why="lost"))
    take(store, roster.batch(2))
    take(store, _log(KIOSK).boot().boot().batch())

    assert isinstance(store, Replica | Ledger)
    assert [log_entry.kind for log_entry in store.about(b"BADGE")] == ["badge", "revoke"]
    arrived: list[tuple[int, LogEntry]] = []
    while more := store.since(arrived[-1][0] if arrived else 0, 2):
        arrived += more
    assert [log_entry.kind for _, log_entry in arrived] == [
        "boot", "kiosk", "badge", "revoke", "boot", "boot",
    ]  # fmt: skip
