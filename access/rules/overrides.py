"""Staff overrides: which roles may set aside which reason of a refusal."""

from dataclasses import dataclass

from access.badge.credential import Claims
from access.event.definition import Role
from access.event.programme import Programme
from access.log.entry import Proof
from access.rules.decide import Decision

DOOR_MAY: frozenset[str] = frozenset(
    {"not_booked", "full", "wrong_day", "too_early", "too_late", "no_session"}
)
"""Reasons that staff at a door may set aside, besides every `ask_staff`."""

NOBODY_MAY: frozenset[str] = frozenset({"forged", "revoked"})

NOT_OVERRIDABLE_NO_BADGE: frozenset[str] = frozenset({"not_a_badge", "other_event"})
"""Reasons without a badge of this event: staff finds the person by name or code instead."""


@dataclass(frozen=True, slots=True)
class StaffCard:
    """A staff badge as presented: its claims (None: neither listed nor genuine), its proof, whether it is revoked or
    replaced by a newer issue, and whether its code is too strong to be found by trying."""

    claims: Claims | None
    proof: Proof | None
    retired: bool
    strong: bool = True


def roles(card: StaffCard, programme: Programme) -> frozenset[Role]:
    """The roles that the card gives its owner; empty if it is not genuine, retired, guessable, or no staff ticket."""
    if card.proof not in ("proven", "vouched") or card.retired or not card.strong:
        return frozenset()
    return ticket_roles(card, programme)


def ticket_roles(card: StaffCard, programme: Programme) -> frozenset[Role]:
    """The roles of the card's ticket, whether or not this card may use them."""
    ticket = programme.ticket(card.claims.ticket) if card.claims is not None else None
    return frozenset(ticket.roles) if ticket is not None else frozenset()


def override(stands: Decision, granted: frozenset[Role], session: str | None) -> Decision:
    """Return the decision on an override of `stands` by staff with the roles `granted`. `session` is the id of the
    area's open session, or None."""
    if not granted:
        return Decision("refuse", "not_staff", 0, next=stands.next)
    if stands.reason in NOT_OVERRIDABLE_NO_BADGE or not (stands.opens or _may(stands, granted)):
        return Decision("refuse", stands.reason, stands.rule, next=stands.next)
    return Decision("admit_flagged", "overridden", 0, session=session)


def _may(stands: Decision, granted: frozenset[Role]) -> bool:
    if stands.reason in NOBODY_MAY:
        return False
    if "supervisor" in granted:
        return True
    return stands.verdict == "ask_staff" or stands.reason in DOOR_MAY
