"""A name card that the registry took back is in none of a kiosk's files any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from access.log.chain import device_id
from access.log.entry import digest_of
from sync.store.name_cards import CardShelf
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import SealedCard

CARD = b"a sealed name card " * 20
ISSUED = (b"badge", 1)


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    public = DeviceKey.new().public
    with closing(Replica(tmp_path / "replica.db", public, device_id(public))) as opened:
        yield opened


def in_files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if CARD[:60] in file.read_bytes()}


def with_a_card(replica: Replica) -> CardShelf:
    shelf = replica._cards
    with replica.transaction():
        shelf.expect({ISSUED: digest_of(CARD)})
        shelf.keep([SealedCard(digest_of(CARD), CARD)])
    return shelf


def test_a_card_taken_back_is_gone_from_file_and_write_ahead_log(
    replica: Replica, tmp_path: Path
) -> None:
    shelf = with_a_card(replica)
    assert in_files(tmp_path)
    with replica.transaction():
        shelf.expect({ISSUED: None})
    assert replica.scrub()
    assert in_files(tmp_path) == set()


def test_after_the_event_no_card_is_there(replica: Replica, tmp_path: Path) -> None:
    with_a_card(replica)
    replica.forget_cards()
    assert in_files(tmp_path) == set()


def test_a_reader_in_the_way_is_waited_for(replica: Replica, tmp_path: Path) -> None:
    shelf = with_a_card(replica)
    replica._db.execute("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "replica.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM card").fetchone()
        with replica.transaction():
            shelf.expect({ISSUED: None})
        assert not replica.scrub()
        reader.execute("ROLLBACK")
    assert replica.scrub()
    assert in_files(tmp_path) == set()


def test_a_carrier_killed_before_the_log_was_emptied_empties_it_at_its_next_start(
    replica: Replica, tmp_path: Path
) -> None:
    shelf = with_a_card(replica)
    with replica.transaction():
        shelf.expect({ISSUED: None})
    killed = tmp_path / "killed"
    killed.mkdir()
    for file in ("replica.db", "replica.db-wal"):
        (killed / file).write_bytes((tmp_path / file).read_bytes())
    assert in_files(killed)

    public = DeviceKey.new().public
    with (
        closing(sqlite3.connect(killed / "replica.db")) as door,
        closing(Replica(killed / "replica.db", public, device_id(public))) as again,
    ):
        door.execute("SELECT count(*) FROM card").fetchone()
        assert again.scrub()
        assert in_files(killed) == set()
