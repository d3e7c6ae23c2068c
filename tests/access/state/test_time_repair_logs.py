"""Time repair as logs arrive: in any order, several of one boot, and of a device that is cut off."""

from __future__ import annotations

from access.log.entry import Span
from tests.access.state.boots import (
    DEVICE,
    EARLIEST,
    EVENT_END,
    HOUR,
    LATEST,
    NOON,
    began,
    clocks,
    log,
    trusts,
)


def test_a_new_end_of_the_event_is_noticed_before_any_log_is_known() -> None:
    known = clocks()
    version = known.version
    known.bound(LATEST, EVENT_END - HOUR)
    assert known.version > version
    assert known.line(log(1)).span(0) == Span(EARLIEST, EVENT_END - HOUR)


def test_a_boot_of_a_single_millisecond_still_ends_before_the_next() -> None:
    known = clocks()
    known.observe(log(1), 1)
    began(known, 1)
    trusts(known, 1, NOON)
    began(known, 2, after=1)
    assert known.line(log(2)).span(0).lo == NOON + 1


def test_a_first_entry_that_arrives_last_puts_its_boot_in_order() -> None:
    known = clocks()
    for epoch in (1, 2):
        trusts(known, epoch, NOON)
        known.observe(log(epoch), HOUR)
        assert known.line(log(epoch)).order == NOON
    began(known, 1)
    began(known, 2, after=1)
    assert known.line(log(2)).order == NOON + HOUR


def test_a_boot_between_two_others_moves_as_more_of_it_is_known() -> None:
    known = clocks()
    for epoch in (1, 2, 3):
        began(known, epoch, after=epoch - 1 or None)
    trusts(known, 1, NOON)
    trusts(known, 3, NOON + 5 * HOUR)
    assert known.line(log(2)).span(0) == Span(NOON, NOON + 5 * HOUR)
    known.observe(log(2), HOUR)
    assert known.line(log(2)).span(0) == Span(NOON, NOON + 4 * HOUR)


def test_a_log_made_after_the_cut_off_cannot_lengthen_a_boot_that_is_believed() -> None:
    known = clocks()
    known.cut_off(DEVICE, {log(1): 9, log(3): 9})
    began(known, 1, boot="a")
    trusts(known, 1, NOON)
    began(known, 3, after=1, boot="b")
    trusts(known, 3, NOON + HOUR)
    began(known, 2, after=1, boot="a")
    known.observe(log(2), 9 * HOUR)
    assert known.line(log(3)).order == NOON + HOUR


def test_two_logs_of_one_boot_have_one_clock() -> None:
    known = clocks()
    began(known, 1, boot="same kernel")
    began(known, 2, after=1, boot="same kernel")
    trusts(known, 1, NOON, error=40)
    assert known.line(log(2)) == known.line(log(1))
    assert known.line(log(2)).span(HOUR) == Span(NOON + HOUR - 40, NOON + HOUR + 40)


def test_of_a_log_believed_up_to_its_first_entry_that_entry_is_believed() -> None:
    known = clocks()
    known.cut_off(DEVICE, {log(1): 9, log(2): 1})
    began(known, 1, boot="same kernel")
    trusts(known, 1, NOON)
    began(known, 2, after=1, boot="same kernel")
    assert known.line(log(2)) == known.line(log(1))


def test_what_a_kiosk_had_heard_after_it_was_cut_off_is_not_believed() -> None:
    known = clocks()
    began(known, 1)
    known.not_before(log(1), 9, 0, NOON)
    known.not_before(log(1), 10, 0, NOON + HOUR)
    known.cut_off(DEVICE, {log(1): 9})
    assert known.line(log(1)).span(0).lo == NOON


def test_the_last_believed_entry_of_a_cut_off_kiosk_counts() -> None:
    known = clocks()
    began(known, 1)
    trusts(known, 1, NOON)
    known.cut_off(DEVICE, {log(1): 2})
    assert known.line(log(1)).order == NOON
    known.cut_off(DEVICE, {log(1): 1})
    assert not known.line(log(1)).sure


def test_of_boots_that_name_each_other_in_a_circle_the_first_by_name_comes_first() -> None:
    known = clocks()
    began(known, 1, after=2)
    began(known, 2, after=1)
    known.observe(log(1), HOUR)
    trusts(known, 1, NOON)
    assert known.line(log(1)).order == NOON
    assert known.line(log(2)).span(0).lo == NOON + HOUR


def test_a_boot_of_which_no_instant_is_known_has_no_length() -> None:
    known = clocks()
    began(known, 1)
    trusts(known, 1, NOON)
    began(known, 2, after=1)
    assert known.line(log(2)).span(0).lo == NOON
