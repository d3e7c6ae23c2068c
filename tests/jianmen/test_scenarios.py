"""Our scenarios: every expectation is met, and what a door recorded is enough to find its answer again: the rule book,
asked again, decides the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from access.log.entry import Scan
from access.rules.decide import decide
from access.state.facts import facts_as_recorded
from access.state.log_state import LogState
from config.event_file import load
from jianmen.rehearse.invent import Inventor
from jianmen.rehearse.run import Rehearsal
from jianmen.rehearse.scenario import read

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def wrong_answers(known: LogState) -> list[str]:
    """The presentations of which the recorded facts give another answer than the recorded one."""
    found = []
    for badge in known.badges:
        history = known.history(badge)
        for one in history.presentations:
            body, entry = one.body, one.entry
            until = known.registry_until(body.roster_head)
            if not isinstance(body, Scan) or until is None:
                continue
            question = facts_as_recorded(entry, body, history, known.event_state, until)
            assert question is not None, body
            answer = decide(*question)
            recorded = (body.verdict, body.reason, body.session, body.conditions, body.seat)
            again = (
                answer.verdict,
                answer.reason,
                answer.session,
                answer.conditions,
                answer.seat,
            )
            if recorded != again:
                found.append(f"{body.gate} {recorded} {again}")
    return found


def failures(file: Path) -> list[str]:
    """The expectations of a scenario that are not met, and then, once it is over and everything has reached the
    registry, the presentations of which the recorded facts give another answer."""
    with Rehearsal(read(file)) as rehearsal:
        found = [
            f"line {outcome.line}: {outcome.failed}"
            for outcome in rehearsal.run()
            if outcome.failed
        ]
        world = rehearsal.world
        world.heal(None)
        world.sync_all()
        with world.registry.service.snapshot() as known:
            return found + wrong_answers(known)


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_our_scenarios_come_out_as_expected_and_as_recorded(file: Path) -> None:
    assert failures(file) == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("event", ["smarthk.toml", "tight.toml", "doors.toml"])
def test_the_recorded_facts_of_made_up_days_give_the_recorded_answers(
    tmp_path: Path, event: str, seed: int
) -> None:
    path = SCENARIOS / event
    loaded = load(path)
    file = tmp_path / "made-up.jsonl"
    file.write_text("\n".join(Inventor(loaded, seed, 8).lines(str(path))), encoding="utf-8")
    assert failures(file) == []
