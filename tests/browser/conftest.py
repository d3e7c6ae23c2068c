"""A door service that is not started: what the pages of a kiosk are made for, with screens put up by the test. And a
registry with its dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.ports.signals import SignalSettings
from hardware.signals.simulated import SimulatedSignals
from hardware.system.clock import SimulatedClock
from hardware.system.power import SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import Home
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey
from tests.browser.dashboard_site import Site


@pytest.fixture
def parts() -> Parts:
    """Simulated parts, without camera and scanner."""
    return Parts(
        SimulatedClock(),
        SimulatedPower(),
        Notifier({}),
        lambda: SimulatedSignals(SignalSettings()),
        None,
        None,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The data folder of a kiosk that is not enrolled."""
    return Home(
        tmp_path,
        lambda: Journal(tmp_path / "journal.db", DeviceKey.new()),
        lambda: None,
        begin=lambda: False,
        prepare=lambda event_state, device: None,
    )


@pytest.fixture
def site() -> Iterator[Site]:
    """A registry at work, and one kiosk."""
    site = Site.begun()
    yield site
    site.close()
