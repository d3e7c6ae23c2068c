"""Bundles at a kiosk: one writer of its replica at a time, whoever brings them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.carrier import usb_bundles
from sync.carrier.usb_bundles import CarrierRunsError, only_carrier, submit_bundle, take_waiting
from sync.exchange.bundle_file import BundleError, export
from sync.store.data_folder import DataFolder
from sync.store.replica import Replica

Node = Any
NOW_MS = 1_795_000_000_000


@pytest.fixture
def bundle(kiosk: Node, tmp_path: Path) -> Path:
    """What a kiosk has exported."""
    kiosk.work(20)
    kiosk.publish()
    path = tmp_path / "from-kiosk.jmb"
    export(kiosk.replica, kiosk.identity, path, NOW_MS, b"")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "kiosk"
    folder.mkdir()
    return folder


@pytest.fixture
def replica(data: Path, registry: Node, neighbour: Node) -> Iterator[Replica]:
    """The replica of a kiosk that knows the registry's log."""
    made = Replica(DataFolder(data).replica, registry.identity.public, registry.device)
    batch = registry.replica.batch(registry.journal.log, (0, bytes(32)))
    with made.transaction():
        made.take(batch)
    yield made
    made.close()


def test_one_carrier_at_a_time_has_the_data(data: Path) -> None:
    with (
        only_carrier(data),
        pytest.raises(CarrierRunsError, match="running here already"),
        only_carrier(data),
    ):
        pass
    with only_carrier(data):
        pass


def test_a_bundle_that_waits_is_taken_in_once(
    replica: Replica, data: Path, bundle: Path, kiosk: Node
) -> None:
    folder = DataFolder(data).bundles
    folder.mkdir()
    waiting = folder / "1-from-kiosk.jmb"
    waiting.write_bytes(bundle.read_bytes())
    (folder / ".half-copied").write_bytes(b"half")

    assert take_waiting(replica, data) > 0
    assert replica.tips(kiosk.journal.log) == kiosk.replica.tips(kiosk.journal.log)
    assert [path.name for path in folder.iterdir()] == [".half-copied"]
    assert replica.imports()[waiting.name]["why"] == ""
    assert take_waiting(replica, data) == 0


def test_a_bundle_that_is_none_is_reported_and_taken_away(replica: Replica, data: Path) -> None:
    folder = DataFolder(data).bundles
    folder.mkdir()
    (folder / "1-notes.txt").write_bytes(b"shopping list")

    assert take_waiting(replica, data) == 0
    assert "not a bundle" in replica.imports()["1-notes.txt"]["why"]
    assert list(folder.iterdir()) == []


@pytest.fixture
def carrying(replica: Replica, data: Path) -> Iterator[Callable[[], None]]:
    """Starts what a running carrier does for bundles."""
    stopped = threading.Event()

    def run() -> None:
        while not stopped.is_set():
            take_waiting(replica, data)

    thread = threading.Thread(target=run)
    yield thread.start
    stopped.set()
    thread.join()


def test_a_running_carrier_is_handed_a_bundle_and_says_how_it_went(
    carrying: Callable[[], None], data: Path, bundle: Path, kiosk: Node
) -> None:
    carrying()
    imported = submit_bundle(data, bundle)

    assert imported.device == kiosk.device
    assert imported.entries > 0
    assert imported.rejected == {}
    assert bundle.exists(), "the stick keeps its own"


def test_a_running_carrier_names_a_bad_bundle_as_it_was_given(
    carrying: Callable[[], None], data: Path, tmp_path: Path
) -> None:
    carrying()
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(BundleError, match=f"^{bad}: not a bundle"):
        submit_bundle(data, bad)


def test_a_carrier_that_does_not_come_to_it_is_said(
    replica: Replica, data: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usb_bundles, "WAIT_S", 0.0)
    with pytest.raises(BundleError, match="has not taken it in"):
        submit_bundle(data, bundle)
    assert len(list(DataFolder(data).bundles.iterdir())) == 1
