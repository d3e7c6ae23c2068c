"""People as the dashboard's admins see them: found by name in any script, by ref or by the code on their badge."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Annotated

import msgspec

from access.badge.credential import human_code, read_human_code
from access.event.definition import Direction, Verdict
from access.log.entry import PrintOutcome
from access.state.badge_history import History
from registry.queries import shapes as answers
from registry.queries.name_index import Found
from registry.queries.queries import Queries, badge_mark
from registry.roster.model import Known
from registry.storage.errors import UnknownError

PAGE = 50
MOST = 200
"""People on one page of an answer."""

EDITABLE = (
    "name",
    "organisation",
    "language",
    "ticket",
    "venues",
    "days",
    "sessions",
    "extra",
)

Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]

DEEPEST = 10_000
"""Hits of a search that can be paged through; whoever wants more wants another query, or everybody."""


class PrintedIssue(answers.Answer, frozen=True, kw_only=True):
    """When an issue of a badge was made."""

    issue: int
    at: answers.Time


class Presented(answers.Answer, frozen=True, kw_only=True):
    """A badge held up at a gate, or its person let in by hand, and the receipt that the door showed."""

    at: answers.Time
    gate: str
    direction: Direction
    verdict: Verdict
    reason: str
    receipt: str | None


class KioskPrint(answers.Answer, frozen=True, kw_only=True):
    """A badge printed at a kiosk: `outcome` "sent" is not answered yet, "unknown" may be on paper. `by_staff`: again,
    or in another's name, for the reason `why`. `respelled`: with a name that staff corrected."""

    at: answers.Time
    gate: str
    issue: int
    outcome: PrintOutcome
    by_staff: bool
    why: str
    respelled: bool


class PersonHistory(answers.Answer, frozen=True, kw_only=True):
    """Of one person: the issues of their badge, everything at the doors, and what kiosks printed, the newest first."""

    issues: list[PrintedIssue]
    presented: list[Presented]
    prints: list[KioskPrint]


def search(
    queries: Queries, query: str, limit: int, *, offset: int = 0, cursor: str | None = None
) -> answers.Registrants:
    """A page of those whom `query` may mean, best first; an empty one means everybody, in order of their refs.

    Raises ValueError for a cursor that no page gave.
    """
    limit = min(limit, MOST)
    after, begin = _read_cursor(cursor) if cursor is not None else (None, offset)
    if query.strip():
        found = _found(queries, query.strip(), limit, begin)
        at = begin + len(found.people)
        more = bool(found.people) and at < min(found.total, DEEPEST)
        following = _cursor(None, at) if more else None
    else:
        people = queries.service.people
        # `begin` counts from the start; with a ref to go on from there is nothing to leave out.
        page = people.page(limit, after=after, offset=0 if after is not None else begin)
        found = Found(page, people.count(), near=False)
        at = begin + len(page)
        following = _cursor(page[-1].ref, at) if page and at < found.total else None
    with queries.snapshot() as log_state:
        histories = dict(log_state.histories([known.badge for known in found.people]))
        shown = [_shown(queries, known, histories[known.badge]) for known in found.people]
    return answers.Registrants(
        total=found.total,
        offset=begin,
        registrants=shown,
        limit=limit,
        next=following,
        near=found.near,
    )


def _cursor(after: str | None, at: int) -> str:
    raw = msgspec.json.encode([after, at])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str | None, int]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        after, at = msgspec.json.decode(raw, type=tuple[str | None, Count])
    except (ValueError, msgspec.DecodeError):
        raise ValueError("cursor is none that a page gave as next") from None
    return after, at


def _found(queries: Queries, query: str, limit: int, offset: int) -> Found:
    people = queries.service.people
    badge = read_human_code(query)
    if badge is not None and (known := people.by_badge(_current(queries, badge))) is not None:
        return Found([known][offset:], 1, near=False)
    if (known := people.by_ref(query)) is not None:
        return Found([known][offset:], 1, near=False)
    if offset >= DEEPEST:
        return Found([], queries.names.search(query, 0).total, near=False)
    return queries.names.search(query, limit, offset)


def one(queries: Queries, code: str) -> answers.Registrant:
    """The person of a badge, by its human code or that of one they had before. Raises UnknownError."""
    known = queries.service.people.by_badge(_current(queries, badge_of(code)))
    if known is None:
        raise UnknownError(f"Badge {code} is nobody's here.")
    with queries.snapshot() as log_state:
        return _shown(queries, known, log_state.history(known.badge))


