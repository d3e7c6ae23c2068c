"""A stick carries logs both ways between machines that share no network; one that was altered brings nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jianmen.testing.processes import jianmen
from jianmen.testing.waiting import until
from sync.exchange.bundle_file import BundleError, take_in
from tests.faults.machines import Kiosk, Registry, marks
from tests.faults.open_door import door_of


def _export(file: Path, *where: str) -> None:
    done = jianmen("sync", "export", str(file), *where)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def alone(registry: Registry, kiosk_at: Callable[[str], Kiosk]) -> Kiosk:
    """A kiosk that has never had a network, only its enrolment."""
    kiosk = kiosk_at("east-1")
    with registry.opened() as service:
        kiosk.enrol_with(service, "https://127.0.0.1:1", registry.pin)
    return kiosk


@pytest.mark.parametrize("carried", [False, True], ids=["no carrier runs", "a carrier runs"])
def test_a_stick_brings_the_roster_to_a_kiosk_and_its_log_back(
    registry: Registry, alone: Kiosk, tmp_path: Path, *, carried: bool
) -> None:
    at_kiosk, at_registry = ("--settings", str(alone.settings)), ("--registry", str(registry.data))
    _export(tmp_path / "there", *at_registry)
    if carried:
        alone.carry()
        until((alone.data / "replica.db").exists, "the carrier to start")
    taken = jianmen("sync", "import", str(tmp_path / "there"), *at_kiosk)
    assert taken.returncode == 0, taken.stderr
    with door_of(alone, registry) as door:
        green = [door.present(text)[1] for text in registry.texts[:5]]
    if carried:
        until(lambda: set(green) <= set(alone.replica()), "the carrier to take the log over")
    _export(tmp_path / "back", *at_kiosk)
    for _ in range(2):  # brought twice, it counts once
        brought = jianmen("sync", "import", str(tmp_path / "back"), *at_registry)
        assert brought.returncode == 0, brought.stderr
    there = marks(registry.data / "registry.db")
    assert set(green) <= set(there)
    assert len(there) == len(set(there))


def test_a_stick_that_was_altered_or_cut_short_brings_nothing(
    registry: Registry, alone: Kiosk, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    _export(bundle, "--registry", str(registry.data))
    whole = bundle.read_bytes()
    middle = len(whole) // 2
    spoiled = {
        "altered": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "cut": whole[:middle],
        "unsigned": whole[:-70],
        "longer": whole + whole[-40:],
        "empty": b"",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    }
    with closing(alone.carrier()) as carrier:
        for content in spoiled.values():
            bundle.write_bytes(content)
            with pytest.raises(BundleError, match=str(bundle)):
                take_in(carrier.replica, bundle)
        assert carrier.replica.vector() == {}
    bundle.write_bytes(spoiled["altered"])
    refused = jianmen("sync", "import", str(bundle), "--settings", str(alone.settings))
    assert refused.returncode == 1
    assert refused.stderr.startswith(str(bundle))
    assert alone.replica() == []


def test_a_running_carrier_refuses_a_spoiled_stick_and_carries_on(
    registry: Registry, alone: Kiosk, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    _export(bundle, "--registry", str(registry.data))
    bundle.write_bytes(bundle.read_bytes()[:-100])
    carrier = alone.carry()
    until((alone.data / "replica.db").exists, "the carrier to start")
    refused = jianmen("sync", "import", str(bundle), "--settings", str(alone.settings))
    assert refused.returncode == 1
    assert "cut short" in refused.stderr
    assert carrier.alive
    assert alone.replica() == []
