"""The central database is opened by one writer, says plainly why it cannot be, and its tables are as described."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from registry.storage.database import FILE, Database
from registry.storage.errors import DatabaseError
from registry.storage.tables import metadata, person


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(None, tmp_path)) as opened:
        yield opened


def test_the_migrations_make_the_tables_that_the_code_asks(database: Database) -> None:
    with database.writing() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        made = {
            (table, column["name"]): column["nullable"]
            for table in metadata.tables
            for column in inspect(connection).get_columns(table)
        }
    assert made == {
        (table.name, column.name): column.nullable
        for table in metadata.tables.values()
        for column in table.columns
    }


def test_a_commit_has_reached_the_disk(database: Database) -> None:
    with database.writing() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_second_process_is_told_that_the_database_is_in_use(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseError, match=r"registry\.db is in use by another process"):
        Database(None, tmp_path)
    database.close()
    Database(None, tmp_path).close()


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("mysql://x/y", "mysql"),
        ("postgres://x/y", "postgres"),
        ("sqlite+cipher:///x", "sqlite+cipher"),
    ],
)
def test_a_database_of_another_kind_is_refused_in_a_line(url: str, begins: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        Database(url, None)
    said = str(refused.value)
    assert said.startswith(f"database_url begins with {begins}://; it should be like")
    assert "postgresql://user@host/name" in said


def test_closing_twice_is_no_mistake(tmp_path: Path) -> None:
    database = Database(None, tmp_path)
    database.close()
    database.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"nowhere/registry\.db cannot be opened"):
        Database(None, tmp_path / "nowhere")


def test_a_file_that_is_no_database_is_named_and_let_be(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"a shopping list, not a database" * 100)

    with pytest.raises(DatabaseError, match=r"registry\.db cannot be opened: .*not a database"):
        Database(None, tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(b"a shopping list")


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(Database(None, tmp_path)) as database, database.writing() as connection:
        connection.execute(text("ALTER TABLE tip ADD COLUMN rank INTEGER"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9001'"))
    before = (tmp_path / FILE).read_bytes()

    with pytest.raises(DatabaseError, match=r"registry\.db was written by a newer version.*'9001'"):
        Database(None, tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_an_address_that_is_none_is_refused_with_one_that_is() -> None:
    with pytest.raises(DatabaseError, match="postgresql://user@host/name"):
        Database("somewhere", None)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as refused:
        Database(f"postgresql://jianmen:s3cret@/jianmen?host={tmp_path}", None)
    assert "s3cret" not in str(refused.value)
    assert "jianmen" in str(refused.value)


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection, database.writing():
            connection.execute(text("INSERT INTO meta VALUES ('a', x'01')"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 0


def test_readers_do_not_wait_for_the_writer_and_see_what_is_kept(database: Database) -> None:
    seen: list[int | None] = []

    def look() -> None:
        with database.reading() as connection:
            seen.append(connection.execute(text("SELECT count(*) FROM meta")).scalar())

    with database.writing() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('a', x'01')"))
        reader = threading.Thread(target=look)
        reader.start()
        reader.join()
        with database.reading() as own:
            assert own.execute(text("SELECT count(*) FROM meta")).scalar() == 1
    look()
    assert seen == [0, 1]


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reading() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("INSERT INTO meta VALUES ('a', x'01')"))


def test_an_error_of_the_database_names_nobody(database: Database) -> None:
    insert = person.insert()
    row = {
        "badge": b"BADGE", "ref": "R1", "name": "张伟", "organisation": "", "language": "en",
        "keys": "[]", "salt": b"",
    }  # fmt: skip
    with database.writing() as connection:
        connection.execute(insert, row)

    with pytest.raises(SQLAlchemyError) as error, database.writing() as connection:
        connection.execute(insert, row)
    assert "张伟" not in str(error.value)


def test_threads_take_turns_at_writing() -> None:
    with closing(Database("sqlite://", None)) as database:

        def write(name: str) -> None:
            for number in range(20):
                with database.writing() as connection:
                    key = {"key": f"{name}{number}"}
                    connection.execute(text("INSERT INTO meta VALUES (:key, x'01')"), key)

        writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        with database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 80


def test_what_was_written_is_there_after_the_next_start(tmp_path: Path) -> None:
    with closing(Database(None, tmp_path)) as database, database.writing() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('a', x'01')"))

    with closing(sqlite3.connect(tmp_path / FILE)) as plain:
        assert plain.execute("SELECT key FROM meta").fetchall() == [("a",)]
    with closing(Database(None, tmp_path)) as database, database.reading() as connection:
        assert connection.execute(text("SELECT key FROM meta")).scalar() == "a"
