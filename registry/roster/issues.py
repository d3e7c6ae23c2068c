"""The newest issue of many badges at once, as the registry's own logs have it."""

from collections.abc import Collection, Sequence

from access.log.entry import BadgeIssued
from access.log.log_entry import read_entry
from registry.storage.ledger import Ledger

AT_ONCE = 200
"""Badges in one statement."""

ENTRIES_AT_ONCE = 2000

_NAMED = "SELECT log, digest, raw FROM entry WHERE badge IN ({marks}) AND log >= ? AND log < ?"


def newest_issues(ledger: Ledger, badges: Sequence[bytes]) -> dict[bytes, BadgeIssued]:
    """By badge, the newest roster entry of its newest issue. A badge that was never issued is left out."""
    found: dict[bytes, BadgeIssued] = {}
    logs = (ledger.registry, ledger.registry + "g")  # their names go on with hexadecimal digits
    for start in range(0, len(badges), AT_ONCE):
        some = badges[start : start + AT_ONCE]
        rows = ledger.fetch(_NAMED.format(marks=",".join("?" * len(some))), (*some, *logs))
        entries = [read_entry(*row) for row in rows]
        entries.sort(key=lambda entry: (entry.wall_ms, entry.log, entry.seq))
        for entry in entries:
            body = entry.body
            if not isinstance(body, BadgeIssued):
                continue
            known = found.get(body.badge)
            if known is None or body.issue >= known.issue:
                found[body.badge] = body
    return found


def badges_with(ledger: Ledger, tickets: Collection[int]) -> list[bytes]:
    """Badges that any entry of the roster gives one of these tickets (by index): those of the staff, of which there are
    few. All of the roster is read, but only a part is in memory."""
    found: set[bytes] = set()
    for log, tips in ledger.vector().items():
        if not ledger.is_registry(log):
            continue
        last = max(seq for seq, _ in tips)
        for first in range(1, last + 1, ENTRIES_AT_ONCE):
            for row in ledger.rows(log, first, first + ENTRIES_AT_ONCE - 1):
                body = read_entry(log, row.digest, row.raw).body
                if isinstance(body, BadgeIssued) and body.claims.ticket in tickets:
                    found.add(body.badge)
    return list(found)
