"""A decision found again by the short code that the door showed, and decided again.

Twice: from the facts that the entry holds, which must give the door's answer; and with everything known by now of
that moment, which may not. What an entry does not hold (whether a seat was already this badge's) is taken as the door's
own answer implies.
"""

import msgspec
from sqlalchemy import select

from access.badge.credential import human_code
from access.event.definition import Direction
from access.log.entry import EntryRef, Override, Scan, Void
from access.log.log_entry import LogEntry, read_entry
from access.log.receipt import digest_range, read_receipt
from access.rules.decide import Decision, decide
from access.rules.explain import Step, explain
from access.rules.phrases import Phrase
from access.state.badge_history import OPENED, History
from access.state.facts import facts_as_known, facts_as_recorded
from access.state.log_state import LogState
from registry.queries import shapes as answers
from registry.queries.queries import Queries, badge_mark, entry_name
from registry.storage import tables


def find(queries: Queries, typed: str, *, with_codes: bool) -> answers.Receipts:
    """All decisions with this receipt."""
    code = read_receipt(typed)
    found: list[answers.Receipt] = []
    if code is not None:
        with queries.snapshot() as log_state:
            found = [
                _explained(queries, log_state, entry, body, code, with_codes=with_codes)
                for entry, body in _candidates(queries, log_state, code)
            ]
    return answers.Receipts(receipts=found)


def _candidates(
    queries: Queries, log_state: LogState, code: str
) -> list[tuple[LogEntry, Scan | Override]]:
    """The presentations with this receipt: the 20 bits narrow it down, the gate decides."""
    digests = digest_range(code)
    if digests is None:
        return []
    entry = tables.entry.c
    rows = queries.service.ledger.read(
        select(entry.log, entry.digest, entry.raw).where(entry.digest.between(*digests))
    )
    entries = [read_entry(log, digest, raw) for log, digest, raw in rows]
    return [
        (one, one.body)
        for one in entries
        if isinstance(one.body, Scan | Override) and log_state.receipt_of(one) == code
    ]


def _explained(
    queries: Queries,
    log_state: LogState,
    entry: LogEntry,
    body: Scan | Override,
    code: str,
    *,
    with_codes: bool,
) -> answers.Receipt:
    event_state = log_state.event_state
    span = event_state.span(entry)
    history = log_state.history(body.badge)
    direction: Direction = body.direction if isinstance(body, Scan) else "in"
    steps: list[Step] = []
    today = None
    if isinstance(body, Scan):
        steps = _as_recorded(log_state, history, entry, body)
        today = _as_known(log_state, history, entry, body)
    return answers.Receipt(
        receipt=code,
        gate=body.gate,
        direction=direction,
        at=queries.time(span.lo),
        latest=queries.time(span.hi),
        badge=badge_mark(body.badge),
        code=human_code(body.badge) if with_codes and body.badge is not None else None,
        issue=body.issue,
        proof=body.proof,
        method=body.method if isinstance(body, Scan) else "override",
        voided=_voided(queries, body.badge, entry),
        place=body.place,
        seats=body.seats if isinstance(body, Scan) else None,
        roster_issue=body.roster_issue,
        why=body.why if isinstance(body, Override) else "",
        then=_recorded_answer(body),
        again=_decided_answer(steps[-1].answer if steps else None),
        steps=[
            answers.RuleStep(
                rule=step.rule,
                name=step.name,
                spoke=step.spoke,
                why=step.why,
                phrase=_shape(step.phrase),
            )
            for step in steps
        ],
        today=_decided_answer(today),
        entry=entry_name(EntryRef(entry.log, entry.seq, entry.digest)),
    )


def _shape(phrase: Phrase) -> answers.RulePhrase:
    values: dict[str, str | int | list[str] | answers.RulePhrase] = {}
    for name, value in phrase.values.items():
        if isinstance(value, Phrase):
            values[name] = _shape(value)
        else:
            values[name] = list(value) if isinstance(value, tuple) else value
    return answers.RulePhrase(key=phrase.key, values=values)


def _recorded_answer(body: Scan | Override) -> answers.Deed:
    conditions = list(body.conditions) if isinstance(body, Scan) else []
    return answers.Deed(
        verdict=body.verdict,
        reason=body.reason,
        rule=None,
        session=body.session,
        conditions=conditions,
    )


def _decided_answer(decision: Decision | None) -> answers.Deed | None:
    if decision is None:
        return None
    return answers.Deed(
        verdict=decision.verdict,
        reason=decision.reason,
        rule=decision.rule,
        session=decision.session,
        conditions=list(decision.conditions),
    )


def _voided(queries: Queries, badge: bytes | None, entry: LogEntry) -> bool:
    if badge is None:
        return False
    mine = EntryRef(entry.log, entry.seq, entry.digest)
    return any(
        isinstance(one.body, Void) and one.body.entry == mine
        for one in queries.service.ledger.about(badge)
    )


def _as_recorded(log_state: LogState, history: History, entry: LogEntry, body: Scan) -> list[Step]:
    """The decision, rule by rule, from what the door had then: its roster up to the head that it names."""
    until = log_state.registry_until(body.roster_head)
    if until is None:
        return []
    question = facts_as_recorded(entry, body, history, log_state.event_state, until)
    try:
        return [] if question is None else explain(*question)
    except ValueError:
        return []  # the roster entry that the door used is not stored here


def _as_known(
    log_state: LogState, history: History, entry: LogEntry, body: Scan
) -> Decision | None:
    """The decision with everything known by now that is not later than the presentation. Seats are as the door had
    them: whether there was one is a question to the whole area, which the partition report answers."""
    order = log_state.event_state.order(entry)
    before = [one for one in history.moves if one.order < order]
    location = history.whereabouts(order.at_ms, before).location
    question = facts_as_known(entry, body, history, log_state.event_state, location)
    if question is None:
        return None
    facts = msgspec.structs.replace(
        question.facts, seats=body.seats, holds_seat=body.verdict in OPENED
    )
    try:
        return decide(*question._replace(facts=facts))
    except ValueError:
        return None  # the roster entry that the door used is not stored here
