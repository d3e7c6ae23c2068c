"""All lines of `jianmen bench`, and the page with their table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jianmen.cli.bench import bench
from jianmen.cli.bench_table import SHORT, arguments_of
from jianmen.cli.main import main

OTHERS = {name: command for name, command in bench.commands.items() if name != "all"}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SHORT, "wear", ("--entries", "20"))


def test_every_line_has_a_row_in_the_table(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    result = CliRunner().invoke(
        main, ["bench", "all", "wear", "--short", "--json", "--table", str(page)]
    )
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    rows = [
        row for row in page.read_text(encoding="utf-8").splitlines() if row.startswith("| wear")
    ]
    assert [row.split(" | ")[0][2:] for row in rows] == [line["bench"] for line in lines]
    assert all(f"{line['ratio']:.2f}" in row for line, row in zip(lines, rows, strict=True))


def test_a_line_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    result = CliRunner().invoke(main, ["bench", "all", "speed"])
    assert result.exit_code == 2
    assert "'speed' is none of: centre, door" in result.stderr


def test_one_that_fails_is_named_and_the_others_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHORT, "rules", ("--entries", "none"))
    page = tmp_path / "performance.md"
    result = CliRunner().invoke(
        main, ["bench", "all", "rules", "wear", "--short", "--table", str(page)]
    )
    assert result.exit_code == 1
    assert "jianmen bench rules ended with status 2" in result.stderr
    assert "| wear check-in |" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_each_takes_the_small_numbers_that_are_handed_on(name: str) -> None:
    assert name in SHORT
    options = {one for given in OTHERS[name].params for one in given.opts}
    assert {one for one in SHORT[name] if one.startswith("--")} <= options


def test_only_what_compares_builds_hears_of_another_one() -> None:
    another = Path("/another")
    assert "--against" in arguments_of(OTHERS["exchange"], another, short=False)
    assert arguments_of(OTHERS["rules"], another, short=False) == []
