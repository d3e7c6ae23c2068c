"""The public interface's questions: everything that can be read under /api/v1."""

from importlib.metadata import version

import msgspec
from flask import Response, request

from access.log.receipt import read_receipt
from registry.accounts.authorization import Guard
from registry.http.openapi import document
from registry.http.operations import Interface, Parameter, problem
from registry.http.resources.attendance import add_attendance
from registry.http.streams import Streams
from registry.queries import admin_shapes, receipts, registrants
from registry.queries import exports as exporting
from registry.queries import shapes as answers
from registry.queries.access_shapes import Token, Tokens
from registry.queries.arrivals import ArrivalsBoard, ArrivalsReport
from registry.queries.queries import Queries
from registry.queries.registrants import PersonHistory

CSV = "text/csv"
EVENT_STREAM = "text/event-stream"
JSON = "application/json"
CONFLICTS = 200
"""Lines of the partition report on one page."""


def add_questions(api: Interface, queries: Queries, guard: Guard, streams: Streams) -> None:
    """Give the interface its questions."""
    _add_counts(api, queries, streams)
    add_attendance(api, queries)
    _add_conflicts(api, queries, guard)
    _add_people(api, queries)
    _add_tokens(api, queries, guard)

    @api.get("/openapi.json", "This document", access=None, answer=JSON)
    def openapi() -> Response:
        said = document(api.operations, version("jianmen"))
        return Response(msgspec.json.encode(said), mimetype=JSON)


def _add_counts(api: Interface, queries: Queries, streams: Streams) -> None:
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

    curves = ArrivalsBoard(queries)

    @api.get(
        "/arrivals",
        "The event day so far: arrivals over time for every area, how fast each gate is, when a room will be full",
        access="viewer",
        answer=ArrivalsReport,
    )
    def arrivals() -> ArrivalsReport:
        return curves.report()

    @api.get(
        "/kiosks",
        "Every kiosk and its state, unhealthy ones first",
        access="viewer",
        answer=admin_shapes.Kiosks,
    )
    def kiosks() -> admin_shapes.Kiosks:
        return queries.kiosks()

    @api.get("/health", "The registry itself", access="viewer", answer=answers.Health)
    def health() -> answers.Health:
        return queries.health()


def _add_conflicts(api: Interface, queries: Queries, guard: Guard) -> None:
    @api.get(
        "/conflicts",
        "The partition report: what would have gone otherwise had everything been known",
        access="viewer",
        answer=answers.ConflictReport,
        query=(
            Parameter("offset", "how many to leave out in front", "integer"),
            Parameter("limit", f"how many to say; {CONFLICTS} where left out", "integer"),
        ),
    )
    def conflicts() -> answers.ConflictReport:
        return queries.conflicts(
            request.args.get("offset", 0, int),
            request.args.get("limit", CONFLICTS, int),
            with_codes=_is_admin(guard),
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
        return receipts.find(queries, code, with_codes=_is_admin(guard))

    @api.get("/export", "Every attempt at every door", access="admin", answer=CSV)
    def export() -> Response:
        answer = Response(exporting.attempts(queries), mimetype=CSV)
        answer.headers["Content-Disposition"] = 'attachment; filename="attempts.csv"'
        return answer


def _add_people(api: Interface, queries: Queries) -> None:
    @api.get(
        "/registrants",
        "People, a page at a time",
        access="desk",
        answer=answers.Registrants,
        query=(
            Parameter(
                "q",
                "name in any script, pinyin, initials, Hong Kong spelling; company, ref or badge code."
                " The best come first. Left out: everybody, in order of their refs",
            ),
            Parameter("cursor", "the next of the page before, instead of an offset"),
            Parameter("offset", "how many to leave out in front", "integer"),
            Parameter(
                "limit",
                f"how many to return, 1 to {registrants.MOST}; more returns {registrants.MOST}, and says so."
                f" {registrants.PAGE} where left out",
                "integer",
            ),
        ),
    )
    def registrants_page() -> answers.Registrants | Response:
        offset = request.args.get("offset", 0, int)
        limit = request.args.get("limit", registrants.PAGE, int)
        cursor = request.args.get("cursor")
        if limit < 1:
            return problem(400, f"limit is {limit}; it should be 1 to {registrants.MOST}.")
        if cursor is not None and "offset" in request.args:
            return problem(400, "cursor and offset are both given; it should be one of them.")
        try:
            return registrants.search(
                queries, request.args.get("q", ""), limit, offset=offset, cursor=cursor
            )
        except ValueError as error:
            return problem(400, f"{error}.")

    @api.get(
        "/registrants/<code>", "The person of a badge", access="desk", answer=answers.Registrant
    )
    def registrant(code: str) -> answers.Registrant:
        return registrants.one(queries, code)

    @api.get(
        "/registrants/<code>/history",
        "What was made for a person, and what they did at the doors",
        access="desk",
        answer=PersonHistory,
    )
    def registrant_history(code: str) -> PersonHistory:
        return registrants.history(queries, code)


def _add_tokens(api: Interface, queries: Queries, guard: Guard) -> None:
    @api.get("/tokens", "API tokens", access="admin", answer=Tokens)
    def tokens() -> Tokens:
        return Tokens(
            tokens=[
                Token(
                    id=token_id, label=row.label, access=row.access, made=queries.time(row.made_ms)
                )
                for token_id, row in guard.accounts.tokens().items()
            ]
        )


def _is_admin(guard: Guard) -> bool:
    visitor = guard.visitor()
    return visitor is not None and visitor.is_admin
