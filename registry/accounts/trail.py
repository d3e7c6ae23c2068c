"""The trail: who changed what, when. Neither secrets nor names of registrants are in it."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select

from registry.storage import tables
from registry.storage.ledger import Ledger

MOST_SUBJECT = 200
"""Characters kept of what was changed."""


class Step(NamedTuple):
    """One line: its number, when (ms), who, the operation's name, and what it was about."""

    number: int
    at_ms: int
    who: str
    what: str
    subject: str


class Trail:
    """The lines, which are only ever added."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms

    def note(self, who: str, what: str, subject: str = "") -> None:
        """Add a line."""
        self._ledger.write(
            tables.trail.insert().values(
                at_ms=self._now_ms(), who=who, what=what, subject=subject[:MOST_SUBJECT]
            )
        )

    def newest(self, limit: int, before: int | None = None) -> list[Step]:
        """Up to `limit` lines, the newest first; `before`: those with smaller numbers."""
        trail = tables.trail.c
        question = select(tables.trail).order_by(trail.id.desc()).limit(limit)
        if before is not None:
            question = question.where(trail.id < before)
        return [Step(*row) for row in self._ledger.read(question)]
