"""Name cards: which of them the roster names, and the table of a kiosk's replica that stores them, sealed.

Cards travel beside the logs and can be deleted without breaking a chain. The registry's logs arrive in any order, so
its newest entry on a badge decides: a card that was erased must not come back with an older one.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from access.log.entry import BadgeIssued, digest_of
from access.log.log_entry import LogEntry
from sync.wire.messages import SealedCard

Issued = tuple[bytes, int]
"""A badge and the number of an issue."""


def badges_listed(entries: Iterable[LogEntry]) -> set[bytes]:
    """The badges that roster entries among these name."""
    return {one.body.badge for one in entries if isinstance(one.body, BadgeIssued)}


def cards_named(entries: Iterable[LogEntry]) -> dict[Issued, bytes | None]:
    """The hash of the card that the newest of these roster entries names for each issue; None: it names none any
    more. `entries` must be all that the registry's logs have of these badges."""
    newest: dict[Issued, tuple[int, str, int, bytes, bytes | None]] = {}
    for entry in entries:
        if isinstance(entry.body, BadgeIssued):
            issued = (entry.body.badge, entry.body.issue)
            version = (entry.wall_ms, entry.log, entry.seq, entry.digest, entry.body.card)
            newest[issued] = max(newest.get(issued, version), version, key=lambda one: one[:4])
    return {issued: version[-1] for issued, version in newest.items()}


class CardShelf:
    """The name cards in a replica: those stored, and those named and still lacking."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._asked_for = b""
        self.deleted = True
        """Whether cards may have been deleted that the write-ahead log still contains: at first by a process that was
        killed before it emptied the log."""

    def expect(self, named: dict[Issued, bytes | None]) -> None:
        """Ask for the cards that the roster names, and delete those it no longer names (erased, sealed again)."""
        gone = self._db.executemany(
            "DELETE FROM card WHERE badge = ? AND issue = ? AND digest IS NOT ?",
            ((*issued, digest) for issued, digest in named.items()),
        )
        self.deleted = self.deleted or gone.rowcount > 0
        self._db.executemany(
            "INSERT OR IGNORE INTO card VALUES (?, ?, ?, NULL)",
            ((digest, *issued) for issued, digest in named.items() if digest is not None),
        )

    def wanted(self, limit: int) -> list[bytes]:
        """Up to `limit` hashes of lacking cards, each time the next ones: cards that nobody has any more delay no
        others."""
        lacking = "SELECT digest FROM card WHERE raw IS NULL AND digest"
        after = self._db.execute(
            f"{lacking} > ? ORDER BY digest LIMIT ?", (self._asked_for, limit)
        ).fetchall()
        before = self._db.execute(
            f"{lacking} <= ? ORDER BY digest LIMIT ?", (self._asked_for, limit - len(after))
        ).fetchall()
        wanted = [digest for (digest,) in [*after, *before]]
        if wanted:
            self._asked_for = wanted[-1]
        return wanted

    def any(self) -> bool:
        """Whether any card is stored, or asked for."""
        return self._db.execute("SELECT 1 FROM card LIMIT 1").fetchone() is not None

    def keep(self, cards: Iterable[SealedCard]) -> None:
        """Store those cards whose hashes are right and wanted; drop the others."""
        self._db.executemany(
            "UPDATE card SET raw = ? WHERE digest = ?",
            ((card.raw, card.digest) for card in cards if digest_of(card.raw) == card.digest),
        )

    def stored(self, digests: Iterable[bytes]) -> list[SealedCard]:
        """Those of the cards with these hashes that are stored."""
        found = []
        for digest in digests:
            row = self._db.execute(
                "SELECT raw FROM card WHERE digest = ? AND raw IS NOT NULL", (digest,)
            ).fetchone()
            if row is not None:
                found.append(SealedCard(digest, row[0]))
        return found

    def all(self) -> Iterator[SealedCard]:
        for digest, raw in self._db.execute("SELECT digest, raw FROM card WHERE raw IS NOT NULL"):
            yield SealedCard(digest, raw)

    def clear(self) -> None:
        self._db.execute("DELETE FROM card")
