"""`replica.db`: all the logs that a kiosk knows, its own among them, written by the carrier alone.

Everything in it can be had again from the journal, the neighbours and the registry; a damaged file is thrown away. The
door reads it, and finds in its inbox what the log must hold.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlite_utils
from sqlite_utils.migrations import Migrations

from access.event.definition import Event
from access.log.chain import Head, device_of
from access.log.entry import Clock, EventDefined, Kiosk, pack
from access.state.event_state import LogEntry, read_entry
from sync.store.log_store import INTRODUCED, LogStore, Row, newer, newest_word
from sync.store.name_cards import CardShelf, badges_listed, cards_named
from sync.store.sqlite import open_reader, open_writer, writing
from sync.wire.messages import Point, SealedCard

CACHE_KIB = 16_000
"""Of pages in memory, for the writer: the index by badge is written all over the place."""

migrations = Migrations("replica")


@migrations()
def first_tables(db: sqlite_utils.Database) -> None:
    """Logs with their branches and heads, name cards, and what the door must hear of."""
    db.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, badge BLOB, raw BLOB NOT NULL, UNIQUE (log, seq, digest))"
    )
    db.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
    # The key's columns come first: elsewhere the quick_check of SQLite 3.40 finds NULLs that are not there.
    db.execute(
        "CREATE TABLE tip (log TEXT NOT NULL, digest BLOB NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (log, digest)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE head (log TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,"
        " at_ms INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (log, seq, digest)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE word (device TEXT PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, at_ms INTEGER NOT NULL, signature BLOB NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE device (fingerprint TEXT PRIMARY KEY, public BLOB NOT NULL, kiosk BLOB NOT NULL,"
        " wall_ms INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE definition (id INTEGER PRIMARY KEY CHECK (id = 1), wall_ms INTEGER NOT NULL,"
        " seq INTEGER NOT NULL, event BLOB NOT NULL)"
    )
    db.execute(
        "CREATE TABLE card (digest BLOB PRIMARY KEY, badge BLOB NOT NULL, issue INTEGER NOT NULL,"
        " raw BLOB) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX card_badge ON card (badge)")
    db.execute("CREATE INDEX card_lacking ON card (digest) WHERE raw IS NULL")
    db.execute(
        "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL)"
    )
    db.execute("CREATE TABLE import (name TEXT PRIMARY KEY, word BLOB NOT NULL) WITHOUT ROWID")
    db.execute("CREATE TABLE target (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID")


HeldCard = tuple[bytes, bytes, int, bytes]
"""A sealed name card: its hash, badge, issue and bytes."""


class ReplicaReader:
    """What a kiosk knows of other logs, read-only: for the door."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def at(cls, path: Path) -> "ReplicaReader":
        """Raises sqlite3.OperationalError where there is no replica yet."""
        return cls(open_reader(path))

    def about(self, badge: bytes) -> Iterator[LogEntry]:
        """All entries that name a badge, the kiosk's own among them as far as the carrier has taken them over."""
        for log, digest, raw in self._db.execute(
            "SELECT log, digest, raw FROM entry WHERE badge = ?", (badge,)
        ):
            yield read_entry(log, digest, raw)

    def since(self, entry_id: int, limit: int) -> list[tuple[int, LogEntry]]:
        """Up to `limit` entries that came after the one with this id, with their ids."""
        rows = self._db.execute(
            "SELECT id, log, digest, raw FROM entry WHERE id > ? ORDER BY id LIMIT ?",
            (entry_id, limit),
        )
        return [(place, read_entry(log, digest, raw)) for place, log, digest, raw in rows]

    def heard_ms(self, device: str) -> int | None:
        """When a device last signed a head of its log that reached us, by its own word."""
        row = self._db.execute("SELECT at_ms FROM word WHERE device = ?", (device,)).fetchone()
        return row[0] if row else None

    def card(self, badge: bytes, issue: int) -> bytes | None:
        """The sealed name card of an issue, if it is held."""
        row = self._db.execute(
            "SELECT raw FROM card WHERE badge = ? AND issue = ? AND raw IS NOT NULL", (badge, issue)
        ).fetchone()
        return row[0] if row else None

    def all_cards(self) -> Iterator[tuple[bytes, int, bytes]]:
        """(badge, issue, sealed card) of every card held: for a search by name in staff mode."""
        yield from self._db.execute("SELECT badge, issue, raw FROM card WHERE raw IS NOT NULL")

    def card_hashes(self) -> set[bytes]:
        """The hashes of every card held. Read from the indexes alone: the cards themselves are many megabytes."""
        held = {
            digest
            for (digest,) in self._db.execute("SELECT digest FROM card INDEXED BY card_badge")
        }
        lacking = self._db.execute("SELECT digest FROM card WHERE raw IS NULL")
        return held.difference(digest for (digest,) in lacking)

    def cards_of(self, digests: Sequence[bytes]) -> list[HeldCard]:
        """Those of the cards with these hashes that are held."""
        one = "SELECT digest, badge, issue, raw FROM card WHERE digest = ? AND raw IS NOT NULL"
        return [row for digest in digests for row in self._db.execute(one, (digest,))]

    def cards_held(self) -> tuple[int, int]:
        """How many name cards are held, and how many the roster names."""
        named, lacking = self._db.execute(
            "SELECT (SELECT count(*) FROM card), (SELECT count(*) FROM card WHERE raw IS NULL)"
        ).fetchone()
        return named - lacking, named

    def inbox(self, after: int) -> list[tuple[int, str, bytes]]:
        """(id, kind, body) of what the carrier has for the door since it last read."""
        return self._db.execute(
            "SELECT id, kind, body FROM inbox WHERE id > ? ORDER BY id", (after,)
        ).fetchall()

    def targets(self) -> dict[str, dict[str, Any]]:
        """The state of each target of the carrier, by name."""
        return {
            name: msgspec.json.decode(state)
            for name, state in self._db.execute("SELECT name, state FROM target")
        }

    def imports(self) -> dict[str, dict[str, Any]]:
        """How it went with each bundle laid before the carrier, by file name."""
        return {
            name: msgspec.json.decode(word)
            for name, word in self._db.execute("SELECT name, word FROM import")
        }

    def introduced(self) -> list[Kiosk]:
        """Kiosks that are known by their warrants alone."""
        rows = self._db.execute(
            "SELECT kiosk FROM device WHERE (wall_ms, seq) = (?, ?)", INTRODUCED
        )
        return [msgspec.msgpack.decode(kiosk, type=Kiosk) for (kiosk,) in rows]

    def tips(self, log: str) -> list[Point]:
        return [
            (seq, digest)
            for seq, digest in self._db.execute(
                "SELECT seq, digest FROM tip WHERE log = ? ORDER BY seq", (log,)
            )
        ]

    def vector(self) -> dict[str, list[Point]]:
        """The ends of the branches of every log held."""
        found: dict[str, list[Point]] = {}
        for log, seq, digest in self._db.execute("SELECT log, seq, digest FROM tip ORDER BY log"):
            found.setdefault(log, []).append((seq, digest))
        return found

    def close(self) -> None:
        self._db.close()


