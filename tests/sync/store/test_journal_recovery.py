"""Damaged files of a kiosk: a journal is salvaged, a replica thrown away, and either can be worked with again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from access.log.clock_reading import ClockReading
from access.log.entry import Alarm
from sync.store.journal import Journal, JournalReader
from sync.store.journal_recovery import is_damage, open_journal, sound, sound_replica
from sync.store.replica import Replica, ReplicaReader
from sync.store.sqlite import open_reader
from sync.wire.device_key import DeviceKey

KEY = DeviceKey.from_seed(b"k" * 32)
REGISTRY = DeviceKey.from_seed(b"r" * 32)
NOW = ClockReading(1000, 1_795_000_000_000, True)
PAGE = 4096


def written(path: Path, count: int = 300) -> str:
    """A journal with so many entries in one log; its name."""
    journal = Journal(path, KEY)
    journal.begin(NOW, "boot", "first start", {}, "gate-1")
    log = journal.log
    journal.extend(
        [("alarm", Alarm(what="door_forced", detail=f"entry {n}")) for n in range(count - 1)], NOW
    )
    journal.close()
    return log


def damage(path: Path, *pages: int) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(b"\xff" * PAGE)


def test_a_sound_journal_is_opened_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    log = written(path)
    journal, salvage = open_journal(path, KEY)
    with closing(journal):
        assert salvage is None
        assert journal.length(log) == 300


def test_of_a_damaged_journal_everything_readable_is_kept_and_the_file_put_aside(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    log = written(path)
    whole = path.read_bytes()
    damage(path, len(whole) // PAGE // 2)
    assert not sound(path)

    journal, salvage = open_journal(path, KEY)
    with closing(journal):
        assert salvage is not None
        assert 200 < salvage.entries < 300
        kept = journal.length(log) + len(journal.loose())
        assert kept == salvage.entries
    assert (salvage.aside / "journal.db").exists()
    assert sound(path)


def test_a_salvage_that_power_cut_short_is_taken_up_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    log = written(path)
    salvaged = path.with_name("journal.salvaged.db")
    path.rename(salvaged)  # as it is when power went before the damaged file was moved
    path.write_bytes(b"no database" * 1000)

    journal, salvage = open_journal(path, KEY)
    with closing(journal):
        assert salvage is not None
        assert journal.length(log) == 300
    assert not salvaged.exists()


def cut_short(path: Path) -> None:
    """A new file as a power cut leaves it while its first tables are being made: half written, and what undoes that."""
    making = path.with_name("making.db")
    with closing(sqlite3.connect(making, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size=1")
        connection.execute("CREATE TABLE entry (log TEXT)")
        connection.execute("BEGIN EXCLUSIVE")
        connection.executemany("INSERT INTO entry VALUES (?)", [("x" * 1000,)] * 100)
        for suffix in ("", "-journal"):
            copy = path.with_name(path.name + suffix)
            copy.write_bytes(making.with_name(making.name + suffix).read_bytes())
        connection.execute("ROLLBACK")


def test_a_door_starts_after_power_was_cut_while_its_first_file_was_made(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    cut_short(path)
    with closing(open_reader(path)) as reader, pytest.raises(sqlite3.OperationalError) as refused:
        reader.execute("PRAGMA quick_check(1)").fetchone()
    assert refused.value.sqlite_errorname == "SQLITE_READONLY_ROLLBACK"
    assert sound(path)
    assert not path.with_name("journal.db-journal").exists()


def test_a_file_that_is_no_database_is_damaged_and_a_missing_disk_is_not(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"no database" * 1000)
    assert not sound(path)
    with pytest.raises(sqlite3.Error) as error:
        sound(tmp_path / "gone" / "journal.db")
    assert not is_damage(error.value)


def replica_at(path: Path) -> Replica:
    return sound_replica(path, lambda part: Replica(part, REGISTRY.public, REGISTRY.fingerprint))


def inbox_kinds(path: Path) -> list[str]:
    with closing(ReplicaReader.at(path)) as reader:
        return [kind for _, kind, _ in reader.inbox(0)]


def test_a_damaged_replica_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    replica_at(path).close()
    damage(path, 2, 3)
    with closing(replica_at(path)) as replica:
        replica.notify_door("reached", [])
    assert inbox_kinds(path) == ["reached"]


def test_a_replica_of_which_only_the_companions_are_left_is_made_again_beside_its_readers(
    tmp_path: Path,
) -> None:
    """Somebody has deleted `replica.db` alone while the door had it open."""
    path = tmp_path / "replica.db"
    before = replica_at(path)
    before.notify_door("reached", [])
    with closing(ReplicaReader.at(path)) as door:
        door.inbox(0)
        path.unlink()
        with closing(replica_at(path)) as replica:
            assert door.inbox(0)  # what the door had is still there for it
            for _ in range(50):
                replica.notify_door("introduced", {})
                assert inbox_kinds(path)
        assert inbox_kinds(path) == ["introduced"] * 50
    before.close()
    with closing(replica_at(path)):
        assert inbox_kinds(path) == ["introduced"] * 50


def test_a_replica_that_was_not_finished_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    for name in ("replica.db-wal", "replica.db-shm", ".replica.db.part", ".replica.db.part-wal"):
        (tmp_path / name).write_bytes(b"left over" * 1000)
    with closing(replica_at(path)) as replica:
        replica.notify_door("reached", [])
        assert inbox_kinds(path) == ["reached"]
    assert {file.name for file in tmp_path.iterdir()} == {"replica.db"}


def test_a_reader_of_the_journal_is_told_when_there_is_none_yet(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        JournalReader.at(tmp_path / "journal.db")
