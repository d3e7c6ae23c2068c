"""Read-only access to `replica.db`: the logs and name cards of other devices that a kiosk has."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from access.log.entry import Kiosk
from access.log.log_entry import LogEntry, read_entry
from sync.store.log_store import INTRODUCED
from sync.store.sqlite import open_reader
from sync.wire.messages import Point

StoredCard = tuple[bytes, bytes, int, bytes]
"""A sealed name card: its hash, badge, issue and bytes."""


class ReplicaReader:
    """`replica.db`, read-only: for the door and for commands."""

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

    def has_entry(self, log: str, seq: int, digest: bytes) -> bool:
        """Whether the entry with this number and hash is stored."""
        row = self._db.execute(
            "SELECT 1 FROM entry WHERE log = ? AND seq = ? AND digest = ?", (log, seq, digest)
        ).fetchone()
        return row is not None

    def since(self, entry_id: int, limit: int) -> list[tuple[int, LogEntry]]:
        """Up to `limit` entries that came after the one with this id, with their ids."""
        rows = self._db.execute(
            "SELECT id, log, digest, raw FROM entry WHERE id > ? ORDER BY id LIMIT ?",
            (entry_id, limit),
        )
        return [(row_id, read_entry(log, digest, raw)) for row_id, log, digest, raw in rows]

    def heard_ms(self, device: str) -> int | None:
        """When a device last signed a head of its log that reached us (ms, by its own clock); None: never."""
        row = self._db.execute("SELECT at_ms FROM word WHERE device = ?", (device,)).fetchone()
        return row[0] if row else None

    def card(self, badge: bytes, issue: int) -> bytes | None:
        """The sealed name card of an issue, or None where it is not stored."""
        row = self._db.execute(
            "SELECT raw FROM card WHERE badge = ? AND issue = ? AND raw IS NOT NULL", (badge, issue)
        ).fetchone()
        return row[0] if row else None

    def all_cards(self) -> Iterator[tuple[bytes, int, bytes]]:
        """(badge, issue, sealed card) of every stored card: for a search by name in staff mode."""
        yield from self._db.execute("SELECT badge, issue, raw FROM card WHERE raw IS NOT NULL")

    def card_hashes(self) -> set[bytes]:
        """The hashes of every stored card. Read from the indexes alone: the cards themselves are many megabytes."""
        named = {
            digest
            for (digest,) in self._db.execute("SELECT digest FROM card INDEXED BY card_badge")
        }
        lacking = self._db.execute("SELECT digest FROM card WHERE raw IS NULL")
        return named.difference(digest for (digest,) in lacking)

    def cards_of(self, digests: Sequence[bytes]) -> list[StoredCard]:
        """Those of the cards with these hashes that are stored."""
        one = "SELECT digest, badge, issue, raw FROM card WHERE digest = ? AND raw IS NOT NULL"
        return [row for digest in digests for row in self._db.execute(one, (digest,))]

    def card_counts(self) -> tuple[int, int]:
        """How many name cards are stored, and how many the roster names."""
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
        """The result of each bundle import by the carrier, by file name."""
        return {
            name: msgspec.json.decode(result)
            for name, result in self._db.execute("SELECT name, word FROM import")
        }

    def introduced(self) -> list[Kiosk]:
        """Kiosks that are known by their warrants alone."""
        rows = self._db.execute(
            "SELECT kiosk FROM device WHERE (wall_ms, seq) = (?, ?)", INTRODUCED
        )
        return [msgspec.msgpack.decode(kiosk, type=Kiosk) for (kiosk,) in rows]

    def tips(self, log: str) -> list[Point]:
        """The ends of a log's branches; empty where nothing of it is stored."""
        return [
            (seq, digest)
            for seq, digest in self._db.execute(
                "SELECT seq, digest FROM tip WHERE log = ? ORDER BY seq", (log,)
            )
        ]

    def vector(self) -> dict[str, list[Point]]:
        """The ends of the branches of every stored log."""
        found: dict[str, list[Point]] = {}
        for log, seq, digest in self._db.execute("SELECT log, seq, digest FROM tip ORDER BY log"):
            found.setdefault(log, []).append((seq, digest))
        return found

    def close(self) -> None:
        self._db.close()
