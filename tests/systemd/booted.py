"""A machine of its own for the packages: a Debian tree without network, booted by systemd-nspawn."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jianmen.testing.waiting import until
from tests.systemd.debian_tree import ROOT, run

DATA = ROOT / "tests" / "upgrade" / "v0_1_0"
UNITS = ROOT / "systemd"
NEEDED = (
    "python3,fonts-noto-cjk,systemd,systemd-sysv,libpam-systemd,udev,dbus,init-system-helpers,libzbar0,"
    "network-manager"
)
LACKING = [
    name
    for name in ("debootstrap", "dpkg-deb", "systemd-nspawn", "nsenter", "cc")
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

PULLED_BACK = "/usr/lib/pulled_back.so"
CLOCK = "/etc/jianmen/clock"
"""By how much the services' clock is off."""

PROFILES = "/etc/NetworkManager/system-connections"
DATA_FOLDER = "/var/lib/jianmen/kiosk"
SCANNER = f"{DATA_FOLDER}/scanner"
SPOOL = f"{DATA_FOLDER}/spool"
EVENT = "/opt/jianmen/.venv/lib/python3.11/site-packages/config/events/smarthk.toml"

DRAW = (
    "import sys; from pathlib import Path; from hardware.cameras.badge_scene import draw_badge_scene;"
    " from hardware.files.picture_file import write_whole;"
    " write_whole(Path(sys.argv[1]), draw_badge_scene(sys.argv[2], seed=1))"
)
"""Holds a code up to the simulated camera."""

PROFILE = (
    "import os, sys, uuid; from access.text.wifi_code import WifiCode;"
    " from hardware.system.wireless import profile;"
    " file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY, 0o600);"
    " os.write(file, profile(WifiCode.parse(sys.argv[2]), uuid.UUID(sys.argv[3])))"
)

STATUS = (
    "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/status.json', timeout=5)"
    ".read().decode())"
)

HERE = [] if Path("/run/systemd/system").is_dir() else ["--keep-unit"]
"""Where no systemd runs there is none to ask for a unit."""

MARKS = [
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

    def run(self, *command: str, check: bool = True, stripped: bool = True) -> str:
        """What a command prints inside, without the blanks around it unless these matter."""
        leader = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text()
        assert self._nspawn.poll() is None, self._log.read_text()
        inside = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8"
        done = subprocess.run(
            [
                "nsenter",
                "--target",
                leader.split()[0],
                *inside,
                "env",
                "-i",
                *path.split(),
                *command,
            ],
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
        return done.stdout.strip() if stripped else done.stdout

    def _booted(self) -> bool:
        try:
            return self.run("systemctl", "is-system-running", check=False) in (
                "running",
                "degraded",
            )
        except (IndexError, OSError):
            return False  # no process inside yet

    def signal(self, name: str, process: str) -> None:
        self.run(
            "sh", "-c", f"kill -{name} {process}"
        )  # a small Debian has no program of that name

    def as_user(self, user: str, *command: str) -> str:
        group = "jianmen" if user == "jianmen-door" else user
        return self.run("runuser", "-u", user, "-g", group, "--", *command)

    def entries(self) -> list[dict[str, Any]]:
        """What the door has written, oldest first."""
        shown = self.as_user("jianmen-door", "jianmen", "journal", "show", "--json", DATA_FOLDER)
        return [json.loads(line) for line in shown.splitlines()]

    def scan(self, text: str) -> None:
        """Hold a code up to the scanner, and wait for its entry."""
        before = len(self.entries())
        self.run("sh", "-c", f"printf '{text}\\r' >{SCANNER}")
        until(lambda: len(self.entries()) > before, "the entry of a code", PATIENCE_S)

    def property(self, service: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", f"jianmen-{service}")

    def fed(self, service: str) -> float:
        """When its watchdog was last fed, in seconds of the machine's uptime."""
        return int(self.property(service, "WatchdogTimestampMonotonic")) / 1e6

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


def make_tree(folder: Path) -> Path:
    """Debian 12 with the packages, and the data of an event in /data."""
    tree, python = folder / "tree", "3.11 x86_64"
    run("debootstrap", "--variant=minbase", f"--include={NEEDED}", "bookworm", tree)
    run("setup/wheels", folder / "wheels", FOR=python)
    run("systemd/debian/build", folder / "debs", WHEELS=str(folder / "wheels"), FOR=python)
    shutil.copytree(folder / "debs", tree / "debs")
    run("chroot", tree, "sh", "-c", "DEBIAN_FRONTEND=noninteractive dpkg --install /debs/*.deb")
    _prepare(tree)
    return tree


def _prepare(tree: Path) -> None:
    run("chroot", tree, "systemctl", "mask", *OUT_OF_PLACE)
    for service in SERVICES:
        folder = tree / f"etc/systemd/system/jianmen-{service}.service.d"
        folder.mkdir()
        (folder / "quick.conf").write_text(
            f"[Service]\nWatchdogSec={HANG_S}\nRestartSec=1\nEnvironment=LD_PRELOAD={PULLED_BACK}\n"
        )
    source = ROOT / "tests" / "systemd" / "pulled_back.c"
    run("cc", "-shared", "-fPIC", "-O1", "-o", tree / PULLED_BACK[1:], source)
    (tree / CLOCK[1:]).write_text("0\n")
    shutil.copytree(DATA, tree / "data")


def use_settings(tree: Path, *, camera: str, scanner: bool) -> None:
    """The settings of the kiosk: a folder of pictures for its camera ("": none), a FIFO for its scanner."""
    text = (UNITS / "kiosk.toml").read_text(encoding="utf-8")
    adapter = f'adapter = "simulated"\npath = "{camera}"' if camera else 'adapter = ""'
    text = text.replace('adapter = "usb"', adapter)
    if scanner:
        given = f'[kiosk.scanner]\nadapter = "simulated"\ndevice = "{SCANNER}"'
        text = text.replace("[kiosk.scanner]", given)
    (tree / "etc/jianmen/kiosk.toml").write_text(text, encoding="utf-8")
