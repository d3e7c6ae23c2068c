"""`jianmen registry headcount · conflicts · export · close`: what the centre knows, for a terminal."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import click
import msgspec

from jianmen.cli.registry.options import (
    asking,
    data_option,
    json_option,
    say,
    settings_option,
    stop,
)

ALL = 10**9


@click.command()
@settings_option
@data_option
@json_option
def headcount(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Who is where, as of when, and which kiosks have not reported."""
    with asking(settings_file, data) as client:
        said = client.get("/headcount")
    if as_json:
        click.echo(msgspec.json.encode(said))
        return
    venues = [area["id"] for area in said["areas"] if area["parent"] is None]
    click.echo(f"as of {said['as_of'][:19].replace('T', ' ')}")
    click.echo(
        f"{'':28}{'inside':>8}{'people':>8}{'in':>8}{'out':>8}{'refused':>9}{'left':>7}  between"
    )
    for area in sorted(said["areas"], key=lambda area: venues.index(area["venue"])):
        name = ("" if area["parent"] is None else "  ") + area["name"]["en"]
        left = "" if area["places_left"] is None else area["places_left"]
        sure = area["low"] == area["inside"] == area["high"]
        between = "" if sure else f"{area['low']} to {area['high']}"
        click.echo(
            f"{name:28}{area['inside']:>8}{area['people']:>8}{area['entries']:>8}{area['exits']:>8}"
            f"{area['refused']:>9}{left:>7}  {between}".rstrip()
        )
    for kiosk in said["silent"]:
        since = f"since {kiosk['since'][11:19]}" if kiosk["since"] else "never heard"
        missing = f", {kiosk['missing']} entries missing" if kiosk["missing"] else ""
        click.echo(f"not heard from: {kiosk['gate'] or kiosk['device']} ({since}{missing})")


@click.command()
@settings_option
@data_option
@json_option
def conflicts(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The partition report. Exit 1 while a line of it has no answer."""
    with asking(settings_file, data) as client:
        said = client.get("/conflicts", limit=ALL)
    for line in sorted(said["conflicts"], key=lambda line: str(line["at"])):
        if as_json:
            click.echo(msgspec.json.encode(line))
            continue
        where = " -> ".join(line["gates"]) or line["gate"] or "-"
        answer = line["ruling"] or f"unanswered; probably {line['reading']}"
        what = line["kind"] + (f" ({line['reason']})" if line["reason"] else "")
        click.echo(f"{line['at'][:19]}  {where}  {line['code'] or '-'}  {what}: {answer}")
    sys.exit(1 if said["open"] else 0)


@click.command()
@settings_option
@data_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File; standard output if left out.",
)
@json_option
def export(
    settings_file: Path | None, data: Path | None, out: Path | None, *, as_json: bool
) -> None:
    """Every attempt at every door, as CSV, or with --json as JSON lines."""
    with asking(settings_file, data) as client:
        table = client.raw("GET", "/export")
    if as_json:
        rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
        table = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    if out is None:
        sys.stdout.buffer.write(table)
        return
    try:
        out.write_bytes(table)
    except OSError as error:
        stop(2, f"{out}: cannot be written ({error.strerror})")


@click.command()
@click.argument("day")
@settings_option
@data_option
@json_option
def close(day: str, settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """End the event day DAY (2026-11-22). Exit 1 while kiosks have not told everything of it."""
    with asking(settings_file, data) as client:
        said = client.post("/days/close", {"day": day})
    waiting = ", ".join(one["gate"] or one["device"] for one in said["silent"])
    words = f"{day} is closed" + (f"; not everything is here yet from {waiting}" if waiting else "")
    say(said, as_json=as_json, words=words)
    sys.exit(0 if said["drained"] else 1)
