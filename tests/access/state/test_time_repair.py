"""What the true time of an entry was, given everything that logs say about clocks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.programme import Programme
from access.log.entry import Boot, Clock, ClockSource, Span
from access.state.time_repair import FAR_MS, UNKNOWN, BootClock, Line, own_line, repaired
from config import event_file
from tests.access.state.boots import (
    DEVICE,
    EARLIEST,
    EVENT_END,
    HOUR,
    LATEST,
    MINUTE,
    NOON,
    began,
    chain,
    clocks,
    log,
    trusted,
)

# One boot.


def test_a_trusted_time_gives_the_time_of_every_entry_of_its_boot_before_and_after() -> None:
    (line,) = chain((10 * HOUR, [trusted(NOON, mono_ms=HOUR, error=40)]))
    assert line.span(0) == Span(NOON - HOUR - 40, NOON - HOUR + 40)
    assert line.span(3 * HOUR) == Span(NOON + 2 * HOUR - 40, NOON + 2 * HOUR + 40)
    assert line.sorts_at(3 * HOUR) == NOON + 2 * HOUR
    assert line.sure


def test_the_better_rank_counts_alone_however_wide_its_bound() -> None:
    line = own_line(
        [
            trusted(NOON, source="neighbour", error=1),
            trusted(NOON + HOUR, source="kernel", error=5),
            trusted(NOON + 2 * HOUR, source="supervisor", error=2 * MINUTE),
        ]
    )
    assert line == Line(
        NOON + 2 * HOUR - 2 * MINUTE, NOON + 2 * HOUR + 2 * MINUTE, NOON + 2 * HOUR, 2
    )


@pytest.mark.parametrize(
    ("source", "rank"), [("registry", 1), ("supervisor", 2), ("kernel", 3), ("neighbour", 4)]
)
def test_sources_rank_registry_supervisor_kernel_neighbour(source: ClockSource, rank: int) -> None:
    line = own_line([trusted(NOON, source=source)])
    assert line is not None
    assert line.rank == rank


def test_of_one_rank_the_smallest_error_bound_counts() -> None:
    line = own_line([trusted(NOON, error=500), trusted(NOON + 100, error=20)])
    assert line == Line(NOON + 80, NOON + 120, NOON + 100, 1)


def test_sources_that_contradict_each_other_span_all_of_them_and_the_clock_is_unsure() -> None:
    line = own_line([trusted(NOON, error=100), trusted(NOON + HOUR, error=200)])
    assert line is not None
    assert (line.lo, line.hi) == (NOON - 100, NOON + HOUR + 200)
    assert line.order == (line.lo + line.hi) // 2
    assert line.disagree
    assert not line.sure


@pytest.mark.parametrize(("apart", "disagree"), [(300, False), (301, True)])
def test_sources_disagree_only_beyond_the_sum_of_their_bounds(apart: int, disagree: bool) -> None:
    line = own_line([trusted(NOON, error=100), trusted(NOON + apart, error=200)])
    assert line is not None
    assert line.disagree is disagree


@pytest.mark.parametrize(("apart", "disagree"), [(720, False), (721, True)])
def test_sources_an_hour_apart_may_drift_by_what_a_crystal_strays(
    apart: int, disagree: bool
) -> None:
    line = own_line([trusted(NOON), trusted(NOON + HOUR + apart, mono_ms=HOUR)])
    assert line is not None
    assert line.disagree is disagree


def test_a_contradiction_among_worse_sources_does_not_matter_beside_a_better_one() -> None:
    line = own_line(
        [
            trusted(NOON),
            trusted(NOON + HOUR, source="kernel"),
            trusted(NOON + 9 * HOUR, source="kernel"),
        ]
    )
    assert line == Line(NOON, NOON, NOON, 1)


def test_a_higher_rank_pulls_time_back() -> None:
    known = clocks()
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(NOON + 5 * HOUR, source="kernel"))
    assert known.line(log(1)).sorts_at(0) == NOON + 5 * HOUR
    known.add_trusted_time(log(1), 3, trusted(NOON, mono_ms=MINUTE))
    assert known.line(log(1)).sorts_at(MINUTE) == NOON


# Which times are believed.


@pytest.mark.parametrize(
    ("at_ms", "believed"),
    [(EARLIEST - 1, False), (EARLIEST, True), (LATEST, True), (LATEST + 1, False)],
)
def test_a_time_outside_the_plausible_window_is_refused(at_ms: int, believed: bool) -> None:
    known = clocks()
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(at_ms))
    assert (known.line(log(1)).rank == 1) is believed


def test_a_refused_time_counts_once_a_new_event_definition_moves_the_window() -> None:
    known = clocks()
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(LATEST + HOUR))
    version = known.version
    known.bound(LATEST + HOUR, EVENT_END)
    assert known.version > version
    assert known.line(log(1)).sorts_at(0) == LATEST + HOUR


def test_the_same_window_again_changes_nothing() -> None:
    known = clocks()
    version = known.version
    known.bound(LATEST, EVENT_END)
    assert known.version == version


def test_what_a_device_writes_after_it_was_cut_off_is_not_believed() -> None:
    known = clocks()
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(NOON, source="kernel"))
    known.add_trusted_time(log(1), 7, trusted(NOON + HOUR))
    known.cut_off(DEVICE, {log(1): 6})
    assert known.line(log(1)).order == NOON
    known.cut_off(DEVICE, None)
    assert known.line(log(1)).order == NOON + HOUR


def test_a_boot_after_the_cut_off_does_not_pull_the_earlier_ones() -> None:
    known = clocks()
    known.cut_off(DEVICE, {log(1): 9})
    known.observe(log(1), 5 * HOUR)
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(NOON, source="kernel"))
    began(known, 2, after=1)
    known.add_trusted_time(log(2), 2, trusted(NOON - 9 * HOUR))
    assert known.line(log(1)).order == NOON
    assert known.line(log(2)).rank == UNKNOWN


def test_a_cut_off_of_a_device_that_was_never_heard_is_remembered() -> None:
    known = clocks()
    known.cut_off("f" * 16, {})
    known.cut_off("e" * 16, None)
    assert known.version == 0


# Boots without a trusted time.


def test_a_boot_that_knows_nothing_lies_between_the_build_date_and_the_end_of_the_event() -> None:
    (line,) = chain((HOUR, []))
    assert line.rank == UNKNOWN
    assert line.span(MINUTE) == Span(EARLIEST + MINUTE, EVENT_END)
    assert not line.sure


def test_a_log_without_known_entries_is_as_unsure_as_can_be() -> None:
    assert clocks().line(log(9)).span(0) == Span(EARLIEST, EVENT_END)


def test_an_open_boot_sorts_by_its_lower_end() -> None:
    (line,) = chain((HOUR, []), floors={0: NOON})
    assert line.sorts_at(MINUTE) == NOON + MINUTE == line.span(MINUTE).lo


def test_an_open_boot_past_the_end_of_the_event_has_no_interval_left() -> None:
    (line,) = chain((HOUR, []), floors={0: EVENT_END})
    assert line.span(MINUTE) == Span(EVENT_END + MINUTE, EVENT_END + MINUTE)


def test_a_kiosk_without_time_is_not_earlier_than_the_newest_it_had_heard() -> None:
    known = clocks()
    began(known, 1)
    known.not_before(log(1), 2, 5 * MINUTE, NOON)
    known.not_before(log(1), 3, 6 * MINUTE, NOON - HOUR)
    assert known.line(log(1)).span(5 * MINUTE).lo == NOON


def test_an_open_boot_begins_after_the_end_of_the_one_before() -> None:
    first, second = chain((HOUR, [trusted(NOON)]), (HOUR, []))
    assert first.sorts_at(HOUR) == NOON + HOUR
    assert second.span(0) == Span(NOON + HOUR, EVENT_END)


def test_a_boot_bracketed_on_both_sides_sorts_by_its_midpoint() -> None:
    _, middle, _ = chain((HOUR, [trusted(NOON)]), (HOUR, []), (HOUR, [trusted(NOON + 5 * HOUR)]))
    # Begun between one and four hours after noon: an hour of its own must fit in before the next.
    assert middle.span(0) == Span(NOON + HOUR, NOON + 4 * HOUR)
    assert middle.sorts_at(0) == NOON + 2 * HOUR + 30 * MINUTE


def test_boots_that_share_a_gap_keep_their_order() -> None:
    lines = chain(
        (HOUR, [trusted(NOON)]), (HOUR, []), (HOUR, []), (HOUR, [trusted(NOON + 7 * HOUR)])
    )
    assert [line.sorts_at(0) for line in lines] == [
        NOON, NOON + 3 * HOUR, NOON + 4 * HOUR, NOON + 7 * HOUR
    ]  # fmt: skip


def test_a_bracketed_boot_never_sorts_past_the_next_ones_begin_however_vague_that_is() -> None:
    vague = trusted(NOON, source="supervisor", error=2 * MINUTE)
    first, second = chain((0, []), (HOUR, [vague]), floors={0: NOON - 1_000})
    assert first.span(0) == Span(NOON - 1_000, NOON + 2 * MINUTE)
    assert first.sorts_at(0) <= second.sorts_at(0)


def test_what_a_boot_without_time_had_heard_yields_to_a_trusted_time_after_it() -> None:
    first, second = chain((HOUR, []), (HOUR, [trusted(NOON)]), floors={0: NOON + 3 * HOUR})
    assert second.sorts_at(0) == NOON
    assert first.sorts_at(HOUR) == NOON


# Boots of which each has its own source.


def test_a_worse_earlier_boot_is_pulled_down_to_the_better_one() -> None:
    ahead = trusted(NOON + 5 * HOUR, source="kernel", error=10)
    earlier, later = chain((HOUR, [ahead]), (HOUR, [trusted(NOON)]))
    assert later.order == NOON
    assert earlier.span(HOUR) == Span(NOON - 10, NOON + 10)


def test_a_worse_earlier_boot_is_pulled_down_across_boots_without_a_source() -> None:
    earlier, middle, later = chain(
        (HOUR, [trusted(NOON + 5 * HOUR, source="kernel")]), (HOUR, []), (HOUR, [trusted(NOON)])
    )
    assert later.order == NOON
    assert earlier.sorts_at(HOUR) <= middle.sorts_at(0)
    assert middle.sorts_at(HOUR) <= NOON


def test_a_better_earlier_boot_is_never_moved_and_pushes_the_worse_one_up() -> None:
    earlier, later = chain((HOUR, [trusted(NOON)]), (HOUR, [trusted(NOON - HOUR, source="kernel")]))
    assert earlier.order == NOON
    assert later.order == NOON + HOUR


def test_of_two_boots_of_one_rank_the_later_gives_way() -> None:
    earlier, later = chain((HOUR, [trusted(NOON)]), (HOUR, [trusted(NOON)]))
    assert (earlier.order, later.order) == (NOON, NOON + HOUR)


def test_a_worse_boot_between_two_better_ones_is_kept_between_them() -> None:
    for says in (NOON - 9 * HOUR, NOON + 9 * HOUR):
        first, middle, last = chain(
            (HOUR, [trusted(NOON)]),
            (HOUR, [trusted(says, source="neighbour")]),
            (HOUR, [trusted(NOON + 5 * HOUR)]),
        )
        assert (first.order, last.order) == (NOON, NOON + 5 * HOUR)
        assert NOON + HOUR <= middle.order <= NOON + 4 * HOUR


def test_boots_whose_sources_agree_are_not_moved() -> None:
    lines = chain(
        (HOUR, [trusted(NOON, source="kernel")]),
        (HOUR, [trusted(NOON + 2 * HOUR)]),
        (HOUR, [trusted(NOON + 4 * HOUR, source="neighbour")]),
    )
    assert [line.order for line in lines] == [NOON, NOON + 2 * HOUR, NOON + 4 * HOUR]


# From logs to boots.


def test_a_program_that_restarts_within_a_boot_keeps_the_boots_clock() -> None:
    known = clocks()
    began(known, 1, boot="same kernel")
    known.add_trusted_time(log(1), 2, trusted(NOON))
    began(known, 2, after=1, boot="same kernel")
    assert known.line(log(2)).sorts_at(HOUR) == NOON + HOUR


def test_a_log_whose_first_entry_is_not_known_yet_stands_alone() -> None:
    known = clocks()
    known.add_trusted_time(log(2), 5, trusted(NOON))
    assert known.line(log(2)).order == NOON


def test_a_log_that_names_another_devices_log_as_its_own_past_is_not_followed() -> None:
    known = clocks()
    other = "f" * 24
    known.began(
        other, Boot(device="f" * 16, previous=None, boot_id="theirs", why="power", versions={})
    )
    known.add_trusted_time(other, 2, trusted(NOON + 5 * HOUR, source="kernel"))
    known.began(
        log(1),
        Boot(
            device=DEVICE, previous=(other, 2, bytes(32)), boot_id="ours", why="power", versions={}
        ),
    )
    known.add_trusted_time(log(1), 2, trusted(NOON))
    assert known.line(other).order == NOON + 5 * HOUR


def test_boots_that_name_each_other_in_a_circle_still_get_a_time() -> None:
    known = clocks()
    began(known, 1, after=2)
    began(known, 2, after=1)
    known.add_trusted_time(log(2), 2, trusted(NOON))
    assert known.line(log(2)).order == NOON
    assert known.line(log(1)).span(0).lo >= EARLIEST


def test_a_boot_follows_a_previous_log_that_arrives_later() -> None:
    known = clocks()
    began(known, 2, after=1)
    known.add_trusted_time(log(2), 2, trusted(NOON))
    assert known.line(log(2)).order == NOON
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(NOON, source="kernel"))
    known.observe(log(1), HOUR)
    assert known.line(log(1)).sorts_at(HOUR) == NOON


def test_of_two_first_entries_of_one_log_everybody_takes_the_same() -> None:
    one = Boot(device=DEVICE, previous=None, boot_id="b", why="power", versions={})
    two = Boot(
        device=DEVICE, previous=(log(1), 1, bytes(32)), boot_id="a", why="power", versions={}
    )
    lines = []
    for order in ((one, two), (two, one)):
        known = clocks()
        known.add_trusted_time(log(1), 2, trusted(NOON))
        began(known, 1)
        known.observe(log(1), HOUR)
        for boot in order:
            known.began(log(2), boot)
        lines.append(known.line(log(2)))
    assert lines[0] == lines[1]
    assert lines[0].lo == NOON + HOUR


def test_a_clones_branch_whose_end_is_open_sorts_after_the_boot_that_both_follow() -> None:
    boots = {
        "root": BootClock(last_mono=HOUR),
        "clone": BootClock(last_mono=HOUR, before={"root"}),
        "known": BootClock(clocks={trusted(NOON + 9 * HOUR)}, last_mono=HOUR, before={"root"}),
    }
    lines = repaired(boots, NOON, EVENT_END)
    assert lines["root"].sorts_at(HOUR) <= lines["clone"].sorts_at(0)
    assert lines["root"].sorts_at(HOUR) <= lines["known"].sorts_at(0)


def test_the_version_grows_only_when_a_line_has_changed() -> None:
    known = clocks()
    began(known, 1)
    known.add_trusted_time(log(1), 2, trusted(NOON))
    began(known, 2, after=1)
    version = known.version
    known.add_trusted_time(log(1), 2, trusted(NOON))
    known.observe(log(2), HOUR)
    began(known, 2, after=1)
    assert known.version == version
    known.observe(log(1), HOUR)
    assert known.version > version


def test_entries_are_timed_again_when_a_trusted_time_arrives_later(build) -> None:  # type: ignore[no-untyped-def]
    small = Programme(event_file.load(Path(__file__).parents[1] / "small.toml"))
    noon = build.instant("2020-11-17T12:00+08:00")
    registry, door = build.registry(noon), build.kiosk("north-in", noon)
    definition = registry.defines(noon, small.event)
    door.boots()
    scan = door.scans(noon + MINUTE, build.badge(1))
    known = build.log_state([definition, *door.entries], earliest_ms=noon - HOUR)
    assert known.event_state.span(scan.entry) == Span(noon - HOUR + MINUTE, small.end_ms - 1)
    written = door.trusts(noon + HOUR, error_ms=30)
    known.add(written.log, written.digest, written.raw)
    at = noon + MINUTE
    assert known.event_state.span(scan.entry) == Span(at - 30, at + 30)
    assert known.event_state.order(scan.entry).at_ms == at


# Properties.


SOURCES: tuple[ClockSource, ...] = ("registry", "supervisor", "kernel", "neighbour")
hours = st.integers(EARLIEST // HOUR, EARLIEST // HOUR + 30).map(lambda h: h * HOUR)
times = st.builds(
    Clock, source=st.sampled_from(SOURCES), trusted_ms=hours,
    mono_ms=st.integers(0, 3).map(lambda h: h * HOUR), error_ms=st.sampled_from([0, 50, 2 * MINUTE]),
)  # fmt: skip
boots = st.lists(
    st.tuples(st.integers(0, 4).map(lambda h: h * HOUR), st.lists(times, max_size=2)),
    min_size=1, max_size=6,
)  # fmt: skip


@given(boots, st.dictionaries(st.integers(0, 5), hours))
def test_time_never_runs_backwards_along_a_devices_boots(
    row: list[tuple[int, list[Clock]]], floors: dict[int, int]
) -> None:
    lines = chain(*row, floors=floors)
    for (last, _), before, after in zip(row, lines, lines[1:], strict=False):
        assert before.sorts_at(last) <= after.sorts_at(0)


@given(boots, st.dictionaries(st.integers(0, 5), hours))
def test_every_entry_sorts_inside_its_interval(
    row: list[tuple[int, list[Clock]]], floors: dict[int, int]
) -> None:
    for (last, _), line in zip(row, chain(*row, floors=floors), strict=True):
        for mono in (0, last):
            span = line.span(mono)
            assert span.lo <= line.sorts_at(mono) <= span.hi


@given(boots)
def test_boots_of_the_best_rank_that_fit_each_other_are_never_moved(
    row: list[tuple[int, list[Clock]]],
) -> None:
    outcome = [own_line(clocks) for _, clocks in row]
    best = min((one.rank for one in outcome if one is not None), default=UNKNOWN)
    begin = -FAR_MS
    fit = True
    for (last, _), one in zip(row, outcome, strict=True):
        if one is not None and one.rank == best:
            fit = fit and one.order >= begin
            begin = one.order
        begin += last
    if fit:
        for one, line in zip(outcome, chain(*row), strict=True):
            if one is not None and one.rank == best:
                assert line == one


@given(st.data())
def test_clocks_come_out_the_same_in_any_order_and_with_repetitions(data: st.DataObject) -> None:
    """Of three logs of one device: two in one boot, one after them."""
    telling = [
        ("began", 1, None, "a"), ("began", 2, 1, "a"), ("began", 3, 2, "b"),
        ("saw", 1, HOUR), ("saw", 2, 3 * HOUR), ("saw", 3, HOUR),
        ("trusted", 1, data.draw(times)), ("trusted", 2, data.draw(times)), ("trusted", 3, data.draw(times)),
        ("floor", 3, data.draw(hours)), ("floor", 1, data.draw(hours)),
        ("cut", data.draw(st.integers(0, 3))),
    ]  # fmt: skip
    shuffled = data.draw(st.permutations(telling)) + data.draw(
        st.lists(st.sampled_from(telling), max_size=4)
    )
    assert _lines(telling, ask=False) == _lines(shuffled, ask=data.draw(st.booleans()))


def _lines(telling: list[tuple], ask: bool) -> list[Line]:  # type: ignore[type-arg]
    known = clocks()
    for what, *args in telling:
        if what == "began":
            began(known, args[0], after=args[1], boot=args[2])
        elif what == "saw":
            known.observe(log(args[0]), args[1])
        elif what == "trusted":
            known.add_trusted_time(log(args[0]), 2, args[1])
        elif what == "floor":
            known.not_before(log(args[0]), 3, 0, args[1])
        else:
            known.cut_off(DEVICE, {log(epoch): args[0] for epoch in (1, 2, 3)})
        if ask:
            assert known.version >= 0
    return [known.line(log(epoch)) for epoch in (1, 2, 3)]


def test_sources_that_disagree_late_in_a_boot_span_all_of_them_at_its_begin() -> None:
    line = own_line(
        [
            trusted(NOON + HOUR, mono_ms=HOUR, source="kernel", error=100),
            trusted(NOON + 5 * HOUR, mono_ms=2 * HOUR, source="kernel", error=200),
        ]
    )
    assert line is not None
    assert (line.lo, line.hi) == (NOON - 100, NOON + 3 * HOUR + 200)
    assert line.disagree


@pytest.mark.parametrize(("apart", "disagree"), [(720, False), (721, True)])
def test_a_crystal_strays_only_between_two_sources(apart: int, disagree: bool) -> None:
    line = own_line(
        [
            trusted(NOON + HOUR, mono_ms=HOUR),
            trusted(NOON + 2 * HOUR + apart, mono_ms=2 * HOUR),
        ]
    )
    assert line is not None
    assert line.disagree is disagree
