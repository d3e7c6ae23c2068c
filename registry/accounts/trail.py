"""The trail: who changed what, when. Neither secrets nor names of registrants are in it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from sqlalchemy import select

from registry.storage import tables
from registry.storage.ledger import Ledger

MOST_VALUE = 200
"""Characters kept of each thing that is said of a change."""

Details = Mapping[str, object]
"""What a change was about: a badge's code, a kiosk, how many; by the names of parameters and fields."""


class Step(NamedTuple):
    """One line: its number, when (ms), who, the operation's name, and what it was about: by name, and as one text. Of
    lines of an earlier version there is the text alone."""

    number: int
    at_ms: int
    who: str
    what: str
    details: dict[str, str]
    subject: str


class Trail:
    """The lines, which are only ever added."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms

    def note(self, who: str, what: str, details: Details) -> None:
        """Add a line."""
        kept = {name: str(value)[:MOST_VALUE] for name, value in details.items()}
        self._ledger.write(
            tables.trail.insert().values(
                at_ms=self._now_ms(), who=who, what=what, subject=msgspec.json.encode(kept).decode()
            )
        )

    def newest(self, limit: int, before: int | None = None) -> list[Step]:
        """Up to `limit` lines, the newest first; `before`: those with smaller numbers."""
        trail = tables.trail.c
        question = select(tables.trail).order_by(trail.id.desc()).limit(limit)
        if before is not None:
            question = question.where(trail.id < before)
        return [
            Step(number, at_ms, who, what, *_read(subject))
            for number, at_ms, who, what, subject in self._ledger.read(question)
        ]


def _read(subject: str) -> tuple[dict[str, str], str]:
    try:
        details = msgspec.json.decode(subject, type=dict[str, str])
    except msgspec.DecodeError:
        return {}, subject
    return details, ", ".join(f"{name} {value}" for name, value in details.items())
