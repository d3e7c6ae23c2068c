"""A whole day of partitions, power cuts and wrong clocks: in the end everybody knows the same, and it is the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.fast_day import PARENT, ROOM, FastDay
from tests.faults.happening import GATES, ROOM_SEATS
from tests.faults.happening import event as event_of

MANY_GATES = {
    **{f"east-{n}": ("east", "in") for n in range(1, 10)},
    **{f"east-out-{n}": ("east", "out") for n in range(1, 6)},
    **{f"east-room-{n}": (ROOM, "both") for n in range(1, 4)},
    **{f"west-{n}": ("west", "in") for n in range(1, 9)},
    **{f"west-out-{n}": ("west", "out") for n in range(1, 6)},
}


@contextmanager
def _a_day(
    folder: Path,
    gates: dict[str, tuple[str, str]],
    people: int,
    entries: int,
    seed: int,
    calm: int = 1,
) -> Iterator[FastDay]:
    with closing(FastDay(event_of(folder, gates), gates, people, seed)) as day:
        day.go_on(entries, 12 * 3600_000 // entries, calm)
        day.settle()
        _all_agree(day)
        _equals_the_truth(day)
        yield day


def _all_agree(day: FastDay) -> None:
    registry = day.registry.ledger.vector()
    for kiosk in day.kiosks.values():
        assert kiosk.replica.vector() == registry
    assert all(len(tips) == 1 for tips in registry.values())


def _equals_the_truth(day: FastDay) -> None:
    truth = day.truth
    counts = day.registry.service.headcount(day.true.ms)
    for area in PARENT:
        count = counts[area]
        assert (count.entries, count.exits, count.refused) == (
            truth.entries[area], truth.exits[area], truth.refused[area],
        )  # fmt: skip
        assert count.people == len(truth.let_in[area])
        assert count.inside == truth.inside(area)
    for kiosk in list(day.kiosks.values())[:2]:
        assert {area: c.inside for area, c in kiosk.headcount().items()} == {
            area: c.inside for area, c in counts.items()
        }


def _no_seat_is_lost(day: FastDay) -> None:
    """Once everybody has left and all have heard of it, every seat of the room is free again."""
    day.everybody_leaves()
    day.settle()
    doors = [kiosk for gate, kiosk in day.kiosks.items() if day.gates[gate][0] == ROOM]
    for kiosk in doors:
        assert sum(kiosk.seats_by_gate().values()) == ROOM_SEATS


def test_a_day_of_faults_ends_with_the_truth_everywhere(tmp_path: Path) -> None:
    with _a_day(tmp_path, GATES, 300, 1500, seed=20) as day:
        _no_seat_is_lost(day)
        assert {"full", "ok"} <= set(day.truth.reasons)
        assert {"cut", "heal", "power", "clock"} <= set(day.happened)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_many_small_days_of_faults_end_with_the_truth_everywhere(tmp_path: Path, seed: int) -> None:
    with _a_day(tmp_path, GATES, 120, 1200, seed) as day:
        _no_seat_is_lost(day)


@pytest.mark.soak
def test_the_whole_day_of_the_forum_ends_with_the_truth_everywhere(tmp_path: Path) -> None:
    began = time.monotonic()
    with _a_day(tmp_path, MANY_GATES, 26_000, 150_000, seed=1, calm=8) as day:
        stored = sum(tips[0][0] for tips in day.registry.ledger.vector().values())
    print(f"{len(day.kiosks)} kiosks, {stored} entries, {time.monotonic() - began:.0f} s")
    print(dict(day.happened), dict(day.truth.reasons))
