"""What is measured of the registry at work, made small."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.centre.dashboards import dashboards
from bench.centre.growing import growing
from bench.centre.ingest import ingest
from jianmen.testing.postgres import NoPostgresError


def test_dashboards_get_what_a_kiosk_brings(tmp_path: Path) -> None:
    latency, memory = dashboards(tmp_path, people=20, entries=300, streams=3, trials=2)
    assert latency.bench == "centre dashboards"
    assert latency.figure > 0
    assert memory.floor is not None
    assert memory.figure > 0


def test_a_ledger_is_started_with_and_without_saved_counts(tmp_path: Path) -> None:
    *starts, count = growing(tmp_path, 20, (300, 600), trials=2)
    assert [one.bench for one in starts] == ["centre start at 300", "centre start at 600"]
    assert all(one.floor is not None for one in (*starts, count))
    assert list(tmp_path.iterdir()) == []


def test_logs_are_brought_to_two_workers_on_postgresql(tmp_path: Path) -> None:
    try:
        [line] = ingest(tmp_path, 2, 40)
    except NoPostgresError as error:
        pytest.skip(str(error))
    assert line.bench == "centre ingest"
    assert line.floor is not None
    assert line.floor > 0
    assert line.figure > 0
