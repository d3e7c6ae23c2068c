"""Logs and name cards in the central database: what the exchange asks of any store of logs."""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import bindparam

from access.log.chain import Head, device_id, device_of, vouched
from access.log.entry import Kiosk, digest_of, pack
from access.log.log_entry import LogEntry, read_entry
from registry.storage import statements as sql
from registry.storage import tables
from registry.storage.bulk import insert_rows
from registry.storage.database import Database
from registry.storage.heard_heads import HeardHeads
from sync.store.log_run import EntryRow
from sync.store.log_store import BEGINNING, INTRODUCED, LogStore, Row, newest_kiosk, same_end
from sync.store.name_cards import Issued, badges_listed, cards_named
from sync.wire.messages import Point, SealedCard

PUBLIC_KEY = "public"
"""The registry's own public key among its values."""

CARDS_AT_ONCE = 1000
"""Name cards read from the database at a time: a megabyte."""

BADGES_AT_ONCE = 500

Answer = TypeVar("Answer")


def wall_ms() -> int:
    """This machine's clock, in ms since 1970."""
    return time.time_ns() // 1_000_000


_device_id = lru_cache(maxsize=8)(device_id)
"""Asked of every log in every message."""

HEADS_KEPT = "latest heads"
"""The cached result that changes when known ends of logs are signed again."""


