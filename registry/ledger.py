"""The centre's set of logs: everything any door ever said, and the registry's own word, in one database."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import bindparam

from access.background import Held, hold
from access.chain import Head, fingerprint
from access.entry import Kiosk, digest_of, pack
from registry import tables
from registry.database import Database
from registry.landmark import Landmark, Place
from sync.messages import Point, SealedCard
from sync.store import BEGINNING, LogStore, Row, cards_named

PUBLIC_KEY = "public"
"""The registry's own public key among the values of `meta`."""

_HEAD = ("log", "seq", "digest", "at_ms", "signature")


def wall_ms() -> int:
    """This machine's clock, in ms since 1970."""
    return time.time_ns() // 1_000_000


class Ledger(LogStore):
    """The logs, name cards and the registry's own values. Threads may share it."""

    def __init__(
        self, url: str | None, data: Path | None, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        """`url` None: SQLite in the folder `data`; "sqlite://": in memory. `now_ms` stamps what arrives.

        Raises DatabaseError.
        """
        self.database = Database(url, data)
        self._now_ms = now_ms
        self._dialect: Any = postgresql if self.database.is_postgres else sqlite
        self._landmark = Landmark.beside(self.database.path)
        self._reached: Place | None = None
        self._public: bytes | None = None

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept or nothing is, and no other thread, worker or machine writes meanwhile."""
        outermost = self.database.writer is None
        with self.database.writing():
            if outermost:
                self._reached = None
            yield
            reached = self._reached
        if outermost and reached is not None and self._landmark is not None:
            self._landmark.write(reached)

    def write(self, statement: Any, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """Run a statement, for each of the rows if there are some; says how many rows it touched."""
        with self.database.writing() as connection:
            return connection.execute(statement, rows).rowcount

    def read(self, statement: Any) -> Sequence[Any]:
        with self.database.reading() as connection:
            return connection.execute(statement).all()

    def _first(self, statement: Any) -> Any:
        with self.database.reading() as connection:
            return connection.execute(statement).first()

    def _insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, which both databases spell alike."""
        return self._dialect.insert(table)

    # What any store of logs does.

    @property
    def registry(self) -> str:  # type: ignore[override]
        """The fingerprint of the registry's own key; empty before there is one."""
        public = self._own_public()
        return fingerprint(public) if public is not None else ""

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
        row = self._first(
            select(tables.device.c.public).where(tables.device.c.fingerprint == device)
        )
        return row[0] if row else None

    def tips(self, log: str) -> list[Point]:
        tip = tables.tip.c
        rows = self.read(select(tip.seq, tip.digest).where(tip.log == log).order_by(tip.seq))
        return [(seq, digest) for seq, digest in rows]

    def vector(self) -> dict[str, list[Point]]:
        tip = tables.tip.c
        found: dict[str, list[Point]] = {}
        for log, seq, digest in self.read(
            select(tip.log, tip.seq, tip.digest).order_by(tip.log, tip.seq)
        ):
            found.setdefault(log, []).append((seq, digest))
        return found

    def holds(self, log: str, seq: int, digest: bytes) -> bool:
        entry = tables.entry.c
        one = select(entry.id).where(entry.log == log, entry.seq == seq, entry.digest == digest)
        return self._first(one) is not None

    def rows(self, log: str, first: int, last: int) -> list[Row]:
        entry = tables.entry.c
        found = self.read(
            select(entry.log, entry.seq, entry.digest, entry.badge, entry.raw)
            .where(entry.log == log, entry.seq.between(first, last))
            .order_by(entry.seq)
        )
        return [Row(*row) for row in found]

    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        head = tables.head.c
        rows = self.read(
            select(*(head[name] for name in _HEAD))
            .where(head.log == log, head.seq > after)
            .order_by(head.seq)
            .limit(limit)
        )
        return [Head(*row) for row in rows]

    def word(self, device: str) -> Head | None:
        word = tables.word.c
        row = self._first(select(*(word[name] for name in _HEAD)).where(word.device == device))
        return Head(*row) if row else None

    def words(self) -> list[Head]:
        rows = self.read(select(*(tables.word.c[name] for name in _HEAD)))
        return [Head(*row) for row in rows]

    def add(self, rows: Sequence[Row], held: Sequence[Held]) -> None:
        now_ms = self._now_ms()
        self.write(
            tables.entry.insert(), [{**row._asdict(), "received_ms": now_ms} for row in rows]
        )
        if self.is_registry(rows[0].log):
            for one in held:
                if isinstance(one.body, Kiosk):
                    self._know(one, one.body)
            self._expect_cards(list(cards_named(held)))

    def _know(self, held: Held, kiosk: Kiosk) -> None:
        """Keep the newest word on a kiosk, in whatever order the registry's logs arrive."""
        device = tables.device.c
        known = self._first(
            select(device.wall_ms, device.seq).where(device.fingerprint == kiosk.device)
        )
        if known is not None and (held.wall_ms, held.seq) < tuple(known):
            return
        values = {
            "public": kiosk.public,
            "kiosk": pack(kiosk),
            "wall_ms": held.wall_ms,
            "seq": held.seq,
        }
        insert = self._insert(tables.device).values(fingerprint=kiosk.device, **values)
        self.write(insert.on_conflict_do_update(index_elements=["fingerprint"], set_=values))

    def _expect_cards(self, named: Sequence[tuple[bytes, int, bytes | None]]) -> None:
        """Name the cards to ask for, and delete those that the roster no longer names: erased, or sealed again."""
        if not named:
            return
        newest = {(badge, issue): digest for badge, issue, digest in named}
        card = tables.card.c
        gone = delete(tables.card).where(
            card.badge == bindparam("of_badge"),
            card.issue == bindparam("of_issue"),
            card.digest != bindparam("but"),
        )
        keys = [
            {"of_badge": badge, "of_issue": issue, "but": digest or b""}
            for (badge, issue), digest in newest.items()
        ]
        self.write(gone, keys)
        wanted = [
            {"digest": digest, "badge": badge, "issue": issue}
            for (badge, issue), digest in newest.items()
            if digest is not None
        ]
        if wanted:
            self.write(self._insert(tables.card).on_conflict_do_nothing(), wanted)

    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        columns = tables.tip.c
        if parent != BEGINNING:
            self.write(delete(tables.tip).where(columns.log == log, columns.digest == parent[1]))
        insert = self._insert(tables.tip).values(log=log, seq=tip[0], digest=tip[1])
        self.write(insert.on_conflict_do_nothing())

    def keep_head(self, head: Head) -> None:
        self.keep_heads([head])

    def keep_heads(self, heads: Sequence[Head]) -> None:
        """Keep heads, or their newer signatures, and each device's newest word."""
        rows = [dict(zip(_HEAD, msgspec.structs.astuple(head), strict=True)) for head in heads]
        self.write(self._keep_head, rows)
        self.write(self._keep_word, [{"device": row["log"][:16], **row} for row in rows])

    @cached_property
    def _keep_head(self) -> Any:
        insert = self._insert(tables.head)
        fresh = insert.excluded
        return insert.on_conflict_do_update(
            index_elements=["log", "seq", "digest"],
            set_={"at_ms": fresh.at_ms, "signature": fresh.signature},
            where=fresh.at_ms > tables.head.c.at_ms,
        )

    @cached_property
    def _keep_word(self) -> Any:
        insert = self._insert(tables.word)
        fresh = insert.excluded
        return insert.on_conflict_do_update(
            index_elements=["device"],
            set_={name: fresh[name] for name in _HEAD},
            where=fresh.at_ms >= tables.word.c.at_ms,
        )

    def wanted_cards(self, limit: int) -> list[bytes]:
        card = tables.card.c
        rows = self.read(select(card.digest).where(card.raw.is_(None)).limit(limit))
        return [digest for (digest,) in rows]

    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        asked = list(digests)
        if not asked:
            return []
        card = tables.card.c
        rows = self.read(
            select(card.digest, card.raw).where(card.digest.in_(asked), card.raw.is_not(None))
        )
        return [SealedCard(digest, raw) for digest, raw in rows]

    def keep_card(self, card: SealedCard) -> None:
        self.keep_cards([card])

    def keep_cards(self, cards: Sequence[SealedCard]) -> None:
        """Keep those name cards whose hashes are right and wanted."""
        rows = [
            {"of_digest": one.digest, "raw": one.raw}
            for one in cards
            if digest_of(one.raw) == one.digest
        ]
        if rows:
            of = tables.card.c.digest == bindparam("of_digest")
            self.write(update(tables.card).where(of).values(raw=bindparam("raw")), rows)

    # What the centre asks besides.

    def since(self, entry_id: int, limit: int) -> list[tuple[int, Held]]:
        """Up to `limit` entries that arrived after the one with this id, with their ids."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.id, entry.log, entry.digest, entry.raw)
            .where(entry.id > entry_id)
            .order_by(entry.id)
            .limit(limit)
        )
        return [(place, hold(log, digest, raw)) for place, log, digest, raw in rows]

    def last(self, log: str) -> Row | None:
        """The newest entry of a log that has no fork."""
        entry = tables.entry.c
        row = self._first(
            select(entry.log, entry.seq, entry.digest, entry.badge, entry.raw)
            .where(entry.log == log)
            .order_by(entry.seq.desc())
            .limit(1)
        )
        return Row(*row) if row else None

    def newest(self) -> int:
        """The id of the entry that arrived last; 0 before there is one."""
        entry = tables.entry.c
        row = self._first(select(entry.id).order_by(entry.id.desc()).limit(1))
        return row[0] if row else 0

    def about(self, badge: bytes) -> list[Held]:
        """All entries that name a badge, in order of arrival."""
        entry = tables.entry.c
        rows = self.read(
            select(entry.log, entry.digest, entry.raw)
            .where(entry.badge == badge)
            .order_by(entry.id)
        )
        return [hold(log, digest, raw) for log, digest, raw in rows]

    def devices(self) -> dict[str, Kiosk]:
        """Every kiosk that was ever enrolled, as it stands now, by fingerprint."""
        device = tables.device.c
        rows = self.read(select(device.fingerprint, device.kiosk).order_by(device.fingerprint))
        return {name: msgspec.msgpack.decode(kiosk, type=Kiosk) for name, kiosk in rows}

    def heard_ms(self, device: str) -> int | None:
        """When a device last signed a head that reached us, by its own word."""
        head = self.word(device)
        return head.at_ms if head is not None else None

    def card(self, badge: bytes, issue: int) -> bytes | None:
        """The sealed name card of an issue, if it is held."""
        card = tables.card.c
        row = self._first(
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

    def values(self) -> dict[str, bytes]:
        """All of the registry's own values."""
        return {row.key: row.value for row in self.read(select(tables.meta))}

    def value(self, key: str) -> bytes | None:
        """One of the registry's own values."""
        row = self._first(select(tables.meta.c.value).where(tables.meta.c.key == key))
        return row[0] if row else None

    def set_value(self, key: str, value: bytes | None) -> None:
        """Keep one of the registry's own values; None forgets it."""
        if value is None:
            self.write(delete(tables.meta).where(tables.meta.c.key == key))
            return
        insert = self._insert(tables.meta).values(key=key, value=value)
        self.write(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))

    def new_identity(self, random: bytes) -> str:
        """What to call this database from now on: a server's own identity and timeline, else the random bytes."""
        return self._server_identity() if self.database.is_postgres else random.hex()

    def _server_identity(self) -> str:
        """A restored copy is another system or another timeline; so is a standby that took over."""
        row = self._first(
            text(
                "SELECT (SELECT system_identifier FROM pg_control_system()),"
                " left(pg_walfile_name(pg_current_wal_lsn()), 8)"
            )
        )
        return f"{row[0]}/{row[1]}"

    def displaced(self, here: Place) -> str | None:
        """Why the registry's own log must not go on where this database says it stands; None: it may.

        `here` is the database's identity and the log's end as this database remembers them.
        """
        if self.database.is_postgres:
            now = self._server_identity()
            return (
                None if now == here.database else f"the database is {now}, it was {here.database}"
            )
        if self._landmark is None:
            return None
        mark = self._landmark.read()
        if mark is None:
            return "the database was moved here"
        if (mark.database, mark.log) != (here.database, here.log):
            return "another database was put here"
        return None if mark.seq <= here.seq else f"the database is older than entry {mark.seq}"

    def reached(self, place: Place) -> None:
        """Say how far the registry's own log has come; the landmark hears of it once the transaction is kept."""
        self._reached = place
