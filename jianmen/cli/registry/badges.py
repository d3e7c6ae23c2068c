"""`jianmen registry badges`: badges to print, of everybody or of some."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.errors import instead
from jianmen.cli.options import counted, data_option, json_option
from jianmen.cli.registry.options import (
    asking,
    followed,
    named_like,
    put_file,
    quoted,
    settings_option,
    show_result,
    stop,
)
from jianmen.cli.registry.signs import write_signs

if TYPE_CHECKING:
    from printing.card import Card


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option(
    "--ref", "refs", multiple=True, help="Whose; several may be named. Left out: everybody's."
)
@click.option("--ticket", "tickets", multiple=True, help="Only of this ticket type (its id).")
@click.option("--venue", "venues", multiple=True, help="Only of this venue (its id).")
@click.option("--organisation", "organisations", multiple=True, help="Only of this organisation.")
@click.option(
    "--new", is_flag=True, help="Only those not printed yet, or that would look different now."
)
@click.option(
    "--order",
    type=click.Choice(["ref", "name", "organisation"]),
    default="ref",
    show_default=True,
    help="In which order.",
)
@click.option(
    "--layout",
    help="card-86x122 (the default), a6, card-85x54, label-62, label-100, or one of your own.",
)
@click.option(
    "--pictures",
    type=click.Choice(["svg", "png"]),
    help="Instead: pictures of badges in the ZIP file OUT, to be sent by mail; badges.csv in it: whose each is.",
)
@click.option(
    "--signs",
    type=click.Choice(["above", "below", "left", "right", "screen"]),
    help="Instead: A3 signs for the queue of each venue; on which side of the kiosks' screens their camera is"
    " (screen: leave that out).",
)
@json_option
def badges(
    out: Path,
    settings_file: Path | None,
    data: Path | None,
    refs: tuple[str, ...],
    tickets: tuple[str, ...],
    venues: tuple[str, ...],
    organisations: tuple[str, ...],
    order: str,
    layout: str | None,
    pictures: str | None,
    signs: str | None,
    *,
    new: bool,
    as_json: bool,
) -> None:
    """Write badges to print into the PDF file OUT, or pictures of them into a ZIP file; an older file is replaced.

    Layouts of your own are TOML files in the folder "layouts" of the registry's data folder; begin with a copy of one
    that is shipped (printing/layouts). Badges that are revoked are not printed.
    """
    if signs:
        write_signs(out, settings_file, data, venues, signs, as_json=as_json)
        return
    named_like(out, ".zip" if pictures else ".pdf")
    asked = [
        *(("ref", one) for one in refs),
        *(("ticket", one) for one in tickets),
        *(("venue", one) for one in venues),
        *(("organisation", one) for one in organisations),
        ("order", order),
        *([("layout", layout)] if layout else []),
        *([("new", "1")] if new else []),
        *([("pictures", pictures)] if pictures else []),
    ]
    query = "&".join(f"{name}={quoted(value)}" for name, value in asked)
    with asking(settings_file, data) as client:
        job = followed(client, client.post(f"/badges/jobs?{query}", {}), quiet=as_json)
        if job["state"] != "done":
            stop(1, job["error"] or f"The job is {job['state']}; nothing was written.")
        pages = client.get_file(f"/jobs/{job['id']}/files/badges.{'zip' if pictures else 'pdf'}")
    put_file(pages, out)
    made = job["result"]
    for ref in made["left_out"]:
        click.echo(f"{ref}: revoked; it has no badge to print", err=True)
    for ref in made["shortened"]:
        click.echo(f"{ref}: a text is too long for the layout and was shortened", err=True)
    for ref, letters in zip(made["unprintable"], made["letters"], strict=True):
        click.echo(f"{ref}: {letters} is in no font here and missing in print", err=True)
    on = "in pictures" if pictures else f"on {counted(made['pages'], 'page')}"
    summary = f"{out}: {counted(made['badges'], 'badge')} {on}"
    show_result({"file": str(out), "bytes": len(pages), **made}, as_json=as_json, summary=summary)


@click.command("test-badges")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option("--venue", help="Only of this venue (its id).")
@json_option
def test_badges(
    out: Path, settings_file: Path | None, data: Path | None, venue: str | None, *, as_json: bool
) -> None:
    """Write the badges with which doors are tried before they open into the PDF file OUT.

    Hold each up at each kiosk of its venue and look at the kiosk's page /opening: good, revoked, of another venue, too
    early, forged. They are nobody's: nothing opens for them, and they count nowhere.
    """
    from printing import layout as layouts
    from printing.document import print_cards
    from printing.fonts import FontMissingError

    with asking(settings_file, data) as client:
        made = client.post("/badges/test", {})["badges"]
        areas = {one["id"]: one["name"] for one in client.get("/headcount")["areas"]}
    chosen = [one for one in made if venue in (None, one["venue"])]
    if not chosen:
        right = instead(venue or "", list(dict.fromkeys(one["venue"] for one in made)))
        stop(1, f"There is no venue {venue!r} in this event; {right}")
    cards = [_test_card(one, areas[one["venue"]]) for one in chosen]
    try:
        pages = print_cards(cards, layouts.find(layouts.DEFAULT), out).pages
    except (OSError, FontMissingError) as error:
        stop(2, f"{out}: cannot be written ({error})")
    summary = f"{out}: {counted(len(cards), 'test badge')} on {counted(pages, 'page')}"
    show_result(
        {"file": str(out), "badges": len(cards), "pages": pages}, as_json=as_json, summary=summary
    )


def _test_card(made: Mapping[str, str], venue: Mapping[str, str]) -> Card:
    """A test badge as it is printed, for staff of any language."""
    from printing.card import Card
    from web.texts import in_all_languages

    what, *others = in_all_languages(f"opening.case.{made['case']}")
    return Card(
        qr_text=made["text"],
        form="plain",
        language="en",
        texts={
            "event": " / ".join(in_all_languages("badge.test")),
            "name": what,
            "organisation": " / ".join(others),
            "venues": " / ".join(dict.fromkeys(venue.values())),
            "code": made["code"],
        },
    )
