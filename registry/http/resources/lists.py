"""Lists of people over the public interface: taken in at once, or as a job with a preview."""

import msgspec
from flask import Response, request

from config.languages import languages
from registry.accounts.trail import Trail
from registry.http.operations import Interface, Parameter, leave_no_trace, problem
from registry.http.resources.jobs import ended, shown
from registry.jobs import Job, Jobs, Work
from registry.lists.columns import FIELDS, Mapping
from registry.lists.findings import SpreadsheetError
from registry.lists.importing import FILE, Importer, Options, Report
from registry.queries import admin_shapes
from registry.queries.queries import Queries
from registry.roster.batch import discard
from registry.storage.errors import RegistryError

KIND = "import"
_OPTIONS = (
    Parameter("file", "what to call the file where its mistakes are named"),
    Parameter("update", "1: change people who are registered already", "flag"),
    Parameter("encoding", "of a text file; found by itself where left out"),
    Parameter("sheet", "of a workbook; the first that has rows where left out"),
    Parameter(
        "map",
        "FIELD=TITLE: the column of that title is this field, or is kept as the extra field of that name",
        repeats=True,
    ),
    Parameter("leave_out", "title of a column that is not to be kept", repeats=True),
    Parameter(
        "fill",
        "FIELD=VALUE: what stands in the field's empty cells, or everywhere where it has no column",
        repeats=True,
    ),
    Parameter("revoke_missing", "1: revoke the badges of people who are not in the list", "flag"),
    Parameter("strict", "1: warnings count as mistakes", "flag"),
    Parameter("check", "1: only look; the job's result is a preview", "flag"),
    Parameter(
        "expect", "the mark of a preview: nothing is done where it is not any more what it was"
    ),
    Parameter(
        "language",
        "of the messages: en, zh-Hant or zh-Hans, in words of a page; left out: of the command",
    ),
)


def add_lists(api: Interface, queries: Queries, jobs: Jobs, trail: Trail) -> None:
    """Give the interface its import."""
    importer = Importer(queries.service, queries.now_ms)

    def do(work: Work) -> Report:
        options = msgspec.convert(work.params["options"], Options)

        def note(report: Report) -> None:
            done = {"file": report.file, "added": report.added, "updated": report.updated}
            done |= {"revoked": report.revoked} if report.revoked else {}
            trail.note(work.params["who"], import_people.__name__, done)

        try:
            return importer.run(work.file(FILE), options, work, note)
        except SpreadsheetError as error:
            return importer.refused(error, options)

    jobs.kind(KIND, do, lambda: discard(queries.service.ledger))

    def begin() -> Job:
        leave_no_trace()  # there is a line once people are taken in, with how many
        params = {"options": msgspec.to_builtins(_options()), "who": api.asker()}
        return jobs.start(KIND, params, {FILE: request.get_data()})

    @api.post(
        "/imports",
        "Take a list of people in (XLSX, XLS, ODS, CSV), or look what that would do, as a job: all of it or nothing",
        access="admin",
        body="application/octet-stream",
        answer=admin_shapes.Job,
        query=_OPTIONS,
    )
    def begin_import() -> admin_shapes.Job:
        return shown(begin(), [])

    @api.post(
        "/import",
        "Take a list of people in (XLSX, XLS, ODS, CSV): all of them, or nobody; the answer comes at the end",
        access="admin",
        body="text/csv",
        answer=admin_shapes.Imported,
        query=_OPTIONS,
    )
    def import_people() -> admin_shapes.Imported | Response:
        job = ended(jobs, begin().id)
        report = msgspec.json.decode(job.result or b"{}", type=Report)
        if report.mistakes:
            lines = tuple(one.text for one in report.mistakes)
            rows = sum(max(1, one.rows) for one in report.mistakes)
            message = lines[0] if len(lines) == 1 else f"{rows} mistakes; nothing was changed."
            return problem(422, message, lines)
        return admin_shapes.Imported(
            added=report.added,
            updated=report.updated,
            same=report.same,
            missing=report.missing,
            warnings=[one.text for one in report.warnings],
            applied=report.applied,
        )


def _options() -> Options:
    """What the request asks for. Raises RegistryError."""
    args = request.args
    language = args.get("language", "")
    return Options(
        file=_name(args.get("file", "")),
        encoding=args.get("encoding") or None,
        sheet=args.get("sheet") or None,
        mapping=Mapping(
            columns={title: field for field, title in map(_pair, args.getlist("map"))},
            left_out=tuple(args.getlist("leave_out")),
            fill={_field(field): value for field, value in map(_pair, args.getlist("fill"))},
        ),
        update=args.get("update") == "1",
        revoke_missing=args.get("revoke_missing") == "1",
        strict=args.get("strict") == "1",
        check=args.get("check") == "1",
        expect=args.get("expect") or None,
        language=language if language in languages() else "en",
        command=language not in languages(),
    )


def _name(asked: str) -> str:
    """What to call the file: never a path, and printable."""
    return "".join(one for one in asked[-100:] if one.isprintable()) or "people.csv"


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise RegistryError(f"{text[:60]!r} should be like FIELD=TITLE, as in ref=编号")
    return name.strip(), value


def _field(name: str) -> str:
    if name not in FIELDS:
        raise RegistryError(f"{name[:40]!r} is no field; it should be one of {', '.join(FIELDS)}")
    return name
