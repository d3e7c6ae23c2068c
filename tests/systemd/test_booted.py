"""The packages under a booted systemd, in a Debian tree without network: the services start and come back, whatever
ends or stops them; neither a full disk nor a clock that is pulled back stops one; a kiosk is set up by codes alone.
Takes minutes.

A container shares the clock of its machine: what the services see of it goes through a small library. No radio is here:
NetworkManager takes the profile of a network, and finds nothing to join it with. The screen, which needs a display,
cannot be tried.
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


def _use(tree: Path, *, camera: str, scanner: bool) -> None:
    """The settings of the kiosk: a folder of pictures for its camera ("": none), a FIFO for its scanner."""
    text = (UNITS / "kiosk.toml").read_text(encoding="utf-8")
    adapter = f'adapter = "simulated"\npath = "{camera}"' if camera else 'adapter = ""'
    text = text.replace('adapter = "usb"', adapter)
    if scanner:
        given = f'[kiosk.scanner]\nadapter = "simulated"\ndevice = "{SCANNER}"'
        text = text.replace("[kiosk.scanner]", given)
    (tree / "etc/jianmen/kiosk.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def machine(tree: Path) -> Iterator[Machine]:
    """Booted, with every service at work on the data of an event."""
    _use(tree, camera="", scanner=True)
    found = Machine(tree, tree.parent / "boot.log")
    try:
        found.run("systemctl", "stop", *(f"jianmen-{service}" for service in SERVICES))
        found.run("sh", "-c", "cp /data/kiosk/* /var/lib/jianmen/kiosk/")
        found.run("sh", "-c", "cp /data/registry/* /var/lib/jianmen/registry/")
        found.run("chown", "-R", "jianmen-registry:", "/var/lib/jianmen/registry")
        found.run("mkfifo", SCANNER)
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
    machine.signal("KILL", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stands_still_is_ended_and_comes_back(
    machine: Machine, service: str
) -> None:
    before = machine.property(service, "MainPID")
    machine.signal("STOP", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)
    assert "Watchdog timeout" in machine.journal(service)


def test_a_clock_pulled_back_by_an_hour_ends_no_service_and_moves_no_entry(
    machine: Machine,
) -> None:
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    before = {service: machine.property(service, "MainPID") for service in SERVICES}
    machine.scan("before")
    shown = machine.door_status()["clock"]["lo_ms"]

    machine.run("sh", "-c", f"echo -3600 >{CLOCK}")
    machine.scan("after")
    fed = {service: machine.fed(service) for service in SERVICES}
    until(
        lambda: all(machine.fed(one) > fed[one] + 2 * HANG_S for one in SERVICES),
        "every service to feed its watchdog long after it would have been ended",
        PATIENCE_S,
    )
    machine.scan("long after")

    assert {service: machine.property(service, "MainPID") for service in SERVICES} == before
    first, second, third = machine.entries()[-3:]
    assert second["wall_ms"] < first["wall_ms"] - 3_000_000, "the clock was pulled back"
    assert [one["seq"] for one in (first, second, third)] == [
        first["seq"] + step for step in range(3)
    ]
    spans = [one["body"]["span"]["lo"] for one in (first, second, third)]
    assert spans == sorted(spans), "no entry is earlier than the one before it"
    assert machine.door_status()["clock"]["lo_ms"] >= shown
    verified = machine.as_user("jianmen-door", "jianmen", "journal", "verify", DATA_FOLDER)
    assert "every entry follows the one before it" in verified
    machine.run("sh", "-c", f"echo 0 >{CLOCK}")


def test_a_full_disk_ends_no_service_and_the_door_works_once_there_is_room(
    machine: Machine,
) -> None:
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    before = {service: machine.property(service, "MainPID") for service in SERVICES}
    machine.run("sh", "-c", "cat /dev/zero >/var/lib/jianmen/filling", check=False)
    # A door that starts while the disk is full waits for room, and answers on its page meanwhile.
    machine.signal("KILL", before["door"])
    until(lambda: machine.works("door", before["door"]), "the door to come back", PATIENCE_S)
    assert machine.door_status().get("state") != "working"
    assert machine.works("carrier")
    assert machine.works("registry")

    machine.run("rm", "/var/lib/jianmen/filling")
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)


@pytest.fixture
def blank(tree: Path) -> Iterator[Machine]:
    """Booted as a card makes it: installed, and nothing more."""
    _use(tree, camera=SPOOL, scanner=False)
    found = Machine(tree, tree.parent / "blank.log")
    try:
        found.as_user("jianmen-door", "mkdir", SPOOL)
        yield found
    finally:
        found.power_off()


def test_a_blank_kiosk_is_made_a_door_by_codes_alone(blank: Machine) -> None:
    def says(text: str) -> None:
        until(lambda: blank.door_status().get("says") == text, text, PATIENCE_S)

    def hold_up(name: str, text: str) -> None:
        python = "/opt/jianmen/.venv/bin/python"
        blank.as_user("jianmen-door", python, "-c", DRAW, f"{SPOOL}/{name}.png", text)

    says("本机尚未联网")
    hold_up("wifi", "WIFI:T:WPA;S:venue;P:only for kiosks;;")
    says("本机没有 Wi-Fi 功能")
    assert "only for kiosks" not in blank.journal()
    assert blank.run("ls", "-A", "/run/jianmen-network", PROFILES) == (
        f"{PROFILES}:\n\n/run/jianmen-network:"
    )

    registry = ("jianmen", "registry")
    settings = ("--settings", "/etc/jianmen/registry.toml")
    blank.as_user("jianmen-registry", *registry, "init", *settings, EVENT)
    until(lambda: blank.works("registry"), "the registry to be up", PATIENCE_S)
    made = blank.as_user(
        "jianmen-registry", *registry, "enrol", *settings, "--gate", "chengdu-main-1", "--json"
    )
    hold_up("enrol", json.loads(made)["text"])
    until(lambda: blank.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    until(lambda: blank.works("carrier"), "the carrier to be up", PATIENCE_S)


@pytest.mark.parametrize(
    ("text", "name", "password"),
    [
        (r"WIFI:T:WPA;S:a\;b\\ 场馆;P: le\\ad\; \"x ;H:true;;", "a;b\\ 场馆", ' le\\ad; "x '),
        ('WIFI:T:SAE;S:"12";P:#密碼=$x;;', "12", "#密碼=$x"),
    ],
)
def test_networkmanager_reads_a_profile_as_it_was_meant(
    blank: Machine, text: str, name: str, password: str
) -> None:
    uuid, python = "7d0c1f5c-5a0f-4b8e-9a53-6b5b0a6a3f0e", "/opt/jianmen/.venv/bin/python"
    path = f"{PROFILES}/tried.nmconnection"
    blank.run(python, "-c", PROFILE, path, text, uuid)
    blank.run("nmcli", "connection", "load", path)
    fields = "802-11-wireless.ssid,802-11-wireless.hidden,802-11-wireless-security.psk"
    shown = blank.run(
        "nmcli", "-s", "-e", "no", "-g", fields, "connection", "show", uuid, stripped=False
    )
    hidden = "yes" if "H:true" in text else "no"
    assert shown.split("\n") == [name, hidden, password, ""]
