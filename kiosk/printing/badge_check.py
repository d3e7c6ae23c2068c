"""Whether the badge of a code held up may be printed here: whose it is, and what was printed of it before."""

from dataclasses import dataclass, field
from typing import Literal, get_args

import msgspec

from access.badge.credential import Claims, human_code
from access.badge.name_card import CardContent
from access.log.chain import device_of
from access.log.entry import EntryRef
from access.rules.badge_prints import PrintStanding, print_standing
from access.state.facts import listed_claims
from kiosk.door.door import Door, Subject
from kiosk.screen.name_on_card import card_content, masked
from printing.card import Card, Form
from printing.event_card import event_card

PrintRefusal = Literal[
    "not_a_badge", "other_event", "forged", "unknown", "revoked", "superseded", "online_only", "wrong_venue", "no_name",
]  # fmt: skip
"""Why a badge is not printed: reasons of the rule book that are about the badge itself and not about a door or an hour,
and `no_name`, where the code opens no name card that is stored here."""

_REFUSALS = frozenset(get_args(PrintRefusal))


@dataclass(frozen=True, slots=True)
class Person:
    """Whose badge may be printed: all of it from the code held up, and the name card that it opens."""

    text: str = field(repr=False)
    badge: bytes
    issue: int
    form: Form
    claims: Claims
    content: CardContent
    standing: PrintStanding
    doubtful: tuple[EntryRef, ...]
    """Attempts of this kiosk of which nobody knows what became."""

    @property
    def masked(self) -> str:
        return masked(self.content.name, self.content.family)


@dataclass(frozen=True, slots=True)
class Refused:
    """No badge is printed. `venues`: where it would be, by id."""

    reason: PrintRefusal
    venues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ordered:
    """A badge that staff want printed: its code, and what its name card says where the desk key has opened it."""

    text: str = field(repr=False)
    content: CardContent | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name as staff spell it for one badge, and the same sealed for the journal."""

    name: str = field(repr=False)
    sealed: bytes


def check(door: Door, text: str, content: CardContent | None = None) -> Person | Refused:
    """Whose badge a code is. `content` is what the name card says, where the desk key has opened it; None: what the
    code opens. Raises NotReadyError, sqlite3.Error."""
    subject = door.identify(text, "in")
    found = door.assess(subject, door.read_clock())
    stands = found.stands
    if stands.reason in _REFUSALS:
        return Refused(msgspec.convert(stands.reason, PrintRefusal), tuple(stands.next.venues))
    person = _person(door, text, subject, content)
    return person if person is not None else Refused("no_name")


def _person(door: Door, text: str, subject: Subject, content: CardContent | None) -> Person | None:
    presented, history = subject.presented, subject.history
    badge, issue = presented.badge, presented.issue
    claims = listed_claims(history, issue) or presented.claims
    if badge is None or issue is None or claims is None or subject.secret is None:
        return None
    content = content or card_content(door.name_card, badge, issue, subject.secret)
    if content is None:
        return None
    prints = history.prints
    doubtful = tuple(
        one.attempt
        for one in prints
        if one.issue == issue
        and one.outcome in ("sent", "unknown")
        and device_of(one.attempt.log) == door.device
    )
    standing = print_standing(prints, issue)
    form = presented.form or "foreign"
    return Person(text, badge, issue, form, claims, content, standing, doubtful)


def card_of(door: Door, person: Person) -> Card:
    """What is printed for them."""
    return event_card(
        door.programme.event,
        person.claims,
        person.content.language,
        qr_text=person.text,
        form=person.form,
        code=human_code(person.badge),
        issue=person.issue,
        name=person.content.name,
        organisation=person.content.organisation,
    )
