"""Which badges were printed, and what stood on them: so that only new and changed ones are printed again."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import delete, select

from printing.card import Card
from registry.roster.model import Label
from registry.storage import tables
from registry.storage.ledger import Ledger

_AT_ONCE = 500


def digest_of(card: Card) -> bytes:
    """SHA-256 of everything that can stand on a badge."""
    return hashlib.sha256(msgspec.msgpack.encode(card, order="sorted")).digest()


class Prints:
    """The table `badge_print`: of each badge the last print."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def all(self) -> dict[bytes, bytes]:
        """The digest of the last print, by badge id."""
        rows = self._ledger.read(select(tables.badge_print.c.badge, tables.badge_print.c.digest))
        return {bytes(badge): bytes(digest) for badge, digest in rows}

    def note(self, printed: Iterable[tuple[Label, Card]], at_ms: int) -> None:
        """These were printed. All at once or none."""
        rows = [
            {
                "badge": label.badge.badge,
                "issue": label.badge.issue,
                "digest": digest_of(card),
                "at_ms": at_ms,
            }
            for label, card in printed
        ]
        with self._ledger.transaction():
            for some in _pieces(rows):
                badges = [row["badge"] for row in some]
                self._ledger.write(
                    delete(tables.badge_print).where(tables.badge_print.c.badge.in_(badges))
                )
                self._ledger.write(tables.badge_print.insert(), some)


def _pieces(rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]
