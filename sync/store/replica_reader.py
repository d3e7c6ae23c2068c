"""What a kiosk knows of other logs, read-only."""

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
