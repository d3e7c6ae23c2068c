"""Why a door answers as it does, and who may enter where, when: for people who plan an event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jianmen.cli.main import main

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FIRST_DAY = SCENARIOS / "first-day.jsonl"


def test_each_presentation_is_explained_beside_its_outcome() -> None:
    plain = CliRunner().invoke(main, ["rehearse", str(FIRST_DAY)])
    with_rules = CliRunner().invoke(main, ["rehearse", "--explain", str(FIRST_DAY)])
    assert with_rules.exit_code == 0
    assert with_rules.stdout == plain.stdout, "standard output stays what programs read"
    presented = [line for line in FIRST_DAY.read_text().splitlines() if '"present"' in line]
    headings = [line for line in with_rules.stderr.splitlines() if not line.startswith(" ")]
    assert len(headings) == len(presented)


@pytest.mark.parametrize(
    "file", ["first-day", "exits", "policies", "clock-wrong-kernel", "seats-owed"]
)
def test_the_explanation_ends_with_the_answer_given(file: str) -> None:
    result = CliRunner().invoke(main, ["rehearse", "--explain", str(SCENARIOS / f"{file}.jsonl")])
    outcomes = [json.loads(line) for line in result.stdout.splitlines()]
    verdicts = [outcome["verdict"] for outcome in outcomes if "verdict" in outcome]
    explained = []
    for block in result.stderr.split(": line ")[1:]:
        rules = [line.split() for line in block.splitlines()[1:] if line.startswith(" ")]
        spoke = [part for rule in rules for part in rule if part in VERDICTS]
        explained.append(spoke[-1] if spoke else "repeat")
    overridden = [json.loads(x)["do"] for x in _steps(file)]
    asked = [do for do in overridden if do in ("present", "override")]
    given = [v for do, v in zip(asked, verdicts, strict=True) if do == "present"]
    assert [g for g, e in zip(given, explained, strict=True) if e not in (g, "repeat")] == []


VERDICTS = {"admit", "admit_flagged", "ask_staff", "refuse"}


def _steps(file: str) -> list[str]:
    return (SCENARIOS / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()[1:]


def test_a_repeat_is_explained_as_one() -> None:
    result = CliRunner().invoke(main, ["rehearse", "--explain", str(FIRST_DAY)])
    assert "1 repeat" in result.stderr
    assert "its first answer stands" in result.stderr


def test_the_table_says_who_may_enter_where_and_when() -> None:
    result = CliRunner().invoke(main, ["rehearse", "--table", str(SCENARIOS / "tight.toml")])
    assert result.exit_code == 0
    assert "who may enter where, when (Asia/Hong_Kong)" in result.stdout
    assert "09:45–10:50" in result.stdout
    assert "10:20–10:50" in result.stdout, "standby"
    assert "all day" in result.stdout
    assert "not_entitled" in result.stdout


def test_the_table_is_there_for_programs_too() -> None:
    command = ["rehearse", "--table", "--json", str(SCENARIOS / "tight.toml")]
    rows = [json.loads(line) for line in CliRunner().invoke(main, command).stdout.splitlines()]
    row = next(r for r in rows if (r["gate"], r["ticket"]) == ("box-1", "guest"))
    assert row["windows"][0] == {
        "from": "2026-03-02T09:45:00+08:00",
        "until": "2026-03-02T10:50:00+08:00",
        "session": "talk",
        "reason": "ok",
        "booking": "talk",
    }
    row = next(r for r in rows if (r["gate"], r["ticket"]) == ("box-1", "lobby"))
    assert (row["windows"], row["refusal"]) == ([], "not_entitled")
    assert not any(r["gate"] == "loft-out" for r in rows), "nobody enters by the way out"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name a scenario FILE to run, or --invent SEED"),
        (["--invent", "1", "day.jsonl"], "name a scenario FILE to run, or --invent SEED"),
        (["--people", "5", "day.jsonl"], "--people and --event go with --invent"),
        (["--invent", "1", "--people", "0"], "--people"),
        (["--invent", "now"], "--invent"),
        (["--table", "--explain", "e.toml"], "--table goes with an event FILE alone"),
        (["--table", "gone.toml"], "gone.toml"),
    ],
)
def test_options_that_do_not_go_together_are_refused_kindly(
    options: list[str], message: str
) -> None:
    result = CliRunner().invoke(main, ["rehearse", *options])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
