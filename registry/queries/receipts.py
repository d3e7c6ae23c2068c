"""A decision found again by the short code that the door showed, and decided again.

Twice: from the facts that the entry holds, which must give what the door said; and with everything known by now of
that moment, which may not. What an entry does not hold (whether a seat was already this badge's) is taken as the door's
own answer implies.
"""

import re

from sqlalchemy import select

from access.badge.credential import Claims, claims_in, human_code
from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import EntryRef, Override, Scan, Span, Void, decode
from access.log.receipt import receipt
from access.rules.decide import Decision, Facts, Form, Presented, decide
from access.rules.explain import Step, explain
from access.state.badge_history import History
from access.state.event_state import Held, Order, hold
from access.state.facts import NEVER_MS
from access.state.log_state import Knowledge
from registry.queries import shapes as answers
from registry.queries.queries import Board, badge_mark, entry_name
from registry.storage import tables

_CODE = re.compile(r"([A-Z][0-9]{1,3})-?([0-9A-Z]{4})")
_MISREAD = str.maketrans("OIL", "011")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def read_code(typed: str) -> str | None:
    """A receipt as it is printed, from one as people type it: small letters, blanks, O for 0. None: it is none."""
    found = _CODE.fullmatch(re.sub(r"\s", "", typed.upper()))
    return f"{found[1]}-{found[2].translate(_MISREAD)}" if found else None


def find(board: Board, typed: str, *, with_codes: bool) -> answers.Receipts:
    """All decisions with this receipt."""
    code = read_code(typed)
    found: list[answers.Receipt] = []
    if code is not None:
        with board.knowing() as knowledge:
            found = [
                _explained(board, knowledge, held, body, code, with_codes=with_codes)
                for held, body in _candidates(board, code)
            ]
    return answers.Receipts(receipts=found)


def _candidates(board: Board, code: str) -> list[tuple[Held, Scan | Override]]:
    """The presentations with this receipt: the 20 bits narrow it down, the gate decides."""
    bits = 0
    for character in code[-4:]:
        place = _ALPHABET.find(character)
        if place < 0:
            return []
        bits = bits << 5 | place
    first = (bits << 4).to_bytes(3, "big")
    last = (bits << 4 | 15).to_bytes(3, "big") + b"\xff" * 30
    entry = tables.entry.c
    rows = board.centre.ledger.read(
        select(entry.log, entry.digest, entry.raw).where(entry.digest.between(first, last))
    )
    programme = board.programme
    held = [hold(log, digest, raw) for log, digest, raw in rows]
    return [
        (one, one.body)
        for one in held
        if isinstance(one.body, Scan | Override)
        and one.body.gate in programme.gates
        and receipt(programme, one.body.gate, one.digest) == code
    ]


def _explained(
    board: Board,
    knowledge: Knowledge,
    held: Held,
    body: Scan | Override,
    code: str,
    *,
    with_codes: bool,
) -> answers.Receipt:
    background = knowledge.background
    span = background.span(held)
    history = knowledge.history(body.badge)
    direction: Direction = body.direction if isinstance(body, Scan) else "in"
    steps: list[Step] = []
    today = None
    if isinstance(body, Scan):
        programme = background.programme_at(background.order(held)) or board.programme
        steps = _again(board, programme, history, held, body)
        today = _today(programme, history, held, body, background.order(held), span)
    return answers.Receipt(
        receipt=code,
        gate=body.gate,
        direction=direction,
        at=board.time(span.lo),
        latest=board.time(span.hi),
        badge=badge_mark(body.badge),
        code=human_code(body.badge) if with_codes and body.badge is not None else None,
        issue=body.issue,
        proof=body.proof,
        method=body.method if isinstance(body, Scan) else "override",
        voided=_voided(board, body.badge, held),
        place=body.place,
        seats=body.seats if isinstance(body, Scan) else None,
        roster_issue=body.roster_issue,
        why=body.why if isinstance(body, Override) else "",
        then=_said(body),
        again=_deed(steps[-1].answer if steps else None),
        steps=[
            answers.RuleStep(rule=step.rule, name=step.name, spoke=step.spoke, why=step.why)
            for step in steps
        ],
        today=_deed(today),
        entry=entry_name(EntryRef(held.log, held.seq, held.digest)),
    )


