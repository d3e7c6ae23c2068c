"""Made-up scenarios: deterministic, runnable, and the same whether the exchange waits or not."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config.event_file import load
from jianmen.cli.main import main
from jianmen.rehearse.invent import Inventor
from jianmen.rehearse.run import Rehearsal
from jianmen.rehearse.scenario import Scenario, read
from jianmen.rehearse.world import World

TIGHT = Path(__file__).parents[1] / "scenarios" / "tight.toml"


class Eager(World):
    """Runs the whole exchange before and after every step, as the rules of a rehearsal put it."""

    def time_passes(self, at_ms: int) -> None:
        self.true.ms = at_ms
        self.sync_all()

    def wrote(self, gate: str, badge: bytes | None, *, seat: bool = False) -> None:
        self.sync_all()

    def _even(self, gates: Any) -> bool:
        return False


def invented(folder: Path, seed: int, people: int) -> Scenario:
    file = folder / f"{seed}.jsonl"
    lines = Inventor(load(TIGHT), seed, people).lines(str(TIGHT))
    file.write_text("\n".join(lines), encoding="utf-8")
    return read(file)


def test_the_same_seed_gives_the_same_scenario() -> None:
    def lines(seed: str) -> str:
        return CliRunner().invoke(main, ["rehearse", "--invent", seed, "--people", "30"]).stdout

    assert lines("4") == lines("4")
    assert lines("4") != lines("5")


def test_what_is_made_up_runs_without_an_error(tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(main, ["rehearse", "--invent", "3", "--people", "25"])
    assert made.exit_code == 0
    file = tmp_path / "day.jsonl"
    file.write_text(made.stdout, encoding="utf-8")
    result = runner.invoke(main, ["rehearse", str(file)])
    assert (result.stderr, result.exit_code) == ("", 0)
    assert len(result.stdout.splitlines()) == len(made.stdout.splitlines()) - 1


def test_everything_that_can_go_wrong_is_made_up_sooner_or_later() -> None:
    kinds: set[str] = set()
    odd: set[str] = set()
    for seed in range(20):
        for line in list(Inventor(load(TIGHT), seed, 40).lines("x"))[1:]:
            step = json.loads(line)
            kinds.add(step["do"])
            odd.update({"tamper", "code", "groups", "offset_s", "trusted", "node"} & step.keys())
            odd.update({"#"} if "#" in step.get("badge", "") else {})
    assert kinds == {
        "register", "reissue", "revoke", "present", "override", "void", "cut", "heal", "sync", "clock",
        "restart", "wipe", "headcount", "conflicts",
    }  # fmt: skip
    assert odd == {"tamper", "code", "groups", "offset_s", "trusted", "node", "#"}


def test_an_exchange_that_waits_changes_no_outcome(tmp_path: Path) -> None:
    assert_waiting_changes_nothing(invented(tmp_path, seed=2, people=6))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40))
def test_an_exchange_that_waits_changes_no_outcome_of_any_day(tmp_path: Path, seed: int) -> None:
    assert_waiting_changes_nothing(invented(tmp_path, seed, people=25))


def assert_waiting_changes_nothing(scenario: Scenario) -> None:
    assert results(Rehearsal(scenario)) == results(Rehearsal(scenario, world=Eager))


def results(rehearsal: Rehearsal) -> list[tuple[int, object]]:
    with rehearsal:
        return [(outcome.line, outcome.result) for outcome in rehearsal.run()]


def test_another_event_can_be_made_up_for(tmp_path: Path) -> None:
    made = CliRunner().invoke(
        main, ["rehearse", "--invent", "1", "--people", "3", "--event", str(TIGHT)]
    )
    assert json.loads(made.stdout.splitlines()[0]) == {"event": str(TIGHT)}
    gone = CliRunner().invoke(
        main, ["rehearse", "--invent", "1", "--event", str(tmp_path / "gone.toml")]
    )
    assert gone.exit_code == 2
    assert "gone.toml" in gone.stderr


def test_the_morning_comes_as_at_a_forum_half_of_it_within_forty_minutes() -> None:
    event = load(Path("config/events/smarthk.toml"))
    steps = [json.loads(line) for line in Inventor(event, 5, 2000).lines("x")]
    doors = {gate.id for gate in event.gates if gate.area in {v.id for v in event.venues}}
    came: dict[str, datetime] = {}
    for step in steps:
        if step.get("do") == "present" and step["gate"] in doors and "badge" in step:
            came.setdefault(step["badge"], datetime.fromisoformat(step["at"]))
    first_day = [at for at in came.values() if (at.month, at.day) == (11, 17)]
    morning = [at.hour * 60 + at.minute for at in first_day if at.hour < 12]
    assert min(morning) >= 8 * 60
    assert max(morning) < 11 * 60 + 5
    rush = sum(8 * 60 + 20 <= minute < 9 * 60 for minute in morning)
    assert rush / len(morning) == pytest.approx(0.5, abs=0.05)
