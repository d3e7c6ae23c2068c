"""Opening the central database: SQLite in a folder, SQLite in memory, or PostgreSQL; and who may write when.

There is one writer at a time, whatever the database: SQLite has one writing connection in one process (its WAL is not
safe under two), PostgreSQL an advisory lock that every worker takes. So entries become visible in the order of their
ids, and a fold that has seen id n has seen all before it.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.pool import StaticPool

from registry.storage.errors import DatabaseError, InUseError, NotScrubbedError
from registry.storage.news import CHANNEL, Listener, News
from registry.storage.remembered import Remembered

FILE = "registry.db"
LOCK_FILE = "registry.lock"
RIGHT_URL = 'it should be like "postgresql://user@host/name"'
MIGRATIONS = Path(__file__).parent / "migrations"

CACHE_KIB = 64_000
CHECKPOINT_PAGES = 8000
"""Of the SQLite writer: its page cache, and how long its write-ahead log grows before it is folded back (32 MB)."""

BUSY_MS = 5000
"""How long a reader of SQLite waits for a checkpoint."""

SCRUBS = 4
SCRUB_MS = 1000
"""How often, and for how long each time, emptying the write-ahead log waits for readers."""

POSTGRES_LOCK = 0x4A69616E6D656E
"""The advisory lock of the one writer: "Jianmen"."""

OUTAGES = (OperationalError, InterfaceError, NoConnectionError, psycopg.OperationalError)
"""What a database raises that starts again, fails over or has no room on its disk: it passes by itself."""

READERS = 8
MORE_READERS = 24
"""Connections kept for reading, and how many more a rush may open: one for each thread of a server."""


class Database:
    """One database. Reads may run beside the writer; a read inside a transaction sees what it wrote."""

    def __init__(self, url: str | None, data: Path | None) -> None:
        """`url` None: `registry.db` in the folder `data`. Raises DatabaseError."""
        self._here = threading.local()
        self._lock = threading.RLock()
        self._lock_file: int | None = None
        self.remembered = Remembered()
        """What was read since the last writing, on SQLite: there no other process writes."""
        self.news = News()
        self._listener: Listener | None = None
        try:
            target = make_url(url) if url else URL.create("sqlite", database=_path(data))
        except ArgumentError:
            raise DatabaseError(f"database_url is no address of a database; {RIGHT_URL}") from None
        _require_known(target)
        self._target = target
        self.is_postgres = target.get_backend_name() == "postgresql"
        self.path = None if self.is_postgres or not target.database else Path(target.database)
        try:
            self._open(target)
            self._migrate(target)
            self._fold_back()
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError) as error:
            self.close()
            reason = str(getattr(error, "orig", None) or error).strip()
            raise DatabaseError(f"{_shown(target)} cannot be opened: {reason}") from error
        except DatabaseError:
            self.close()
            raise

    def _open(self, target: URL) -> None:
        if self.is_postgres:
            _require_utf8(target)
            self._writer = self._reader = create_engine(
                target.set(drivername="postgresql+psycopg"),
                pool_size=READERS,
                max_overflow=MORE_READERS,
                pool_pre_ping=True,  # a failover closes connections under us
                hide_parameters=True,  # an error's text goes into logs: nobody's name may be in it
            )
            return
        if self.path is not None:
            self._lock_file = _lock(self.path.with_name(LOCK_FILE))
        self._writer = create_engine(
            target,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(self._writer, "connect", _prepare_writer)
        event.listen(self._writer, "begin", _begin_immediate)
        self._reader = self._writer
        if self.path is not None:
            with self._writer.connect():
                pass  # the file is there before anyone opens it for reading
            self._reader = _read_only(self.path)

    def _migrate(self, target: URL) -> None:
        if self._is_current():
            return  # most starts; Alembic takes longer to load than a command that asks one thing takes otherwise
        from alembic import command
        from alembic.config import Config
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        steps = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        # One transaction, which is this connection's and not Alembic's: tables and rows are the old ones or the new.
        with self.writing() as connection:
            done = MigrationContext.configure(connection).get_current_heads()
            unknown = [step for step in done if step not in steps]
            if unknown:
                raise DatabaseError(
                    f"{_shown(target)} was written by a newer version of Jianmen (its step {unknown[0]!r} is not known"
                    " here). Install that version again; nothing was changed."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _is_current(self) -> bool:
        """Whether the tables are those of the newest step."""
        newest = max(file.stem for file in (MIGRATIONS / "versions").glob("v*.py"))
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return False
            done = list(
                connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
            )
        return len(done) == 1 and newest.startswith(f"v{done[0]}_")

    def _fold_back(self) -> None:
        """What an earlier process was killed with: its write-ahead log may contain what was deleted."""
        with suppress(
            NotScrubbedError
        ):  # somebody reads a copy of it just now; the next checkpoint does it
            self.scrub()

    @property
    def writer(self) -> Connection | None:
        """The connection of the transaction that this thread is in, or None."""
        found: Connection | None = getattr(self._here, "connection", None)
        return found

    @property
    def transaction_cache(self) -> dict[str, Any] | None:
        """What the transaction that this thread is in has read: nobody else can change it. Whoever changes it in this
        transaction clears it. None outside of one."""
        return self._here.cache if self.writer is not None else None

    @contextmanager
    def writing(self, changes: Hashable | None = None) -> Iterator[Connection]:
        """A transaction under the one writer's lock. Inside another one it is a part of that. `changes` is the only
        question whose cached result it makes stale (None: any)."""
        current = self.writer
        if current is not None:
            yield current
            return
        with self.alone(), self._writer.begin() as connection:
            if self.is_postgres:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({POSTGRES_LOCK})"))
            self._here.connection, self._here.adds, self._here.cache = connection, False, {}
            try:
                yield connection
                adds: bool = self._here.adds
            finally:
                self._here.connection = None
        self.remembered.forget(changes)
        if adds:
            self.news.tell()

    def adds_entries(self) -> None:
        """Inside a transaction: once it is kept, everybody is told that entries have arrived."""
        if self.is_postgres and not self._here.adds and self.writer is not None:
            self.writer.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))
        self._here.adds = True

    def listen(self) -> None:
        """From now on `news` grows also when other processes add entries."""
        with self._lock:
            if self.is_postgres and self._listener is None:
                self._listener = Listener(self.own_connection, self.news)

    def own_connection(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection to PostgreSQL beside the pool, each statement its own transaction. The caller closes it. Raises
        psycopg.Error."""
        return _connect(self._target)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Threads of this process take turns at SQLite's one connection."""
        if self.is_postgres:
            yield
            return
        with self._lock:
            yield

    @property
    def is_free(self) -> bool:
        """Whether a thread of this process that wants to write need not wait for another one."""
        free = self._lock.acquire(blocking=False)
        if free:
            self._lock.release()
        return free

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with."""
        current = self.writer
        if current is not None:
            yield current
        elif self._reader is self._writer:
            with self.alone(), self._reader.connect() as connection:
                yield connection
        else:
            with self._reader.connect() as connection:
                yield connection

    def scrub(self, *, whole: bool = False) -> None:
        """What was deleted can be read in no file of SQLite's any more: its write-ahead log is folded back and emptied.
        `whole`: the file is rewritten, for pages that were freed before this version deleted securely.

        Does nothing on PostgreSQL, which keeps deleted rows until it is vacuumed (docs/operating.md). Raises
        NotScrubbedError where a reader stands in the way for long.
        """
        if self.is_postgres or self.path is None:
            return
        if self.writer is not None:
            raise RuntimeError("scrub after the transaction, not in it")
        for attempt in range(SCRUBS):  # between them others may write
            with self.alone(), closing(self._writer.raw_connection()) as raw:
                connection: sqlite3.Connection = raw.driver_connection  # type: ignore[assignment]
                if _scrubbed(connection, whole=whole and attempt == 0):
                    return
        raise NotScrubbedError

    def close(self) -> None:
        """Let go of the database. May be called again."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for engine in (getattr(self, "_reader", None), getattr(self, "_writer", None)):
            if engine is not None:
                engine.dispose()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def _path(data: Path | None) -> str:
    if data is None:
        raise ValueError("a database needs an address or a folder")
    return str(data / FILE)


