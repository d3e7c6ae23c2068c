"""Who may enter where, when: the table for people who plan an event."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.badge.credential import Claims
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.access_plan import Row, Window, who_may_enter
from access.rules.decide import Facts, Presented, decide


@pytest.fixture
def rows(example: Programme) -> dict[tuple[str, str], Row]:
    return {(row.gate, row.ticket): row for row in who_may_enter(example)}


@pytest.fixture
def at(instant: Callable[[str], int]) -> Callable[[str], int]:
    return lambda text: instant(f"2020-11-{text}+08:00")


def test_every_gate_that_leads_in_has_a_row_for_every_ticket_in_file_order(
    example: Programme,
) -> None:
    rows = who_may_enter(example)
    gates = [gate.id for gate in example.event.gates if gate.id != "chengdu-exit"]
    tickets = [ticket.id for ticket in example.event.tickets]
    assert [(row.gate, row.ticket) for row in rows] == [(g, t) for g in gates for t in tickets]


def test_an_area_without_sessions_is_open_on_every_day(
    rows: dict[tuple[str, str], Row], at: Callable[[str], int]
) -> None:
    assert rows["chengdu-main-1", "media"].windows == (
        Window(at("17T04:00:00"), at("18T04:00:00"), None, "ok"),
        Window(at("18T04:00:00"), at("19T04:00:00"), None, "ok"),
    )


def test_a_session_that_needs_a_booking_takes_the_booked_and_later_standby(
    rows: dict[tuple[str, str], Row], at: Callable[[str], int]
) -> None:
    seminar, chain = "industrialisation", "supply-chain"
    assert rows["chengdu-room-a-1", "delegate"].windows == (
        Window(at("17T13:40:00"), at("17T16:00:00"), seminar, "ok", seminar),
        Window(at("17T14:10:00"), at("17T16:00:00"), seminar, "standby"),
        Window(at("18T13:40:00"), at("18T17:00:00"), chain, "ok", chain),
    )


def test_an_open_session_takes_anybody_while_its_doors_are_open(
    rows: dict[tuple[str, str], Row], at: Callable[[str], int]
) -> None:
    window = Window(at("17T08:30:00"), at("17T12:00:00"), "opening", "ok")
    assert rows["chengdu-hall-1", "delegate"].windows == (window,)


def test_a_ticket_that_never_gets_in_has_a_reason(rows: dict[tuple[str, str], Row]) -> None:
    assert rows["chengdu-room-a-1", "media"].refusal == "not_entitled"
    assert rows["chengdu-main-1", "online"].refusal == "online_only"
    assert all(bool(row.windows) == (row.refusal is None) for row in rows.values())


@given(
    st.integers(-60, 49 * 60),
    st.sampled_from(["chengdu-main-1", "chengdu-room-a-1", "chengdu-hall-1", "mianyang-room-1"]),
    st.integers(0, 4),
    st.integers(0, 63),
)
def test_the_table_equals_the_decisions_of_the_doors(
    example: Programme, minute: int, gate: str, ticket: int, sessions: int
) -> None:
    at_ms = example.start_ms + minute * 60_000
    presented = Presented(gate, "in", "plain", b"badge", 1, "proven")
    facts = Facts(listed=Claims(ticket, 255, sessions, 255), newest_issue=1)
    answer = decide(presented, facts, example, Span(at_ms, at_ms))
    name = example.event.tickets[ticket].id
    [row] = [one for one in who_may_enter(example) if (one.gate, one.ticket) == (gate, name)]
    open_now = {
        (window.session, window.reason)
        for window in row.windows
        if window.from_ms <= at_ms < window.until_ms
        and (window.booking is None or sessions >> example.session_bit[window.booking] & 1)
    }
    if answer.opens:
        assert (answer.session, answer.reason) in open_now
    else:
        assert not open_now
