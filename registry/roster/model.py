"""A person to be registered, what their badge may do, and the badge they get."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from access.badge.credential import Claims, foreign
from access.badge.name_card import CardContent
from access.event.definition import Event, Language
from access.log.entry import BadgeIssued
from config.errors import instead, one_of, shown
from config.languages import languages

Form = Literal["plain", "signed", "foreign"]
FORMS: tuple[Form, ...] = ("plain", "signed", "foreign")

MOST_CHARACTERS = 120
"""Of a ref, a name or an organisation: more fits no badge."""

FAMILY_NAME = "family_name"
"""The extra field in which a list's column of family names is kept."""

LATIN_NAME = "latin_name"
"""The extra field with the name in Latin letters, as on an identity card; people are found by it as by their name."""

NAMELESS = "name is empty; it is what the badge and the door say"
"""Why nobody is registered without a name, by whatever way they come."""

REFLESS = "ref is empty; it should be your own number for this registration"

MOST_CODE_BYTES = 1000
"""Of another system's code: more fits no QR code that a camera can read on a badge."""


class Person(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One registrant, by the ids of the event file. `ref` is the organiser's own name for the registration;
    `venues` and `days` None: all. `code` is what another system printed, of the form `foreign` alone. `extra` are
    fields for staff (phone, mail, seat, note, attention, and whatever else a list had), which no badge or kiosk has."""

    ref: str
    ticket: str
    venues: tuple[str, ...] | None = None
    days: tuple[str, ...] | None = None
    sessions: tuple[str, ...] = ()
    name: str = ""
    organisation: str = ""
    language: Language = "en"
    form: Form = "plain"
    code: str | None = None
    extra: dict[str, str] = {}

    def __repr__(self) -> str:
        """Without the person: a name is in no log line, not even in a trace."""
        return f"Person(ref={self.ref!r}, …)"


class IssuedBadge(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One issue of a badge: the text of its QR code, and the code that a person can read out.

    `copyable`: a code of another system that can be found by trying; no name is sealed under it.
    """

    ref: str
    badge: bytes
    issue: int
    form: Form
    text: str
    code: str
    copyable: bool = False

    def __repr__(self) -> str:
        """Without the text: whoever has it has the badge."""
        return f"IssuedBadge(ref={self.ref!r}, issue={self.issue})"


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed on a badge."""

    badge: IssuedBadge
    name: str
    organisation: str
    language: Language
    ticket: str
    event: str
    claims: Claims
    extra: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Label(ref={self.badge.ref!r}, …)"


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A person as the registry stores them: only here a badge has a name."""

    badge: bytes
    ref: str
    name: str
    organisation: str
    language: Language
    keys: tuple[str, ...]
    salt: bytes
    extra: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Known(ref={self.ref!r}, …)"

    @property
    def other_names(self) -> tuple[str, ...]:
        """What they are found by besides their name."""
        latin = self.extra.get(LATIN_NAME, "")
        return (*self.keys, latin) if latin else self.keys

    @property
    def content(self) -> CardContent | None:
        """The content of the name card; None: there is none."""
        if not self.name and not self.organisation:
            return None
        family = self.extra.get(FAMILY_NAME, "")
        return CardContent(
            self.name,
            self.organisation,
            self.language,
            self.other_names,
            family=family if family in self.name else "",  # the name may have been changed since
        )


class RosterState(NamedTuple):
    """A person and what their newest badge may do, as they are stored at one instant."""

    known: Known
    claims: Claims


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered person, the newest issue of their badge, and whether that is revoked. `badges` are all that they
    have had: whoever is let in again after a revocation has another one."""

    known: Known
    issued: BadgeIssued | None
    revoked: bool
    badges: frozenset[bytes]

    def is_other_code(self, code: str) -> bool:
        """Whether a code of another system is not the one that they were registered with."""
        return foreign(code).badge not in self.badges


def claims(person: Person, event: Event) -> Claims:
    """What the badge may do, as numbers and bits. For a person without mistakes."""
    venues = [venue.id for venue in event.venues]
    return Claims(
        ticket=[ticket.id for ticket in event.tickets].index(person.ticket),
        venues=_bits(venues if person.venues is None else person.venues, venues),
        sessions=_bits(person.sessions, [session.id for session in event.sessions]),
        days=_bits(event.days if person.days is None else person.days, event.days),
    )


def _bits(chosen: Iterable[str], all_of_them: Sequence[str]) -> int:
    return sum(1 << all_of_them.index(one) for one in set(chosen))


def mistakes(person: Person, event: Event) -> list[str]:
    """What is wrong with a registration, each as a line for people."""
    found = []
    for what in ("ref", "name", "organisation"):
        value = getattr(person, what)
        if len(value) > MOST_CHARACTERS:
            found.append(f"{what} has {len(value)} characters; {MOST_CHARACTERS} are the most")
        if not value.isprintable():
            found.append(f"{what} has a character that cannot be printed; type it again")
    if not person.ref.strip():
        found.append(REFLESS)
    if person.language not in languages():
        found.append(
            f"language is {shown(person.language)}; {instead(person.language, languages())}"
        )
    found += _unknown("ticket", [person.ticket], [ticket.id for ticket in event.tickets])
    found += _unknown("venue", person.venues or (), [venue.id for venue in event.venues])
    found += _unknown("day", person.days or (), event.days)
    found += _unknown("session", person.sessions, [session.id for session in event.sessions])
    return found + _wrong_code(person)


def _unknown(what: str, chosen: Iterable[str], known: Sequence[str]) -> list[str]:
    return [
        f"{what} {shown(one)} is not in the event; {instead(one, known)}"
        for one in chosen
        if one not in known
    ]


def _wrong_code(person: Person) -> list[str]:
    if person.form not in FORMS:
        return [f"form is {shown(person.form)}; it should be {one_of(FORMS)}"]
    if (person.form == "foreign") != bool(person.code):
        wrong = "has no code" if person.form == "foreign" else "has a code"
        return [f"form is {person.form} and {wrong}; a code goes with the form foreign alone"]
    size = len((person.code or "").encode())
    if size > MOST_CODE_BYTES:
        return [f"code has {size} bytes; {MOST_CODE_BYTES} are the most"]
    return []
