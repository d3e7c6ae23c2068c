"""`jianmen registry headcount · conflicts · export · close`: what the registry knows, for a terminal."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from config.languages import languages
from jianmen.cli.options import counted, data_option, json_option
from jianmen.cli.registry.options import (
    asking,
    made,
    named_like,
    put_file,
    settings_option,
    show_result,
    stop,
)

if TYPE_CHECKING:
    from jianmen.cli.registry.client import Client

ALL = 10**9


@click.command()
@settings_option
@data_option
@json_option
def headcount(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Who is where, as of when, and which kiosks have not reported."""
    with asking(settings_file, data) as client:
        report = client.get("/headcount")
        # What is on its way, as always on a busy day, is nobody's silence.
        silent = [one for one in report["silent"] if one["touch"] != "in_flight"]
        doubts = [] if as_json else _silent_lines(client, silent)
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    venues = [area["id"] for area in report["areas"] if area["parent"] is None]
    click.echo(f"as of {report['as_of'][:19].replace('T', ' ')}")
    click.echo(
        f"{'':28}{'inside':>8}{'people':>8}{'in':>8}{'out':>8}{'refused':>9}{'left':>7}  between"
    )
    for area in sorted(report["areas"], key=lambda area: venues.index(area["venue"])):
        if not (area["kiosks"] or area["inside"] or area["entries"]):
            click.echo(
                f"{'' if area['parent'] is None else '  '}{area['name']['en']}: not counted, no kiosk here"
            )
            continue
        name = ("" if area["parent"] is None else "  ") + area["name"]["en"]
        left = "" if area["places_left"] is None else area["places_left"]
        sure = area["low"] == area["inside"] == area["high"]
        between = "" if sure else f"{area['low']} to {area['high']}"
        click.echo(
            f"{name:28}{area['inside']:>8}{area['people']:>8}{area['entries']:>8}{area['exits']:>8}"
            f"{area['refused']:>9}{left:>7}  {between}".rstrip()
        )
    for line in doubts:
        click.echo(line)


def _silent_lines(client: Client, silent: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which kiosks have not told everything, each by its own name, and what to do where another has its gate."""
    if not silent:
        return []
    names = {
        one["device"]: f"{one['name']} ({one['device'][:8]})" if one["name"] else one["device"][:8]
        for one in client.get("/kiosks")["kiosks"]
    }
    at_gate = {gate["id"]: gate["kiosk"] for gate in client.get("/gates")["gates"]}
    lines = []
    for kiosk in silent:
        device, gate = kiosk["device"], kiosk["gate"]
        since = f"since {kiosk['since'][11:19]}" if kiosk["since"] else "never heard"
        missing = f", {counted(kiosk['missing'], 'entry')} missing" if kiosk["missing"] else ""
        where = f" at {gate}" if gate else ""
        lines.append(
            f"not heard from: kiosk {names.get(device, device[:8])}{where} ({since}{missing})"
        )
        now = at_gate.get(gate)
        if gate is not None and now not in (None, device):
            lines.append(
                f"  {gate} is served by kiosk {names.get(now, now[:8])} now. If the other does not come back, cut it"
                " off on the page Kiosks; then nobody waits for it."
            )
    return lines


@click.command()
@settings_option
@data_option
@json_option
def conflicts(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The partition report. Exit 1 while a line of it has no answer."""
    with asking(settings_file, data) as client:
        report = client.get("/conflicts", limit=ALL)
    for line in sorted(report["conflicts"], key=lambda line: str(line["at"])):
        if as_json:
            click.echo(msgspec.json.encode(line))
            continue
        where = " -> ".join(line["gates"]) or line["gate"] or "-"
        answer = line["ruling"] or f"unanswered; probably {line['reading']}"
        what = line["kind"] + (f" ({line['reason']})" if line["reason"] else "")
        click.echo(f"{line['at'][:19]}  {where}  {line['code'] or '-'}  {what}: {answer}")
    sys.exit(1 if report["open"] else 0)


@click.command()
@settings_option
@data_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File, an older one is replaced; standard output if left out.",
)
@json_option
def export(
    settings_file: Path | None, data: Path | None, out: Path | None, *, as_json: bool
) -> None:
    """Every attempt at every door, as CSV, or with --json as JSON lines. A file named .xlsx becomes a workbook."""
    with asking(settings_file, data) as client:
        table = made(client, "/export/jobs", {})
    if as_json:
        rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
        table = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    elif out is not None and out.suffix.lower() == ".xlsx":
        table = _workbook(table)
    _put(table, out)


def _workbook(table: bytes) -> bytes:
    """A CSV file of ours as a workbook; there the apostrophes that guard a CSV file's cells are not needed."""
    from registry.queries.table_files import Table, xlsx_bytes

    columns, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    return xlsx_bytes(
        [Table("attempts", columns, [[cell.removeprefix("'") for cell in row] for row in rows])]
    )


