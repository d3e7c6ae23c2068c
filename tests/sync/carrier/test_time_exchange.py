"""Which of the times that others tell reach the door."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, pack
from sync.carrier.time_exchange import AGAIN_MS, BestTime, TimeKeeper
from sync.wire.messages import TimeReport

REGISTRY = "a" * 16
NEIGHBOUR = "b" * 16
AT = 1_795_000_000_000


@pytest.fixture
def keeper() -> TimeKeeper:
    return TimeKeeper(REGISTRY)


def test_the_registrys_time_is_as_good_as_half_the_round_trip(keeper: TimeKeeper) -> None:
    clock = keeper.heard(TimeReport(AT, 10, "registry"), REGISTRY, 1000, 1301)

    assert clock == Clock(
        source="registry", trusted_ms=AT + 151, mono_ms=1301, error_ms=161, via=REGISTRY
    )


def test_a_registry_whose_own_clock_is_not_sure_tells_nothing(keeper: TimeKeeper) -> None:
    assert keeper.heard(TimeReport(AT, 10, "kernel"), REGISTRY, 0, 2) is None


@pytest.mark.parametrize("source", ["registry", "supervisor", "kernel"])
def test_a_neighbours_time_counts_as_a_neighbours(keeper: TimeKeeper, source: str) -> None:
    clock = keeper.heard(TimeReport(AT, 10, source), NEIGHBOUR, 0, 100)

    assert clock == Clock(
        source="neighbour", trusted_ms=AT + 50, mono_ms=100, error_ms=60, via=NEIGHBOUR
    )


@pytest.mark.parametrize("source", ["neighbour", "", "the speaking clock"])
def test_time_goes_over_one_neighbour_and_no_further(keeper: TimeKeeper, source: str) -> None:
    assert keeper.heard(TimeReport(AT, 10, source), NEIGHBOUR, 0, 2) is None


def test_the_door_is_not_told_what_it_knows(keeper: TimeKeeper) -> None:
    assert keeper.heard(TimeReport(AT, 10, "registry"), REGISTRY, 0, 100)

    assert keeper.heard(TimeReport(AT + 1000, 10, "registry"), REGISTRY, 1000, 1100) is None
    assert keeper.heard(TimeReport(AT + 1000, 10, "kernel"), NEIGHBOUR, 1000, 1100) is not None


def test_a_much_better_time_is_recorded(keeper: TimeKeeper) -> None:
    keeper.heard(TimeReport(AT, 10, "registry"), REGISTRY, 0, 4000)

    clock = keeper.heard(TimeReport(AT + 5000, 10, "registry"), REGISTRY, 5000, 5020)
    assert clock is not None
    assert clock.error_ms == 20


def test_a_time_that_contradicts_the_one_before_is_recorded(keeper: TimeKeeper) -> None:
    keeper.heard(TimeReport(AT, 10, "registry"), REGISTRY, 0, 20)

    clock = keeper.heard(TimeReport(AT + 3_600_000, 10, "registry"), REGISTRY, 1000, 1020)
    assert clock is not None
    assert clock.trusted_ms == AT + 3_600_010


def test_a_time_report_is_recorded_again_after_a_while(keeper: TimeKeeper) -> None:
    keeper.heard(TimeReport(AT, 10, "registry"), REGISTRY, 0, 20)

    later = AGAIN_MS + 20
    assert keeper.heard(TimeReport(AT + later, 10, "registry"), REGISTRY, later, later + 20)


times = st.builds(
    TimeReport,
    st.integers(-(2**53), 2**53),
    st.integers(0, 2**31),
    st.sampled_from(["registry", "kernel"]),
)


@given(times, st.sampled_from([REGISTRY, NEIGHBOUR]), st.integers(0, 2**40), st.integers(0, 2**31))
def test_whatever_time_is_reported_the_door_can_read_it(
    report: TimeReport, device: str, asked: int, took: int
) -> None:
    """A time report that the door could not read would stop its inbox for good."""
    clock = TimeKeeper(REGISTRY).heard(report, device, asked, asked + took)

    if clock is not None:
        assert msgspec.msgpack.decode(pack(clock), type=Clock) == clock


class TestBestTime:
    """The time with which a carrier signs."""

    def test_a_clock_that_nobody_vouches_for_signs_only_a_lower_bound(self) -> None:
        reading = ClockReading(5_000, 2_147_483_647_000, synced=False)  # it woke up in 2038
        time = BestTime(lambda: reading)
        time.not_before(1_605_000_000_000)
        assert time.now_ms() == 1_605_000_000_000

    def test_the_lower_bound_goes_on_with_the_steady_clock_and_never_back(self) -> None:
        readings = iter([ClockReading(ms, 0, synced=False) for ms in (1_000, 2_500, 3_000, 4_000)])
        time = BestTime(lambda: next(readings))
        time.not_before(10_000)
        time.not_before(10_500)
        assert time.now_ms() == 12_000
        assert time.now_ms() == 13_000

    def test_the_kernels_time_counts_before_a_bound_and_the_registrys_before_both(self) -> None:
        time = BestTime(lambda: ClockReading(1_000, 77_000, synced=True))
        time.not_before(10_000)
        assert time.now_ms() == 77_000
        time.trust(Clock(source="registry", trusted_ms=99_000, mono_ms=900, error_ms=20))
        assert (time.now_ms(), time.error_ms) == (99_100, 20)
