"""A watch wakes whoever waits for an SQLite file, before it is there and when another takes its place."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.store.file_watch import FileWatch

LONG_S = 20.0


def write(path: Path) -> sqlite3.Connection:
    """Commit something; the file's companions stay as long as the connection is open."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE IF NOT EXISTS one (n)")
    db.execute("INSERT INTO one VALUES (1)")
    return db


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[FileWatch]:
    found = FileWatch(tmp_path / "kept.db")
    yield found
    found.close()


def drained(watch: FileWatch) -> None:
    while watch.wait(0):
        pass


def test_a_file_that_comes_later_is_watched(watch: FileWatch, tmp_path: Path) -> None:
    assert not watch.wait(0)
    with closing(write(tmp_path / "kept.db")) as db:
        assert watch.wait(LONG_S)
        drained(watch)
        db.execute("INSERT INTO one VALUES (2)")
        assert watch.wait(LONG_S)


def test_another_file_in_its_place_is_watched(watch: FileWatch, tmp_path: Path) -> None:
    write(tmp_path / "kept.db").close()
    drained(watch)
    (tmp_path / "kept.db").unlink()
    with closing(write(tmp_path / "kept.db")) as db:
        drained(watch)
        db.execute("INSERT INTO one VALUES (2)")
        assert watch.wait(LONG_S)


def test_other_files_that_are_written_wake_nobody(watch: FileWatch, tmp_path: Path) -> None:
    with closing(write(tmp_path / "other.db")) as db:
        drained(watch)
        db.execute("INSERT INTO one VALUES (2)")
        assert not watch.wait(0)


def test_a_poke_ends_a_wait(watch: FileWatch) -> None:
    woken = threading.Event()

    def wait() -> None:
        if watch.wait(LONG_S):
            woken.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    watch.poke()
    waiting.join(LONG_S)
    assert woken.is_set()


def test_something_else_to_read_ends_a_wait_and_is_handled(watch: FileWatch) -> None:
    import os

    read = []
    reading, writing = os.pipe()
    try:
        watch.also(reading, lambda: read.append("read"))
        os.write(writing, b"x")
        assert watch.wait(LONG_S)
    finally:
        os.close(reading)
        os.close(writing)
    assert read == ["read"]
