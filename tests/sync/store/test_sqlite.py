"""The files of a kiosk: who may open them, and what happens to one that is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from sync.store import journal
from sync.store import replica_tables as replica
from sync.store.sqlite import NewerFileError, Steps, open_reader, open_writer, writing


@pytest.fixture
def _group_may_write() -> Iterator[None]:
    """The services run with this mask."""
    before = os.umask(0o007)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_group_may_write")
def test_door_and_carrier_can_both_open_what_either_of_them_made(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    with closing(open_writer(path, replica.migrations)) as writer:
        writer.execute("INSERT INTO target VALUES ('x', '')")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"replica.db": 0o660, "replica.db-wal": 0o660, "replica.db-shm": 0o660}


def test_a_file_that_nobody_has_open_can_still_be_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    open_writer(path, journal.migrations).close()
    assert [file.name for file in tmp_path.iterdir()] == ["journal.db"]

    with closing(open_reader(path)) as reader:
        assert reader.execute("SELECT count(*) FROM entry").fetchone() == (0,)


def test_opening_a_file_again_keeps_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(open_writer(path, journal.migrations)) as first:
        first.execute("INSERT INTO log (log) VALUES ('one')")
    with closing(open_writer(path, journal.migrations)) as second:
        assert second.execute("SELECT log FROM log").fetchall() == [("one",)]


def test_a_reader_cannot_write_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "none.db")
    open_writer(tmp_path / "journal.db", journal.migrations).close()
    with (
        closing(open_reader(tmp_path / "journal.db")) as reader,
        pytest.raises(sqlite3.OperationalError),
    ):
        reader.execute("INSERT INTO log (log) VALUES ('x')")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("damage", [b"no database at all, but long enough for one" * 100, b"short"])
def test_a_damaged_file_is_named_as_such_and_let_go(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(damage)

    with pytest.raises(sqlite3.DatabaseError):
        open_writer(path, journal.migrations)
    assert path.read_bytes() == damage
    path.rename(tmp_path / "aside.db")
    open_writer(path, journal.migrations).close()


def test_an_empty_file_left_by_a_power_cut_becomes_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.touch()

    with closing(open_writer(path, journal.migrations)) as writer:
        assert writer.execute("SELECT count(*) FROM entry").fetchone() == (0,)


def test_a_folder_that_is_not_there_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        open_writer(tmp_path / "gone" / "journal.db", journal.migrations)


@pytest.mark.parametrize("kind", [journal, replica])
def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(
    tmp_path: Path, kind: ModuleType
) -> None:
    path = tmp_path / "kept.db"
    later = Steps(kind.migrations.name)
    later()(kind.first_tables)
    later(name="better_tables")(lambda db: db.execute("ALTER TABLE head ADD COLUMN rank INTEGER"))
    open_writer(path, later).close()
    before = path.read_bytes()

    with pytest.raises(NewerFileError, match=r"kept\.db was written by a newer version.*better_t"):
        open_writer(path, kind.migrations)
    assert path.read_bytes() == before
    open_writer(path, later).close()


def _write_and_fail(connection: sqlite3.Connection, error: Exception) -> None:
    with writing(connection):
        connection.execute("INSERT INTO log (log) VALUES ('lost')")
        raise error


def test_a_transaction_that_fails_leaves_nothing_and_the_connection_usable(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "journal.db", journal.migrations)) as writer:
        with pytest.raises(RuntimeError):
            _write_and_fail(writer, RuntimeError("a fault"))
        with writing(writer):
            writer.execute("INSERT INTO log (log) VALUES ('kept')")
        assert writer.execute("SELECT log FROM log").fetchall() == [("kept",)]
        assert not writer.in_transaction


def test_a_transaction_that_sqlite_ended_itself_keeps_its_first_error(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "journal.db", journal.migrations)) as writer:

        def ended_by_the_database() -> None:
            with writing(writer):
                writer.execute("ROLLBACK")  # as SQLite does by itself on a full disk
                raise sqlite3.OperationalError("database or disk is full")

        with pytest.raises(sqlite3.OperationalError, match="full"):
            ended_by_the_database()
        with writing(writer):
            writer.execute("INSERT INTO log (log) VALUES ('kept')")
