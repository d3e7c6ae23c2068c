"""The packages under a booted systemd, in a Debian tree without network: the services start and come back, whatever
ends or stops them; a full disk stops none. Takes minutes.

A clock that is pulled back cannot be tried here: a container shares the clock of its machine (tests/faults/test_time.py
has that). Nor can the screen, which needs a display.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jianmen.testing.waiting import until
from tests.systemd.debian_tree import ROOT, run

DATA = ROOT / "tests" / "upgrade" / "v0_1_0"
NEEDED = "python3,fonts-noto-cjk,systemd,systemd-sysv,udev,dbus,init-system-helpers,libzbar0"
LACKING = [
    name
    for name in ("debootstrap", "dpkg-deb", "systemd-nspawn", "nsenter")
    if shutil.which(name) is None
]
SERVICES = ("door", "carrier", "registry")
PATIENCE_S = 180.0
HANG_S = 10
"""The watchdogs' time here: those of the units are up to two minutes."""

OUT_OF_PLACE = (
    *("console-getty.service", "getty.target", "systemd-resolved.service"),
    *("systemd-networkd.service", "systemd-timesyncd.service", "jianmen-browser.service"),
)
"""Units of a whole machine with network and display."""

STATUS = (
    "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/status.json', timeout=5)"
    ".read().decode())"
)

HERE = [] if Path("/run/systemd/system").is_dir() else ["--keep-unit"]
"""Where no systemd runs there is none to ask for a unit."""

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="a machine is booted by root"),
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]


class Machine:
    """A tree that systemd-nspawn has booted. Its data are on a small disk of their own."""

    def __init__(self, tree: Path, log: Path) -> None:
        with log.open("wb") as messages:
            self._nspawn = subprocess.Popen(
                [
                    *("systemd-nspawn", "--boot", "--quiet", f"--directory={tree}"),
                    *("--register=no", "--private-network", "--console=pipe"),
                    "--tmpfs=/var/lib/jianmen:size=48M,mode=0755",
                    *HERE,
                ],
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
            )
        self._log = log
        until(self._booted, "systemd to be up", PATIENCE_S)

    def run(self, *command: str, check: bool = True) -> str:
        """What a command prints inside."""
        leader = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text()
        assert self._nspawn.poll() is None, self._log.read_text()
        inside = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
        done = subprocess.run(
            ["nsenter", "--target", leader.split()[0], *inside, "env", "-i", path, *command],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not check or done.returncode == 0, (
            command,
            done.stdout,
            done.stderr,
            self.journal(),
        )
        return done.stdout.strip()

    def _booted(self) -> bool:
        try:
            return self.run("systemctl", "is-system-running", check=False) in (
                "running",
                "degraded",
            )
        except (IndexError, OSError):
            return False  # no process inside yet

    def property(self, service: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", f"jianmen-{service}")

    def works(self, service: str, not_as: str = "") -> bool:
        """Whether a service is up, in another process than `not_as`."""
        if self.property(service, "ActiveState") != "active":
            return False
        return self.property(service, "MainPID") != not_as

    def door_status(self) -> dict[str, Any]:
        found = self.run("python3", "-c", STATUS, check=False)
        return dict(json.loads(found)) if found else {}

    def journal(self, service: str = "*") -> str:
        """The last lines of a service's messages, or of all of ours."""
        unit = f"--unit=jianmen-{service}"
        return self.run("journalctl", "--no-pager", "--lines=400", unit, check=False)

    def power_off(self) -> None:
        self.run("systemctl", "poweroff", check=False)
        try:
            self._nspawn.wait(60)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Debian 12 with the packages, and the data of an event in /data."""
    folder = tmp_path_factory.mktemp("booted")
    tree, python = folder / "tree", "3.11 x86_64"
    run("debootstrap", "--variant=minbase", f"--include={NEEDED}", "bookworm", tree)
    run("setup/wheels", folder / "wheels", FOR=python)
    run("systemd/debian/build", folder / "debs", WHEELS=str(folder / "wheels"), FOR=python)
    shutil.copytree(folder / "debs", tree / "debs")
    run("chroot", tree, "sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg --install /debs/*.deb")
    _prepare(tree)
    yield tree
    shutil.rmtree(folder)


def _prepare(tree: Path) -> None:
    run("chroot", tree, "systemctl", "mask", *OUT_OF_PLACE)
    settings = tree / "etc/jianmen/kiosk.toml"
    settings.write_text(settings.read_text().replace('adapter = "usb"', 'adapter = ""'))
    for service in SERVICES:
        folder = tree / f"etc/systemd/system/jianmen-{service}.service.d"
        folder.mkdir()
        (folder / "quick.conf").write_text(f"[Service]\nWatchdogSec={HANG_S}\nRestartSec=1\n")
    shutil.copytree(DATA, tree / "data")


@pytest.fixture(scope="module")
def machine(tree: Path) -> Iterator[Machine]:
    """Booted, with every service at work on the data of an event."""
    found = Machine(tree, tree.parent / "boot.log")
    try:
        found.run("systemctl", "stop", *(f"jianmen-{service}" for service in SERVICES))
        found.run("sh", "-c", "cp /data/kiosk/* /var/lib/jianmen/kiosk/")
        found.run("sh", "-c", "cp /data/registry/* /var/lib/jianmen/registry/")
        found.run("chown", "-R", "jianmen-registry:", "/var/lib/jianmen/registry")
        found.run("sh", "-c", "chown jianmen-door:jianmen /var/lib/jianmen/kiosk/*")
        found.run("sh", "-c", "chmod 0660 /var/lib/jianmen/kiosk/*")
        found.run("systemctl", "start", *(f"jianmen-{service}" for service in SERVICES))
        until(lambda: all(map(found.works, SERVICES)), "the services to be up", PATIENCE_S)
        yield found
    finally:
        found.power_off()


def test_everything_is_up_after_the_boot(machine: Machine) -> None:
    assert machine.run("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_killed_comes_back(machine: Machine, service: str) -> None:
    before = machine.property(service, "MainPID")
    machine.run("kill", "-KILL", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stands_still_is_ended_and_comes_back(
    machine: Machine, service: str
) -> None:
    before = machine.property(service, "MainPID")
    machine.run("kill", "-STOP", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)
    assert "Watchdog timeout" in machine.journal(service)


def test_a_full_disk_ends_no_service_and_the_door_works_once_there_is_room(
    machine: Machine,
) -> None:
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    before = {service: machine.property(service, "MainPID") for service in SERVICES}
    machine.run("sh", "-c", "cat /dev/zero >/var/lib/jianmen/filling", check=False)
    # A door that starts while the disk is full waits for room, and answers on its page meanwhile.
    machine.run("kill", "-KILL", before["door"])
    until(lambda: machine.works("door", before["door"]), "the door to come back", PATIENCE_S)
    assert machine.door_status().get("state") != "working"
    assert machine.works("carrier")
    assert machine.works("registry")

    machine.run("rm", "/var/lib/jianmen/filling")
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
