"""Issues of many badges at once, as the registry's own logs have them."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from access.badge.desk_key import StaffNameCard
from access.log.entry import BadgeIssued, badge_of
from access.log.log_entry import LogEntry, read_entry
from registry.storage.ledger import Ledger

AT_ONCE = 200
"""Badges in one statement."""

ENTRIES_AT_ONCE = 2000


def newest_issues(ledger: Ledger, badges: Sequence[bytes]) -> dict[bytes, BadgeIssued]:
    """By badge, the newest roster entry of its newest issue. A badge that was never issued is left out."""
    found: dict[bytes, BadgeIssued] = {}
    for start in range(0, len(badges), AT_ONCE):
        entries = ledger.roster_of(badges[start : start + AT_ONCE])
        for entry in sorted(entries, key=lambda one: (one.wall_ms, one.log, one.seq)):
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
    bodies = (entry.body for entry in _roster(ledger))
    staff = {
        body.badge
        for body in bodies
        if isinstance(body, BadgeIssued) and body.claims.ticket in tickets
    }
    return list(staff)


def issues_with_card(ledger: Ledger) -> list[BadgeIssued]:
    """The newest roster entry of every issue, where that has a name card."""
    newest: dict[tuple[bytes, int], tuple[tuple[int, str, int], BadgeIssued]] = {}
    for entry in _roster(ledger):
        body = entry.body
        if isinstance(body, BadgeIssued):
            order, issue = (entry.wall_ms, entry.log, entry.seq), (body.badge, body.issue)
            if issue not in newest or newest[issue][0] < order:
                newest[issue] = (order, body)
    return [body for _, body in newest.values() if body.card is not None]


def written_since(ledger: Ledger, entry_id: int) -> list[bytes]:
    """Badges that the registry has written of since the entry with this id."""
    named = {badge_of(entry.body) for entry in ledger.registry_since(entry_id)}
    return [badge for badge in named if badge is not None]


def was_erased(entries: Sequence[BadgeIssued]) -> bool:
    """Whether there was a name card of a badge, whose entries these are, oldest first, and there is none of any issue
    now."""
    newest = {issued.issue: issued for issued in entries}.values()
    return any(one.card for one in entries) and not any(one.card for one in newest)


def staff_name_card(ledger: Ledger, issued: BadgeIssued) -> StaffNameCard | None:
    """The name card of an issue, with what it carries of the desk key; None where there is none."""
    raw = ledger.card(issued.badge, issued.issue)
    return msgspec.msgpack.decode(raw, type=StaffNameCard) if raw is not None else None


def _roster(ledger: Ledger) -> Iterator[LogEntry]:
    """The entries of the registry's own logs."""
    for log, tips in ledger.vector().items():
        if ledger.is_registry(log):
            last = max(seq for seq, _ in tips)
            for first in range(1, last + 1, ENTRIES_AT_ONCE):
                for row in ledger.rows(log, first, first + ENTRIES_AT_ONCE - 1):
                    yield read_entry(log, row.digest, row.raw)
