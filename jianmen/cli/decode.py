"""`jianmen decode`: what the QR codes in pictures and videos say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from hardware.reader.opencv_settings import OPENCV_SETTINGS


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--json", "_json", is_flag=True, expose_value=False, help="Accepted; the output is always JSON."
)
@click.pass_context
def decode(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Read the QR codes in pictures and videos.

    PATH is a picture, a video, or a folder that is searched for both. For each file one line of JSON
    says its path and the payloads in it (of a video each once, in order of first sight), each with
    the milliseconds it took and the decoder that read it.

    Exit code 0 if every file could be read as a picture, with or without a code in it; 1 if not, with
    the reason on standard error.
    """
    for name, value in OPENCV_SETTINGS.items():
        os.environ.setdefault(name, value)  # before the imports below load OpenCV
    from hardware.cameras.pictures import pictures_below
    from hardware.decoding.file_codes import FileDecoder
    from hardware.system.errors import HardwareError

    complaints = 0
    try:
        decoder = FileDecoder()
    except HardwareError as error:
        raise click.ClickException(str(error)) from error
    for path in paths:
        files = pictures_below(path)
        if not files:
            click.echo(f"{path}: no picture or video in this folder; give another one", err=True)
            complaints += 1
        for file in files:
            try:
                codes = decoder.codes(file)
            except HardwareError as error:
                click.echo(str(error), err=True)
                complaints += 1
                continue
            payloads = [
                {"text": code.text, "ms": round(code.ms, 2), "decoder": code.decoder}
                for code in codes
            ]
            click.echo(json.dumps({"path": str(file), "payloads": payloads}))
    context.exit(1 if complaints else 0)
