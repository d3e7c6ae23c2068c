"""The public interface's questions about attendance: totals for everybody, people for those who may see names."""

from typing import cast, get_args

import msgspec
from flask import Response, request

from config.errors import instead
from config.languages import languages
from registry.exports.attendance_files import Asked, Format, as_file, file_name
from registry.exports.hybrid import HybridAttendance, hybrid_attendance
from registry.exports.making import ATTENDANCE, Exports, of
from registry.http.error_texts import readers_language
from registry.http.operations import Interface, Parameter, problem
from registry.http.resources.jobs import shown
from registry.jobs import Jobs
from registry.lists.files.table import ListError
from registry.lists.watchers import read_watchers
from registry.queries import admin_shapes
from registry.queries.attendance import (
    AttendanceReport,
    AttendanceTotals,
    Attendees,
)
from registry.queries.queries import Queries

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WHOSE = (
    Parameter("session", "a session's id; or give `venue` and `day`"),
    Parameter("venue", "a venue's id"),
    Parameter("day", "an event day, YYYY-MM-DD"),
)
_LANGUAGE = Parameter(
    "language",
    "of the titles and words in a workbook or CSV file; left out: English, with the event's ids, for programs",
)


def add_attendance(api: Interface, queries: Queries) -> None:
    """Give the interface its questions about attendance."""
    report = AttendanceReport(queries)

    @api.get(
        "/attendance",
        "Registered, arrived and missing: in all, per session, and per venue and day",
        access="viewer",
        answer=AttendanceTotals,
    )
    def attendance() -> AttendanceTotals:
        return report.totals()

    @api.post(
        "/attendance/hybrid",
        "How people took part: on site, online, both. The body is the list of who watched the broadcast: any file that"
        " a list of people may be (XLSX, XLS, ODS, CSV, text), with a column of refs, badge codes or mail addresses, or"
        " nothing else. Nothing of it is stored",
        access="desk",
        body="application/octet-stream",
        answer=HybridAttendance,
    )
    def attendance_hybrid() -> HybridAttendance | Response:
        try:
            watchers = read_watchers(request.get_data())
        except ListError as error:
            return problem(400, error.in_file(readers_language()))
        return hybrid_attendance(queries, watchers.rows, titled=watchers.titled)

    @api.get(
        "/attendance/people",
        "Who came to a session, or to a venue on a day, when and for how long; and who did not",
        access="desk",
        answer=Attendees,
        query=(*_WHOSE, Parameter("format", "json (where left out), csv or xlsx"), _LANGUAGE),
    )
    def attendance_people() -> Attendees | Response:
        asked = _asked(queries, "json")
        if isinstance(asked, Response):
            return asked
        people = of(report, asked)
        if asked.format == "json":
            return people
        kind = XLSX if asked.format == "xlsx" else "text/csv"
        answer = Response(as_file(people, asked, queries.programme), mimetype=kind)
        file = file_name(people, asked.format)
        answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
        return answer


def add_attendance_jobs(api: Interface, queries: Queries, jobs: Jobs, exports: Exports) -> None:
    """Give the interface the attendance as a file that a job makes."""
    jobs.kind(ATTENDANCE, exports.attendance)

    @api.post(
        "/attendance/people/jobs",
        "The same as a job, for events of thousands; its file is the list",
        access="desk",
        answer=admin_shapes.Job,
        query=(*_WHOSE, Parameter("format", "json, csv (where left out) or xlsx"), _LANGUAGE),
    )
    def make_attendance() -> admin_shapes.Job | Response:
        asked = _asked(queries, "csv")
        if isinstance(asked, Response):
            return asked
        return shown(jobs.start(ATTENDANCE, msgspec.to_builtins(asked)), [])


def _asked(queries: Queries, usual: Format) -> Asked | Response:
    """What the request asks for, or why that cannot be."""
    programme = queries.programme
    session, venue, day = (request.args.get(name) for name in ("session", "venue", "day"))
    kind = request.args.get("format", usual)
    if session is not None:
        if session not in programme.sessions:
            right = instead(session, list(programme.sessions))
            return problem(404, f"There is no session {session[:40]!r} in this event; {right}")
    elif venue is None or day is None:
        return problem(400, "Name a session, or a venue and a day.")
    elif venue not in programme.venues:
        right = instead(venue, list(programme.venues))
        return problem(404, f"There is no venue {venue[:40]!r} in this event; {right}")
    elif day not in programme.event.days:
        days = ", ".join(programme.event.days)
        return problem(404, f"{day[:20]!r} is no day of this event; its days are {days}.")
    if kind not in get_args(Format):
        return problem(400, f"format is {kind[:20]!r}; it should be json, csv or xlsx.")
    language = request.args.get("language")
    if language is not None and language not in languages():
        return problem(400, f"language is {language[:20]!r}; {instead(language, languages())}.")
    if session is not None:
        venue = day = None
    return Asked(
        session=session, venue=venue, day=day, format=cast("Format", kind), language=language
    )
