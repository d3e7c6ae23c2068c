"""Test badges: known to every kiosk from the event alone, and what each must be answered."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from access.event.programme import Programme
from access.log.entry import Span
from access.log.sign_offs import OpeningChecked
from access.rules.decide import Facts, Presented, decide
from access.rules.opening_check import (
    CASES,
    OpeningRecords,
    claims_of,
    expected,
    moment_ms,
    opening_badges,
)
from config.event_file import load
from jianmen.testing.log_writer import LogWriter, WrittenEntry, boot_body
from sync.wire.device_key import DeviceKey

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


# What the logs say of each kiosk before the doors open.

KIOSK = DeviceKey.from_seed(b"k" * 32)


def started(epoch: str, version: str, wall_ms: int) -> WrittenEntry:
    log = LogWriter(KIOSK, epoch)
    body = boot_body(KIOSK.fingerprint)
    return log.write("boot", replace(body, versions={"jianmen": version}), wall_ms)


def signed_off(epoch: str, camera: str, wall_ms: int) -> WrittenEntry:
    log = LogWriter(KIOSK, epoch)
    log.boot()
    body = OpeningChecked(
        gate="chengdu-main-1",
        findings={"camera": camera},
        test_badges={},
        staff=b"staff",
        staff_issue=1,
    )
    return log.write("opening", body, wall_ms)


def test_the_last_start_and_the_last_sign_off_of_a_kiosk_count_whatever_the_order():
    written = [
        started("00000001", "1.0", 1000),
        started("00000002", "1.1", 2000),
        signed_off("00000001", "bad", 1500),
        signed_off("00000002", "good", 2500),
    ]
    for order in permutations(written):
        records = OpeningRecords()
        for one in order:
            records.add(one.entry)
        assert records.versions(KIOSK.fingerprint) == {"jianmen": "1.1"}
        checked = records.checked(KIOSK.fingerprint)
        assert checked is not None
        assert checked[1].findings == {"camera": "good"}


def test_of_a_kiosk_never_heard_of_nothing_is_known():
    records = OpeningRecords()
    assert records.versions("0" * 16) == {}
    assert records.checked("0" * 16) is None
