"""Layout files: what is wrong in one is named, all of it, in plain language."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from config.errors import ConfigError
from printing.layout import DEFAULT, find, load, shipped

GOOD = """
[layout]
card_mm = [86, 122]
[code]
x = 2
y = 2
size = 44
"""


def mistakes(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    return str(caught.value)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_layout_is_without_mistakes(name: str) -> None:
    layout = find(name)
    assert any(text.field == "name" and text.weight == "bold" for text in layout.texts)


def test_the_default_is_shipped() -> None:
    assert DEFAULT in shipped()


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        GOOD
        + """
[[text]]
field = "nmae"
x = 60
y = 5
width = 40
points = 10
least = 12
colour = "red"
[[text]]
x = 0
y = 0
width = 10
points = 8
[[picture]]
file = "logo.png"
x = 0
y = 0
width = 10
height = 10
[logo]
""",
    )
    for message in (
        'is "nmae"', "extra: and the name of a column", "reaches over the right edge", "is larger than points",
        'is "red"', "neither or both", "a file beside the layout", "no section of a layout",
    ):  # fmt: skip
        assert message in found, found


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("huge.png", "has 9,000 x 9,000 pixels"),
        ("bomb.png", "fewer pixels"),
        ("large.svg", "bytes; should have 5,000,000 or fewer"),
        ("text.png", "should be a PNG, JPEG or SVG file"),
        ("../secret.png", "a file beside the layout"),
    ],
)
def test_a_picture_that_no_badge_can_be_drawn_with_is_a_mistake(
    name: str, wrong: str, tmp_path: Path
) -> None:
    folder = tmp_path / "layouts"
    folder.mkdir()
    for file, side in (("huge.png", 9_000), ("bomb.png", 20_000), ("../secret.png", 1)):
        Image.new("1", (side, side)).save(folder / file)
    (folder / "large.svg").write_bytes(b" " * 5_000_001)
    (folder / "text.png").write_text("no picture")
    picture = f'[[picture]]\nfile = "{name}"\nx = 0\ny = 0\nwidth = 9\nheight = 9\n'
    assert wrong in mistakes(folder, GOOD + picture)


def test_a_code_too_small_for_a_signed_badge_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes(tmp_path, GOOD.replace("size = 44", "size = 40"))
    assert "a signed code of 35 mm" in found


def test_a_code_over_the_edge_is_a_mistake(tmp_path: Path) -> None:
    assert "over the edge" in mistakes(tmp_path, GOOD.replace("y = 2", "y = 100"))


@pytest.mark.parametrize(
    "text", ["", "[layout]\ncard_mm = [1, 2]\n[code]\nx = 1\ny = 1\nsize = 43\n"]
)
def test_sizes_are_needed_and_sensible(text: str, tmp_path: Path) -> None:
    assert "width and height in mm" in mistakes(tmp_path, text)
