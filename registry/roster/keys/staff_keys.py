"""Key cards for the staff: made here, printed or shown once, and kept nowhere."""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from access.badge.credential import human_code
from access.badge.desk_key import StaffNameCard
from access.badge.key_card import human_key, key_card_text
from access.badge.secret_strength import LEAST_PIN_DIGITS, is_strong, pin_problem
from access.event.definition import Event, Role
from access.log.entry import BadgeIssued
from registry.roster.badge_issuer import BadgeIssuer, secret_in
from registry.roster.issues import badges_with, newest_issues, staff_name_card
from registry.roster.keys.keyring import Keyring
from registry.roster.keys.sealing_again import SealingAgain, Step
from registry.roster.model import Known
from registry.roster.repository import People
from registry.roster.service import Roster
from registry.storage.errors import refused
from registry.storage.ledger import Ledger

Unlocks = Literal["key_card", "badge_and_pin", "nothing"]


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member of staff: what unlocks names for them, and whether their badge's code is too weak to give a role.

    `badge_and_pin`: as it was before there were key cards; they should be given one.
    """

    ref: str
    code: str
    ticket: str
    roles: tuple[Role, ...]
    unlocks: Unlocks
    guessable: bool


class IssuedKeyCard(msgspec.Struct, frozen=True, kw_only=True):
    """A key card to hand out: the text of its QR code, the same for people to type, and its PIN."""

    ref: str
    code: str
    text: str
    typed: str
    pin: str

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"IssuedKeyCard(ref={self.ref!r})"


class StaffKeys:
    """Issues key cards. Each method is one transaction; where it raises, nothing was stored."""

    def __init__(
        self,
        ledger: Ledger,
        roster: Roster,
        people: People,
        keys: Keyring,
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._roster = roster
        self._people = people
        self._random = random
        self._sealing = SealingAgain(ledger, roster, people, keys)

    def members(self, event: Event) -> list[StaffMember]:
        """Everybody whose ticket has a role, in order of their refs."""
        return [
            StaffMember(
                ref=known.ref,
                code=human_code(known.badge),
                ticket=event.tickets[issued.claims.ticket].id,
                roles=event.tickets[issued.claims.ticket].roles,
                unlocks=_unlocks(staff_name_card(self._ledger, issued)),
                guessable=not is_strong(self._roster.text(known, issued)),
            )
            for known, issued in self._staff(event)
        ]

    def issue(self, badge: bytes, pin: str | None, event: Event) -> IssuedKeyCard:
        """A new key card for a member of staff; the one before opens nothing any more. `pin` None: one is drawn.

        Raises UnknownError; RegistrationError where the ticket has no role, or the badge's code can be guessed;
        BadPinError.
        """
        with self._ledger.transaction():
            known = self._roster.known(badge)
            issued = self._roster.newest(known)
            ticket = event.tickets[issued.claims.ticket]
            if not ticket.roles:
                raise refused(known.ref, f"has the ticket {ticket.id!r}, which has no role")
            if known.content is None:
                raise refused(known.ref, "has no name, and so no name card to carry the key")
            text = self._roster.text(known, issued)
            if not is_strong(text):
                raise refused(
                    known.ref,
                    "has a badge whose code can be guessed; give them a badge of ours first (reissue)",
                )
            issuer = self._roster.issuer(event)
            card = self._lock(issuer, known, issued, text, pin)
            self._roster.keep(issuer)
        self._ledger.database.scrub()
        return card

    def new_desk_key(
        self,
        event: Event,
        step: Step = lambda _: None,
        last_chance: Callable[[], None] = lambda: None,
    ) -> int:
        """A new desk key, and every name card sealed under it: when a key card is lost. Return how many cards. `step`
        is called with how many people are done, `last_chance` before it can no longer be stopped.

        No key card opens anything until a new one is issued.
        """

        def add(issuer: BadgeIssuer, known: Known, issued: BadgeIssued, text: str) -> None:
            issuer.add_roster_entry(known, issued, text, secret_in(text))

        return self._sealing.run(event, add, step, last_chance)

    def replace_all(
        self,
        event: Event,
        step: Step = lambda _: None,
        last_chance: Callable[[], None] = lambda: None,
    ) -> list[IssuedKeyCard]:
        """A new desk key, and a new key card with a drawn PIN for everybody who could unlock names: when a card is
        lost, and to move an event on from before there were key cards. Those whose code can be guessed get none."""
        able = [one for one in self.members(event) if one.unlocks != "nothing"]
        staff = {one.code for one in able if not one.guessable}
        cards: dict[bytes, IssuedKeyCard] = {}

        def add(issuer: BadgeIssuer, known: Known, issued: BadgeIssued, text: str) -> None:
            if human_code(known.badge) in staff:
                cards[known.badge] = self._lock(issuer, known, issued, text, None)
            else:
                issuer.add_roster_entry(known, issued, text, secret_in(text))

        self._sealing.run(event, add, step, last_chance)
        return sorted(cards.values(), key=lambda card: card.ref)

    def _lock(
        self, issuer: BadgeIssuer, known: Known, issued: BadgeIssued, text: str, pin: str | None
    ) -> IssuedKeyCard:
        chosen = pin if pin is not None else self.draw_pin()
        card, locked = issuer.lock_desk_key(known.badge, chosen)
        issuer.add_roster_entry(known, issued, text, secret_in(text), locked=locked)
        return IssuedKeyCard(
            ref=known.ref,
            code=human_code(known.badge),
            text=key_card_text(card),
            typed=human_key(card),
            pin=chosen,
        )

    def draw_pin(self) -> str:
        """A good PIN."""
        while True:
            # No zero in front: spreadsheets leave it away, and its owner would wonder.
            least = 10 ** (LEAST_PIN_DIGITS - 1)
            pin = str(least + int.from_bytes(self._random(8), "big") % (9 * least))
            if pin_problem(pin) is None:
                return pin

    def _staff(self, event: Event) -> Iterator[tuple[Known, BadgeIssued]]:
        roles = {number for number, ticket in enumerate(event.tickets) if ticket.roles}
        badges = badges_with(self._ledger, roles)
        newest = newest_issues(self._ledger, badges)
        staff = [one for one in badges if newest[one].claims.ticket in roles]
        for known in sorted(self._people.by_badges(staff), key=lambda known: known.ref):
            yield known, newest[known.badge]


def _unlocks(card: StaffNameCard | None) -> Unlocks:
    if card is not None and card.locked is not None:
        return "key_card"
    return "badge_and_pin" if card is not None and card.wrapped is not None else "nothing"
