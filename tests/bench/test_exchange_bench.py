"""`jianmen bench exchange`: what it prints, and that a figure of something that went wrong is never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.exchange.bring import bring, bring_growing
from bench.exchange.first_sync import first_sync, first_sync_growing
from bench.exchange.syncing import door_during_first_sync
from bench.exchange.whole_event import whole_event
from bench.support.figure import Figure
from jianmen.cli.main import main

TINY = ["--kiosks", "2", "--entries", "60", "--people", "20", "--trials", "1", "--cut", "0.2"]
LINES = [
    "exchange bring",
    "exchange bring: folds",
    "exchange first sync",
    "exchange first sync: list of cards",
    "exchange memory of a carrier",
    "door during first sync",
    "exchange next door",
    "exchange next door, window of one badge at two doors",
    "exchange next door, carrier restarted",
    "exchange next door, link healed",
]


def test_every_line_has_its_floor_and_says_what_it_is(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        main, ["bench", "exchange", "--json", "--folder", str(tmp_path), *TINY]
    )
    assert (run.exit_code, run.stderr) == (0, ""), run.exception
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["bench"] for line in lines] == LINES
    for line in lines:
        assert list(line) == ["bench", "figure", "floor", "ratio", "unit", "note"]
        assert line["figure"] > 0
        if line["floor"] is None:
            assert "derived tables" in line["note"]
        else:
            assert "floor: " in line["note"]
            assert line["ratio"] == pytest.approx(line["figure"] / line["floor"])
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize("option", ["--kiosks", "--entries", "--people", "--trials"])
def test_there_is_nothing_to_measure_of_nothing(option: str) -> None:
    run = CliRunner().invoke(main, ["bench", "exchange", option, "0"])
    assert run.exit_code == 2
    assert option in run.stderr


def names(figures: list[Figure]) -> list[str]:
    return [figure.bench for figure in figures]


def test_the_cost_of_an_entry_is_told_at_every_size(tmp_path: Path) -> None:
    figures = bring_growing(tmp_path, (50, 100, 200))
    assert names(figures) == [
        "exchange bring at 50",
        "exchange bring at 100",
        "exchange bring at 200",
        "exchange bring flat",
    ]
    *sizes, flat = figures
    assert (flat.figure, flat.floor) == (sizes[-1].figure, sizes[0].figure)


def test_a_large_first_sync_is_told_whole_and_by_the_entry(tmp_path: Path) -> None:
    with whole_event(tmp_path / "registry", 0, 600) as event:
        figures = first_sync_growing(event, tmp_path, (100, 600))
    assert names(figures) == ["exchange first sync of 600", "exchange first sync flat"]


def test_a_registry_that_holds_less_than_was_brought_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.exchange.bring.stored_entries", lambda store: 3)
    with pytest.raises(RuntimeError, match="the registry holds 0 entries, not 40"):
        bring(tmp_path, 2, 20)


def test_a_first_sync_without_all_name_cards_is_no_figure(tmp_path: Path) -> None:
    with whole_event(tmp_path / "registry", 5, 60) as event:
        event.people = 6
        with pytest.raises(RuntimeError, match="5 name cards of 6"):
            first_sync(event, tmp_path)


def test_a_sync_that_fails_while_the_door_works_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bench.exchange.syncing._carry", print
    )  # is asked to do something, and does nothing
    with pytest.raises(RuntimeError, match="did not come to its end: 0 entries were heard"):
        door_during_first_sync(tmp_path, 20, 60)
