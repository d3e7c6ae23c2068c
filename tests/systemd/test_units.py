"""The units as systemd itself reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
UNIT_FILES = sorted(UNITS.glob("*.service"))
SERVICES = [unit for unit in UNIT_FILES if unit.name != "jianmen-network.service"]
"""Those that run all the time. The other one is root's, runs for a moment, and has tests of its own."""
NETWORK = UNITS / "jianmen-network.service"
# systemd's own figure for what a service could reach, in tenths: 0 nothing, 100 everything. The browser
# needs namespaces and the display; the others need neither.
EXPOSURE = {"jianmen-browser.service": 30}
COMMAND = re.compile(r"/opt/jianmen/\.venv/bin/jianmen|/usr/bin/(?:cage|chvt)\b")

systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def name(path: Path) -> str:
    return path.name


def read(unit: Path) -> dict[str, list[str]]:
    """The unit's settings: each key with its values in order."""
    settings: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            settings.setdefault(key, []).append(value)
    return settings


def _calls(listing: str) -> set[str]:
    """The system calls of a listing of `systemd-analyze syscall-filter`, with those of groups in groups."""
    words = {line.strip() for line in listing.splitlines() if not line.strip().startswith("#")}
    groups = [word for word in words if word.startswith("@")]
    nested = [group for group in groups if f"\n    {group}" in listing]
    if not nested:
        return words
    more = subprocess.run(
        ["systemd-analyze", "syscall-filter", *nested],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return words | _calls(more.stdout)


@pytest.fixture
def runnable(tmp_path: Path) -> Path:
    """The units with programs that exist on any machine in place of those that an installation brings."""
    for unit in [*UNIT_FILES, UNITS / "jianmen-network.path"]:
        text = COMMAND.sub("/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def test_door_carrier_registry_and_screen_each_have_a_unit() -> None:
    assert [unit.name for unit in SERVICES] == [
        "jianmen-browser.service",
        "jianmen-carrier.service",
        "jianmen-door.service",
        "jianmen-registry.service",
    ]


@systemd_analyze
@pytest.mark.parametrize("unit", [*UNIT_FILES, UNITS / "jianmen-network.path"], ids=name)
def test_systemd_reads_the_unit_without_a_word(unit: Path, runnable: Path) -> None:
    # An unknown key is a warning and exit status 0, so the silence counts too.
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", runnable / unit.name],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@systemd_analyze
def test_a_misspelt_key_would_be_noticed(runnable: Path) -> None:
    unit = runnable / "jianmen-door.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("WatchdogSec", "WatchdogSecs"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60
    )
    assert "WatchdogSecs" in done.stderr


@systemd_analyze
@pytest.mark.parametrize("unit", UNIT_FILES, ids=name)
def test_a_service_can_reach_little_beyond_its_own(unit: Path, runnable: Path) -> None:
    limit = EXPOSURE.get(unit.name, 20)
    done = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=true", f"--threshold={limit}"),
            runnable / unit.name,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_is_always_started_again(unit: Path) -> None:
    settings = read(unit)
    assert settings["Restart"] == ["always"]
    assert settings["StartLimitIntervalSec"] == ["0"]


@pytest.mark.parametrize("unit", UNIT_FILES, ids=name)
def test_no_service_waits_for_the_network(unit: Path) -> None:
    assert "network" not in " ".join(read(unit).get("After", []) + read(unit).get("Requires", []))


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_has_a_user_of_its_own_and_no_way_to_more_rights(unit: Path) -> None:
    settings = read(unit)
    assert settings["User"] == [unit.stem]
    assert settings["NoNewPrivileges"] == ["yes"]
    assert settings["CapabilityBoundingSet"] == [""]


def test_what_is_root_has_no_capability_no_network_and_only_its_folders() -> None:
    settings = read(NETWORK)
    assert settings["User"] == ["root"]
    assert settings["NoNewPrivileges"] == ["yes"]
    assert settings["CapabilityBoundingSet"] == [""]
    assert settings["PrivateNetwork"] == ["yes"]
    assert settings["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert settings["ReadWritePaths"] == [
        "/run/jianmen-network -/etc/NetworkManager/system-connections"
    ]


def test_root_is_asked_by_the_door_alone_and_in_memory() -> None:
    path = read(UNITS / "jianmen-network.path")
    (folder,) = (
        line.split()
        for line in (UNITS / "jianmen-kiosk.tmpfiles").read_text(encoding="utf-8").splitlines()
        if "/run/jianmen-network" in line
    )
    assert path["PathExists"] == [f"{folder[1]}/network.asked"]
    assert folder[2:5] == ["2770", "root", "jianmen-door"]
    assert read(UNITS / "jianmen-door.service")["ReadWritePaths"][1:] == [f"-{folder[1]}"]
    assert read(NETWORK)["SupplementaryGroups"] == ["jianmen-door"]


@pytest.mark.parametrize("unit", UNIT_FILES, ids=name)
def test_no_key_and_no_name_reaches_a_core_dump(unit: Path) -> None:
    assert read(unit)["LimitCORE"] == ["0"]


@pytest.mark.parametrize("unit", UNIT_FILES, ids=name)
def test_no_key_and_no_name_reaches_a_swap_file(unit: Path) -> None:
    assert read(unit)["MemorySwapMax"] == ["0"]


@systemd_analyze
@pytest.mark.parametrize(
    "needed", ["chroot", "capset", "clone", "unshare", "seccomp", "pkey_alloc"]
)
def test_the_browser_may_build_its_own_sandbox(needed: str) -> None:
    allowed = " ".join(read(UNITS / "jianmen-browser.service")["SystemCallFilter"]).split()
    groups = subprocess.run(
        ["systemd-analyze", "syscall-filter", *(group for group in allowed if group[0] == "@")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert needed in allowed or needed in _calls(groups.stdout)
    assert read(UNITS / "jianmen-browser.service")["RestrictNamespaces"] == ["user pid net"]


@pytest.mark.parametrize("service", ["door", "browser"])
def test_what_maps_executable_memory_is_allowed_to(service: str) -> None:
    """The camera stack's closures and the browser's script engine would end at it."""
    assert "MemoryDenyWriteExecute" not in read(UNITS / f"jianmen-{service}.service")


@pytest.mark.parametrize("service", ["door", "carrier"])
def test_a_service_that_stands_still_is_noticed(service: str) -> None:
    settings = read(UNITS / f"jianmen-{service}.service")
    assert settings["Type"] == ["notify"]
    assert 0 < int(settings["WatchdogSec"][0]) <= 120


@pytest.mark.parametrize("service", ["door", "carrier", "registry"])
def test_a_service_may_ask_whether_the_clock_is_synchronised(service: str) -> None:
    settings = read(UNITS / f"jianmen-{service}.service")
    assert "ProtectClock" not in settings
    assert {"adjtimex", "clock_adjtime"} <= set(settings["SystemCallFilter"][0].split())


def test_the_door_needs_no_network_and_has_none() -> None:
    settings = read(UNITS / "jianmen-door.service")
    assert settings["IPAddressDeny"] == ["any"]
    assert settings["IPAddressAllow"] == ["localhost"]


def test_only_the_door_reaches_camera_pins_and_scanner() -> None:
    assert "char-video4linux rw" in read(UNITS / "jianmen-door.service")["DeviceAllow"]
    for service in ("carrier", "registry"):
        assert read(UNITS / f"jianmen-{service}.service")["PrivateDevices"] == ["yes"]


def test_door_and_carrier_share_their_folder_and_the_files_in_it() -> None:
    door, carrier = (read(UNITS / f"jianmen-{service}.service") for service in ("door", "carrier"))
    for key in ("Group", "UMask"):
        assert door[key] == carrier[key]
    assert carrier["ReadWritePaths"] == door["ReadWritePaths"][:1]
    assert door["UMask"] == ["0007"]


def test_the_door_lives_without_its_screen_and_the_screen_without_the_door() -> None:
    for unit in UNIT_FILES:
        settings = read(unit)
        for key in ("Requires", "BindsTo", "PartOf", "Requisite"):
            assert "jianmen" not in " ".join(settings.get(key, []))
