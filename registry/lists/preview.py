"""What an import would do, before it does anything: who is new, who changes and how, who is not listed any more."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from access.badge.credential import Claims, foreign
from access.event.definition import Event
from access.event.programme import Programme
from registry.lists.checks import check_bookings, check_codes, check_glyphs, check_seats
from registry.lists.columns import Columns
from registry.lists.people import STEP_ROWS, Candidate, People, Step
from registry.roster.model import Person, Registered, claims
from registry.service import RegistryService

SHOWN = 200
"""Changed and missing people that a preview names; all of them are counted."""


class FieldChange(msgspec.Struct, frozen=True):
    """One field of a person, before and after, as text."""

    field: str
    before: str
    after: str


class PersonChange(msgspec.Struct, frozen=True):
    """What changes of one person; of someone new or missing, nothing is listed."""

    ref: str
    name: str
    changes: list[FieldChange] = []


@dataclass
class Comparison:
    """A list beside the roster. Of registered people, fields without a column keep their value."""

    new: list[Person] = field(default_factory=list)
    changed: list[tuple[Person, Registered]] = field(default_factory=list)
    changes: list[PersonChange] = field(default_factory=list)
    same: int = 0
    missing: list[Registered] = field(default_factory=list)
    by_hand: list[Registered] = field(default_factory=list)
    """Registered people whom no list has had: they were added by hand, as walk-ups are, or let in again."""
    listed: list[bytes] = field(default_factory=list)
    """The badges of people who were added by hand, and whom this list has."""
    digest: str = ""
    missing_digest: str = ""


def compare(
    people: People,
    service: RegistryService,
    registered: dict[str, Registered],
    *,
    update: bool,
    step: Step,
) -> Comparison:
    """The list beside the roster; what does not fit together goes into the list's findings."""
    programme = service.programme
    event = programme.event
    found = people.findings
    result = Comparison()
    state = hashlib.sha256()
    merged: list[Candidate] = []
    origins = service.people.origins()
    ref_of_letters = {ref.casefold(): ref for ref in registered}
    for number, one in enumerate(people.candidates):
        if number % STEP_ROWS == 0:
            step(number)
        known = registered.get(one.person.ref)
        if known is None:
            state.update(b"new")
            result.new.append(one.person)
            merged.append(one)
            if (other := ref_of_letters.get(one.person.ref.casefold())) is not None:
                found.warn(
                    "row.alike_registered", one.line, column="ref", value=one.person.ref, other=other
                )  # fmt: skip
            continue
        state.update(
            repr((known.known.content, known.known.extra, known.issued, known.revoked)).encode()
        )
        person = _merged(one.person, known, people.columns, event)
        merged.append(Candidate(one.line, person))
        if known.revoked:
            found.warn("row.revoked", one.line, column="ref", value=person.ref)
        if _is_by_hand(known, origins):
            result.listed.append(known.known.badge)
        changes = _changes(person, known, event)
        if changes:
            if not update:
                found.mistake("row.registered", one.line, column="ref", value=person.ref)
            result.changed.append((person, known))
            if len(result.changes) < SHOWN:
                result.changes.append(PersonChange(person.ref, person.name, changes))
        else:
            result.same += 1
        if person.code and one.person.code and known.is_other_code(one.person.code):
            found.mistake("row.other_code", one.line, column="code", ref=repr(person.ref))
    codes = [foreign(one.code).badge for one in result.new if one.code]
    taken = service.people.badges_taken(codes)
    _others(people, registered, result, merged, programme, origins, taken)
    result.digest = _mark(state.digest())
    refs = "\n".join(one.known.ref for one in result.missing)
    result.missing_digest = _mark(hashlib.sha256(refs.encode()).digest())
    return result


