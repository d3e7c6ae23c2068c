"""`jianmen kiosk doctor`: what a door needs, and how well its camera reads."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config.settings import KioskSettings
from jianmen.cli.kiosk.options import camera_overrides, complain, read_settings, settings_option
from jianmen.cli.options import Finding, data_option, json_option

if TYPE_CHECKING:  # loads what a door needs
    from jianmen.cli.kiosk.camera_findings import Optics


@click.command()
@click.argument("part", type=click.Choice(["camera", "printer"]), required=False)
@settings_option
@data_option
@click.option("--camera", help="Look at this camera; as of `run`.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 600),
    default=10.0,
    show_default=True,
    help="How long to look through the camera, with `camera`.",
)
@click.option(
    "--code-mm",
    type=click.FloatRange(5, 300),
    default=25.0,
    show_default=True,
    help="Width of the badge's printed code, with `camera`.",
)
@click.option(
    "--view",
    type=click.FloatRange(10, 170),
    default=66.0,
    show_default=True,
    help="Degrees that the lens sees from left to right, with `camera`.",
)
@json_option
def doctor(
    part: str | None,
    settings_file: Path | None,
    data: Path | None,
    camera: str | None,
    seconds: float,
    code_mm: float,
    view: float,
    *,
    as_json: bool,
) -> None:
    """Look at everything a door needs. Exit 1 if something must be put right.

    With `camera`: look through the camera for some seconds while somebody holds up a badge, and say how its picture,
    exposure, focus and reading are, how many it read at which distance, and what to
    change. With `printer`: print a test badge.
    """
    from jianmen.cli.kiosk.camera_findings import Optics
    from jianmen.cli.kiosk.findings import findings
    from jianmen.cli.kiosk.printer_findings import printer_findings

    settings = read_settings(settings_file, data, makes=False, **camera_overrides(camera))
    if part == "camera":
        sys.exit(_show(_camera(settings, seconds, Optics(code_mm, view)), as_json=as_json))
    if part == "printer":
        sys.exit(_show(printer_findings(settings, test_badge=True), as_json=as_json))
    looked_at = chain(findings(settings), printer_findings(settings, test_badge=False))
    sys.exit(_show(looked_at, as_json=as_json))


def _camera(settings: KioskSettings, seconds: float, optics: Optics) -> Iterator[Finding]:
    from hardware.reader.camera_check import CameraCheckError, check_camera
    from jianmen.cli.kiosk.camera_findings import camera_findings
    from jianmen.cli.kiosk.findings import door_runs
    from kiosk.runtime.camera import camera_settings, decoder_settings

    if settings.camera.adapter is None:
        sys.exit(complain("this kiosk has no camera in its settings: name one with --camera"))
    if door_runs(settings):
        sys.exit(complain("the door is running and has the camera: stop it first"))
    click.echo(
        f"Hold a badge where people will hold theirs for {seconds:.0f} seconds; move it nearer and further.",
        err=True,
    )
    try:
        report = check_camera(camera_settings(settings), decoder_settings(settings), seconds)
    except CameraCheckError as error:
        yield Finding("camera", "mend", str(error))
        return
    yield from camera_findings(report, settings.camera, optics)


def _show(findings: Iterable[Finding], *, as_json: bool) -> int:
    """Print findings as they come; the exit code."""
    states: Counter[str] = Counter()
    for finding in findings:
        states[finding.state] += 1
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            click.echo(f"{finding.state}  {finding.check}: {finding.says}")
    if not as_json:
        mend, notes = states["mend"], states["note"]
        click.echo(
            f"{mend or 'nothing'} to mend, {notes or 'no'} {'note' if notes == 1 else 'notes'}"
        )
    return 1 if states["mend"] else 0
