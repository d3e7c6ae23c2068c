"""Badges on paper: what is printed reads, is large enough, and says who it is in their own script."""

from __future__ import annotations

import base64
import random
import shutil
import subprocess
from pathlib import Path

import cv2
import pytest
import zxingcpp

from access.event.definition import Language
from printing.card import Card, Form
from printing.document import print_cards
from printing.fonts import FONT_ROOT, FontMissingError, Fonts
from printing.layout import DEFAULT, find, shipped

needs_fonts = pytest.mark.skipif(
    not (FONT_ROOT / "truetype/noto/NotoSansThai-Bold.ttf").exists()
    or not (FONT_ROOT / "opentype/noto/NotoSansCJK-Bold.ttc").exists(),
    reason="fonts-noto-cjk and fonts-noto-core are not installed",
)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="poppler-utils is not installed"
)
pytestmark = [needs_fonts, needs_poppler]

NAMES = (
    "张伟", "Łukasz Żółć", "สมชาย ใจดี", "محمد علي", "אברהם כהן", "अमित शर्मा", "김철수", "𠮷田䶮喆", "O’Brien",
    "阿依古丽·买买提", "Nguyễn Đức Hòa", "Søren",
)  # fmt: skip


def card(form: Form = "plain", language: Language = "zh-Hans", **texts: str) -> Card:
    secret = random.Random(repr(texts)).randbytes(16)
    text = {
        "plain": "J" + base64.b32encode(b"\x01" + secret).decode().rstrip("="),
        "signed": "JM1:" + "A1B2C3" * 19 + "A1B" + ".",
        "foreign": "QX7K-9M2P-4TRA-77HB-ZW3E",
    }[form]
    return Card(qr_text=text, form=form, language=language, texts=texts)


def pictures(pdf: Path, dpi: int = 150) -> list[Path]:
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-gray", "-png", pdf, pdf.with_suffix("")],
        check=True,
        timeout=120,
    )
    return sorted(pdf.parent.glob(f"{pdf.stem}-*.png"))


def text_of(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.parametrize("layout", shipped())
def test_every_code_of_every_layout_reads_and_is_large_enough(layout: str, tmp_path: Path) -> None:
    cards = [card("plain", name="张伟"), card("signed", name="陳大文"), card("foreign", name="Pat")]
    print_cards(cards, find(layout), tmp_path / "b.pdf")
    read = [
        code
        for page in pictures(tmp_path / "b.pdf")
        for code in zxingcpp.read_barcodes(cv2.imread(str(page), cv2.IMREAD_GRAYSCALE))
    ]
    assert {code.text for code in read} == {one.qr_text for one in cards}
    for one, least_mm in zip(cards[:2], (25.0, 35.0), strict=True):
        (found,) = [code for code in read if code.text == one.qr_text]
        width = found.position.top_right.x - found.position.top_left.x
        assert width / 150 * 25.4 > least_mm - 0.7


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_a_name_is_printed_with_every_letter(name: str, language: Language, tmp_path: Path) -> None:
    printed = print_cards([card(language=language, name=name)], find("a6"), tmp_path / "b.pdf")
    assert printed.shortened == []
    assert Fonts().unprintable(name, language) == []
    shown = "".join(text_of(tmp_path / "b.pdf").split())
    for letter in name:
        # Extraction gives Devanagari and Thai in the order of their shapes: each letter is there all the same.
        assert letter in shown or letter in " ·" or ord(letter) in range(0x0900, 0x0E80), letter


def test_letters_that_no_font_has_are_named() -> None:
    assert Fonts().unprintable("张\U0001f600伟\ue123", "zh-Hans") == ["\U0001f600", "\ue123"]


def test_a_name_in_decomposed_letters_is_put_together(tmp_path: Path) -> None:
    print_cards([card(language="en", name="Jose\u0301")], find("a6"), tmp_path / "b.pdf")
    assert "José" in text_of(tmp_path / "b.pdf")


def test_a_long_name_is_broken_between_words_before_it_is_shortened(tmp_path: Path) -> None:
    long = "Alexandra Featherstonehaugh-Cholmondeley"
    printed = print_cards([card(language="en", name=long)], find("card-86x122"), tmp_path / "b.pdf")
    assert printed.shortened == []
    # Extraction joins what a hyphen at a line's end parts.
    assert text_of(tmp_path / "b.pdf").split() == ["Alexandra", "FeatherstonehaughCholmondeley"]


def test_a_word_longer_than_a_line_is_broken_before_it_is_shortened(tmp_path: Path) -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff"
    printed = print_cards([card(language="en", name=name)], find(DEFAULT), tmp_path / "b.pdf")
    assert printed.shortened == []
    assert "".join(text_of(tmp_path / "b.pdf").split()).count(name) == 1

    longer = f"{name}-Schimmelpfennig von und zu Hohenzollern-Sigmaringen, Maximilian Alexander"
    printed = print_cards([card(language="en", name=longer)], find(DEFAULT), tmp_path / "c.pdf")
    assert printed.shortened == [0]
    # Extraction joins what a hyphen at a line's end parts.
    assert f"{name}Schimmelpfennig" in "".join(text_of(tmp_path / "c.pdf").split())


def test_a_letter_that_no_font_has_is_reported(tmp_path: Path) -> None:
    cards = [card(name="李雷"), card(name="李\U00030000"), card(name="Jane \U0001f409")]
    printed = print_cards(cards, find("a6"), tmp_path / "b.pdf")
    assert printed.unprintable == [1, 2]


def test_a_name_that_fits_in_no_size_is_shortened_and_reported(tmp_path: Path) -> None:
    cards = [card(name="张伟"), card(language="en", name="Featherstonehaugh " * 7)]
    printed = print_cards(cards, find("card-86x122"), tmp_path / "b.pdf")
    assert printed.shortened == [1]
    assert "…" in text_of(tmp_path / "b.pdf")


def test_cards_come_four_to_a_page_with_progress(tmp_path: Path) -> None:
    steps: list[int] = []
    cards = [card(name=f"张{n}") for n in range(5)]
    printed = print_cards(cards, find("card-86x122"), tmp_path / "b.pdf", step=steps.append)
    assert (printed.pages, steps) == (2, [1, 2, 3, 4, 5])


def test_a_missing_font_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError, match="apt-get install fonts-noto-cjk"):
        Fonts(tmp_path)


def test_nothing_is_left_behind_wherever_drawing_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed removes nothing: while it draws there must be nothing to be removed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    seen: list[Path] = []
    print_cards(
        [card(name=name) for name in NAMES],
        find(DEFAULT),
        tmp_path / "out.pdf",
        step=lambda _: seen.extend(scratch.iterdir()),
    )
    assert seen == []
    assert NAMES[0] in text_of(tmp_path / "out.pdf")