class Replica(ReplicaReader, LogStore):
    """The writer."""

    def __init__(self, path: Path | str, registry_public: bytes, registry: str) -> None:
        """`registry` is the fingerprint of the registry's key. Raises sqlite3.Error for a damaged file."""
        super().__init__(open_writer(path, migrations, durable=False))
        self._db.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self.registry = registry
        self._registry_public = registry_public
        self._read_again()

    @classmethod
    def reading(cls, path: Path, registry_public: bytes, registry: str) -> "Replica":
        """The same, read-only, beside the carrier that writes it. Raises sqlite3.OperationalError for no file."""
        replica = cls.__new__(cls)
        ReplicaReader.__init__(replica, open_reader(path))
        replica.registry = registry
        replica._registry_public = registry_public
        replica._read_again()
        return replica

    def _read_again(self) -> None:
        """Take from the file what is asked at every message: tips, words and keys. This is its one writer."""
        self._cards = CardShelf(self._db)
        self._tips = super().vector()
        self._words = {
            device: Head(*head)
            for device, *head in self._db.execute(
                "SELECT device, log, seq, digest, at_ms, signature FROM word"
            )
        }
        self._publics: dict[str, bytes] = dict(
            self._db.execute("SELECT fingerprint, public FROM device").fetchall()
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            with writing(self._db):
                yield
        except BaseException:
            self._read_again()
            raise

    def public_key(self, device: str) -> bytes | None:
        return self._registry_public if device == self.registry else self._publics.get(device)

    def tips(self, log: str) -> list[Point]:
        return self._tips.get(log, [])

    def vector(self) -> dict[str, list[Point]]:
        return dict(self._tips)

    def holds(self, log: str, seq: int, digest: bytes) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM entry WHERE log = ? AND seq = ? AND digest = ?", (log, seq, digest)
        ).fetchone()
        return row is not None

    def rows(self, log: str, first: int, last: int) -> list[Row]:
        found = self._db.execute(
            "SELECT log, seq, digest, badge, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ?"
            " ORDER BY seq",
            (log, first, last),
        )
        return list(map(Row._make, found))

    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        rows = self._db.execute(
            "SELECT log, seq, digest, at_ms, signature FROM head WHERE log = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (log, after, limit),
        )
        return [Head(*row) for row in rows]

    def word(self, device: str) -> Head | None:
        return self._words.get(device)

    def words(self) -> list[Head]:
        return list(self._words.values())

    def add(self, rows: Sequence[Row], held: Sequence[LogEntry]) -> None:
        said = held if self.is_registry(rows[0].log) else ()
        badges = badges_listed(said)
        cards = cards_named([*self._roster_words(badges), *said]) if badges else {}
        self._db.executemany(
            "INSERT INTO entry (log, seq, digest, badge, raw) VALUES (?, ?, ?, ?, ?)", rows
        )
        for one in said:
            if isinstance(one.body, Kiosk):
                self._know(one, one.body)
            elif isinstance(one.body, EventDefined):
                self._define(one, one.body)
        self._cards.expect(cards)

    def _roster_words(self, badges: Collection[bytes]) -> Iterator[LogEntry]:
        """What the registry's logs say of these badges so far: of as many as a batch may hold."""
        marks = ",".join("?" * len(badges))
        rows = self._db.execute(
            f"SELECT log, digest, raw FROM entry WHERE badge IN ({marks})",  # noqa: S608 - marks
            tuple(badges),
        )
        return (read_entry(log, digest, raw) for log, digest, raw in rows if self.is_registry(log))

    def introduce(self, kiosk: Kiosk) -> None:
        if kiosk.device in self._publics:
            return
        self._publics[kiosk.device] = kiosk.public
        self._keep_kiosk(kiosk, INTRODUCED)
        self.tell_door("introduced", {"device": kiosk.device, "gate": kiosk.gate})

    def _know(self, held: LogEntry, kiosk: Kiosk) -> None:
        """Keep the registry's newest word on a kiosk, in whatever order its logs arrive."""
        self._publics[kiosk.device] = kiosk.public
        row = self._db.execute(
            "SELECT wall_ms, seq, kiosk FROM device WHERE fingerprint = ?", (kiosk.device,)
        ).fetchone()
        place = (held.wall_ms, held.seq)
        self._keep_kiosk(*newest_word((kiosk, place), row))

    def _keep_kiosk(self, kiosk: Kiosk, place: tuple[int, int]) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?, ?)",
            (kiosk.device, kiosk.public, pack(kiosk), *place),
        )

    def _define(self, held: LogEntry, definition: EventDefined) -> None:
        self._db.execute(
            "INSERT INTO definition VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " wall_ms = excluded.wall_ms, seq = excluded.seq, event = excluded.event"
            " WHERE (excluded.wall_ms, excluded.seq) >= (wall_ms, seq)",
            (held.wall_ms, held.seq, bytes(definition.event)),
        )

    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        self._tips[log] = sorted([p for p in self._tips.get(log, []) if p != parent] + [tip])
        self._db.execute("DELETE FROM tip WHERE log = ? AND digest = ?", (log, parent[1]))
        self._db.execute(
            "INSERT OR REPLACE INTO tip (log, seq, digest) VALUES (?, ?, ?)", (log, *tip)
        )

    def keep_head(self, head: Head) -> None:
        before = self._words.get(device_of(head.log))
        if before is None or (before.log, before.digest) != (head.log, head.digest):
            self._db.execute(
                "INSERT OR IGNORE INTO head VALUES (?, ?, ?, ?, ?)",
                (head.log, head.seq, head.digest, head.at_ms, head.signature),
            )
        if before is None or newer(head, before):
            self._words[device_of(head.log)] = head
            self._db.execute(
                "INSERT OR REPLACE INTO word VALUES (?, ?, ?, ?, ?, ?)",
                (device_of(head.log), head.log, head.seq, head.digest, head.at_ms, head.signature),
            )

    def wanted_cards(self, limit: int) -> list[bytes]:
        return self._cards.wanted(limit)

    def has_cards(self) -> bool:
        """Whether any name card is held, or asked for."""
        return self._cards.any()

    def forget_cards(self) -> None:
        """Delete every name card, from the file and its write-ahead log."""
        with self.transaction():
            self._cards.clear()
        self._cards.deleted = True
        self.scrub()

    def scrub(self) -> bool:
        """Empty the write-ahead log if name cards were deleted since: nothing of them can be read any more. Whether
        that is so; False while somebody reads the file: ask again."""
        if self._cards.deleted:
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._cards.deleted = bool(busy)
        return not self._cards.deleted

    def all_sealed(self) -> Iterator[SealedCard]:
        return self._cards.all()

    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        return self._cards.held(digests)

    def keep_cards(self, cards: Sequence[SealedCard]) -> None:
        self._cards.keep(cards)

    # What the carrier and the door say to each other.

    def kiosk(self, device: str) -> Kiosk | None:
        row = self._db.execute(
            "SELECT kiosk FROM device WHERE fingerprint = ?", (device,)
        ).fetchone()
        return msgspec.msgpack.decode(row[0], type=Kiosk) if row else None

    def devices(self) -> dict[str, Kiosk]:
        return {
            device: msgspec.msgpack.decode(kiosk, type=Kiosk)
            for device, kiosk in self._db.execute("SELECT fingerprint, kiosk FROM device")
        }

    def definition(self) -> Event | None:
        """The event definition in force, as far as the registry's log is held and this version can read it."""
        row = self._db.execute("SELECT event FROM definition").fetchone()
        try:
            return msgspec.msgpack.decode(row[0], type=Event) if row else None
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    def tell_door(self, kind: str, body: Clock | list[str] | dict[str, Any]) -> None:
        """Leave the door something that its log must hold."""
        self._db.execute("INSERT INTO inbox (kind, body) VALUES (?, ?)", (kind, pack(body)))

    def forget_times(self) -> None:
        """Drop trusted times that the door has not read: the kernel may have started anew since they were told."""
        self._db.execute("DELETE FROM inbox WHERE kind = 'clock'")

    def number_inbox_after(self, last: int) -> None:
        """Number what is told from now on above `last`: the door has read so far, perhaps in an earlier replica."""
        self._db.execute(
            "INSERT INTO inbox SELECT ?, '', '' WHERE ? >"
            " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox')",
            (last, last),
        )

    def forget_inbox(self, until: int) -> None:
        """Drop what the door has dealt with."""
        self._db.execute("DELETE FROM inbox WHERE id <= ?", (until,))

    def set_target(self, name: str, state: dict[str, Any]) -> None:
        """Say how things stand with a target."""
        self._db.execute(
            "INSERT OR REPLACE INTO target VALUES (?, ?)", (name, msgspec.json.encode(state))
        )

    def forget_targets(self, names: Iterable[str]) -> None:
        """These are targets no longer."""
        self._db.executemany("DELETE FROM target WHERE name = ?", [(name,) for name in names])

    def keep_import(self, name: str, word: dict[str, Any]) -> None:
        """Say how it went with a bundle."""
        self._db.execute(
            "INSERT OR REPLACE INTO import VALUES (?, ?)", (name, msgspec.json.encode(word))
        )
