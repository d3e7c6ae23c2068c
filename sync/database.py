"""Opening the SQLite files of a kiosk: one writer each, everyone else read-only."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlite_utils
from sqlite_utils.migrations import Migrations

BUSY_MS = 5000
"""How long a reader waits for the writer's checkpoint, and the writer for a reader."""

CHECKPOINT_PAGES = 400
"""The WAL is folded back after some 1.6 MB: short enough for a quick start after a power cut."""


def open_writer(
    path: Path | str, migrations: Migrations, *, durable: bool = True
) -> sqlite3.Connection:
    """The one writing connection of a file, its tables brought up to date.

    WAL with synchronous=FULL, so that a commit has reached the card when it returns; `durable=False` is for derived
    data and rehearsals. Raises OSError where the file cannot be made, sqlite3.Error where it is damaged.
    """
    if path != ":memory:":
        # Door and carrier share a group: whoever reads a closed WAL file has to make its companions,
        # and the owner must be able to write to those. SQLite alone would leave the group read-only.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o660))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute("PRAGMA mmap_size=0")
        # What is deleted (the name card of somebody who was erased) must not stay readable in the file.
        connection.execute("PRAGMA secure_delete=ON")
        migrations.apply(sqlite_utils.Database(connection))
    except BaseException:
        connection.close()  # a damaged file is about to be moved aside: nobody may hold it open
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection. Raises sqlite3.OperationalError where the file does not exist yet."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that takes the write lock first, so that it cannot fail half-way for another's lock.

    Where anything fails, the commit included, nothing was written and the connection can be used again.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have ended it already
            connection.execute("ROLLBACK")
        raise
