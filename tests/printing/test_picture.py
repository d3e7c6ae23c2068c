"""A badge as a picture: the code reads, and every letter is there without a font."""

from __future__ import annotations

import base64
import io
import random
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from access.badge import credential
from access.event.definition import Language
from printing.card import Card
from printing.fonts import FONT_ROOT, Fonts
from printing.layout import find, shipped
from printing.picture import png_picture, svg_picture
from registry.badges.making import SAMPLE_QR

pytestmark = pytest.mark.skipif(
    not (FONT_ROOT / "opentype/noto/NotoSansCJK-Bold.ttc").exists(),
    reason="fonts-noto-cjk is not installed",
)
SVG = "{http://www.w3.org/2000/svg}"


def card(language: Language = "zh-Hans", **texts: str) -> Card:
    secret = random.Random(7).randbytes(16)
    text = "J" + base64.b32encode(b"\x01" + secret).decode().rstrip("=")
    return Card(qr_text=text, form="plain", language=language, ticket="delegate", texts=texts)


@pytest.mark.parametrize("layout", shipped())
def test_the_code_of_a_picture_reads(layout: str) -> None:
    one = card(name="张伟", organisation="Σ & <Söhne>")
    data = png_picture(one, find(layout), Fonts())
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [one.qr_text]
    width, height = find(layout).sheet.card_mm
    assert Image.open(io.BytesIO(data)).size == (
        round(width / 25.4 * 300),
        round(height / 25.4 * 300),
    )


@pytest.mark.parametrize(
    "name", ["张伟", "Łukasz Żółć", "สมชาย ใจดี", "محمد علي", "अमित शर्मा", "O’Brien <&>"]
)
def test_an_svg_has_the_outline_of_every_letter_and_needs_no_font(name: str) -> None:
    empty = ET.fromstring(svg_picture(card(), find("a6"), Fonts()))
    shown = ET.fromstring(svg_picture(card(name=name), find("a6"), Fonts()))
    assert shown.findall(f"{SVG}text") == []
    assert shown.findtext(f"{SVG}title") == name
    added = [one.get("d", "") for one in shown.findall(f"{SVG}path")][
        len(empty.findall(f"{SVG}path")) :
    ]
    letters = [letter for letter in name if letter != " "]
    assert sum(path.count("M") for path in added) >= len(letters) / 2
    assert all(path.endswith("Z") for path in added if path)


def test_the_code_of_a_preview_is_no_badge() -> None:
    assert credential.read(SAMPLE_QR) is None