class Logs(LogStore):
    """The logs, their heads and branches, and the name cards beside them. Transactions are the ledger's."""

    run_entries = 16_384  # as many as a message has: a statement costs more here, and memory less

    def __init__(self, database: Database, now_ms: Callable[[], int] = wall_ms) -> None:
        """`now_ms` stamps what arrives."""
        self.database = database
        self._now_ms = now_ms
        self._dialect: Any = postgresql if database.is_postgres else sqlite
        self._public: bytes | None = None
        self._asked_for = b""
        self._heard = HeardHeads()

    def write(self, statement: Any, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """Run a statement, for each of the rows if there are some. Return how many rows it changed."""
        with self.database.writing() as connection:
            return connection.execute(statement, rows).rowcount

    def read(self, statement: Any) -> Sequence[Any]:
        """All rows of an answer."""
        with self.database.reading() as connection:
            return connection.execute(statement).all()

    def first(self, statement: Any) -> Any:
        """The first row of an answer, or None."""
        with self.database.reading() as connection:
            return connection.execute(statement).first()

    def fetch(self, question: str, values: Sequence[Any]) -> Sequence[Any]:
        """The rows of a query that every exchange makes; run without the toolkit, at a fraction of the cost."""
        with self.database.reading() as connection:
            result = connection.exec_driver_sql(self._spelt(question), tuple(values))
            rows: Sequence[Any] = result.cursor.fetchall()
            result.close()
            return rows

    def _spelt(self, statement: str) -> str:
        """A statement with the parameter marks of this database's driver."""
        return statement.replace("?", "%s") if self.database.is_postgres else statement

    def _remembered(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The result of `ask`, cached until the next write. Not with PostgreSQL, where other processes write too."""
        if self.database.is_postgres or self.database.writer is not None:
            return ask()
        return self.database.remembered.get(question, ask)

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, which both databases spell alike."""
        return self._dialect.insert(table)

    # The registry's own values.

    def values(self) -> dict[str, bytes]:
        """All of the registry's own values."""
        return {row.key: row.value for row in self.read(select(tables.meta))}

    def value(self, key: str) -> bytes | None:
        """One of the registry's own values."""
        row = self.first(select(tables.meta.c.value).where(tables.meta.c.key == key))
        return row[0] if row else None

    def set_value(self, key: str, value: bytes | None) -> None:
        """Store one of the registry's own values; None deletes it."""
        if value is None:
            self.write(delete(tables.meta).where(tables.meta.c.key == key))
            return
        insert = self.insert(tables.meta).values(key=key, value=value)
        self.write(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    # What any store of logs does.

    @property
    def registry(self) -> str:  # type: ignore[override]
        """The fingerprint of the registry's own key; empty before there is one."""
        public = self._own_public()
        return _device_id(public) if public is not None else ""

    def _own_public(self) -> bytes | None:
        if self._public is not None:
            return self._public
        public = self.value(PUBLIC_KEY)
        if self.database.writer is None:  # not yet kept, it may be undone
            self._public = public
        return public

    def is_registry(self, log: str) -> bool:
        return self.registry != "" and log.startswith(self.registry)

    def public_key(self, device: str) -> bytes | None:
        if device == self.registry:
            return self._own_public()
        return self._publics().get(device)

    def _publics(self) -> dict[str, bytes]:
        known = self.database.transaction_cache
        if known is None:
            return self._remembered("publics", self._all_publics)
        if "publics" not in known:
            known["publics"] = self._all_publics()
        publics: dict[str, bytes] = known["publics"]
        return publics

    def _all_publics(self) -> dict[str, bytes]:
        return dict(map(tuple, self.fetch(sql.PUBLICS, ())))

    def tips(self, log: str) -> list[Point]:
        if not self.database.is_postgres and self.database.writer is None:
            return self._remembered("vector", self._vector).get(log, [])
        return [(seq, digest) for seq, digest in self.fetch(sql.TIPS, (log,))]

    def vector(self) -> dict[str, list[Point]]:
        return self._remembered("vector", self._vector)

    def _vector(self) -> dict[str, list[Point]]:
        found: dict[str, list[Point]] = {}
        for log, seq, digest in self.fetch(sql.ALL_TIPS, ()):
            found.setdefault(log, []).append((seq, digest))
        return found

    def has_entry(self, log: str, seq: int, digest: bytes) -> bool:
        return bool(self.fetch(sql.HOLDS, (log, seq, digest)))

    def rows(self, log: str, first: int, last: int) -> list[Row]:
        return list(map(Row._make, self.fetch(sql.ROWS, (log, first, last))))

    def piece(self, log: str, first: int, last: int) -> Sequence[Any]:
        return self.fetch(sql.PIECE, (log, first, last))

    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        return [Head(*row) for row in self.fetch(sql.HEADS, (log, after, limit))]

    def latest_head(self, device: str) -> Head | None:
        return self._heard.newest(device, self._latest_heads().get(device))

    def latest_heads(self) -> list[Head]:
        stored = self._latest_heads().items()
        return [self._heard.newest(device, head) or head for device, head in stored]

    def _latest_heads(self) -> dict[str, Head]:
        return self._remembered(HEADS_KEPT, self._stored_heads)

    def _stored_heads(self) -> dict[str, Head]:
        heads = [Head(*row) for row in self.fetch(sql.LATEST_HEADS, ())]
        return {device_of(head.log): head for head in heads}

    def hear(self, heads: Sequence[Head]) -> None:
        """Note newer signatures over known ends of logs; they are written every few seconds, all at once."""
        if self.database.is_postgres:  # other processes must see them
            super().hear(heads)
            return
        known = self._latest_heads()
        others = []
        for head in heads:
            stored, public = known.get(device_of(head.log)), self.public_key(device_of(head.log))
            if stored is None or public is None or not same_end(head, stored):
                others.append(head)
            elif vouched(head, public):
                self._heard.note(head)
        if others:
            super().hear(others)
        self.keep_heard()

    def keep_heard(self, *, at_once: bool = False) -> None:
        """Write what was only noted of heads, if it is time and nobody writes just now: no exchange waits for it."""
        if not (at_once or self.database.is_free):
            return
        heads = self._heard.take(at_once=at_once)
        if heads:
            with self.renewing_heads():
                self.keep_heads(heads)

    def renewing_heads(self) -> AbstractContextManager[object]:
        # Every few seconds, even where nothing happens: what was read of everything else stays valid.
        return self.database.writing(HEADS_KEPT)

    def add(self, log: str, rows: Iterable[EntryRow], entries: Sequence[LogEntry]) -> None:
        now_ms = self._now_ms()
        with self.database.writing() as connection:
            self.database.adds_entries()
            if self.database.is_postgres:
                insert_rows(connection, "entry", sql.ENTRY, ((*row, now_ms) for row in rows))
            else:
                # The one statement that runs for every entry of the event: past the toolkit, at half the cost.
                connection.exec_driver_sql(sql.ADD_ENTRY.format(at_ms=now_ms), list(rows))
        if self.is_registry(log):
            for one in entries:
                if isinstance(one.body, Kiosk):
                    self._know(one, one.body)
            self._expect_cards(sorted(badges_listed(entries)))

    def add_many(self, rows: Sequence[Row]) -> None:
        """Put thousands of entries among the others. Tips, heads and cards are the caller's task."""
        now_ms = self._now_ms()
        with self.database.writing() as connection:
            self.database.adds_entries()
            insert_rows(connection, "entry", sql.ENTRY, ((*row, now_ms) for row in rows))

    def _know(self, entry: LogEntry, kiosk: Kiosk) -> None:
        """Store the newest state of a kiosk, in whatever order the registry's logs arrive."""
        device = tables.device.c
        row = self.first(
            select(device.wall_ms, device.seq, device.kiosk).where(
                device.fingerprint == kiosk.device
            )
        )
        position = (entry.wall_ms, entry.seq)
        self._keep_kiosk(*newest_kiosk((kiosk, position), tuple(row) if row else None))

    def introduce(self, kiosk: Kiosk) -> None:
        if self.kiosk(kiosk.device) is None:
            self._keep_kiosk(kiosk, INTRODUCED)

    def introduced(self) -> list[Kiosk]:
        return list(self._remembered("introduced", self._introduced))

    def _introduced(self) -> list[Kiosk]:
        device = tables.device.c
        rows = self.read(
            select(device.kiosk).where(device.wall_ms == INTRODUCED[0], device.seq == INTRODUCED[1])
        )
        return [msgspec.msgpack.decode(kiosk, type=Kiosk) for (kiosk,) in rows]

    def kiosk(self, device: str) -> Kiosk | None:
        return self._remembered(("kiosk", device), lambda: self._kiosk(device))

    def _kiosk(self, device: str) -> Kiosk | None:
        row = self.first(select(tables.device.c.kiosk).where(tables.device.c.fingerprint == device))
        return msgspec.msgpack.decode(row[0], type=Kiosk) if row else None

    def devices(self) -> dict[str, Kiosk]:
        device = tables.device.c
        rows = self.read(select(device.fingerprint, device.kiosk).order_by(device.fingerprint))
        return {name: msgspec.msgpack.decode(kiosk, type=Kiosk) for name, kiosk in rows}

    def _keep_kiosk(self, kiosk: Kiosk, position: tuple[int, int]) -> None:
        values = {
            "public": kiosk.public,
            "kiosk": pack(kiosk),
            "wall_ms": position[0],
            "seq": position[1],
        }
        insert = self.insert(tables.device).values(fingerprint=kiosk.device, **values)
        self.write(insert.on_conflict_do_update(index_elements=["fingerprint"], set_=values))
        if (known := self.database.transaction_cache) is not None:
            known.clear()

    def _expect_cards(self, badges: Sequence[bytes]) -> None:
        """Name the cards to ask for, and delete those that the roster no longer names: erased, or sealed again."""
        for first in range(0, len(badges), BADGES_AT_ONCE):
            named = cards_named(self.roster_of(badges[first : first + BADGES_AT_ONCE]))
            self._forget_others(named)
            wanted = [
                {"digest": digest, "badge": badge, "issue": issue}
                for (badge, issue), digest in named.items()
                if digest is not None
            ]
            if wanted:
                self.write(self.insert(tables.card).on_conflict_do_nothing(), wanted)

    def roster_of(self, badges: Sequence[bytes]) -> Iterator[LogEntry]:
        """What the registry wrote of some hundreds of badges, in no order."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.log, entry.digest, entry.raw).where(
                entry.badge.in_(badges), entry.log.startswith(self.registry)
            )
        )
        return (read_entry(log, digest, raw) for log, digest, raw in rows)

    def _forget_others(self, named: Mapping[Issued, bytes | None]) -> None:
        """Delete the cards of these issues but those that are named."""
        card = tables.card.c
        gone = delete(tables.card).where(
            card.badge == bindparam("of_badge"),
            card.issue == bindparam("of_issue"),
            card.digest != bindparam("but"),
        )
        keys = [
            {"of_badge": badge, "of_issue": issue, "but": digest or b""}
            for (badge, issue), digest in named.items()
        ]
        self.write(gone, keys)

    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        with self.database.writing() as connection:
            if parent != BEGINNING:
                connection.exec_driver_sql(self._spelt(sql.DROP_TIP), (log, parent[1]))
            connection.exec_driver_sql(self._spelt(sql.ADD_TIP), (log, *tip))

    def keep_head(self, head: Head) -> None:
        self.keep_heads([head])

    def keep_heads(self, heads: Sequence[Head]) -> None:
        """Store heads, or their newer signatures, and each device's latest head."""
        rows = [msgspec.structs.astuple(head) for head in heads]
        with self.database.writing() as connection:
            connection.exec_driver_sql(self._spelt(sql.KEEP_HEAD), rows)
            latest = [(device_of(head.log), *row) for head, row in zip(heads, rows, strict=True)]
            connection.exec_driver_sql(self._spelt(sql.KEEP_LATEST_HEAD), latest)

    def wanted_cards(self, limit: int) -> list[bytes]:
        if self._remembered("all cards", lambda: self.first(sql.LACKING.limit(1)) is None):
            return []
        card, lacking = tables.card.c, sql.LACKING
        # In turn: cards that nobody has any more delay no others.
        after = self.read(lacking.where(card.digest > self._asked_for).limit(limit))
        before = self.read(lacking.where(card.digest <= self._asked_for).limit(limit - len(after)))
        wanted = [digest for (digest,) in [*after, *before]]
        if wanted:
            self._asked_for = wanted[-1]
        return wanted

    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        asked = list(digests)
        if not asked:
            return []
        marks = ",".join("?" * len(asked))
        return [SealedCard(*row) for row in self.fetch(sql.CARDS.format(marks=marks), asked)]

    def all_sealed(self) -> Iterator[SealedCard]:
        card = tables.card.c
        last = b""
        while rows := self.read(
            select(card.digest, card.raw)
            .where(card.digest > last, card.raw.is_not(None))
            .order_by(card.digest)
            .limit(CARDS_AT_ONCE)
        ):
            for digest, raw in rows:
                yield SealedCard(digest, raw)
            last = rows[-1][0]

    def keep_cards(self, cards: Sequence[SealedCard]) -> None:
        rows = [
            {"of_digest": one.digest, "raw": one.raw}
            for one in cards
            if digest_of(one.raw) == one.digest
        ]
        if rows:
            of = tables.card.c.digest == bindparam("of_digest")
            self.write(update(tables.card).where(of).values(raw=bindparam("raw")), rows)
