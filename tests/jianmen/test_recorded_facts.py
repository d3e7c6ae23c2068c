"""What a door recorded is enough to find its answer again: the rule book, asked again, decides the same."""

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


def knowledge_after(file: Path) -> LogState:
    """What the registry knows once a scenario is over and everything has reached it."""
    with Rehearsal(read(file)) as rehearsal:
        for _ in rehearsal.run():
            pass
        world = rehearsal.world
        world.heal(None)
        world.sync_all()
        with world.registry.service.snapshot() as known:
            return known


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_the_recorded_facts_of_our_scenarios_give_the_recorded_answers(file: Path) -> None:
    assert wrong_answers(knowledge_after(file)) == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("event", ["smarthk.toml", "tight.toml", "doors.toml"])
def test_the_recorded_facts_of_made_up_days_give_the_recorded_answers(
    tmp_path: Path, event: str, seed: int
) -> None:
    path = SCENARIOS / event
    loaded = load(path)
    file = tmp_path / "made-up.jsonl"
    file.write_text("\n".join(Inventor(loaded, seed, 8).lines(str(path))), encoding="utf-8")
    assert wrong_answers(knowledge_after(file)) == []
