"""Reports under /api/v1: headcount, gates, sessions, arrivals, partition report, receipts, export; closing a day."""

import msgspec
from flask import Response, request

from access.log.entry import EntryRef
from access.log.receipt import read_receipt
from access.state.conflicts import answered
from access.state.log_state import LogState
from registry.accounts.authorization import Guard
from registry.exports.making import ATTEMPTS, Exports
from registry.http import requests as bodies
from registry.http.operations import Interface, Parameter, problem
from registry.http.resources.jobs import shown
from registry.http.streams import Streams
from registry.jobs import Jobs
from registry.queries import admin_shapes, receipts
from registry.queries import exports as exporting
from registry.queries import shapes as answers
from registry.queries.arrivals import ArrivalsReport, ArrivalsReports
from registry.queries.queries import Queries
from registry.storage.errors import ChangedError, UnknownError

CSV = "text/csv"
EVENT_STREAM = "text/event-stream"
CONFLICTS = 200
"""Lines of the partition report on one page."""

DONE = answers.Done()


def add_counts(api: Interface, queries: Queries, streams: Streams) -> None:
    """Add the routes that read counts."""

    @api.get(
        "/headcount",
        "How many people are where, as of when, and who has not reported",
        access="viewer",
        answer=answers.Headcount,
    )
    def headcount() -> answers.Headcount:
        return queries.headcount()

    @api.get(
        "/headcount/stream",
        "The headcount whenever it changes: `headcount` events, and `alive` events in between."
        " Ends after 30 s; come back with Last-Event-ID. 503 while too many listen",
        access="viewer",
        answer=EVENT_STREAM,
    )
    def headcount_stream() -> Response:
        return streams.answer(request.headers.get("Last-Event-ID", ""))

    @api.get(
        "/gates",
        "Every gate, its kiosk, and what it answered today",
        access="viewer",
        answer=answers.Gates,
    )
    def gates() -> answers.Gates:
        return queries.gates()

    @api.get(
        "/sessions", "Every session and its attendance", access="viewer", answer=answers.Sessions
    )
    def sessions() -> answers.Sessions:
        return queries.sessions()

    curves = ArrivalsReports(queries)

    @api.get(
        "/arrivals",
        "The event day so far: arrivals over time for every area, how fast each gate is, when a room will be full",
        access="viewer",
        answer=ArrivalsReport,
    )
    def arrivals() -> ArrivalsReport:
        return curves.report()


def add_health(api: Interface, queries: Queries) -> None:
    """Add the route that reads the state of the registry."""

    @api.get("/health", "The registry itself", access="viewer", answer=answers.Health)
    def health() -> answers.Health:
        return queries.health()


def add_conflicts(api: Interface, queries: Queries, guard: Guard) -> None:
    """Add the routes that read single decisions: the partition report, receipts, the export."""

    @api.get(
        "/conflicts",
        "The partition report: what would have gone otherwise had everything been known",
        access="viewer",
        answer=answers.ConflictReport,
        query=(
            Parameter("offset", "how many to leave out in front", "integer"),
            Parameter("limit", f"how many to say; {CONFLICTS} where left out", "count"),
        ),
    )
    def conflicts() -> answers.ConflictReport:
        return queries.conflicts(
            request.args.get("offset", 0, int),
            request.args.get("limit", CONFLICTS, int),
            with_codes=guard.is_admin,
        )

    @api.get(
        "/receipts/<code>",
        "The decisions with this receipt, and what would be said today",
        access="viewer",
        answer=answers.Receipts,
    )
    def receipt(code: str) -> answers.Receipts | Response:
        if read_receipt(code) is None:
            return problem(400, f"{code[:20]!r} is no receipt; it should be like M3-4F2K.")
        return receipts.find(queries, code, with_codes=guard.is_admin)

    @api.get("/export", "Every attempt at every door", access="admin", answer=CSV)
    def export() -> Response:
        answer = Response(exporting.attempts(queries), mimetype=CSV)
        answer.headers["Content-Disposition"] = 'attachment; filename="attempts.csv"'
        return answer


def add_export_jobs(api: Interface, jobs: Jobs, exports: Exports) -> None:
    """Add the export as a job."""
    jobs.kind(ATTEMPTS, exports.attempts)

    @api.post(
        "/export/jobs",
        "Every attempt at every door as a job; its file is attempts.csv",
        access="admin",
        answer=admin_shapes.Job,
    )
    def make_export() -> admin_shapes.Job:
        return shown(jobs.start(ATTEMPTS, {}), [])


def add_report_changes(api: Interface, queries: Queries, guard: Guard) -> None:
    """Add the routes that rule on conflicts and close event days."""

    @api.post(
        "/conflicts",
        "Answer a line of the partition report",
        access="admin",
        body=bodies.NewRuling,
        answer=answers.Done,
    )
    def rule(body: bodies.NewRuling) -> answers.Done:
        named = EntryRef(body.entry.log, body.entry.seq, bytes.fromhex(body.entry.digest))
        lines = [
            line
            for line in queries.conflict_lines()
            if line.kind == body.kind and line.entry == named
        ]
        if not lines:
            raise UnknownError("This line is no longer in the report. Load it again.")
        line = lines[0]

        def look(log_state: LogState) -> None:
            if body.was is msgspec.UNSET:
                return
            if answered([line], log_state.event_state)[0].ruling != body.was:
                raise ChangedError(
                    ["answer"],
                    "Somebody else has answered this line meanwhile; nothing was changed. Look, and answer again.",
                )

        visitor = guard.visitor()
        queries.service.rule(line, body.answer, visitor.name if visitor else "", look)
        return DONE

    @api.post(
        "/days/close",
        "End an event day; the answer lists the kiosks from which entries of it may be missing",
        access="admin",
        body=bodies.CloseDay,
        answer=answers.Closed,
    )
    def close_day(body: bodies.CloseDay) -> answers.Closed:
        return queries.close_day(body.day)
