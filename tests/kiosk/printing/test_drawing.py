"""Badges are drawn in a process of their own: a door holds neither fonts nor what draws with them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.printing.drawing import DrawingError, LettersMissingError, drawn
from printing import layout as layouts
from printing.card import Card

CARD = Card(
    qr_text="JAFIHLGZ5ZH4HYI2XCR5L674FC3JA", form="plain", language="zh-Hans",
    texts={"name": "欧阳𠮷", "organisation": "O’Brien 有限公司"},
)  # fmt: skip


def test_a_badge_is_drawn_as_one_page_of_the_papers_size(tmp_path: Path) -> None:
    page = drawn(CARD, layouts.path_of("label-62"))
    assert page.startswith(b"%PDF")
    assert b"/Count 1" in page
    assert b"/MediaBox [0 0 175.75 283.46]" in page
    assert list(tmp_path.iterdir()) == []


def test_a_layout_that_cannot_be_used_is_said_without_the_name() -> None:
    with pytest.raises(DrawingError) as raised:
        drawn(CARD, Path("/no/such.toml"))
    assert "such.toml" in str(raised.value)
    assert "欧" not in str(raised.value)


def test_nobody_gets_a_badge_with_half_a_name(caplog: pytest.LogCaptureFixture) -> None:
    """An odd sign in the organisation is left out, and the log says so; a letter of the name is not."""
    odd = {"name": "欧阳\ue123", "organisation": "有限公司"}
    with pytest.raises(LettersMissingError) as raised:
        drawn(replace(CARD, texts=odd), layouts.path_of("label-62"))
    assert "欧" not in str(raised.value)
    rocket = {"name": "欧阳𠮷", "organisation": "有限公司 \U0001f680"}
    assert drawn(replace(CARD, texts=rocket), layouts.path_of("label-62"))
    assert "lacks a letter" in caplog.text


def test_a_door_without_a_printer_loads_nothing_to_draw_or_to_print_with() -> None:
    heavy = ("fpdf", "uharfbuzz", "PIL", "numpy", "aiohttp", "pyipp")
    code = (
        "import sys, kiosk.pages.app, kiosk.runtime.parts\n"
        f"print([one for one in {heavy} if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
