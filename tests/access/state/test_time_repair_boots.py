"""Time repair of boots that follow each other: in a row, several after one (a cloned card), or one after several."""

from __future__ import annotations

from access.log.entry import Span
from access.state.time_repair import BootClock, repaired
from tests.access.state.boots import EARLIEST, EVENT_END, HOUR, NOON, trusted


def test_two_boots_in_a_row_that_know_nothing_both_reach_to_the_end_of_the_event() -> None:
    boots = {"first": BootClock(last_mono=HOUR), "second": BootClock(before={"first"})}
    lines = repaired(boots, NOON, EVENT_END)
    assert lines["first"].span(0) == Span(NOON, EVENT_END)
    assert lines["second"].span(0) == Span(NOON + HOUR, EVENT_END)


def test_a_boot_that_knows_nothing_ends_before_the_first_of_all_that_follow_it() -> None:
    vague = trusted(NOON, source="supervisor", error=120_000)
    sure = trusted(NOON + 9 * HOUR, source="supervisor")
    boots = {
        "root": BootClock(last_mono=HOUR, floors={NOON - HOUR - 1_000}),
        "one": BootClock(clocks={vague}, before={"root"}),
        "other": BootClock(clocks={sure}, before={"root"}),
    }
    root = repaired(boots, EARLIEST, EVENT_END)["root"]
    assert root.span(HOUR) == Span(NOON - 1_000, NOON + 120_000)
    assert root.sorts_at(HOUR) == NOON


def test_a_worse_boot_is_pulled_down_to_the_first_of_all_that_follow_it() -> None:
    boots = {
        "root": BootClock(
            clocks={trusted(NOON + 20 * HOUR, source="kernel")},
            last_mono=HOUR,
        ),
        "one": BootClock(
            clocks={trusted(NOON)},
            before={"root"},
        ),
        "other": BootClock(
            clocks={trusted(NOON + 5 * HOUR)},
            before={"root"},
        ),
    }
    assert repaired(boots, EARLIEST, EVENT_END)["root"].sorts_at(HOUR) == NOON


def test_a_boot_begins_after_the_last_of_all_that_it_follows() -> None:
    boots = {
        "one": BootClock(
            clocks={trusted(NOON)},
            last_mono=HOUR,
        ),
        "other": BootClock(
            clocks={trusted(NOON + 5 * HOUR)},
            last_mono=HOUR,
        ),
        "next": BootClock(before={"one", "other"}),
    }
    assert repaired(boots, EARLIEST, EVENT_END)["next"].span(0).lo == NOON + 6 * HOUR


def test_a_clones_open_branch_is_not_sorted_a_millisecond_before_its_root_ends() -> None:
    boots = {
        "root": BootClock(last_mono=HOUR),
        "clone": BootClock(last_mono=HOUR, before={"root"}),
        "known": BootClock(
            clocks={trusted(NOON + HOUR + 2)},
            before={"root"},
        ),
    }
    lines = repaired(boots, NOON, EVENT_END)
    assert lines["root"].sorts_at(HOUR) == NOON + HOUR + 1
    assert lines["clone"].sorts_at(0) == NOON + HOUR + 1


def test_boots_stand_in_the_order_in_which_they_followed_whatever_their_names() -> None:
    boots = {
        "a": BootClock(before={"m"}),
        "m": BootClock(last_mono=HOUR, before={"z"}),
        "z": BootClock(
            clocks={trusted(NOON)},
            last_mono=HOUR,
        ),
    }
    lines = repaired(boots, EARLIEST, EVENT_END)
    assert lines["m"].span(0).lo == NOON + HOUR
    assert lines["a"].span(0).lo == NOON + 2 * HOUR
