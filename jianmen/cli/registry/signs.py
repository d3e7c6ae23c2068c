"""`jianmen registry badges --signs`: signs for the queue instead of badges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from jianmen.cli.options import counted
from jianmen.cli.registry.options import asking, show_result, stop


def write_signs(
    out: Path,
    settings_file: Path | None,
    data: Path | None,
    venues: Sequence[str],
    camera_at: str,
    *,
    as_json: bool,
) -> None:
    """Write two A3 signs for each of the venues (none named: all) into a PDF file."""
    import msgspec

    from printing.fonts import FontMissingError
    from printing.signs import CameraAt, Place, print_signs

    with asking(settings_file, data) as client:
        counts = client.get("/headcount")
    found = {one["id"]: one["name"] for one in counts["areas"] if one["id"] == one["venue"]}
    unknown = [venue for venue in venues if venue not in found]
    if unknown:
        stop(1, f"There is no venue {unknown[0]!r}; there are {', '.join(found)}.")
    places = [Place(counts["name"], found[venue]) for venue in venues or found]
    try:
        pages = print_signs(places, msgspec.convert(camera_at, CameraAt), out)
    except (OSError, FontMissingError) as error:
        stop(2, f"{out}: cannot be written ({error})")
    click.echo("Print them at A3, 100 %, and put them up where people queue.", err=True)
    summary = f"{out}: {counted(pages, 'sign')} for {counted(len(places), 'venue')}"
    show_result({"file": str(out), "pages": pages}, as_json=as_json, summary=summary)
