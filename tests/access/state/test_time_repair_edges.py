"""Time repair at its edges."""

from __future__ import annotations

import pytest

from access.log.entry import Boot, Clock, Span
from access.state.time_repair import BootClock, Clocks, own_line, repaired

HOUR = 3_600_000
EARLIEST = 1_000 * HOUR
LATEST = 9_000 * HOUR
EVENT_END = 8_000 * HOUR
NOON = 2_000 * HOUR
DEVICE = "0123456789abcdef"


def log(epoch: int) -> str:
    return f"{DEVICE}{epoch:08x}"


def clocks() -> Clocks:
    return Clocks(EARLIEST, LATEST, EVENT_END)


def began(known: Clocks, epoch: int, after: int | None = None, boot: str | None = None) -> None:
    previous = None if after is None else (log(after), 1, bytes(32))
    known.began(
        log(epoch),
        Boot(
            device=DEVICE,
            previous=previous,
            boot_id=boot or f"boot {epoch}",
            why="power",
            versions={},
        ),
    )


def told(known: Clocks, epoch: int, at_ms: int, mono_ms: int = 0, error: int = 0) -> None:
    known.add_trusted_time(
        log(epoch), 2, Clock(source="registry", trusted_ms=at_ms, mono_ms=mono_ms, error_ms=error)
    )


def test_a_new_end_of_the_event_is_noticed_before_any_log_is_held() -> None:
    known = clocks()
    version = known.version
    known.bound(LATEST, EVENT_END - HOUR)
    assert known.version > version
    assert known.line(log(1)).span(0) == Span(EARLIEST, EVENT_END - HOUR)


def test_a_boot_of_a_single_millisecond_still_ends_before_the_next() -> None:
    known = clocks()
    known.observe(log(1), 1)
    began(known, 1)
    told(known, 1, NOON)
    began(known, 2, after=1)
    assert known.line(log(2)).span(0).lo == NOON + 1


def test_a_first_entry_that_arrives_last_puts_its_boot_in_its_place() -> None:
    known = clocks()
    for epoch in (1, 2):
        told(known, epoch, NOON)
        known.observe(log(epoch), HOUR)
        assert known.line(log(epoch)).order == NOON
    began(known, 1)
    began(known, 2, after=1)
    assert known.line(log(2)).order == NOON + HOUR


def test_a_boot_between_two_others_is_placed_anew_as_more_of_it_is_heard() -> None:
    known = clocks()
    for epoch in (1, 2, 3):
        began(known, epoch, after=epoch - 1 or None)
    told(known, 1, NOON)
    told(known, 3, NOON + 5 * HOUR)
    assert known.line(log(2)).span(0) == Span(NOON, NOON + 5 * HOUR)
    known.observe(log(2), HOUR)
    assert known.line(log(2)).span(0) == Span(NOON, NOON + 4 * HOUR)


def test_a_log_made_after_the_cut_off_cannot_lengthen_a_boot_that_is_believed() -> None:
    known = clocks()
    known.cut_off(DEVICE, {log(1): 9, log(3): 9})
    began(known, 1, boot="a")
    told(known, 1, NOON)
    began(known, 3, after=1, boot="b")
    told(known, 3, NOON + HOUR)
    began(known, 2, after=1, boot="a")
    known.observe(log(2), 9 * HOUR)
    assert known.line(log(3)).order == NOON + HOUR


def test_two_logs_of_one_boot_have_one_clock() -> None:
    known = clocks()
    began(known, 1, boot="same kernel")
    began(known, 2, after=1, boot="same kernel")
    told(known, 1, NOON, error=40)
    assert known.line(log(2)) == known.line(log(1))
    assert known.line(log(2)).span(HOUR) == Span(NOON + HOUR - 40, NOON + HOUR + 40)


def test_of_a_log_believed_up_to_its_first_entry_that_entry_is_believed() -> None:
    known = clocks()
    known.cut_off(DEVICE, {log(1): 9, log(2): 1})
    began(known, 1, boot="same kernel")
    told(known, 1, NOON)
    began(known, 2, after=1, boot="same kernel")
    assert known.line(log(2)) == known.line(log(1))


def test_a_boot_of_which_no_instant_is_known_has_no_length() -> None:
    known = clocks()
    began(known, 1)
    told(known, 1, NOON)
    began(known, 2, after=1)
    assert known.line(log(2)).span(0).lo == NOON


def test_what_a_kiosk_had_heard_after_it_was_cut_off_is_not_believed() -> None:
    known = clocks()
    began(known, 1)
    known.not_before(log(1), 9, 0, NOON)
    known.not_before(log(1), 10, 0, NOON + HOUR)
    known.cut_off(DEVICE, {log(1): 9})
    assert known.line(log(1)).span(0).lo == NOON


