"""Gather the inputs of the rule book from a badge's history and the event's state.

There are three gatherings, all of them here: at the door (`facts_now`), as an entry recorded it (`facts_as_recorded`),
and with everything known of that time (`facts_as_known`). A new fact must be added to each.
"""

from collections.abc import Collection
from hashlib import sha256
from typing import NamedTuple

import msgspec

from access.badge.credential import (
    Claims,
    Plain,
    Signed,
    claims_in,
    event_tag,
    genuine,
    proves,
    verifier,
)
from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import BadgeIssued, Proof, Scan, Span
from access.log.log_entry import LogEntry, Order
from access.rules.decide import Facts, Form, Presented
from access.state.badge_history import OPENED, Account, History
from access.state.event_state import EventState
from access.state.seat_leases import SeatBook

NEVER_MS = 10**15
"""The age (ms) of the registry's latest head where there never was one."""


class Moment(msgspec.Struct, frozen=True):
    """Now, as a door knows it: the interval, the instant by which an entry made now is ordered, and whether a trusted
    source stands behind it."""

    span: Span
    at_ms: int
    sure: bool


def presented_plain(
    badge: Plain, gate: str, direction: Direction, history: History, *, foreign: bool
) -> Presented:
    """A plain badge as presented, proven against the roster. An imported code that no roster entry matches is no
    badge."""
    listed = history.listed(badge.issue)
    if foreign and (listed is None or listed.form != "foreign"):
        return Presented(gate, direction, None)
    proof: Proof | None = None
    if listed is not None:
        proof = "proven" if proves(badge.secret, listed.verifier) else "failed"
    return Presented(
        gate, direction, "foreign" if foreign else "plain", badge.badge, badge.issue, proof
    )


def presented_signed(
    badge: Signed,
    gate: str,
    direction: Direction,
    programme: Programme,
    keys: dict[int, bytes],
    heard_of: Collection[int] = range(256),
) -> Presented:
    """A signed badge as presented, proven by a key of the event. If it names a key that this door does not know
    (`heard_of` are the numbers it knows), it is neither proven nor failed: `proof` is None."""
    other_event = badge.tag != event_tag(programme.event.id)
    proof: Proof | None = "failed"
    if not other_event and genuine(badge, keys):
        proof = "proven"
    elif not other_event and badge.key not in heard_of:
        proof = None
    return Presented(
        gate, direction, "signed", badge.badge, badge.issue, proof, badge.claims, other_event
    )


def presented_vouched_for(
    badge: bytes, gate: str, direction: Direction, history: History
) -> Presented:
    """A person found by staff by name or typed code: the newest issue, vouched for, without a secret."""
    newest = history.newest()
    issue = newest.issue if newest else None
    return Presented(gate, direction, "plain", badge, issue, "vouched" if newest else None)


class Question(NamedTuple):
    """The arguments of `decide` and `explain`, in order."""

    presented: Presented
    facts: Facts
    programme: Programme
    at: Span


def facts_now(
    presented: Presented,
    history: History,
    event_state: EventState,
    account: Account,
    now: Moment,
    seats: SeatBook | None,
    registry_heard_ms: int | None,
) -> Facts:
    """Return what this door knows of the badge and of itself. `seats` is None where the gate's area has no capacity.

    Raises ValueError without an event definition.
    """
    programme = event_state.programme
    if programme is None:
        raise ValueError("no event definition is known")
    age = None
    if now.sure:
        age = NEVER_MS if registry_heard_ms is None else now.span.lo - registry_heard_ms
    known = Facts(
        listed=listed_claims(history, presented.issue),
        newest_issue=history.newest_issue(account[0]),
        revoked=history.revoked(presented.issue),
        all_revoked=history.all_revoked(),
        location=history.stands(now.at_ms).location,
        roster_age_ms=age,
    )
    if seats is None:
        return known
    return _with_seats(known, presented.badge, account, now.at_ms, seats, programme)


def _with_seats(
    known: Facts,
    badge: bytes | None,
    account: Account,
    at_ms: int,
    seats: SeatBook,
    programme: Programme,
) -> Facts:
    """The facts, and what the door knows of the seats of its area."""
    free = seats.free(account, at_ms)
    mine = seats.seat_of(badge, at_ms) if badge is not None else None
    elsewhere: tuple[tuple[str, int], ...] = ()
    if free <= 0:
        elsewhere = tuple(
            (gate, count)
            for gate, count in seats.by_gate(at_ms).items()
            if count > 0 and gate != account[1]
        )
    other = mine[1] if mine is not None and mine != account else None
    return msgspec.structs.replace(
        known,
        seats=free,
        holds_seat=mine == account,
        seat_at=other if other in programme.gates and other != account[1] else None,
        seats_elsewhere=elsewhere,
    )


