"""`jianmen registry import`: a list of people, looked at or taken in, with its progress."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from jianmen.cli.options import data_option, json_option
from jianmen.cli.registry.options import (
    as_given,
    asking,
    followed,
    settings_option,
    show_result,
    stop,
)

SHOWN = 20
"""Changed and missing people that the command lists; `--json` has more."""


@click.command("import")
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option("--check", is_flag=True, help="Only say what would happen.")
@click.option("--update", is_flag=True, help="Change people who are registered already.")
@click.option(
    "--revoke-missing", is_flag=True, help="Revoke the badges of people who are not in the list."
)
@click.option("--expect", metavar="MARK", help="Do exactly what a --check said, or nothing.")
@click.option("--strict", is_flag=True, help="Treat warnings as mistakes.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=TITLE",
    help="The column of this title is the field.",
)
@click.option(
    "--fill", multiple=True, metavar="FIELD=VALUE", help="What stands in the field's empty cells."
)
@click.option("--leave-out", multiple=True, metavar="TITLE", help="Do not keep this column.")
@click.option("--sheet", help="Of a workbook; the first that has rows where left out.")
@click.option("--encoding", help="Of a text file; found by itself where left out.")
@json_option
def import_people(
    people: Path, settings_file: Path | None, data: Path | None, *, check: bool, update: bool,
    revoke_missing: bool, expect: str | None, strict: bool, mapped: tuple[str, ...], fill: tuple[str, ...],
    leave_out: tuple[str, ...], sheet: str | None, encoding: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Take in everybody in the list PEOPLE, or, where anything is wrong, nobody.

    PEOPLE is a workbook (XLSX, XLS, ODS) or a text file (CSV, TSV) in any usual encoding. Columns are found by their
    titles in English, 繁體 or 简体: ref, name, organisation, language, ticket, venues, days, sessions and, if wanted,
    code and form; others are kept as extra fields. --check says what would happen, and gives a mark with which
    --expect does exactly that.
    """
    query: dict[str, object] = {
        "file": people.name, "update": int(update), "check": int(check), "strict": int(strict),
        "revoke_missing": int(revoke_missing), "expect": expect, "map": mapped, "fill": fill,
        "leave_out": leave_out, "sheet": sheet, "encoding": encoding,
    }  # fmt: skip
    with asking(settings_file, data) as client:
        begun = client.post_file("/imports", people.read_bytes(), **query)
        job = followed(client, begun, quiet=as_json)
    if job["state"] != "done":
        stop(2, job["error"] or f"The import is {job['state']}; nothing was changed.")
    report = job["result"]
    for one in (*report["mistakes"], *report["warnings"]):
        click.echo(one["text"], err=True)
    refused = report["mistakes"] or (strict and report["warnings"])
    if refused and not report["applied"]:
        if as_json:
            show_result(report, as_json=True, summary="")
        because = "" if report["mistakes"] else ": with --strict warnings are mistakes"
        stop(2, f"Nothing was changed{because}.")
    lines = _report_lines(report, people, check=check)
    show_result(report, as_json=as_json, summary="\n".join(lines))


def _report_lines(report: Any, people: Path, *, check: bool) -> list[str]:
    """What was done, or would be, for people."""
    revoked = f", {report['revoked']} revoked" if report["revoked"] else ""
    lines = [
        f"{report['added']} added, {report['updated']} changed, {report['same']} the same{revoked}"
    ]
    if check:
        lines[0] = (
            f"{people.name}: {_people(report['people'])}: {report['added']} new, {report['updated']} changed,"
            f" {report['same']} the same"
        )
        for one in report["changes"][:SHOWN]:
            what = "; ".join(
                f"{c['field']} {c['before'] or '–'} → {c['after'] or '–'}" for c in one["changes"]
            )
            lines.append(f"  {one['ref']} {one['name']}: {what}")
        lines += _more(report["updated"], len(report["changes"]))
    if report["missing"] and (check or not report["revoked"]):
        then = (
            "their badges will be revoked"
            if report["revoked"]
            else "--revoke-missing revokes their badges"
        )
        lines.append(f"{report['missing']} registered and not in this list; {then}")
        if check:
            lines += [f"  {one['ref']} {one['name']}" for one in report["missing_people"][:SHOWN]]
            lines += _more(report["missing"], len(report["missing_people"]))
    if report["at_desk"]:
        lines.append(
            f"{_people(report['at_desk'])} added by hand or let in again and not in this list: nothing changes for them"
        )
        if check:
            lines += [f"  {one['ref']} {one['name']}" for one in report["by_hand"][:SHOWN]]
            lines += _more(report["at_desk"], len(report["by_hand"]))
    if check and not report["mistakes"]:
        if not (report["added"] or report["updated"] or report["revoked"]):
            return [*lines, "Nothing to do: everybody in it is registered as it says."]
        update = ["--update"] if report["updated"] else []
        again = shlex.join(
            [*as_given("check", "update", "expect", "as_json"), *update, "--expect", report["mark"]]
        )
        lines.append(f"To do exactly this: jianmen registry import {again}")
    return lines


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _more(count: int, listed: int) -> list[str]:
    left = count - min(listed, SHOWN)
    return [f"  and {left} more"] if left > 0 else []
