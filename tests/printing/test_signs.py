"""Signs for the queue: in three languages, whole, and on A3."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from jianmen.cli.registry.commands import registry
from printing.signs import CAMERA_AT, CameraAt, Place, print_signs
from tests.printing.test_document import needs_fonts, needs_poppler

pytestmark = [needs_fonts, needs_poppler]
EVENT = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
PLACE = Place(
    {"en": "SmartHK", "zh-Hant": "創新升級", "zh-Hans": "创新升级"},
    {"en": "Chengdu", "zh-Hant": "成都", "zh-Hans": "成都"},
)


def text_of(pdf: Path) -> str:
    done = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


@pytest.mark.parametrize("camera_at", CAMERA_AT)
def test_each_place_has_two_signs_and_no_text_is_shortened(
    camera_at: CameraAt, tmp_path: Path
) -> None:
    signs = tmp_path / "signs.pdf"
    assert print_signs([PLACE], camera_at, signs) == 2
    found = text_of(signs)
    assert "…" not in found
    for words in ("Have your code ready", "請預先準備好二維碼", "请提前准备好二维码"):
        assert words in found
    for words in ("Hold the code to the camera", "將二維碼對準鏡頭", "将二维码对准摄像头"):
        assert words in found
    assert "SmartHK · Chengdu" in found
    size = subprocess.run(["pdfinfo", signs], check=True, capture_output=True, text=True).stdout
    assert "841.89 x 1190.55 pts (A3)" in size


def test_the_badge_command_makes_them_for_every_venue_or_one(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a password of mine\n")
    data, out = str(tmp_path / "data"), tmp_path / "signs.pdf"

    def run(*args: str) -> str:
        answer = CliRunner().invoke(registry, [*args, "--data", data])
        return f"{answer.exit_code} {answer.output}"

    run("init", str(EVENT), "--password-file", str(password))
    assert "6 signs for 3 venues" in run("badges", str(out), "--signs", "above")
    assert "2 signs for 1 venue" in run("badges", str(out), "--signs", "left", "--venue", "meishan")
    assert "眉山" in text_of(out)
    assert run("badges", str(out), "--signs", "left", "--venue", "x").startswith("1 ")