def _put(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(content)
    else:
        put_file(content, out)


@click.command()
@settings_option
@data_option
@click.option("--session", help="The people of this session (its id).")
@click.option("--venue", help="The people of this venue (its id), with --day.")
@click.option("--day", help="An event day, YYYY-MM-DD.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the people, or without --session and --day for the totals: .xlsx, .csv or .json, an older one is"
    " replaced. Left out: standard output.",
)
@click.option(
    "--language",
    type=click.Choice(languages()),
    help="Of the titles and words in a workbook or CSV file; left out: English, with ids, for programs.",
)
@click.option(
    "--online",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Who watched the broadcast: any list with a column ref, code or mail, or with nothing else. Says how people"
    " took part.",
)
@json_option
def attendance(
    settings_file: Path | None,
    data: Path | None,
    session: str | None,
    venue: str | None,
    day: str | None,
    out: Path | None,
    language: str | None,
    online: Path | None,
    *,
    as_json: bool,
) -> None:
    """Who came: totals, or the people of a session or of a venue's day.

    Without options: how many were registered, booked, arrived and missing, for every session, venue and day. With
    --session, or --venue and --day: each person, first in, last out, minutes inside, and who did not come.

    Columns of the totals: came and missing are of those expected; a number "so far" still falls until the session or
    the day is over. Withdrawn: came, and have since lost that booking or badge. Without: came without one. Came in all:
    these three together.
    """
    if (venue is None) != (day is None) or (session is not None and venue is not None):
        raise click.UsageError("Give --session, or --venue and --day together.")
    if online is not None and out is not None:
        raise click.UsageError("--online says its few numbers here; leave --out out.")
    if out is not None and not as_json:
        named_like(out, ".xlsx", ".csv", ".json")
    with asking(settings_file, data) as client:
        if online is not None:
            answer = client.raw(
                "POST", "/attendance/hybrid", online.read_bytes(), "application/octet-stream"
            )
            _show_hybrid(msgspec.json.decode(answer), as_json=as_json)
        elif session is None and venue is None:
            totals = client.get_file("/attendance")
            _show_totals(totals, as_json=as_json)
            if out is not None:
                put_file(_totals_file(client, totals, out, language), out)
        else:
            kind = "json" if as_json else out.suffix[1:].lower() if out is not None else "csv"
            asked = {
                "session": session, "venue": venue, "day": day, "format": kind, "language": language,
            }  # fmt: skip
            _put(made(client, "/attendance/people/jobs", asked), out)


LEGEND = (
    'came, missing: of those expected ("so far": it is not over). withdrawn: came, and have lost that booking or badge'
    " since. without: came without one."
)


def _show_totals(answer: bytes, *, as_json: bool) -> None:
    from registry.exports.totals_files import TOTALS, totals_rows
    from registry.queries.attendance import AttendanceTotals

    if as_json:
        click.echo(answer)
        return
    totals = msgspec.json.decode(answer, type=AttendanceTotals)
    erased = f", {totals.erased} of them erased and in no list" if totals.erased else ""
    click.echo(
        f"registered {totals.registered} ({totals.on_site} on site, {totals.online} for the broadcast"
        f" alone{erased}); came {totals.arrived}"
    )
    click.echo(f"{'':32}" + "".join(f"{column:>12}" for column in TOTALS))
    for name, phase, figures in totals_rows(totals):
        cells = ["-" if figure is None else str(figure) for figure in figures]
        if phase != "over":
            cells[2] = f"{cells[2]} so far" if phase == "running" else "-"
        what = f"{name} (cancelled)" if phase == "cancelled" else name
        click.echo(f"{what:32}" + "".join(f"{cell:>12}" for cell in cells))
    click.echo(LEGEND)


def _totals_file(client: Client, answer: bytes, out: Path, language: str | None) -> bytes:
    from registry.exports.totals_files import Called, totals_file
    from registry.queries.attendance import AttendanceTotals

    kind = out.suffix.lower()
    if kind == ".json":
        return answer
    called = None
    if language is not None:
        areas, sessions = client.get("/headcount")["areas"], client.get("/sessions")["sessions"]
        called = Called(
            {area["id"]: area["name"] for area in areas},
            {one["id"]: one["name"] for one in sessions},
        )
    totals = msgspec.json.decode(answer, type=AttendanceTotals)
    return totals_file(totals, "xlsx" if kind == ".xlsx" else "csv", language, called)


def _show_hybrid(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(answer))
        return
    click.echo(
        f"registered {answer['registered']}: on site only {answer['on_site']}, online only {answer['online']},"
        f" both {answer['both']}, neither {answer['neither']}"
    )
    others = [answer[f"unregistered_{how}"] for how in ("on_site", "online", "both")]
    if any(others):
        click.echo(
            "not registered any more: on site only {}, online only {}, both {}".format(*others)
        )
    for line in answer["unknown"]:
        click.echo(f"nobody's here: {line}", err=True)
    for line in answer["ambiguous"]:
        click.echo(f"may mean several people, and is in no number: {line}", err=True)


@click.command()
@click.argument("day")
@settings_option
@data_option
@click.option("--yes", is_flag=True, help="Do not ask, though the day is not over.")
@json_option
def close(
    day: str, settings_file: Path | None, data: Path | None, *, yes: bool, as_json: bool
) -> None:
    """End the event day DAY (2026-11-22), and say what is still missing of it. Ending a day changes no count.

    Exit 1 while kiosks have not reported all of it, and where the day is not over and nobody confirmed.
    """
    with asking(settings_file, data) as client:
        if not yes:
            _end_only_what_is_over(client, day)
        report = client.post("/days/close", {"day": day})
    waiting = ", ".join(one["gate"] or one["device"] for one in report["silent"])
    summary = f"{day} is closed" + (
        f"; not everything is here yet from {waiting}" if waiting else ""
    )
    show_result(report, as_json=as_json, summary=summary)
    sys.exit(0 if report["drained"] else 1)


def _end_only_what_is_over(client: Client, day: str) -> None:
    """Ends the command with 1 where a day has not begun, or is running, and nobody confirms that it shall be ended."""
    phases = {one["phase"] for one in client.get("/attendance")["days"] if one["day"] == day}
    if phases <= {"over"}:
        return
    so_far = "has not begun" if phases == {"to_come"} else "is not over"
    if not sys.stdin.isatty():
        stop(1, f"{day} {so_far}; nothing was changed. To end it all the same, say --yes.")
    click.confirm(f"{day} {so_far}. End it all the same?", abort=True, err=True)
