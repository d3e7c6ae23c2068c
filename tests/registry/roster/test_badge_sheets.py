"""Print sheets: what is printed reads, is large enough, and says who it is in their own script."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from registry.roster.badge_sheets import FONTS, PRINTED, print_sheets, qr_code
from registry.roster.model import Form, Person
from registry.service import Centre
from registry.storage.errors import RegistryError

CODE = "QX7K-9M2P-4TRA-77HB-ZW3E"
PEOPLE = [
    Person(ref="1", ticket="delegate", name="张伟", organisation="高新区", language="zh-Hans"),
    Person(ref="2", ticket="delegate", name="陳大文", language="zh-Hant", form="signed"),
    Person(ref="3", ticket="media", name="Pat Press", form="foreign", code=CODE),
    Person(ref="4", ticket="media", name="Alexandra Featherstonehaugh-Cholmondeley " * 2),
    Person(ref="5", ticket="staff"),
]

needs_fonts = pytest.mark.skipif(
    not (FONTS / "NotoSansCJK-Regular.ttc").exists(), reason="fonts-noto-cjk is not installed"
)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="poppler-utils is not installed"
)


@pytest.mark.parametrize(
    ("form", "modules", "level", "least_mm"), [("plain", 25, "Q", 25), ("signed", 37, "M", 35)]
)
def test_a_code_is_of_the_size_that_was_measured(
    centre: Centre, form: Form, modules: int, level: str, least_mm: float
) -> None:
    issued = centre.register(Person(ref="a", ticket="delegate", form=form))
    code = qr_code(issued.text, form)

    assert (len(code.matrix), code.error, code.mode) == (modules, level, "alphanumeric")
    assert not code.is_micro
    assert PRINTED[form].width_mm >= least_mm


@pytest.mark.parametrize("form", ["plain", "signed"])
def test_a_code_reads_as_the_text_of_the_badge(centre: Centre, form: Form) -> None:
    issued = centre.register(Person(ref="a", ticket="delegate", form=form))
    modules = np.array([list(row) for row in qr_code(issued.text, form).matrix], dtype=np.uint8)
    picture = np.kron(np.pad(1 - modules, 4, constant_values=1) * 255, np.ones((4, 4)))

    (read,) = zxingcpp.read_barcodes(picture.astype(np.uint8))
    assert read.text == issued.text


@needs_fonts
def test_badges_come_four_to_a_page(centre: Centre, tmp_path: Path) -> None:
    centre.register_many(PEOPLE)
    sheet = tmp_path / "badges.pdf"

    assert print_sheets(centre.labels(), sheet) == 2
    assert sheet.read_bytes().startswith(b"%PDF")


@needs_fonts
@needs_poppler
def test_every_badge_of_a_printed_page_reads(centre: Centre, tmp_path: Path) -> None:
    issued = centre.register_many(PEOPLE)
    print_sheets(centre.labels(), tmp_path / "badges.pdf")
    subprocess.run(
        ["pdftoppm", "-r", "150", "-gray", "-png", tmp_path / "badges.pdf", tmp_path / "page"],
        check=True,
        timeout=60,
    )

    read = [
        code
        for page in sorted(tmp_path.glob("page-*.png"))
        for code in zxingcpp.read_barcodes(cv2.imread(str(page), cv2.IMREAD_GRAYSCALE))
    ]
    assert sorted(code.text for code in read) == sorted(badge.text for badge in issued)
    plain = next(code for code in read if code.text == issued[0].text)
    width = plain.position.top_right.x - plain.position.top_left.x
    assert width / 150 * 25.4 == pytest.approx(25, abs=0.7)


@needs_fonts
@needs_poppler
def test_a_page_says_who_it_is_for(centre: Centre, tmp_path: Path) -> None:
    issued = centre.register_many(PEOPLE)
    print_sheets(centre.labels(), tmp_path / "badges.pdf")
    text = subprocess.run(
        ["pdftotext", tmp_path / "badges.pdf", "-"], check=True, capture_output=True, timeout=60
    ).stdout.decode()

    for words in (
        "张伟",
        "高新区",
        "陳大文",
        "Pat Press",
        "创新升级・香港论坛",
        "創新升級・香港論壇",
    ):
        assert words in text
    for badge in issued:
        assert badge.code in text


@needs_fonts
def test_without_badges_there_is_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="no badge to print"):
        print_sheets([], tmp_path / "badges.pdf")
    assert not (tmp_path / "badges.pdf").exists()


def test_a_missing_font_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="apt-get install fonts-noto-cjk"):
        print_sheets([], tmp_path / "badges.pdf", fonts=tmp_path)
