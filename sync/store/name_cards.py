"""Name cards: which of them the roster names, and the shelf in a kiosk's replica where they lie, sealed.

Cards travel beside the logs and can be deleted without breaking a chain. The registry's logs arrive in any order, so it
is its newest word on a badge that counts: a card that was erased must not come back with an older one.
"""

import sqlite3
from collections.abc import Iterable, Iterator

from access.log.entry import BadgeIssued, digest_of
from access.log.log_entry import LogEntry
from sync.wire.messages import SealedCard

Issued = tuple[bytes, int]
"""A badge and the number of an issue."""


def badges_listed(held: Iterable[LogEntry]) -> set[bytes]:
    """The badges of the roster entries among these."""
    return {one.body.badge for one in held if isinstance(one.body, BadgeIssued)}


def cards_named(words: Iterable[LogEntry]) -> dict[Issued, bytes | None]:
    """The hash of the card that the registry names last of each issue, of all its entries on these badges; None: it
    names none any more."""
    newest: dict[Issued, tuple[int, str, int, bytes, bytes | None]] = {}
    for held in words:
        if isinstance(held.body, BadgeIssued):
            issued = (held.body.badge, held.body.issue)
            word = (held.wall_ms, held.log, held.seq, held.digest, held.body.card)
            newest[issued] = max(newest.get(issued, word), word, key=lambda one: one[:4])
    return {issued: word[-1] for issued, word in newest.items()}


class CardShelf:
    """The name cards in a replica: those held, and those named and still lacking."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._asked_for = b""
        self.deleted = False
        """Whether cards were deleted that the write-ahead log may still hold."""

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
        """In turn: cards that nobody has any more keep none of the others waiting."""
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
        """Whether any card is held, or asked for."""
        return self._db.execute("SELECT 1 FROM card LIMIT 1").fetchone() is not None

    def keep(self, cards: Iterable[SealedCard]) -> None:
        """Keep those cards whose hashes are right and wanted; any other is let fall."""
        self._db.executemany(
            "UPDATE card SET raw = ? WHERE digest = ?",
            ((card.raw, card.digest) for card in cards if digest_of(card.raw) == card.digest),
        )

    def held(self, digests: Iterable[bytes]) -> list[SealedCard]:
        """Those of the named cards that are here."""
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
