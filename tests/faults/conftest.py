"""Real processes, real sockets, real files: nothing here stands in for the product."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access.event.definition import Event
from jianmen.testing.processes import Programs
from jianmen.testing.processes import programs as started
from registry.service import RegistryService
from tests.faults import happening
from tests.faults.machines import Kiosk, Registry


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Starts processes; none outlives the test."""
    with started(tmp_path / "logs") as found:
        yield found


@pytest.fixture
def event(tmp_path: Path) -> Event:
    """The event of these tests, going on now."""
    return happening.event(tmp_path)


@pytest.fixture
def registry(tmp_path: Path, programs: Programs, event: Event) -> Registry:
    """A registry with forty people, not yet serving."""
    return Registry(tmp_path / "registry", programs, event)


@pytest.fixture
def serving(registry: Registry) -> Registry:
    """The same, serving over TLS on loopback, and sure of its clock."""
    registry.serve("--trust-clock")
    return registry


@pytest.fixture
def kiosk_at(tmp_path: Path, programs: Programs) -> Callable[[str], Kiosk]:
    """Makes the folder of a kiosk that shall stand at a gate."""

    def make(gate: str) -> Kiosk:
        number = len(list(tmp_path.glob("kiosk-*.toml")))
        return Kiosk(tmp_path / f"kiosk-{number}", programs, gate)

    return make


@pytest.fixture
def service(registry: Registry) -> Iterator[RegistryService]:
    """The registry, answering kiosks from this process."""
    with registry.here() as found:
        yield found


@pytest.fixture
def kiosk(registry: Registry, service: RegistryService, kiosk_at: Callable[[str], Kiosk]) -> Kiosk:
    """A kiosk at the first entrance, with the roster."""
    found = kiosk_at("east-1")
    found.enrol_with(service, registry.url, registry.pin)
    found.sync()
    return found


@pytest.fixture
def mount() -> Iterator[Callable[..., Path | None]]:
    """Mounts file systems, away from the folders that the test runner tidies up; None where that is not allowed."""
    folders: list[Path] = []

    def one(*options: str) -> Path | None:
        folder = Path(tempfile.mkdtemp(prefix="jianmen-faults-"))
        if not _succeeds("mount", *options, str(folder)):
            folder.rmdir()
            return None
        folders.append(folder)
        return folder

    yield one
    for folder in folders:
        assert _succeeds("umount", "--lazy", str(folder))
        folder.rmdir()


def _succeeds(*command: str) -> bool:
    """Whether a command of the system succeeds."""
    return subprocess.run(command, capture_output=True).returncode == 0
