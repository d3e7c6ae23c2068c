"""Opening the SQLite files of a kiosk: one writer each, everyone else read-only."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

BUSY_MS = 5000
"""How long a reader waits for the writer's checkpoint, and the writer for a reader."""

CHECKPOINT_PAGES = 400
"""The WAL is checkpointed after some 1.6 MB: short enough for a quick start after a power cut."""


class NewerFileError(Exception):
    """A newer version of this software has worked on a file. It is left as it is."""


Step = Callable[[Any], None]
"""Brings tables further; called with a `sqlite_utils.Database`."""


class Steps:
    """The steps by which a file's tables came to be what they are, as sqlite-utils records them in the file.

    That library is loaded where there is a step to be done, and not at every start: it takes a carrier 18 MB.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._steps: dict[str, Step] = {}

    def __call__(self, name: str = "") -> Callable[[Step], Step]:
        """Register a step, under its own name or another."""

        def register(step: Step) -> Step:
            self._steps[name or step.__name__] = step
            return step

        return register

    def unknown(self, connection: sqlite3.Connection) -> list[str]:
        """Steps done in a file that are not known here: a newer version's."""
        return [name for name in self._done(connection) if name not in self._steps]

    def apply(self, connection: sqlite3.Connection) -> None:
        """Do what is still to be done, each step whole or not at all."""
        if set(self._done(connection)) >= set(self._steps):
            return
        with _without_numpy():
            import sqlite_utils
            from sqlite_utils.migrations import Migrations

        migrations = Migrations(self.name)
        for name, step in self._steps.items():
            migrations(name=name)(step)
        migrations.apply(sqlite_utils.Database(connection))

    def _done(self, connection: sqlite3.Connection) -> list[str]:
        table = "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"
        if connection.execute(table).fetchone() is None:
            return []
        done = connection.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid",
            (self.name,),
        )
        return [name for (name,) in done]


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Unless it is loaded already: sqlite-utils loads it if it can, for columns of numpy's types, which no table here
    has; a door would keep 12 MB of it from its first start on."""
    if "numpy" in sys.modules:
        yield
        return
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["numpy"]


def open_writer(
    path: Path | str, steps: Steps, *, durable: bool = True, page_bytes: int | None = None
) -> sqlite3.Connection:
    """The one writing connection of a file, its tables brought up to date step by step: each step is done whole, or
    not at all and done at the next start.

    WAL with synchronous=FULL, so that a commit has reached the card when it returns; `durable=False` is for derived
    data and rehearsals. `page_bytes` is the page size of a new file (None: SQLite's own). Raises OSError where the
    file cannot be made, sqlite3.Error where it is damaged, NewerFileError where its tables are of steps that are not
    known here.
    """
    if path != ":memory:":
        # Door and carrier share a group: whoever reads a closed WAL file has to make its companions,
        # and the owner must be able to write to those. SQLite alone would leave the group read-only.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o660))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        if unknown := steps.unknown(connection):
            raise NewerFileError(
                f"{path} was written by a newer version of Jianmen ({unknown[-1]!r} is not known here)."
                " Install that version again; nothing was changed."
            )
        if page_bytes is not None:
            # Of no effect on a file with tables.
            connection.execute(f"PRAGMA page_size={page_bytes}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute("PRAGMA mmap_size=0")
        # What is deleted (the name card of somebody who was erased) must not stay readable in the file.
        connection.execute("PRAGMA secure_delete=ON")
        steps.apply(connection)
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


def roll_back(path: Path) -> None:
    """Undo what a power cut left half written of a file that is not in WAL mode yet: the tables of a new one. Readers
    cannot, and are refused until somebody has (https://sqlite.org/rescode.html#readonly_rollback). Raises
    sqlite3.Error."""
    if not path.with_name(f"{path.name}-journal").exists():
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


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
