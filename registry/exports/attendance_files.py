"""Who came to a session, or to a venue on a day, as a file: in a person's language, or in words for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

import msgspec

from access.event.definition import Language, Names
from access.event.programme import Programme
from registry.queries.attendance import Attendee, Attendees, Status
from registry.queries.table_files import Cell, Step, Table, csv_bytes, unseen, xlsx_bytes
from web.texts import section

Format = Literal["json", "csv", "xlsx"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whose attendance: of a session, or of a venue on an event day; as what kind of file, and in which language
    (None: the words and ids for programs)."""

    session: str | None = None
    venue: str | None = None
    day: str | None = None
    format: Format = "csv"
    language: Language | None = None


COLUMNS = (
    "name", "organisation", "attendance.ref", "attendance.code", "ticket", "attendance.status", "attendance.first_in",
    "attendance.last_out", "attendance.minutes", "attendance.no_exit",
)  # fmt: skip
"""The page's words for the columns."""


@dataclass(frozen=True)
class Words:
    """What a file calls its columns, the statuses, what is so, and tickets (by id; any other is shown as it is)."""

    columns: Sequence[str]
    status: Mapping[Status, str]
    yes: str
    tickets: Mapping[str, str] = field(default_factory=dict)


FOR_PROGRAMS = Words(
    (
        "name", "organisation", "ref", "code", "ticket", "status", "first in", "last out", "minutes inside",
        "no exit scan",
    ),
    {
        "came": "came",
        "no_show": "did not come",
        "came_unbooked": "came without booking",
        "came_unregistered": "came without registration",
        "came_no_longer": "came, no longer registered or booked",
        "not_yet": "has not come yet",
        "cancelled": "session cancelled",
    },
    "yes",
)  # fmt: skip
"""Of files that nobody has asked for in a language: they stay as they are, for whatever reads them."""


def as_file(people: Attendees, asked: Asked, programme: Programme, step: Step = unseen) -> bytes:
    """The people as the bytes of a file."""
    if asked.format == "json":
        return msgspec.json.encode(people)
    if asked.language is None:
        table = as_table(people, _title(people))
    else:
        name = _title_in(asked.language, people, programme)
        table = as_table(people, name, _words(asked.language, programme))
    return xlsx_bytes([table], step) if asked.format == "xlsx" else csv_bytes(table)


def as_table(people: Attendees, name: str, words: Words = FOR_PROGRAMS) -> Table:
    """The people of an answer as a sheet."""
    return Table(name, words.columns, [list(_cells(one, words)) for one in people.people])


def _cells(one: Attendee, words: Words) -> Iterator[Cell]:
    yield from (one.name, one.organisation, one.ref, one.code)
    yield words.tickets.get(one.ticket, one.ticket)
    yield words.status[one.status]
    yield from (_local(one.first_in), _local(one.last_out))
    yield one.minutes if one.first_in is not None else None
    yield words.yes if one.no_exit_scan else None


def _local(at: str | None) -> datetime | None:
    """A time as the clock on the wall showed it, without its zone."""
    return None if at is None else datetime.fromisoformat(at).replace(tzinfo=None)


def _words(language: Language, programme: Programme) -> Words:
    """As the page says it."""
    page = section("dashboard", language)
    status = {one: page[f"attendance.status.{one}"] for one in get_args(Status)}
    tickets = {one.id: _named(one.name, language) for one in programme.event.tickets}
    return Words([page[key] for key in COLUMNS], status, "✓", tickets)


def _title_in(language: Language, people: Attendees, programme: Programme) -> str:
    """The name of the session, or of the venue with the day."""
    if people.session is not None:
        return _named(programme.sessions[people.session].name, language)
    return f"{_named(programme.venues[people.venue or ''].name, language)} {people.day}"


def _named(names: Names, language: Language) -> str:
    return names.get(language) or names["en"]


def file_name(people: Attendees, kind: Format) -> str:
    """ "attendance-chengdu-2020-11-17.xlsx"."""
    return f"attendance-{_title(people).replace(' ', '-')}.{kind}"


def _title(people: Attendees) -> str:
    return people.session or f"{people.venue} {people.day}"
