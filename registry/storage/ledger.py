"""The registry's logs in one database: those of every kiosk, and its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import delete, select, text
from sqlalchemy.exc import SQLAlchemyError

from access.log.entry import SamePerson
from access.log.log_entry import LogEntry, read_entry
from registry.storage import tables
from registry.storage.database import Database
from registry.storage.log_store import Logs, wall_ms
from registry.storage.rollback_mark import LogEnd, RollbackMark
from registry.storage.statements import ARRIVED, SINCE
from sync.store.log_store import Row

SERVER_IDENTITY = (
    "SELECT (SELECT system_identifier FROM pg_control_system()),"
    " left(pg_walfile_name(pg_current_wal_lsn()), 8)"
)
"""Of a PostgreSQL server: which system it is, and its timeline."""

AT_ENTRY = text(f"{SERVER_IDENTITY}, (SELECT digest FROM entry WHERE id = :id)")  # noqa: S608 - a constant of ours


class Arrived(NamedTuple):
    """An entry, its id, and the badge under which it is listed."""

    entry_id: int
    listed: bytes | None
    entry: LogEntry


class Ledger(Logs):
    """The logs of one event, and how far the registry's own has come. Threads may share it."""

    def __init__(
        self, url: str | None, data: Path | None, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        """`url` None: SQLite in the folder `data`; "sqlite://": in memory. `now_ms` stamps what arrives.

        Raises DatabaseError.
        """
        super().__init__(Database(url, data), now_ms)
        self.folder = data
        """Where this process may keep files beside the database; None: nowhere."""
        self._rollback_mark = RollbackMark.beside(self.database.path)
        self._reached: LogEnd | None = None

    def close(self) -> None:
        """Write what was noted, and close the database. Safe to repeat."""
        with suppress(SQLAlchemyError):
            self.keep_heard(at_once=True)
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept or nothing is, and no other thread, worker or machine writes meanwhile."""
        if self.database.writer is not None:
            yield
            return
        with self.database.alone():
            try:
                with self.database.writing():
                    yield
                if self._rollback_mark is not None and self._reached is not None:
                    self._rollback_mark.write(self._reached)
            finally:
                self._reached = None

    def arrived(self, entry_id: int, limit: int) -> list[Arrived]:
        """Up to `limit` entries that arrived after the one with this id."""
        rows = self.fetch(ARRIVED, (entry_id, limit))
        return [
            Arrived(row_id, badge, read_entry(log, digest, raw))
            for row_id, badge, log, digest, raw in rows
        ]

    def since(self, entry_id: int, limit: int) -> list[tuple[int, LogEntry]]:
        """Up to `limit` entries that arrived after the one with this id, with their ids."""
        rows = self.fetch(SINCE, (entry_id, limit))
        return [(row_id, read_entry(log, digest, raw)) for row_id, log, digest, raw in rows]

    def lineage(self, entry_id: int) -> tuple[str, bytes] | None:
        """Which database server answers, on which timeline, and the digest of the entry with this id there (empty:
        there is none). Who remembers an id across a failover may otherwise miss entries: a standby that took over gives
        the last ids of the old server to others. None on SQLite: nothing changes under a running process there."""
        if not self.database.is_postgres:
            return None
        row = self.first(AT_ENTRY.bindparams(id=entry_id))
        return f"{row[0]}/{row[1]}", row[2] or b""

    def registry_since(self, entry_id: int) -> list[LogEntry]:
        """The entries of the registry's own logs that arrived after the one with this id."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.log, entry.digest, entry.raw)
            .where(entry.id > entry_id, entry.log.startswith(self.registry))
            .order_by(entry.id)
        )
        return [read_entry(log, digest, raw) for log, digest, raw in rows]

    def has_event_entries_since(self, entry_id: int) -> bool:
        """Whether the registry's own logs have an entry without a badge after this id."""
        entry = tables.entry.c
        one = select(entry.id).where(
            entry.id > entry_id, entry.badge.is_(None), entry.log.startswith(self.registry)
        )
        return self.first(one.limit(1)) is not None

    def last(self, log: str) -> Row | None:
        """The newest entry of a log that has no fork."""
        entry = tables.entry.c
        row = self.first(
            select(entry.log, entry.seq, entry.digest, entry.badge, entry.raw)
            .where(entry.log == log)
            .order_by(entry.seq.desc())
            .limit(1)
        )
        return Row(*row) if row else None

    def digest_of(self, entry_id: int) -> bytes:
        """The hash of the entry with this id; empty where there is none."""
        row = self.first(select(tables.entry.c.digest).where(tables.entry.c.id == entry_id))
        return bytes(row[0]) if row else b""

    def newest(self) -> int:
        """The id of the entry that arrived last; 0 before there is one."""
        entry = tables.entry.c
        row = self.first(select(entry.id).order_by(entry.id.desc()).limit(1))
        return row[0] if row else 0

    def about(self, badge: bytes) -> list[LogEntry]:
        """All entries that name a badge, in order of arrival."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.log, entry.digest, entry.raw)
            .where(entry.badge == badge)
            .order_by(entry.id)
        )
        return [read_entry(log, digest, raw) for log, digest, raw in rows]

    def badge_now(self, badge: bytes) -> bytes:
        """The badge that the person of a badge was given last instead of it; the same one where they were given none.
        All entries of the registry without a badge are read: for rare questions."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.log, entry.digest, entry.raw)
            .where(entry.badge.is_(None), entry.log >= self.registry)
            .where(entry.log < f"{self.registry}g")  # a log's name goes on with hexadecimal digits
        )
        found = [read_entry(log, digest, raw) for log, digest, raw in rows]
        found.sort(key=lambda one: (one.wall_ms, one.log, one.seq))
        bodies = (one.body for one in found)
        following = {body.before: body.after for body in bodies if isinstance(body, SamePerson)}
        seen = set[bytes]()
        while badge in following and badge not in seen:
            seen.add(badge)
            badge = following[badge]
        return badge

    def heard_ms(self, device: str) -> int | None:
        """When a device last signed a head that reached us (ms, by its own clock); None: never."""
        head = self.latest_head(device)
        return head.at_ms if head is not None else None

    def card(self, badge: bytes, issue: int) -> bytes | None:
        """The sealed name card of an issue, or None where it is not stored."""
        card = tables.card.c
        row = self.first(
            select(card.raw).where(card.badge == badge, card.issue == issue, card.raw.is_not(None))
        )
        return row[0] if row else None

    def forget_cards(self) -> None:
        """Delete every name card."""
        self.write(delete(tables.card))

    def forget_heads(self, log: str, after: int, before: int) -> None:
        """Delete the heads of a log between two numbers: passed on, they would only make batches small."""
        head = tables.head.c
        self.write(delete(tables.head).where(head.log == log, head.seq > after, head.seq < before))

    # The registry's own values, and how far its own log has come.

    def new_identity(self, random: bytes) -> str:
        """What to call this database from now on: a server's own identity and timeline, else the random bytes."""
        return self._server_identity() if self.database.is_postgres else random.hex()

    def _server_identity(self) -> str:
        """A restored copy is another system or another timeline; so is a standby that took over."""
        row = self.first(text(SERVER_IDENTITY))
        return f"{row[0]}/{row[1]}"

    def displaced(self, here: LogEnd) -> str | None:
        """Why the registry's own log must not be continued at the end that this database has; None: it may.

        `here` is the database's identity and the log's end as this database remembers them.
        """
        if self.database.is_postgres:
            now = self._server_identity()
            return (
                None if now == here.database else f"the database is {now}, it was {here.database}"
            )
        if self._rollback_mark is None:
            return None
        mark = self._rollback_mark.read()
        if mark is None:
            return "the database was moved here"
        if (mark.database, mark.log) != (here.database, here.log):
            return "another database was put here"
        return None if mark.seq <= here.seq else f"the database is older than entry {mark.seq}"

    def reached(self, end: LogEnd) -> None:
        """Note the end of the registry's own log; it is written to the rollback mark after the commit."""
        self._reached = end
