"""Clocks that are wrong, jump, or are lied to: kiosks still exchange, and their entries end with right times."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from access.log.entry import Clock
from access.log.log_entry import LogEntry
from hardware.system.clock import SimulatedClock
from registry.service import RegistryService
from sync.transport.lan_server import LanServer
from sync.wire.messages import TimeReport
from tests.faults.machines import LOOPBACK, Kiosk, Mark, Registry, read_clock, wall_ms
from tests.faults.open_door import door_of

HOUR_MS = 3_600_000
OPEN = ("ok", "clock_unsure")
NEAR_MS = 60_000
"""Right, as against hours and years."""


def _at(service: RegistryService, mark: Mark) -> int:
    """When an entry was written, as the registry folds it."""
    log_entry = next(
        log_entry
        for _, log_entry in service.ledger.since(0, 10_000)
        if (log_entry.log, log_entry.seq, log_entry.digest.hex()) == mark
    )
    with service.snapshot() as known:
        return known.event_state.at_ms(log_entry)


def _offset(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) - wall_ms()


@pytest.mark.parametrize("year", [1970, 2038, 2199])
def test_a_kiosk_that_starts_in_another_year_exchanges_and_its_entries_end_right(
    registry: Registry, service: RegistryService, kiosk: Kiosk, year: int
) -> None:
    clock = SimulatedClock(offset_ms=_offset(year))
    clock.restart("boot-2")  # what an earlier boot knew of the time means nothing now
    with door_of(kiosk, registry, clock) as door:
        began = wall_ms()
        assert not door.door.now().sure
        reason, mark = door.present(registry.texts[0])
        assert reason in OPEN  # an entrance is open whatever the clock shows
        assert door.clocks() == 0
        kiosk.sync(door.read)  # TLS and nonces take no notice of the date
        door.hear()
        reason, later = door.present(registry.texts[1])
        assert door.door.now().sure
        assert abs(door.door.now().at_ms - wall_ms()) < NEAR_MS
        kiosk.sync(door.read)
    for entry in (mark, later):
        assert abs(_at(service, entry) - began) < NEAR_MS
    assert service.headcount(wall_ms())["east"].people == 2


def test_a_clock_that_jumps_back_an_hour_moves_no_entry(
    registry: Registry, service: RegistryService, kiosk: Kiosk
) -> None:
    clock = SimulatedClock(synced=False)
    with door_of(kiosk, registry, clock) as door:
        kiosk.sync(door.read)
        first = door.present(registry.texts[0])[1]
        clock.offset_ms -= HOUR_MS
        second = door.present(registry.texts[1])[1]
        clock.offset_ms += 5 * HOUR_MS
        third = door.present(registry.texts[2])[1]
        kiosk.sync(door.read)
    times = [_at(service, mark) for mark in (first, second, third)]
    assert times == sorted(times)
    assert times[-1] - times[0] < NEAR_MS


def test_a_power_cut_before_any_trusted_time_is_bracketed_by_its_neighbours(
    registry: Registry, service: RegistryService, kiosk: Kiosk
) -> None:
    clock = SimulatedClock(offset_ms=_offset(1970))
    with door_of(kiosk, registry, clock) as door:
        kiosk.sync(door.read)
        before = door.present(registry.texts[0])[1]
    clock.restart("boot-2")
    with door_of(kiosk, registry, clock) as door:
        between = door.present(registry.texts[1])[1]
    clock.restart("boot-3")
    with door_of(kiosk, registry, clock) as door:
        kiosk.sync(door.read)
        door.hear()
        after = door.present(registry.texts[2])[1]
        kiosk.sync(door.read)
    times = [_at(service, mark) for mark in (before, between, after)]
    assert times == sorted(times)
    assert abs(times[1] - wall_ms()) < NEAR_MS


@pytest.mark.parametrize(
    "time_report",
    [
        pytest.param(lambda: TimeReport(0, 100, "registry"), id="1970"),
        pytest.param(lambda: TimeReport(_offset(2060) + wall_ms(), 100, "registry"), id="2060"),
        pytest.param(lambda: TimeReport(2**53, 0, "registry"), id="beyond any date"),
        pytest.param(lambda: TimeReport(wall_ms(), 0, "supervisor"), id="not its to say"),
    ],
)
def test_a_time_that_cannot_be_is_written_nowhere(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], time_report: Callable[[], TimeReport]
) -> None:
    kiosk = kiosk_at("east-1")
    with registry.here(time_report) as service:
        kiosk.enrol_with(service, registry.url, registry.pin)
        kiosk.sync()
        with door_of(kiosk, registry, SimulatedClock()) as door:
            kiosk.sync(door.read)
            door.hear()
            assert door.clocks() == 0
            assert not door.door.now().sure
            assert door.present(registry.texts[0])[0] in OPEN


def test_a_registry_that_is_not_sure_of_its_own_clock_says_nothing_of_the_time(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    if read_clock().synced:
        pytest.skip("this machine's kernel calls its clock synchronised")
    kiosk = kiosk_at("east-1")
    registry.serve()
    kiosk.enrol(registry)
    kiosk.sync()
    with door_of(kiosk, registry, SimulatedClock()) as door:
        door.hear()
        assert door.clocks() == 0


def _trusted(door_entries: list[LogEntry]) -> list[Clock]:
    return [log_entry.body for log_entry in door_entries if isinstance(log_entry.body, Clock)]


def test_a_lying_neighbour_moves_no_clock_that_the_registry_has_set_and_is_put_right_by_it(
    registry: Registry, service: RegistryService, kiosk: Kiosk, kiosk_at: Callable[[str], Kiosk]
) -> None:
    liar = kiosk_at("east-2")
    liar.enrol_with(service, registry.url, registry.pin)
    liar.sync()
    kiosk.sync()

    def two_hours_late() -> TimeReport:
        return TimeReport(wall_ms() + 2 * HOUR_MS, 0, "kernel")

    with closing(liar.carrier()) as carrier:
        carrier.answerer._time_report = two_hours_late
        server = LanServer(LOOPBACK, liar.lan_port, liar.certificate, carrier.answer)
        try:
            clock = SimulatedClock(offset_ms=_offset(1970))
            clock.restart("boot-2")
            with door_of(kiosk, registry, clock) as door:
                kiosk.sync_with(
                    liar, door.read
                )  # nobody else to ask: believed for now, and marked as such
                door.hear()
                early = door.present(registry.texts[0])[1]
                kiosk.sync(door.read)
                door.hear()
                assert abs(door.door.now().at_ms - wall_ms()) < NEAR_MS
                kiosk.sync_with(liar, door.read)
                door.hear()
                assert abs(door.door.now().at_ms - wall_ms()) < NEAR_MS
                kiosk.sync(door.read)
                sources = [c.source for c in _trusted(list(door.door.own_entries()))]
                assert sources[0] == "neighbour"
                assert "registry" in sources
        finally:
            server.close()
    assert abs(_at(service, early) - wall_ms()) < NEAR_MS