def _require_known(target: URL) -> None:
    """Raises DatabaseError for a database of another kind."""
    is_sqlite = target.drivername in ("sqlite", "sqlite+pysqlite")
    if not is_sqlite and target.get_backend_name() != "postgresql":
        raise DatabaseError(
            f"database_url begins with {target.drivername}://; {RIGHT_URL}. For SQLite leave database_url out: it is"
            " then a file in the data folder."
        )


def _shown(target: URL) -> str:
    """The database as people know it, without its password."""
    if target.get_backend_name() == "sqlite":
        return target.database or "the database in memory"
    return f"the database {target.render_as_string(hide_password=True)}"


def _connect(target: URL) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to PostgreSQL beside the pool, each statement its own transaction."""
    dialect = create_engine(target.set(drivername="postgresql+psycopg")).dialect
    positional, named = dialect.create_connect_args(target)
    return psycopg.connect(*positional, autocommit=True, **named)


def _require_utf8(target: URL) -> None:
    """Raises DatabaseError for a PostgreSQL database that cannot store every script."""
    with _connect(target) as connection:
        encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseError(
            f"{_shown(target)} has the encoding {encoding}; it should be UTF8, since names are in every script. Make"
            f" another one: createdb --encoding UTF8 --template template0 NAME"
        )


def _lock(path: Path) -> int:
    """The lock that keeps other processes from writing. Raises DatabaseError where one has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise InUseError(
            f"{path.with_name(FILE)} is in use by another process. Stop that registry first, or ask it to do this."
        ) from None
    return descriptor


def _read_only(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path.resolve().as_uri()}?mode=ro&uri=true",
        pool_size=READERS,
        max_overflow=MORE_READERS,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_reader)
    return engine


def _prepare_writer(connection: sqlite3.Connection, _: Any) -> None:
    # None: SQLAlchemy begins and ends transactions, by `_begin_immediate`.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA mmap_size=0")
    # What is deleted (somebody's name) must not stay readable in the file, whatever SQLite was built with.
    connection.execute("PRAGMA secure_delete=ON")
    # A day's entries are written all over the index by badge: let it stay in memory, and fold the WAL back seldom.
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


def _prepare_reader(connection: sqlite3.Connection, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    connection.execute("PRAGMA query_only=ON")


def _scrubbed(connection: sqlite3.Connection, *, whole: bool) -> bool:
    """Empty the write-ahead log, after rewriting the whole file if asked; whether nobody stood in the way."""
    try:
        connection.execute(f"PRAGMA busy_timeout={SCRUB_MS}")
        if whole:
            connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.OperationalError as error:
        raise NotScrubbedError from error
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock first, so that a transaction cannot fail half-way for another's lock."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
