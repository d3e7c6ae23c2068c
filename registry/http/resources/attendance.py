"""The public interface's questions about attendance: totals for everybody, people for those who may see names."""

from flask import Response, request

from config.errors import instead
from registry.http.operations import Interface, Parameter, problem
from registry.queries.attendance import (
    AttendanceReport,
    AttendanceTotals,
    Attendees,
    HybridAttendance,
    as_table,
)
from registry.queries.queries import Queries
from registry.queries.table_files import csv_bytes, xlsx_bytes

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = ("json", "csv", "xlsx")


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
        "How people took part: on site, online, both. The body is who watched the broadcast: a line each, a ref or the"
        " code of a badge. Nothing of it is stored",
        access="desk",
        body="text/plain",
        answer=HybridAttendance,
    )
    def attendance_hybrid() -> HybridAttendance | Response:
        try:
            lines = request.get_data().decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            return problem(400, "The list is not UTF-8; save it as UTF-8 text, one person a line.")
        lines = [line for line in lines if line.strip()]
        if not lines:
            return problem(400, "The list is empty; it should name one person a line.")
        return report.hybrid(lines)

    @api.get(
        "/attendance/people",
        "Who came to a session, or to a venue on a day, when and for how long; and who did not",
        access="desk",
        answer=Attendees,
        query=(
            Parameter("session", "a session's id; or give `venue` and `day`"),
            Parameter("venue", "a venue's id"),
            Parameter("day", "an event day, YYYY-MM-DD"),
            Parameter("format", "json (where left out), csv or xlsx"),
        ),
    )
    def attendance_people() -> Attendees | Response:
        people = _asked(report, queries)
        if isinstance(people, Response):
            return people
        kind = request.args.get("format", "json")
        if kind not in FORMATS:
            return problem(400, f"format is {kind[:20]!r}; it should be json, csv or xlsx.")
        if kind == "json":
            return people
        name = people.session or f"{people.venue} {people.day}"
        table = as_table(people, name)
        data = xlsx_bytes([table]) if kind == "xlsx" else csv_bytes(table)
        answer = Response(data, mimetype=XLSX if kind == "xlsx" else "text/csv")
        file = f"attendance-{name.replace(' ', '-')}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
        return answer


def _asked(report: AttendanceReport, queries: Queries) -> Attendees | Response:
    programme = queries.programme
    session, venue, day = (request.args.get(name) for name in ("session", "venue", "day"))
    if session is not None:
        if session not in programme.sessions:
            right = instead(session, list(programme.sessions))
            return problem(404, f"There is no session {session[:40]!r} in this event; {right}")
        return report.of_session(session)
    if venue is None or day is None:
        return problem(400, "Name a session, or a venue and a day.")
    if venue not in programme.venues:
        right = instead(venue, list(programme.venues))
        return problem(404, f"There is no venue {venue[:40]!r} in this event; {right}")
    if day not in programme.event.days:
        days = ", ".join(programme.event.days)
        return problem(404, f"{day[:20]!r} is no day of this event; its days are {days}.")
    return report.of_day(venue, day)
