"""Test badges: known to every kiosk from the event alone, and what each must be answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from access.event.programme import Programme
from access.log.entry import Span
from access.rules.decide import Facts, Presented, decide
from access.rules.opening_check import CASES, claims_of, expected, moment_ms, opening_badges
from config.event_file import load

EVENT = load(Path("config/events/smarthk.toml"))
PROGRAMME = Programme(EVENT)


def test_each_venue_has_one_of_each_kind():
    badges = opening_badges(EVENT)

    assert len(badges) == len(EVENT.venues) * len(CASES)
    assert {(one.venue, one.case) for one in badges.values()} == {
        (venue.id, case) for venue in EVENT.venues for case in CASES
    }
    assert all(len(badge) == 5 for badge in badges)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("gate", EVENT.gates, ids=lambda gate: gate.id)
def test_at_every_gate_of_the_event_the_rule_book_gives_the_answer_that_is_expected(gate, case):
    right = expected(PROGRAMME, gate, case)
    venue = PROGRAMME.venue_of(gate.area)
    badge, trial = next(
        (badge, one)
        for badge, one in opening_badges(EVENT).items()
        if (one.venue, one.case) == (venue, case)
    )
    proof = "failed" if case == "forged" else "proven"
    presented = Presented(gate.id, "in" if gate.lets_in else "out", "plain", badge, 1, proof)
    facts = Facts(
        listed=claims_of(EVENT, trial),
        newest_issue=1,
        revoked=case == "revoked",
        all_revoked=case == "revoked",
        location=None,
        roster_age_ms=0,
    )
    at = moment_ms(PROGRAMME, gate, case)
    decision = decide(presented, facts, PROGRAMME, Span(at, at))

    if right is None:
        assert not gate.lets_in
    else:
        assert right.met(decision.verdict, decision.reason), decision