def history(queries: Queries, code: str) -> PersonHistory:
    """What was made for the person of a badge, and what they did at the doors. Raises UnknownError."""
    badge = _current(queries, badge_of(code))
    if queries.service.people.by_badge(badge) is None:
        raise UnknownError(f"Badge {code} is nobody's here.")
    with queries.snapshot() as log_state:
        known = log_state.history(badge)
        issues = {entry.issue: order.at_ms for order, entry in reversed(known.issued)}
        return PersonHistory(
            issues=[
                PrintedIssue(issue=issue, at=queries.time(at_ms))
                for issue, at_ms in sorted(issues.items(), reverse=True)
            ],
            presented=[
                Presented(
                    at=queries.time(one.order.at_ms),
                    gate=one.gate,
                    direction=one.direction,
                    verdict=one.body.verdict,
                    reason=one.body.reason,
                    receipt=log_state.receipt_of(one.entry),
                )
                for one in known.presentations[::-1]
            ],
            prints=[
                KioskPrint(
                    at=queries.time(one.order.at_ms),
                    gate=one.gate,
                    issue=one.issue,
                    outcome=one.outcome,
                    by_staff=one.staff is not None,
                    why=one.why,
                    respelled=one.spelling is not None,
                )
                for one in reversed(known.prints)
            ],
        )


def refs_of(queries: Queries, codes: Iterable[str]) -> dict[str, str]:
    """The ref of each badge's person, by human code, of those who are known by now."""
    badges = {code: badge for code in codes if (badge := read_human_code(code)) is not None}
    with queries.snapshot() as log_state:
        persons = log_state.event_state.persons
        current = {code: persons.current(badge) for code, badge in badges.items()}
    people = queries.service.people.by_badges(sorted(set(current.values())))
    refs = {known.badge: known.ref for known in people}
    return {code: refs[badge] for code, badge in current.items() if badge in refs}


def _current(queries: Queries, badge: bytes) -> bytes:
    """The badge that the person of a badge has now."""
    with queries.snapshot() as log_state:
        return log_state.event_state.persons.current(badge)


def badge_of(code: str) -> bytes:
    """The badge id of a typed human code. Raises UnknownError."""
    badge = read_human_code(code)
    if badge is None:
        raise UnknownError(f"{code!r} is no badge's code; it should be like ABCD-EFGH-X.")
    return badge


def _shown(queries: Queries, known: Known, history: History) -> answers.Registrant:
    programme = queries.programme
    newest = history.newest()
    claims = newest.claims if newest is not None else None
    ticket = programme.ticket(claims.ticket) if claims is not None else None
    last_issue = newest.issue if newest is not None else 0
    issues = {entry.issue: entry for _, entry in history.issued}
    last = max((one.order.at_ms for one in history.presentations), default=None)
    shown = answers.Registrant(
        code=human_code(known.badge),
        badge=badge_mark(known.badge) or "",
        ref=known.ref,
        name=known.name,
        organisation=known.organisation,
        language=known.language,
        ticket=ticket.id if ticket else "",
        ticket_name=ticket.name if ticket else {"en": ""},
        roles=list(ticket.roles) if ticket else [],
        venues=_named(programme.venue_bit, claims.venues if claims else 0),
        days=_named(programme.day_bit, claims.days if claims else 0),
        sessions=_named(programme.session_bit, claims.sessions if claims else 0),
        issues=[
            answers.IssueState(
                issue=issue,
                form=entry.form,
                revoked=history.revoked(issue),
                superseded=issue < last_issue,
            )
            for issue, entry in sorted(issues.items())
        ],
        revoked=history.revoked(None),
        place=history.whereabouts(queries.now_ms()).location,
        last=None if last is None else queries.time(last),
        extra=known.extra,
        version="",
    )
    return msgspec.structs.replace(shown, version=version_of(shown))


def version_of(person: answers.Registrant) -> str:
    """Stands for the fields that can be changed, and for whether the badge is revoked: a short hash of each, in their
    order."""
    revoked = person.revoked or any(one.revoked for one in person.issues[-1:])
    values = (*(getattr(person, name) for name in EDITABLE), revoked)
    return ".".join(
        hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:8]
        for value in values
    )


def changed_since(person: answers.Registrant, version: str) -> list[str]:
    """The fields that have changed since somebody read this version of them ("revoked": whether the badge is). One that
    no answer gave: all of them."""
    before, now = version.split("."), version_of(person).split(".")
    if len(before) != len(now):
        return list(EDITABLE)
    names = (*EDITABLE, "revoked")
    return [name for name, was, is_ in zip(names, before, now, strict=True) if was != is_]


def _named(bits: dict[str, int], claimed: int) -> list[str]:
    return [name for name, bit in bits.items() if claimed >> bit & 1]