def _others(
    people: People,
    registered: dict[str, Registered],
    result: Comparison,
    merged: Sequence[Candidate],
    programme: Programme,
    origins: Mapping[bytes, bool],
    taken: Iterable[bytes],
) -> None:
    """Who is registered and not in the list; and the checks that need everybody. `taken`: badge ids that nobody who is
    new can have."""
    listed = {one.person.ref for one in people.candidates}
    booked: Counter[str] = Counter()
    owners: dict[bytes, str] = dict.fromkeys(taken, "")
    sessions = [session.id for session in programme.event.sessions]
    for ref, one in registered.items():
        owners.update(dict.fromkeys(one.badges, ref))
        if ref in listed or one.revoked or one.issued is None:
            continue
        bits = one.issued.claims.sessions
        ticket = programme.ticket(one.issued.claims.ticket)
        if ticket is None or not ticket.capacity_exempt:
            booked.update(name for bit, name in enumerate(sessions) if bits >> bit & 1)
        (result.by_hand if _is_by_hand(one, origins) else result.missing).append(one)
    check_bookings(merged, programme, people.findings)
    check_seats(merged, booked, programme, people.findings)
    check_codes(merged, owners, people.findings)
    columns = people.columns
    titles = {name: columns.titles[index] for name, index in columns.at.items()}
    check_glyphs(merged, titles, people.findings)


def _is_by_hand(one: Registered, origins: Mapping[bytes, bool]) -> bool:
    """Whether a person was only added by hand: lists that never had them say nothing about them."""
    listed = origins.get(one.known.badge)
    if listed is None:  # the badges that desks make are signed
        return one.issued is not None and one.issued.form == "signed"
    return not listed


def _mark(digest: bytes) -> str:
    """Eight letters and digits that stand for a state: 40 bits."""
    return base64.b32encode(digest[:5]).decode().lower()


def _merged(person: Person, known: Registered, columns: Columns, event: Event) -> Person:
    """A registered person updated from the list; a field without a column stays as it was."""
    given = columns.given
    old = named_claims(known.issued.claims, event) if known.issued is not None else {}
    kept = {name: value for name, value in old.items() if name not in given}
    for name in ("organisation", "language"):
        if name not in given:
            kept[name] = getattr(known.known, name)
    names = set(columns.extra.values())
    extra = {name: value for name, value in known.known.extra.items() if name not in names}
    return msgspec.structs.replace(person, **kept, extra=extra | person.extra)


def named_claims(bits: Claims, event: Event) -> dict[str, object]:
    """Claims as the event's ids: ticket, venues, days (None: all), sessions."""

    def chosen(
        claimed: int, names: Sequence[str], *, all_is_none: bool = True
    ) -> tuple[str, ...] | None:
        some = tuple(name for bit, name in enumerate(names) if claimed >> bit & 1)
        return None if all_is_none and len(some) == len(names) else some

    tickets = event.tickets
    return {
        "ticket": tickets[bits.ticket].id if bits.ticket < len(tickets) else "",
        "venues": chosen(bits.venues, [one.id for one in event.venues]),
        "days": chosen(bits.days, event.days),
        "sessions": chosen(bits.sessions, [one.id for one in event.sessions], all_is_none=False),
    }


def _changes(person: Person, known: Registered, event: Event) -> list[FieldChange]:
    changes = []
    for name in ("name", "organisation", "language"):
        before, after = getattr(known.known, name), getattr(person, name)
        if before != after:
            changes.append(FieldChange(name, before, after))
    if known.issued is not None and person.ticket:
        after_claims = claims(person, event)
        if after_claims != known.issued.claims:
            before_named = named_claims(known.issued.claims, event)
            after_named = named_claims(after_claims, event)
            changes += [
                FieldChange(name, _text(before_named[name]), _text(after_named[name]))
                for name in before_named
                if before_named[name] != after_named[name]
            ]
    for name in sorted(known.known.extra.keys() | person.extra.keys()):
        before, after = known.known.extra.get(name, ""), person.extra.get(name, "")
        if before != after:
            changes.append(FieldChange(name, before, after))
    return changes


def _text(value: object) -> str:
    if value is None:
        return "*"
    return "; ".join(value) if isinstance(value, tuple) else str(value)
