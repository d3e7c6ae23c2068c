"""`jianmen decode`: what the QR codes in pictures and videos say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hardware.reader.opencv_settings import OPENCV_SETTINGS

if TYPE_CHECKING:
    from hardware.ports.decoder import Code, Symbol


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option(
    "--json", "_json", is_flag=True, expose_value=False, help="Accepted; the output is always JSON."
)
@click.option(
    "--symbol",
    "symbols",
    type=click.Choice(["aztec", "data_matrix", "pdf417", "code_128"]),
    multiple=True,
    help="Read these besides QR codes; may be given more than once.",
)
@click.pass_context
def decode(context: click.Context, paths: tuple[Path, ...], symbols: tuple[Any, ...]) -> None:
    """Read the QR codes in pictures, documents and videos.

    PATH is a picture, a TIFF or PDF file, a video, or a folder that is searched for all of them. For each
    file one line of JSON says its path and the payloads in it (of a video each once, in order of first
    sight), each with the milliseconds it took, the decoder that read it and, where the file has several
    pages, its page. PDF files need pdftoppm (Debian package poppler-utils).

    Where a picture has another kind of code instead, standard error says which option reads it.

    Exit code 0 if every file could be read as a picture, with or without a code in it; 1 if not, with
    the reason on standard error.
    """
    for name, value in OPENCV_SETTINGS.items():
        os.environ.setdefault(name, value)  # before the imports below load OpenCV
    from hardware.cameras.pictures import pictures_below
    from hardware.decoding.file_codes import FileDecoder
    from hardware.files.pages import DOCUMENT_SUFFIXES
    from hardware.system.errors import HardwareError

    complaints = 0
    try:
        decoder = FileDecoder(symbols)
    except HardwareError as error:
        raise click.ClickException(str(error)) from error
    for path in paths:
        files = pictures_below(path, DOCUMENT_SUFFIXES)
        if not files:
            click.echo(f"{path}: no picture or video in this folder; give another one", err=True)
            complaints += 1
        for file in files:
            try:
                found = decoder.codes(file)
            except HardwareError as error:
                click.echo(str(error), err=True)
                complaints += 1
                continue
            payloads = [_payload(*one) for one in found.codes]
            click.echo(json.dumps({"path": str(file), "payloads": payloads}))
            if found.other is not None:
                click.echo(_hint(file, found.other), err=True)
    context.exit(1 if complaints else 0)


NAMES = {
    "aztec": "an Aztec code",
    "data_matrix": "a Data Matrix code",
    "pdf417": "a PDF417 code",
    "code_128": "a Code 128 bar code",
}


def _hint(file: Path, other: Symbol) -> str:
    """Which other code is in a file without a QR code, and what reads it."""
    return (
        f"{file}: no QR code, but {NAMES[other]}. To read it: --symbol {other}; at the doors:"
        f' symbols = ["{other}"] in [event] of the event file'
    )


def _payload(code: Code, page: int | None) -> dict[str, object]:
    line: dict[str, object] = {
        "text": code.text,
        "ms": round(code.ms, 2),
        "decoder": code.decoder,
    }
    return line if page is None else {**line, "page": page}
