"""Gathering what the rule book asks for, from a badge's history and the background."""

from collections.abc import Collection
from dataclasses import dataclass

from access.badge.credential import Claims, Plain, Signed, event_tag, genuine, proves
from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import Proof, Span
from access.rules.decide import Facts, Presented
from access.state.badge_history import Account, History
from access.state.event_state import Background, Order
from access.state.seat_leases import SeatBook

NEVER_MS = 10**15
"""The age of a word of the registry that never came."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as a door knows it: the interval, the instant by which an entry made now is ordered, and whether a trusted
    source stands behind it."""

    span: Span
    at_ms: int
    sure: bool


def presented_plain(
    badge: Plain, gate: str, direction: Direction, history: History, *, foreign: bool
) -> Presented:
    """A plain badge as held up, proven against the roster. An imported code that no roster entry matches is none."""
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
    """A signed badge as held up, proven by a key of the event. Where it names a key that this door has not heard of
    (`heard_of` are the numbers it has), nobody here can tell whether it is genuine: no proof, and not a failed one."""
    other_event = badge.tag != event_tag(programme.event.id)
    proof: Proof | None = "failed"
    if not other_event and genuine(badge, keys):
        proof = "proven"
    elif not other_event and badge.key not in heard_of:
        proof = None
    return Presented(
        gate, direction, "signed", badge.badge, badge.issue, proof, badge.claims, other_event
    )


def presented_by_hand(badge: bytes, gate: str, direction: Direction, history: History) -> Presented:
    """A person whom staff has found by name or typed code: the newest issue, vouched for, no secret needed."""
    newest = history.newest()
    issue = newest.issue if newest else None
    return Presented(gate, direction, "plain", badge, issue, "vouched" if newest else None)


def gather(
    presented: Presented,
    history: History,
    background: Background,
    account: Account,
    now: Moment,
    seats: SeatBook | None,
    registry_heard_ms: int | None,
) -> Facts:
    """What this door knows of the badge and of itself. `seats` is None where the gate's area has no capacity."""
    programme = background.programme
    if programme is None:
        raise ValueError("no event definition is held")
    free: int | None = None
    holds = False
    elsewhere: tuple[tuple[str, int], ...] = ()
    badge = presented.badge
    if seats is not None:
        free = seats.free(account, now.at_ms)
        holds = badge is not None and seats.holds(badge, account, now.at_ms)
        if free <= 0:
            elsewhere = tuple(
                (gate, count)
                for gate, count in seats.by_gate(now.at_ms).items()
                if count > 0 and gate != account[1]
            )
    age = None
    if now.sure:
        age = NEVER_MS if registry_heard_ms is None else now.span.lo - registry_heard_ms
    return Facts(
        listed=listed_claims(history, presented.issue),
        newest_issue=history.newest_issue(account[0]),
        revoked=history.revoked(presented.issue),
        place=history.whereabouts(programme, now.at_ms).place,
        seats=free,
        holds_seat=holds,
        seats_elsewhere=elsewhere,
        roster_age_ms=age,
    )


def listed_claims(history: History, issue: int | None, until: Order | None = None) -> Claims | None:
    """The roster's claims for an issue, as of a place in the order (None: all that is held)."""
    listed = history.listed(issue, until)
    return listed.claims if listed else None
