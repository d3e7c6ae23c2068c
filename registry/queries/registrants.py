"""People as the dashboard's admins see them: found by name in any script, by ref or by the code on their badge."""

from access.badge.credential import human_code, read_human_code
from access.badge.name_card import matches
from access.state.badge_history import History
from registry.queries import shapes as answers
from registry.queries.queries import Board, badge_mark
from registry.roster.model import Known
from registry.storage.errors import UnknownError

PAGE = 50
MOST = 200
"""People on one page of an answer."""


def search(board: Board, query: str, offset: int, limit: int) -> answers.Registrants:
    """A page of those whom `query` may mean; an empty one means everybody."""
    found = _found(board, query.strip())
    page = found[max(0, offset) : max(0, offset) + min(max(1, limit), MOST)]
    with board.knowing() as knowledge:
        people = [_shown(board, known, knowledge.history(known.badge)) for known in page]
    return answers.Registrants(total=len(found), offset=max(0, offset), registrants=people)


def _found(board: Board, query: str) -> list[Known]:
    people = board.centre.people
    if not query:
        return list(people.everyone())
    badge = read_human_code(query)
    if badge is not None and (known := people.by_badge(badge)) is not None:
        return [known]
    if (known := people.by_ref(query)) is not None:
        return [known]
    return [
        known
        for known in people.everyone()
        if known.content is not None and matches(known.content, query)
    ]


def one(board: Board, code: str) -> answers.Registrant:
    """The person of a badge, by its human code. Raises UnknownError."""
    known = board.centre.people.by_badge(badge_of(code))
    if known is None:
        raise UnknownError(f"Badge {code} is nobody's here.")
    with board.knowing() as knowledge:
        return _shown(board, known, knowledge.history(known.badge))


def badge_of(code: str) -> bytes:
    """The badge id of a typed human code. Raises UnknownError."""
    badge = read_human_code(code)
    if badge is None:
        raise UnknownError(f"{code!r} is no badge's code; it should be like ABCD-EFGH-X.")
    return badge


def _shown(board: Board, known: Known, history: History) -> answers.Registrant:
    programme = board.programme
    newest = history.newest()
    claims = newest.claims if newest is not None else None
    ticket = programme.ticket(claims.ticket) if claims is not None else None
    last_issue = newest.issue if newest is not None else 0
    issues = {entry.issue: entry for _, entry in history.issued}
    last = max((one.order.at_ms for one in history.presentations), default=None)
    return answers.Registrant(
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
        place=history.whereabouts(board.now_ms()).place,
        last=None if last is None else board.time(last),
    )


def _named(bits: dict[str, int], held: int) -> list[str]:
    return [name for name, bit in bits.items() if held >> bit & 1]
