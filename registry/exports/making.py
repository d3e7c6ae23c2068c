"""Exports that take long, made as jobs: every attempt at every door, and who came to a session or to a venue's day.

Whoever asked sees how far it is, can stop it, and downloads the file when it is whole. It is kept for a day.
"""

from typing import Literal, get_args

import msgspec

from access.event.definition import Language, Names
from access.event.programme import Programme
from registry.jobs import Work
from registry.queries.attendance import AttendanceReport, Attendees, Status, Words, as_table
from registry.queries.exports import attempts
from registry.queries.queries import Queries
from registry.queries.table_files import Step, csv_bytes, unseen, xlsx_bytes
from web.texts import section

ATTEMPTS = "attempts"
ATTENDANCE = "attendance"
"""The kinds of job."""

Format = Literal["json", "csv", "xlsx"]

COLUMNS = (
    "name", "organisation", "attendance.ref", "attendance.code", "ticket", "attendance.status", "attendance.first_in",
    "attendance.last_out", "attendance.minutes",
)  # fmt: skip
"""The page's words for the columns."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whose attendance: of a session, or of a venue on an event day; as what kind of file, and in which language
    (None: the words and ids for programs)."""

    session: str | None = None
    venue: str | None = None
    day: str | None = None
    format: Format = "csv"
    language: Language | None = None


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What a job has made: lines of the file, without its header."""

    rows: int


class Exports:
    """Makes the files, for one registry."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def attempts(self, work: Work) -> Exported:
        """Every attempt as CSV, a piece at a time: it may be larger than what should be in memory."""
        newest = self._queries.service.ledger.newest()
        work.stage("export.reading", newest)
        lines = 0

        def step(seen: int, rows: int) -> None:
            nonlocal lines
            lines += rows
            work.step(min(seen, newest))

        pieces = attempts(self._queries, step)
        work.keep_pieces("attempts.csv", (piece.encode() for piece in pieces))
        return Exported(rows=lines)

    def attendance(self, work: Work) -> Exported:
        """The people of a session or of a venue's day."""
        asked = msgspec.convert(dict(work.params), Asked)
        report = AttendanceReport(self._queries)
        work.stage("export.reading", self._queries.service.people.count())
        people = of(report, asked, work.step)
        work.stage("export.writing", len(people.people))
        file = as_file(people, asked, self._queries.programme, work.step)
        work.keep(file_name(people, asked.format), file)
        return Exported(rows=len(people.people))


def of(report: AttendanceReport, asked: Asked, step: Step = unseen) -> Attendees:
    """The people asked for, of a session or of a venue and day that the event has."""
    if asked.session is not None:
        return report.of_session(asked.session, step)
    return report.of_day(asked.venue or "", asked.day or "", step)


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


def _words(language: Language, programme: Programme) -> Words:
    """As the page says it."""
    page = section("dashboard", language)
    status = {one: page[f"attendance.status.{one}"] for one in get_args(Status)}
    tickets = {one.id: _named(one.name, language) for one in programme.event.tickets}
    return Words([page[key] for key in COLUMNS], status, tickets)


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
