"""`jianmen decode` on files of several pages, codes for dark pages, and symbols that are no QR codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp
from click.testing import CliRunner
from fpdf import FPDF
from numpy.typing import NDArray

from hardware.ports.decoder import SYMBOLS, Symbol
from jianmen.cli.decode import NAMES, decode

Gray = NDArray[np.uint8]
FORMATS = {
    "aztec": zxingcpp.BarcodeFormat.Aztec,
    "data_matrix": zxingcpp.BarcodeFormat.DataMatrix,
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "code_128": zxingcpp.BarcodeFormat.Code128,
}
TICKET = "TICKET-7F3K-92QX-ALPHA"
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="poppler-utils is not installed"
)


def payloads(*arguments: Path | str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(decode, [str(argument) for argument in arguments])
    assert (result.exit_code, result.stderr) == (0, ""), result.exception
    return [
        payload for line in result.stdout.splitlines() for payload in json.loads(line)["payloads"]
    ]


def refusal(*arguments: Path | str) -> str:
    result = CliRunner().invoke(decode, [str(argument) for argument in arguments])
    assert result.exit_code == 1
    return result.stderr


def test_every_page_of_a_tiff_file_is_read(
    tmp_path: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    blank = np.full((300, 300), 255, np.uint8)
    path = tmp_path / "scanned.tiff"
    cv2.imwritemulti(str(path), [blank, print_code(badge("A")), blank, print_code(badge("B"))])

    assert [(one["page"], one["text"]) for one in payloads(path)] == [
        (2, badge("A")),
        (4, badge("B")),
    ]


def test_a_file_of_one_picture_has_no_page_numbers(
    tmp_path: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    path = tmp_path / "one.tiff"
    cv2.imwrite(str(path), print_code(badge("A")))

    (found,) = payloads(path)

    assert list(found) == ["text", "ms", "decoder"]


@needs_poppler
def test_every_badge_on_every_page_of_a_pdf_file_is_read(
    tmp_path: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    sheet = FPDF(format="A4", unit="mm")
    for page in ("AB", "CD", "EF"):
        sheet.add_page()
        for index, letter in enumerate(page):
            picture = tmp_path / f"{letter}.png"
            cv2.imwrite(str(picture), print_code(badge(letter)))
            sheet.image(str(picture), x=20 + 90 * index, y=40, w=30)
    path = tmp_path / "sheet.pdf"
    sheet.output(str(path))

    found = payloads(tmp_path / "sheet.pdf")

    assert sorted((one["page"], one["text"]) for one in found) == [
        (1 + index // 2, badge(letter)) for index, letter in enumerate("ABCDEF")
    ]
    for picture in tmp_path.glob("*.png"):
        picture.unlink()
    assert len(payloads(tmp_path)) == 6, "a folder is searched for PDF files too"


@needs_poppler
def test_the_page_of_a_poster_is_read_and_so_is_the_badge_beside_it(
    tmp_path: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    """At the resolution of a badge the poster would be larger than any picture that OpenCV takes."""
    picture = tmp_path / "code.png"
    cv2.imwrite(str(picture), print_code(badge("P")))
    sheet = FPDF(format="A4", unit="mm")
    for width, height, side in ((105, 148, 25), (1189, 1682, 200)):
        sheet.add_page(format=(width, height))
        sheet.image(str(picture), x=width / 3, y=height / 3, w=side)
    sheet.output(str(tmp_path / "poster.pdf"))

    found = payloads(tmp_path / "poster.pdf")

    assert [(one["page"], one["text"]) for one in found] == [(1, badge("P")), (2, badge("P"))]


@needs_poppler
def test_what_is_no_pdf_is_said_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "-broken.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")

    assert "-broken.pdf: not a PDF that can be read" in refusal("--", path)


def test_without_poppler_a_pdf_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    said = refusal(path)
    assert "need the program pdfinfo, which is not installed" in said
    assert "sudo apt-get install poppler-utils" in said


@pytest.mark.parametrize("shade", [0, 255])
def test_a_code_of_one_colour_on_nothing_is_read(
    shade: int, tmp_path: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    printed = print_code(badge("A"))
    picture = np.zeros((*printed.shape, 4), np.uint8)
    picture[printed == 0] = (shade, shade, shade, 255)
    cv2.imwrite(str(tmp_path / "code.png"), picture)

    (found,) = payloads(tmp_path / "code.png")

    assert found["text"] == badge("A")


@pytest.fixture
def other(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    symbol: Symbol = request.param
    drawn = np.array(zxingcpp.create_barcode(TICKET, FORMATS[symbol]).to_image(scale=4))
    path = tmp_path / f"{symbol}.png"
    cv2.imwrite(str(path), np.pad(drawn, 60, constant_values=255))
    return path


@pytest.mark.parametrize("other", SYMBOLS, indirect=True)
def test_other_symbols_are_read_when_they_are_asked_for_and_else_named(other: Path) -> None:
    plain = CliRunner().invoke(decode, [str(other)])
    assert (plain.exit_code, json.loads(plain.stdout)["payloads"]) == (0, [])
    wanted = (
        f"no QR code, but {NAMES[other.stem]}. To read it: --symbol {other.stem}; at the doors:"
    )
    assert wanted in plain.stderr
    (found,) = payloads("--symbol", other.stem, other)
    assert found["text"] == TICKET


def test_a_symbol_that_is_not_known_lists_the_right_ones() -> None:
    result = CliRunner().invoke(decode, ["--symbol", "maxicode", "."])

    assert result.exit_code == 2
    assert "data_matrix" in result.stderr
