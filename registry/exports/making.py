"""Exports that take long, made as jobs: every attempt at every door, and who came to a session or to a venue's day.

Whoever asked sees how far it is, can stop it, and downloads the file when it is whole. It is kept for a day.
"""

import msgspec

from registry.exports.attendance_files import Asked, as_file, file_name
from registry.jobs import Work
from registry.queries.attendance import AttendanceReport, Attendees
from registry.queries.exports import attempts
from registry.queries.queries import Queries
from registry.queries.table_files import Step, unseen

ATTEMPTS = "attempts"
ATTENDANCE = "attendance"
"""The kinds of job."""


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
