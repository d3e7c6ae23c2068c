"""Files of several pages: what a scanner writes as TIFF, and badge sheets as PDF."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from hardware.files.picture_file import read_gray, require_file, to_gray
from hardware.ports.camera import Gray
from hardware.ports.errors import PictureError

DOCUMENT_SUFFIXES = frozenset([".pdf"])
"""What a folder is searched for besides pictures; a PDF named outright may have any name."""

POINTS_PER_INCH = 72

DPI = 300
"""Dots an inch at which a PDF is drawn: a module of a quarter of a millimetre is three pixels."""

LONGEST_PX = 10_000
"""A larger page, such as a poster's, is drawn with fewer dots: it has larger codes."""

PDF_S = 60
"""Seconds that one page may take to draw."""


def read_pages(path: Path) -> Iterator[Gray]:
    """The pages of a PDF or TIFF file, the picture of any other file, in shades of gray.

    Raises `PictureError` where a page cannot be read, as `read_gray` does.
    """
    require_file(path)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"%PDF"):
        yield from _pdf_pages(path)
    elif start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        yield from _tiff_pages(path)
    else:
        yield read_gray(path)


def _tiff_pages(path: Path) -> Iterator[Gray]:
    yield read_gray(path)  # also raises for a file that is no picture, with what is wrong
    for number in range(1, cv2.imcount(str(path), cv2.IMREAD_UNCHANGED)):
        try:
            done, pages = cv2.imreadmulti(str(path), number, 1, flags=cv2.IMREAD_UNCHANGED)
        except cv2.error:
            done, pages = False, []
        if not done or not pages:
            raise PictureError(path, f"page {number + 1} is damaged", "copy or scan it again")
        yield to_gray(np.asarray(pages[0]))


def _pdf_pages(path: Path) -> Iterator[Gray]:
    # Given whole: a name that starts with a dash would be taken for an option.
    name = str(path.absolute())
    about = _poppler(path, "pdfinfo", "-l", "-1", name)
    pages = re.findall(rb"^Page +\d+ size: +([\d.]+) x ([\d.]+) pts", about, re.MULTILINE)
    if not pages:
        raise PictureError(path, "the PDF has no pages", "export or copy it again")
    for number, size in enumerate(pages, 1):
        dpi = min(DPI, LONGEST_PX * POINTS_PER_INCH / max(1.0, *map(float, size)))
        only = ("-f", str(number), "-l", str(number), "-singlefile")
        page = _poppler(path, "pdftoppm", "-gray", "-r", f"{dpi:.2f}", *only, name)
        try:
            picture = cv2.imdecode(np.frombuffer(page, np.uint8), cv2.IMREAD_GRAYSCALE)
        except cv2.error:
            picture = None
        if picture is None:
            raise PictureError(path, f"page {number} cannot be drawn", "export or copy it again")
        yield to_gray(np.asarray(picture))


def _poppler(path: Path, *command: str) -> bytes:
    """What one of poppler's programs writes. Raises `PictureError` where it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=PDF_S, check=True)
    except FileNotFoundError:
        raise PictureError(
            path,
            f"PDF files need the program {command[0]}, which is not installed",
            "install the package poppler-utils: sudo apt-get install poppler-utils",
        ) from None
    except subprocess.TimeoutExpired:
        raise PictureError(
            path, f"a page takes longer than {PDF_S} s to draw", "export it again"
        ) from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise PictureError(
            path, f"not a PDF that can be read ({lines[-1]})", "export it again"
        ) from None
    return done.stdout
