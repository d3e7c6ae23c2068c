"""The roster as the help desk may change it: nothing of a badge whose ticket gives a role at the doors."""

from collections.abc import Callable

from access.badge import credential
from access.event.definition import Event, Ticket
from registry.roster.model import IssuedBadge, Label, Person, RosterState
from registry.roster.repository import People
from registry.roster.service import Roster
from registry.storage.errors import ForbiddenError
from registry.storage.ledger import Ledger


class DeskRoster:
    """Its methods are those of the service of the same names. They raise ForbiddenError as well: where the ticket that
    is given, or that the badge has, gives a role."""

    def __init__(
        self, roster: Roster, ledger: Ledger, people: People, event: Callable[[], Event]
    ) -> None:
        """`event`: the definition in force; it is not asked within a transaction."""
        self._roster = roster
        self._ledger = ledger
        self._people = people
        self._event = event

    def register(self, person: Person) -> IssuedBadge:
        event = self._event()
        _require_no_role(person.ticket, event)
        return self._roster.register_by_hand(person, event)

    def amend(self, person: Person, seen: RosterState | None = None) -> IssuedBadge:
        event = self._event()
        _require_no_role(person.ticket, event)
        with self._ledger.transaction():
            self._refuse_staff(self._roster.by_ref(person.ref).badge, event)
            return self._roster.amend(person, event, seen)

    def reissue(self, badge: bytes, newest: int | None = None) -> IssuedBadge:
        event = self._event()
        with self._ledger.transaction():
            self._refuse_staff(badge, event)
            return self._roster.reissue(badge, event, newest)

    def revoke(
        self, badge: bytes, issue: int | None = None, why: str = "", newest: int | None = None
    ) -> None:
        event = self._event()
        with self._ledger.transaction():
            self._refuse_staff(badge, event)
            self._roster.revoke(badge, issue, why, newest)

    def unrevoke(self, badge: bytes) -> IssuedBadge:
        event = self._event()
        with self._ledger.transaction():
            self._refuse_staff(badge, event)
            return self._roster.unrevoke(badge, event)

    def _refuse_staff(self, badge: bytes, event: Event) -> None:
        entries = self._roster.entries(badge)
        newest = max((entry.issue for entry in entries), default=0)
        # The text of an issue may be signed with any of the tickets that it has had.
        for entry in reversed(entries):
            ticket = event.tickets[entry.claims.ticket]
            if entry.issue == newest and ticket.roles:
                person = self._people.by_badge(badge)
                raise staff_badge(person.ref if person else credential.human_code(badge), ticket)


def _require_no_role(ticket_id: str, event: Event) -> None:
    if any(ticket.roles for ticket in event.tickets if ticket.id == ticket_id):
        raise ForbiddenError(
            f"The ticket {ticket_id!r} gives a role at the doors: only an admin may give it. Ask an admin."
        )


def staff_badge(name: str, ticket: Ticket) -> ForbiddenError:
    """The error for a badge with a ticket that gives a role; `name`: a ref, or the badge's code."""
    return ForbiddenError(
        f"{name!r} has the ticket {ticket.id!r}, which gives a role at the doors: only an admin may change, print,"
        " replace or revoke this badge. Ask an admin."
    )


def staff_ticket(label: Label, event: Event) -> Ticket | None:
    """The ticket of a badge to be printed that gives a role: its present one, or the one that its text is signed with.
    None: it gives none."""
    badge = credential.read(label.badge.text)
    signed = [badge.claims] if isinstance(badge, credential.Signed) else []
    tickets = (event.tickets[claims.ticket] for claims in (label.claims, *signed))
    return next((ticket for ticket in tickets if ticket.roles), None)
