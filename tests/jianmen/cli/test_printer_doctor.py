"""`jianmen kiosk doctor printer`: a test badge comes out, or it is said why none does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jianmen.cli.main import main
from printing import layout as layouts

SETTINGS = '[kiosk.printer]\nadapter = "simulated"\npath = "{paper}"\nlayout = "{layout}"\n'


def doctor(tmp_path: Path, *more: str, layout: str = "label-62") -> tuple[int, list[Any]]:
    """Its exit code and what it says of the printer."""
    settings = tmp_path / "kiosk.toml"
    settings.write_text(SETTINGS.format(paper=tmp_path / "paper", layout=layout))
    command = ["kiosk", "doctor", *more, "--settings", str(settings), "--json"]
    answer = CliRunner().invoke(main, [*command, "--data", str(tmp_path / "data")])
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    return answer.exit_code, [
        one for one in lines if one["check"] in ("printer", "test badge", "layout")
    ]


def test_a_test_badge_with_letters_of_all_scripts_is_printed(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, "printer")
    assert [(one["check"], one["state"]) for one in found] == [
        ("printer", "good"),
        ("test badge", "good"),
    ]
    [badge] = (tmp_path / "paper").glob("*.pdf")
    assert (code, badge.read_bytes()[:4]) == (0, b"%PDF")


def test_the_whole_examination_looks_at_the_printer_and_prints_nothing(tmp_path: Path) -> None:
    _, [printer] = doctor(tmp_path)
    assert (printer["state"], "doctor printer" in printer["says"]) == ("good", True)
    assert list((tmp_path / "paper").glob("*.pdf")) == []


def test_what_is_wrong_with_the_printer_is_said(tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper" / "fault").write_text("paper_out")
    code, [printer] = doctor(tmp_path, "printer")
    assert (code, printer["state"], printer["says"]) == (1, "mend", "The printer has no paper")


@pytest.mark.parametrize("layout", ["label-63", "/no/such.toml"])
def test_a_layout_that_is_not_there_is_said(tmp_path: Path, layout: str) -> None:
    code, [printer] = doctor(tmp_path, "printer", layout=layout)
    assert (code, printer["state"]) == (1, "mend")
    assert layout in printer["says"]


def test_fields_that_a_kiosk_does_not_know_are_named(tmp_path: Path) -> None:
    layout = layouts.path_of("label-62").read_text(encoding="utf-8")
    more = layout.replace('field = "ticket"', 'field = "extra:seat"')
    (tmp_path / "own.toml").write_text(more, encoding="utf-8")
    _, [found, printer] = doctor(tmp_path, layout=str(tmp_path / "own.toml"))
    assert (found["state"], printer["state"]) == ("note", "good")
    assert found["says"].startswith('own shows "extra:seat", which only the registry knows')
    assert "organisation" in found["says"]
