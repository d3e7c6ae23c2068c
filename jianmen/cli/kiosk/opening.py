"""`jianmen kiosk opening`: the doors-open check of a venue, as any of its kiosks knows it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from jianmen.cli.kiosk.options import read_settings, settings_option
from jianmen.cli.options import data_option, json_option


@click.command()
@settings_option
@data_option
@click.option("--port", type=click.IntRange(1, 65535), help="Of the door's pages.")
@json_option
def opening(
    settings_file: Path | None, data: Path | None, port: int | None, *, as_json: bool
) -> None:
    """Whether the doors of this kiosk's venue may open: what each lacks. Exit 1 until every door is signed off as good.

    The doors are tried at their own screens, on the page /opening, with the badges of `jianmen registry test-badges`.
    """
    import requests

    settings = read_settings(settings_file, data, pages_port=port)
    url = f"http://{settings.pages.host}:{settings.pages.port}/opening/state"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(url, timeout=10)
        found = answer.json()
    except (requests.RequestException, ValueError):
        click.echo(f"no door answers at {url}: is it running?", err=True)
        sys.exit(1)
    if answer.status_code != 200:
        click.echo("the door is not ready: it has no gate, no event, or is out of order", err=True)
        sys.exit(1)
    lacking = {kiosk["code"]: _lacks(kiosk, found) for kiosk in found["kiosks"]}
    for kiosk in found["kiosks"]:
        lacks = lacking[kiosk["code"]]
        if as_json:
            line = {"gate": kiosk["gate"], "code": kiosk["code"], "lacks": lacks}
            click.echo(json.dumps(line, ensure_ascii=False))
        else:
            click.echo(f"{kiosk['code']}  {kiosk['place']['en']}: {', '.join(lacks) or 'good'}")
    sys.exit(1 if any(lacking.values()) else 0)


def _lacks(kiosk: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What keeps a door from being called good; of this kiosk also what its machine sees now."""
    if kiosk["device"] is None:
        return ["no kiosk"]
    lacks = []
    if kiosk["mine"]:
        lacks += [check for check, state in found["checks"].items() if state != "good"]
    checked = kiosk["checked"]
    if checked is None:
        return [*lacks, "not signed off"]
    return [*lacks, *(f"signed off with: {check}" for check in checked["not_good"])]
