"""`replica.db`: all the logs that a kiosk knows, its own among them, written by the carrier alone.

Everything in it can be fetched again from the journal, the neighbours and the registry; a damaged file is thrown away.
The door reads it; its inbox has what the door must record in its own log.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from access.event.definition import Event
from access.log.chain import Head, device_of, vouched
from access.log.entry import Clock, EventDefined, Kiosk, pack
from access.log.log_entry import LogEntry, read_entry
from sync.store.log_run import EntryRow
from sync.store.log_store import INTRODUCED, LogStore, Row, newer, newest_kiosk, same_end
from sync.store.name_cards import CardShelf, badges_listed, cards_named
from sync.store.replica_reader import ReplicaReader, StoredCard
from sync.store.replica_tables import migrations
from sync.store.sqlite import open_reader, open_writer, writing
from sync.wire.messages import Point, SealedCard

CACHE_KIB = 6_000
"""Of pages in memory, for the writer: the index by badge is written all over the place."""


__all__ = ["Replica", "ReplicaReader", "StoredCard"]


class Replica(ReplicaReader, LogStore):
    """`replica.db` with its writer: the carrier's `LogStore`."""

    heads_may_wait = False
    """Whether heads without new entries may be written later: the owner calls `write_heads`."""

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
        """Load into memory what every message needs: tips, heads and keys. This process is the file's only writer."""
        self._cards = CardShelf(self._db)
        self._unwritten: dict[str, Head] = {}
        self._tips = super().vector()
        self._vector: dict[str, list[Point]] | None = None
        self._latest_heads = {
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
        if self._vector is None:
            self._vector = dict(self._tips)
        return self._vector

    def rows(self, log: str, first: int, last: int) -> list[Row]:
        found = self._db.execute(
            "SELECT log, seq, digest, badge, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ?"
            " ORDER BY seq",
            (log, first, last),
        )
        return list(map(Row._make, found))

    def piece(self, log: str, first: int, last: int) -> list[tuple[bytes, bytes]]:
        return self._db.execute(
            "SELECT digest, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            (log, first, last),
        ).fetchall()

    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        rows = self._db.execute(
            "SELECT log, seq, digest, at_ms, signature FROM head WHERE log = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (log, after, limit),
        )
        return [Head(*row) for row in rows]

    def latest_head(self, device: str) -> Head | None:
        return self._latest_heads.get(device)

    def latest_heads(self) -> list[Head]:
        return list(self._latest_heads.values())

    def add(self, log: str, rows: Iterable[EntryRow], entries: Sequence[LogEntry]) -> None:
        registry_entries = entries if self.is_registry(log) else ()
        badges = badges_listed(registry_entries)
        cards = cards_named([*self._roster_entries(badges), *registry_entries]) if badges else {}
        self._db.executemany(
            "INSERT INTO entry (log, seq, digest, badge, raw) VALUES (?, ?, ?, ?, ?)", rows
        )
        for one in registry_entries:
            if isinstance(one.body, Kiosk):
                self._know(one, one.body)
            elif isinstance(one.body, EventDefined):
                self._define(one, one.body)
        self._cards.expect(cards)

    def _roster_entries(self, badges: Collection[bytes]) -> Iterator[LogEntry]:
        """The stored entries of the registry about these badges: at most as many as a batch may have."""
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
        self.notify_door("introduced", {"device": kiosk.device, "gate": kiosk.gate})

    def _know(self, entry: LogEntry, kiosk: Kiosk) -> None:
        """Store the newest state of a kiosk, in whatever order the registry's logs arrive."""
        self._publics[kiosk.device] = kiosk.public
        row = self._db.execute(
            "SELECT wall_ms, seq, kiosk FROM device WHERE fingerprint = ?", (kiosk.device,)
        ).fetchone()
        position = (entry.wall_ms, entry.seq)
        self._keep_kiosk(*newest_kiosk((kiosk, position), row))

    def _keep_kiosk(self, kiosk: Kiosk, position: tuple[int, int]) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO device VALUES (?, ?, ?, ?, ?)",
            (kiosk.device, kiosk.public, pack(kiosk), *position),
        )

    def _define(self, entry: LogEntry, definition: EventDefined) -> None:
        self._db.execute(
            "INSERT INTO definition VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " wall_ms = excluded.wall_ms, seq = excluded.seq, event = excluded.event"
            " WHERE (excluded.wall_ms, excluded.seq) >= (wall_ms, seq)",
            (entry.wall_ms, entry.seq, bytes(definition.event)),
        )

    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        self._vector = None
        self._tips[log] = sorted([p for p in self._tips.get(log, []) if p != parent] + [tip])
        self._db.execute("DELETE FROM tip WHERE log = ? AND digest = ?", (log, parent[1]))
        self._db.execute(
            "INSERT OR REPLACE INTO tip (log, seq, digest) VALUES (?, ?, ?)", (log, *tip)
        )

    def keep_head(self, head: Head) -> None:
        before = self._latest_heads.get(device_of(head.log))
        if before is None or (before.log, before.digest) != (head.log, head.digest):
            self._db.execute(
                "INSERT OR IGNORE INTO head VALUES (?, ?, ?, ?, ?)",
                (head.log, head.seq, head.digest, head.at_ms, head.signature),
            )
        if before is None or newer(head, before):
            self._latest_heads[device_of(head.log)] = head
            self._unwritten.pop(device_of(head.log), None)
            self._write_latest_head(head)

    def _write_latest_head(self, head: Head) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO word VALUES (?, ?, ?, ?, ?, ?)",
            (device_of(head.log), head.log, head.seq, head.digest, head.at_ms, head.signature),
        )

    def hear(self, heads: Sequence[Head]) -> None:
        """Where `heads_may_wait` is set, newer signatures over known ends of logs are noted, for `write_heads`."""
        others = []
        for head in heads:
            before, public = (
                self._latest_heads.get(device_of(head.log)),
                self.public_key(device_of(head.log)),
            )
            if (
                not self.heads_may_wait
                or before is None
                or public is None
                or not same_end(head, before)
            ):
                others.append(head)
            elif head.at_ms >= before.at_ms and vouched(head, public):
                self._latest_heads[device_of(head.log)] = self._unwritten[device_of(head.log)] = (
                    head
                )
        if others:
            super().hear(others)

    @property
    def unwritten_heads(self) -> bool:
        """Whether `write_heads` has something to write."""
        return bool(self._unwritten)

    def write_heads(self) -> None:
        """Write what was only noted of heads. Call inside a transaction."""
        for head in self._unwritten.values():
            self._write_latest_head(head)
        self._unwritten.clear()

    def wanted_cards(self, limit: int) -> list[bytes]:
        return self._cards.wanted(limit)

    def has_cards(self) -> bool:
        """Whether any name card is stored, or asked for."""
        return self._cards.any()

    def forget_cards(self) -> None:
        """Delete every name card, from the file and its write-ahead log."""
        with self.transaction():
            self._cards.clear()
        self._cards.deleted = True
        self.scrub()

    def scrub(self) -> bool:
        """Empty the write-ahead log if name cards were deleted since, so that nothing of them can be read any more.
        Return whether that is done; False while somebody reads the file: try again."""
        if self._cards.deleted:
            busy, _, _ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._cards.deleted = bool(busy)
        return not self._cards.deleted

    def all_sealed(self) -> Iterator[SealedCard]:
        return self._cards.all()

    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        return self._cards.stored(digests)

    def keep_cards(self, cards: Sequence[SealedCard]) -> None:
        self._cards.keep(cards)

    # What the carrier and the door leave each other.

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
        """The event definition in force, as far as the registry's log is stored and this version can read it."""
        row = self._db.execute("SELECT event FROM definition").fetchone()
        try:
            return msgspec.msgpack.decode(row[0], type=Event) if row else None
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    def notify_door(self, kind: str, body: Clock | list[str] | dict[str, Any]) -> None:
        """Put into the inbox what the door must record in its own log."""
        self._db.execute("INSERT INTO inbox (kind, body) VALUES (?, ?)", (kind, pack(body)))

    def forget_times(self) -> None:
        """Drop trusted times that the door has not read: the kernel may have restarted since they came."""
        self._db.execute("DELETE FROM inbox WHERE kind = 'clock'")

    def number_inbox_after(self, last: int) -> None:
        """Number what comes into the inbox from now on above `last`: the door has read so far, perhaps in an earlier
        replica."""
        self._db.execute(
            "INSERT INTO inbox SELECT ?, '', '' WHERE ? >"
            " (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox')",
            (last, last),
        )

    def forget_inbox(self, until: int) -> None:
        """Delete what the door has read from the inbox."""
        self._db.execute("DELETE FROM inbox WHERE id <= ?", (until,))

    def set_target(self, name: str, state: dict[str, Any]) -> None:
        """Store the state of a target, for people and commands."""
        self._db.execute(
            "INSERT OR REPLACE INTO target VALUES (?, ?)", (name, msgspec.json.encode(state))
        )

    def forget_targets(self, names: Iterable[str]) -> None:
        """Delete the states of these targets."""
        self._db.executemany("DELETE FROM target WHERE name = ?", [(name,) for name in names])

    def keep_import(self, name: str, result: dict[str, Any]) -> None:
        """Store the result of a bundle import."""
        self._db.execute(
            "INSERT OR REPLACE INTO import VALUES (?, ?)", (name, msgspec.json.encode(result))
        )
