"""Checks across a whole list: bookings that a badge does not open, more bookings than seats, unusable codes."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from access.badge import credential
from access.badge.secret_strength import is_strong
from access.event.programme import Programme
from printing.fonts import FontMissingError, Fonts
from registry.lists.findings import Findings
from registry.lists.people import Candidate
from registry.roster.model import Person


def check_bookings(candidates: Sequence[Candidate], programme: Programme, found: Findings) -> None:
    """Warn of each booking for a session that is cancelled, or whose venue, day or room the person's badge does not
    open."""
    numbers = {ticket.id: number for number, ticket in enumerate(programme.event.tickets)}
    where = {
        session.id: (
            programme.venue_of(session.area),
            Programme.day_name(programme.day_of(session.starts_ms)),
            session.area,
        )
        for session in programme.event.sessions
    }
    cancelled = {session.id for session in programme.event.sessions if session.cancelled}
    for one in candidates:
        person = one.person
        for session in person.sessions:
            venue, day, area = where[session]
            if session in cancelled:
                found.warn("check.cancelled", one.line, column="sessions", value=session)
            if person.venues is not None and venue not in person.venues:
                found.warn("check.venue", one.line, column="sessions", value=session, venue=venue)
            if person.days is not None and day not in person.days:
                found.warn("check.day", one.line, column="sessions", value=session, day=day)
            if person.ticket in numbers and not programme.admits(numbers[person.ticket], area):
                found.warn(
                    "check.ticket", one.line, column="sessions", value=session, area=area, ticket=person.ticket
                )  # fmt: skip


def check_seats(
    candidates: Sequence[Candidate],
    others: Mapping[str, int],
    programme: Programme,
    found: Findings,
) -> None:
    """Warn of sessions with more bookings than seats. `others`: bookings of people who are not in this list."""
    tickets = {ticket.id: ticket for ticket in programme.event.tickets}
    booked = Counter(others)
    lines: dict[str, int] = {}
    for one in candidates:
        ticket = tickets.get(one.person.ticket)
        if ticket is not None and ticket.capacity_exempt:
            continue
        for session in one.person.sessions:
            booked[session] += 1
            lines[session] = one.line
    for planned in programme.event.sessions:
        seats = programme.area_tree[planned.area].capacity
        if seats is not None and planned.id in lines and booked[planned.id] > seats:
            found.warn(
                "check.seats", lines[planned.id], column="sessions", value=planned.id,
                booked=booked[planned.id], seats=seats,
            )  # fmt: skip


def check_codes(
    candidates: Iterable[Candidate], owners: Mapping[bytes, str], found: Findings
) -> None:
    """Name codes that two people have, that doors cannot tell apart, that no scanner gives, or that can be guessed.

    `owners`: refs of registered people by badge id, of those ids that the list's codes give; a
    person may have had several.
    """
    seen: dict[bytes, Person] = {}
    copyable: list[Candidate] = []
    for one in candidates:
        code, ref = one.person.code, one.person.ref
        if one.person.form != "foreign" or not code:
            continue
        badge = credential.foreign(code).badge
        first = seen.setdefault(badge, one.person)
        if first is not one.person:
            kind = "check.code_same" if first.code == code else "check.code_alike"
            found.mistake(kind, one.line, column="code", ref=repr(ref), first=repr(first.ref))
        elif owners.get(badge, ref) != ref:
            found.mistake("check.code_taken", one.line, column="code", ref=repr(ref))
        if credential.read(code) is not None:
            found.mistake("check.code_ours", one.line, column="code")
        elif any(unicodedata.category(character) == "Cc" for character in code):
            found.mistake("check.code_control", one.line, column="code")
        elif not is_strong(code):
            copyable.append(one)
    if copyable:
        found.warn(
            "check.guessable", copyable[0].line, column="code", ref=copyable[0].person.ref, n=len(copyable)
        )  # fmt: skip


def check_glyphs(
    candidates: Iterable[Candidate], titles: Mapping[str, str], found: Findings
) -> None:
    """Warn of letters in names and organisations that no font of the badges has: they would be left out in print.

    `titles`: what the list calls its columns, by field.
    """
    try:
        fonts = Fonts()
    except FontMissingError:
        return  # whoever prints is told; a list can be taken in without fonts
    for one in candidates:
        for column in ("name", "organisation"):
            text = getattr(one.person, column)
            if text.isascii():
                continue
            for letter in fonts.unprintable(text, one.person.language):
                number = f"U+{ord(letter):04X}"
                title = titles.get(column, column)
                found.warn("check.glyph", one.line, column=title, value=letter, number=number)