def _said(body: Scan | Override) -> answers.Deed:
    conditions = list(body.conditions) if isinstance(body, Scan) else []
    return answers.Deed(
        verdict=body.verdict,
        reason=body.reason,
        rule=None,
        session=body.session,
        conditions=conditions,
    )


def _deed(decision: Decision | None) -> answers.Deed | None:
    if decision is None:
        return None
    return answers.Deed(
        verdict=decision.verdict,
        reason=decision.reason,
        rule=decision.rule,
        session=decision.session,
        conditions=list(decision.conditions),
    )


def _voided(board: Board, badge: bytes | None, held: Held) -> bool:
    if badge is None:
        return False
    mine = EntryRef(held.log, held.seq, held.digest)
    return any(
        isinstance(one.body, Void) and one.body.entry == mine
        for one in board.centre.ledger.about(badge)
    )


def _presented(body: Scan, form: Form, claims: Claims | None) -> Presented:
    other_event = body.reason == "other_event"
    if body.badge is None or body.reason == "not_a_badge":
        return Presented(body.gate, body.direction, None, other_event=other_event)
    return Presented(
        body.gate,
        body.direction,
        form,
        body.badge,
        body.issue,
        body.proof,
        claims,
        other_event,
    )


def _again(
    board: Board, programme: Programme, history: History, held: Held, body: Scan
) -> list[Step]:
    """The decision, rule by rule, from what the door held then: its roster up to the head that it names."""
    until = _roster_until(board, body.roster_head)
    if body.span is None or until is None or body.gate not in programme.gates:
        return []
    listed = history.listed(body.issue, until)
    own = claims_in(body.claims) if body.claims is not None else None
    form: Form = "signed" if own is not None else listed.form if listed is not None else "plain"
    newest = body.roster_issue
    if body.reason == "superseded" and newest <= (body.issue or 0):
        # Not from its roster: a newer issue had been proven at a door that it had heard of.
        newest = history.newest_issue(held.device, board.order(held))
    facts = Facts(
        listed=listed.claims if listed is not None else None,
        newest_issue=newest,
        revoked=history.revoked(body.issue, until),
        place=body.place,
        seats=body.seats,
        holds_seat=body.verdict in ("admit", "admit_flagged"),
        roster_age_ms=NEVER_MS if "roster_stale" in body.conditions else None,
    )
    try:
        return explain(_presented(body, form, own), facts, programme, body.span)
    except ValueError:
        return []  # the roster entry that the door used is not held here


def _today(
    programme: Programme, history: History, held: Held, body: Scan, order: Order, span: Span
) -> Decision | None:
    """The decision with everything known by now that is not later than the presentation. Seats are as the door had
    them: whether there was one is a question to the whole area, which the partition report answers."""
    if body.gate not in programme.gates:
        return None
    listed = history.listed(body.issue, order)
    own = claims_in(body.claims) if body.claims is not None else None
    form: Form = listed.form if listed is not None else "signed" if own is not None else "plain"
    before = [one for one in history.moves if one.order < order]
    facts = Facts(
        listed=listed.claims if listed is not None else None,
        newest_issue=history.newest_issue(held.device, order),
        revoked=history.revoked(body.issue, order),
        place=history.walk(programme, before, order.at_ms).place,
        seats=body.seats,
        holds_seat=body.verdict in ("admit", "admit_flagged"),
    )
    return _decided(_presented(body, form, own), facts, programme, span)


def _decided(presented: Presented, facts: Facts, programme: Programme, at: Span) -> Decision | None:
    try:
        return decide(presented, facts, programme, at)
    except ValueError:
        return None  # the roster entry that the door used is not held here


def _roster_until(board: Board, head: tuple[str, int] | None) -> Order | None:
    """The place in the order up to which the door knew the registry's log."""
    if head is None:
        return Order(0, "", 0, b"")
    rows = board.centre.ledger.rows(head[0], head[1], head[1])
    if not rows:
        return None
    return Order(decode(rows[0].raw).wall_ms, head[0], head[1], b"\xff" * 32)
