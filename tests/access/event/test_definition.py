"""The values of an event definition: what is derived of them, and that they survive the registry's log."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from access.event.definition import Event, Gate, Policy, Session
from access.event.programme import Programme
from access.log.entry import pack

HOUR = 3_600_000
MINUTE = 60_000


def session(**more: Any) -> Session:
    return Session(
        id="talk", area="room", starts_ms=10 * HOUR, ends_ms=12 * HOUR, name={"en": "Talk"}, **more
    )


def test_the_doors_of_a_session_open_early_and_close_before_its_end() -> None:
    plain, moved = session(), session(early_min=20, closing_min=15)
    assert (plain.doors_open_ms, plain.doors_close_ms) == (10 * HOUR, 12 * HOUR)
    assert moved.doors_open_ms == 10 * HOUR - 20 * MINUTE
    assert moved.doors_close_ms == 12 * HOUR - 15 * MINUTE


def test_standby_begins_some_minutes_after_the_session_or_never() -> None:
    assert session().standby_ms is None
    assert session(standby_after_min=0).standby_ms == 10 * HOUR
    assert session(standby_after_min=10).standby_ms == 10 * HOUR + 10 * MINUTE


@pytest.mark.parametrize(
    ("direction", "lets"), [("in", (True, False)), ("out", (False, True)), ("both", (True, True))]
)
def test_a_gate_leads_in_or_out_or_both(direction: Any, lets: tuple[bool, bool]) -> None:
    gate = Gate(id="door", area="room", direction=direction)
    assert (gate.lets_in, gate.lets_out) == lets


def test_an_event_without_a_policy_is_careful_with_what_it_does_not_know() -> None:
    policy = Policy()
    assert (policy.unknown, policy.unlisted) == ("ask_staff", "admit_flagged")
    assert (policy.clock_unsure, policy.roster_stale) == ("admit_flagged", "admit")


def test_an_event_arrives_from_the_log_as_it_was_written(example: Programme) -> None:
    assert msgspec.msgpack.decode(pack(example.event), type=Event) == example.event