def test_the_last_word_of_a_cut_off_kiosk_that_is_believed_counts() -> None:
    known = clocks()
    began(known, 1)
    told(known, 1, NOON)
    known.cut_off(DEVICE, {log(1): 2})
    assert known.line(log(1)).order == NOON
    known.cut_off(DEVICE, {log(1): 1})
    assert not known.line(log(1)).sure


def test_sources_that_disagree_late_in_a_boot_span_what_they_say_of_its_begin() -> None:
    line = own_line(
        [
            Clock(source="kernel", trusted_ms=NOON + HOUR, mono_ms=HOUR, error_ms=100),
            Clock(source="kernel", trusted_ms=NOON + 5 * HOUR, mono_ms=2 * HOUR, error_ms=200),
        ]
    )
    assert line is not None
    assert (line.lo, line.hi) == (NOON - 100, NOON + 3 * HOUR + 200)
    assert line.disagree


@pytest.mark.parametrize(("apart", "disagree"), [(720, False), (721, True)])
def test_a_crystal_strays_only_between_two_sources(apart: int, disagree: bool) -> None:
    line = own_line(
        [
            Clock(source="registry", trusted_ms=NOON + HOUR, mono_ms=HOUR, error_ms=0),
            Clock(
                source="registry", trusted_ms=NOON + 2 * HOUR + apart, mono_ms=2 * HOUR, error_ms=0
            ),
        ]
    )
    assert line is not None
    assert line.disagree is disagree


# Several boots that follow one (a cloned card), or one that follows several.


def test_two_boots_in_a_row_that_know_nothing_both_reach_to_the_end_of_the_event() -> None:
    boots = {"first": BootClock(last_mono=HOUR), "second": BootClock(before={"first"})}
    lines = repaired(boots, NOON, EVENT_END)
    assert lines["first"].span(0) == Span(NOON, EVENT_END)
    assert lines["second"].span(0) == Span(NOON + HOUR, EVENT_END)


def test_a_boot_that_knows_nothing_ends_before_the_first_of_all_that_follow_it() -> None:
    vague = Clock(source="supervisor", trusted_ms=NOON, mono_ms=0, error_ms=120_000)
    sure = Clock(source="supervisor", trusted_ms=NOON + 9 * HOUR, mono_ms=0, error_ms=0)
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
            clocks={Clock(source="kernel", trusted_ms=NOON + 20 * HOUR, mono_ms=0, error_ms=0)},
            last_mono=HOUR,
        ),
        "one": BootClock(
            clocks={Clock(source="registry", trusted_ms=NOON, mono_ms=0, error_ms=0)},
            before={"root"},
        ),
        "other": BootClock(
            clocks={Clock(source="registry", trusted_ms=NOON + 5 * HOUR, mono_ms=0, error_ms=0)},
            before={"root"},
        ),
    }
    assert repaired(boots, EARLIEST, EVENT_END)["root"].sorts_at(HOUR) == NOON


def test_a_boot_begins_after_the_last_of_all_that_it_follows() -> None:
    boots = {
        "one": BootClock(
            clocks={Clock(source="registry", trusted_ms=NOON, mono_ms=0, error_ms=0)},
            last_mono=HOUR,
        ),
        "other": BootClock(
            clocks={Clock(source="registry", trusted_ms=NOON + 5 * HOUR, mono_ms=0, error_ms=0)},
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
            clocks={Clock(source="registry", trusted_ms=NOON + HOUR + 2, mono_ms=0, error_ms=0)},
            before={"root"},
        ),
    }
    lines = repaired(boots, NOON, EVENT_END)
    assert lines["root"].sorts_at(HOUR) == NOON + HOUR + 1
    assert lines["clone"].sorts_at(0) == NOON + HOUR + 1


def test_of_boots_that_name_each_other_in_a_circle_the_first_by_name_comes_first() -> None:
    known = clocks()
    began(known, 1, after=2)
    began(known, 2, after=1)
    known.observe(log(1), HOUR)
    told(known, 1, NOON)
    assert known.line(log(1)).order == NOON
    assert known.line(log(2)).span(0).lo == NOON + HOUR


def test_boots_stand_in_the_order_in_which_they_followed_whatever_their_names() -> None:
    boots = {
        "a": BootClock(before={"m"}),
        "m": BootClock(last_mono=HOUR, before={"z"}),
        "z": BootClock(
            clocks={Clock(source="registry", trusted_ms=NOON, mono_ms=0, error_ms=0)},
            last_mono=HOUR,
        ),
    }
    lines = repaired(boots, EARLIEST, EVENT_END)
    assert lines["m"].span(0).lo == NOON + HOUR
    assert lines["a"].span(0).lo == NOON + 2 * HOUR
