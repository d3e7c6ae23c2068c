"""Whose turn it is: one job at a time in all processes of a registry, and who of them is alive.

On PostgreSQL by advisory locks on a connection of its own, which the server gives back by itself when a process dies or
its machine is cut off. On SQLite there is one process, so nothing need be asked.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from sqlalchemy import text

from registry.storage.database import Database

log = logging.getLogger(__name__)

ONE_AT_A_TIME = 0x4A6F6273
"""The advisory lock of the job that is going on: "Jobs"."""

ASK_S = 0.2
"""How often a waiting job asks whether it is its turn."""


class TurnLostError(Exception):
    """The database let go of this process: another one may have begun a job."""


class Turns:
    """The turns of one process. Threads may share it."""

    def __init__(self, database: Database, owner: str) -> None:
        """`owner`: 16 hex digits that no other process has."""
        self._database = database
        self._owner = _key(owner)
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._pause = threading.Event()

    def enter(self) -> None:
        """From now on others can see that this process is alive. Raises psycopg.Error."""
        if not self._database.is_postgres:
            return
        with self._lock:
            if self._connection is None:
                connection = self._database.own_connection()
                connection.execute("SELECT pg_advisory_lock(%s)", (self._owner,))
                self._connection = connection

    def take(self, check: Callable[[], None]) -> None:
        """Wait until no other process does a job. `check` is called again and again, and may raise. Raises
        TurnLostError."""
        while self._database.is_postgres and not self._asked("SELECT pg_try_advisory_lock(%s)"):
            check()
            self._pause.wait(ASK_S)

    def give(self) -> None:
        """The job is over."""
        if self._database.is_postgres:
            with suppress(TurnLostError):  # then nobody has it any more
                self._asked("SELECT pg_advisory_unlock(%s)")

    def check(self) -> None:
        """Raises TurnLostError where it may be another's turn by now."""
        if self._database.is_postgres:
            self._asked("SELECT %s::bigint IS NOT NULL")

    def _asked(self, question: str) -> bool:
        with self._lock:
            if self._connection is None:
                raise TurnLostError
            try:
                row = self._connection.execute(question, (ONE_AT_A_TIME,)).fetchone()
            except psycopg.Error as error:
                log.warning("a job has lost the database (%s)", type(error).__name__)
                self._connection.close()
                self._connection = None
                raise TurnLostError from error
            return row is not None and bool(row[0])

    def is_alive(self, owner: str) -> bool:
        """Whether the process of that name is there; always False on SQLite."""
        if not self._database.is_postgres:
            return False
        with self._locked(_key(owner)) as free:
            return not free

    @contextmanager
    def between(self) -> Iterator[bool]:
        """Whether no job is going on anywhere; then none begins meanwhile."""
        if not self._database.is_postgres:
            yield True
            return
        with self._locked(ONE_AT_A_TIME) as free:
            yield free

    @contextmanager
    def _locked(self, key: int) -> Iterator[bool]:
        """Whether a lock was free; then it is taken for as long."""
        with (
            self._database.reading() as connection
        ):  # and its transaction, with which the lock ends
            asked = text("SELECT pg_try_advisory_xact_lock(:key)")
            yield bool(connection.execute(asked, {"key": key}).scalar())

    def close(self) -> None:
        """Let go of everything. May be called again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _key(owner: str) -> int:
    """An owner as the number of an advisory lock: 64 bits with a sign."""
    return int.from_bytes(bytes.fromhex(owner), "big", signed=True)