def facts_as_recorded(
    entry: LogEntry, body: Scan, history: History, event_state: EventState, until: Order
) -> Question | None:
    """Return the question that the door decided when it made an entry, as recorded in it; `until` is how far it knew
    the registry's log (`LogState.registry_until`). Deciding on it gives the recorded answer.

    What an entry does not contain (whether a seat was already this badge's) is inferred from the recorded decision.
    None if the entry has no time, or no definition has its gate.
    """
    programme = event_state.programme_known_to(entry.device, until)
    if body.span is None or programme is None or body.gate not in programme.gates:
        return None
    listed = history.listed(body.issue, until)
    newest = body.roster_issue
    if body.reason == "superseded" and newest <= (body.issue or 0):
        # Not from its roster: a newer issue had been proven at a door that it had heard of.
        newest = history.newest_issue(entry.device, event_state.order(entry))
    facts = Facts(
        listed=listed.claims if listed is not None else None,
        newest_issue=newest,
        revoked=history.revoked(body.issue, until),
        all_revoked=history.all_revoked(until),
        location=body.place,
        seats=body.seats,
        holds_seat=body.verdict in OPENED,
        roster_age_ms=NEVER_MS if "roster_stale" in body.conditions else None,
    )
    return Question(_presented_then(body, listed, body.proof), facts, programme, body.span)


def facts_as_known(
    entry: LogEntry, body: Scan, history: History, event_state: EventState, location: str | None
) -> Question | None:
    """Return the question with every fact not later than the entry by corrected time, whichever log it is in.
    `location` is the area in which the person was. Seats are left out: whether there was one depends on all gates of
    the area.

    None where the definition of that time has no such gate.
    """
    history = history.of_badge(body.badge)
    order = event_state.order(entry)
    programme = event_state.programme_at(order)
    if programme is None or body.gate not in programme.gates:
        return None
    by_then = end_of(order.at_ms)
    listed = history.listed(body.issue, by_then)
    facts = Facts(
        listed=listed.claims if listed is not None else None,
        newest_issue=history.newest_issue(entry.device, by_then),
        revoked=history.revoked(body.issue, by_then),
        all_revoked=history.all_revoked(by_then),
        location=location,
    )
    proof = body.proof
    if proof is None and listed is not None and body.verifier is not None:
        proof = "proven" if sha256(listed.verifier).digest() == body.verifier else "failed"
    return Question(_presented_then(body, listed, proof), facts, programme, event_state.span(entry))


def end_of(at_ms: int) -> Order:
    """An instant (ms) as a position in the total order, after every entry of that millisecond."""
    return Order(at_ms, "~", 0, b"")


def _presented_then(body: Scan, listed: BadgeIssued | None, proof: Proof | None) -> Presented:
    """What was presented, as recorded; its form is the roster's where the roster lists it."""
    other_event = body.reason == "other_event"
    if body.badge is None or body.reason == "not_a_badge":
        return Presented(body.gate, body.direction, None, other_event=other_event)
    claims = claims_in(body.claims) if body.claims is not None else None
    form: Form = listed.form if listed is not None else "signed" if claims is not None else "plain"
    return Presented(
        body.gate, body.direction, form, body.badge, body.issue, proof, claims, other_event
    )


def unlisted_claims(code: Plain | Signed | None, facts: Facts) -> bytes | None:
    """The claim bytes to record of a signed badge that the roster lacks, else None."""
    return code.signed if isinstance(code, Signed) and facts.listed is None else None


def unlisted_verifier(
    code: Plain | Signed | None, presented: Presented, facts: Facts
) -> bytes | None:
    """The SHA-256 of the verifier, to record of a plain badge that the roster lacks (else None): a later roster decides
    with it whether the badge was genuine."""
    if isinstance(code, Plain) and presented.form == "plain" and facts.listed is None:
        return sha256(verifier(code.secret)).digest()
    return None


def listed_claims(history: History, issue: int | None) -> Claims | None:
    """The roster's claims for an issue, or None if it is not listed."""
    listed = history.listed(issue)
    return listed.claims if listed else None
