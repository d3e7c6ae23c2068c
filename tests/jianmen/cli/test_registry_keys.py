"""Key cards and signing keys from the command line, over a real data folder."""

from __future__ import annotations

import csv
import json
import shutil
import stat
import subprocess
from pathlib import Path

import cv2
import pytest
import zxingcpp
from click.testing import CliRunner, Result

from jianmen.cli.main import main

EVENT = Path("config/events/smarthk.toml")


class Registry:
    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["registry", *args, "--data", str(self.data)])
        assert result.exit_code == code, result.output + result.stderr
        return result

    def json(self, *args: str, code: int = 0) -> dict:
        return json.loads(self.run(*args, "--json", code=code).stdout)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An event with two members of staff, one of whose codes can be guessed."""
    made = Registry(tmp_path / "registry")
    made.data.mkdir()
    password = tmp_path / "password"
    password.write_text("correct horse battery", encoding="utf-8")
    made.run("init", str(EVENT), "--password-file", str(password))
    people = tmp_path / "people.csv"
    people.write_text(
        "ref,name,organisation,language,ticket,venues,days,sessions,code,form\n"
        "S1,Wang Fang,,en,staff,,,,,\n"
        "S2,Li Jing,,en,staff,,,,4711,foreign\n",
        encoding="utf-8",
    )
    made.run("import", str(people))
    return made


def test_a_key_card_is_shown_once_with_the_pin_that_was_drawn(registry: Registry) -> None:
    card = registry.json("staff", "card", "S1", "--draw-pin")
    assert card["text"].startswith("JMK1:")
    assert len(card["pin"]) == 8
    shown = registry.run("staff", "card", card["code"], "--draw-pin").output
    assert card["text"] not in shown
    assert "only copy" in shown

    registry.run("staff", "card", "nobody", "--draw-pin", code=1)
    registry.run("staff", "card", "S2", "--draw-pin", code=1)
    registry.run("staff", "card", "S1", code=2)


def test_who_should_be_given_another_card_is_listed(registry: Registry) -> None:
    listed = registry.run("staff", "list", code=1).output
    assert "S2  door, supervisor  the badge's code can be guessed" in listed
    assert "S1  door, supervisor  nothing" in listed


def test_all_key_cards_are_replaced_in_a_file_that_nobody_else_reads(
    registry: Registry, tmp_path: Path
) -> None:
    first = registry.json("staff", "card", "S1", "--draw-pin")
    out = tmp_path / "keys.csv"
    registry.run("staff", "replace", str(out), "--yes")

    with out.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["ref"] == "S1"
    assert row["text"] != first["text"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    registry.run("staff", "replace", str(out), "--yes", code=2)


def test_whose_key_cards_end_is_said_before_it_is_done(registry: Registry, tmp_path: Path) -> None:
    registry.json("staff", "card", "S1", "--draw-pin")
    out = tmp_path / "keys.csv"
    refused = registry.run("staff", "replace", str(out), code=1)  # nobody says yes
    assert "open nothing afterwards: 1 (S1)" in refused.output
    assert not out.exists()


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
def test_key_cards_are_printed_without_their_pins(registry: Registry, tmp_path: Path) -> None:
    registry.json("staff", "card", "S1", "--draw-pin")
    out, pdf = tmp_path / "keys.csv", tmp_path / "keys.pdf"
    registry.run("staff", "replace", str(out), "--pdf", str(pdf), "--yes")
    assert stat.S_IMODE(pdf.stat().st_mode) == 0o600
    with out.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    text = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True).stdout.decode()
    assert row["typed"] in text
    assert row["ref"] in text
    assert row["pin"] not in text.replace(" ", "")
    subprocess.run(["pdftoppm", "-r", "150", "-gray", "-png", pdf, tmp_path / "page"], check=True)
    (picture,) = tmp_path.glob("page*.png")
    read = zxingcpp.read_barcodes(cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE))
    assert [code.text for code in read] == [row["text"]]


def test_signing_keys_follow_one_another(registry: Registry) -> None:
    assert registry.json("keys", "rotate") == {"number": 1}
    registry.run("keys", "retire", "1", "--yes", code=1)
    assert registry.json("keys", "retire", "0", "--yes") == {"badges": 0}
    states = [key["state"] for key in registry.json("keys", "list")["keys"]]
    assert states == ["retired", "signs"]
