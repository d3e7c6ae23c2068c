"""Four event days with real processes: nothing has grown but what was recorded, and every count is the truth.

`LONG_RUN_MINUTES` says how long it takes: 87 is sixty times the speed of life, which is what it is without.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from jianmen.testing.processes import jianmen
from jianmen.testing.tcp_proxy import TcpProxy
from tests.faults import happening
from tests.faults.fast_clock import FastTime
from tests.faults.growth import Growth, growth
from tests.faults.long_run import (
    BEGINS_H,
    COUNTED_H,
    DAYS,
    GATES,
    HOURS,
    OPENS_H,
    REGISTRY_SPARED_H,
    SPARED,
    FastPrograms,
    LongRun,
    Site,
)
from tests.faults.machines import Kiosk, Registry

PEOPLE = 400
DISK = 96 * 1024 * 1024

ALLOWED: dict[str, tuple[float, float]] = {
    "memory": (12 * 1024, 0.25),
    "open files": (3, 0),
    "threads": (3, 0),
    "databases": (512, 1.2),
    "write-ahead logs": (4 * 1024, 0),
}
"""How much may have grown from the end of the first hour to the end: KiB (or pieces), and KiB more for each entry.

Of memory what is bounded and fills up at a carrier: pages of its databases (6 MiB), what a large message took (2.5),
verified heads (1.5), earlier vectors (1). With an entry grows what a door knows of its own journal: which badge stands
where."""

REGISTRY_ALLOWED: dict[str, tuple[float, float]] = {
    **ALLOWED,
    "memory": (28 * 1024, 0.25),
    "write-ahead logs": (34 * 1024, 0),
}
"""The registry keeps pages of a database for each thread (2 MiB each) and histories (12 MiB), and folds its write-ahead
log back when it has 32 MiB."""

LAST_DAY_KIB = 4 * 1024
"""How much memory may have grown on the last day: all that is bounded is full by then."""


@contextmanager
def _long_run(folder: Path, small_disk: Path, speed: float) -> Iterator[LongRun]:
    event = happening.event(folder, GATES, days=DAYS, hour=BEGINS_H)
    time = FastTime.beginning_now(speed)
    logs = folder / "logs"

    def machine(name: str) -> tuple[FastPrograms, Path]:
        clock = folder / f"{name}.clock"
        time.save(clock)
        programs = FastPrograms(logs, clock)
        opened.callback(programs.kill)
        return programs, clock

    with ExitStack() as opened:
        registry = Registry(folder / "registry", machine("registry")[0], event, PEOPLE)
        registry.choose_port()
        sites = []
        for gate in GATES:
            programs, clock = machine(gate)
            link = TcpProxy(("127.0.0.1", registry.port))
            kiosk = Kiosk((small_disk if gate == "east-out" else folder) / gate, programs, gate)
            sites.append(Site(kiosk, gate, link, clock))
            opened.callback(sites[-1].close)
            with registry.opened() as service:
                kiosk.enrol_with(service, f"https://127.0.0.1:{link.port}", registry.pin)
        registry.serve("--trust-clock")
        with closing(LongRun(registry, sites, time, Random(1), logs)) as run:
            run.start()
            yield run


@pytest.mark.soak
def test_four_days_end_with_the_truth_and_nothing_has_grown(
    tmp_path: Path, mount: Callable[..., Path | None]
) -> None:
    minutes = float(os.environ.get("LONG_RUN_MINUTES", HOURS))
    small_disk = mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs")
    if small_disk is None:
        pytest.skip("no tmpfs can be mounted here (needs root)")
    with _long_run(tmp_path, small_disk, HOURS * 60 / minutes) as run:
        began = monotonic()
        for day in range(DAYS):
            run.until(24 * day + COUNTED_H)
            run.settle()
            assert run.counted() == run.truth.counts()
            print(
                f"day {day + 1}: {run.truth.counts()}, after {monotonic() - began:.0f} s",
                flush=True,
            )
            if day + 1 < DAYS:
                run.until(24 * (day + 1) + 5)
                run.truth.day_ends()
        _nothing_lost_nothing_double(run)
        print(f"{run.time.speed:.0f} times the speed of life; load {os.getloadavg()[2]:.1f}")
        print(dict(run.happened), dict(run.truth.reasons))
        assert not run.truth.closed
        too_much = _print_growth(run)
    assert not too_much


def _nothing_lost_nothing_double(run: LongRun) -> None:
    stored = run.registry.marks()
    for site in run.sites:
        assert set(site.kiosk.marks()) <= set(stored)
        assert jianmen("journal", "verify", str(site.kiosk.data)).returncode == 0
    numbers = Counter((log, seq) for log, seq, _ in stored)
    assert not [number for number, times in numbers.items() if times > 1]


def _print_growth(run: LongRun) -> list[str]:
    """One line for each figure; returns those that have grown by more than is allowed."""
    too_much = []
    print(f"{'':34} {'first':>9} {'last':>9} {'an hour':>9} {'an entry':>9}")
    for (whose, what), series in sorted(run.watched.series.items()):
        spared = whose.startswith(SPARED) or whose == "registry"
        from_hour = REGISTRY_SPARED_H + 2 if whose == "registry" else BEGINS_H + 1
        fixed, each = (REGISTRY_ALLOWED if whose == "registry" else ALLOWED)[what]
        looks = [(f"{whose}: {what}", from_hour, fixed)]
        if what == "memory":
            looks.append((f"{whose}: last day", 24 * (DAYS - 1) + OPENS_H, LAST_DAY_KIB))
        for name, since_hour, most in looks:
            found = growth(series.since_start(since_hour))
            if found is None:
                continue
            line = _line(name, found)
            print(line)
            if spared and found.grown > most + each * found.entries:
                too_much.append(line)
    return too_much


def _line(name: str, found: Growth) -> str:
    return (
        f"{name:34} {found.first:9.0f} {found.last:9.0f} {found.slope:9.2f} {found.each_entry:9.2f}"
        f"  ({found.hours:.0f} hours, {found.entries} entries)"
    )
