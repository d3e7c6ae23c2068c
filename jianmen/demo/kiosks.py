"""The demo's kiosks: their folders, ports and settings; enrolling them, running them as two processes, their state."""

import secrets
import socket
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from jianmen.demo.camera_feed import SIZE
from jianmen.demo.errors import PortTakenError
from jianmen.testing.processes import JIANMEN, Programs
from sync.enrolment.client import enrol
from sync.store.data_folder import DataFolder
from sync.store.replica import ReplicaReader
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Point

SEMINAR = "industrialisation"
"""The session that is open during the demo."""

GATES = ("chengdu-main-1", "chengdu-room-a-1", "chengdu-exit", "meishan-main-1", "mianyang-main-1")

CAMERA_GATE = "chengdu-main-1"
"""The gate that a real camera is put at; the simulated people of that entrance go to the next."""

PRINT_GATE = "chengdu-badges"
"""Where badges are printed, if that was asked for: a gate that is added to the event."""

BESIDE_CAMERA_GATE = "chengdu-main-2"

FRAMES_PER_S = 10
SHOW_MS = 700
GAP_MS = 200

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class KioskSite:
    """One kiosk of the demo."""

    gate: str
    venue: str
    folder: Path
    port: int
    lan_port: int
    camera: str | None = None
    """A real camera, as the command line names it; None: a simulated one."""
    prints: bool = False
    """Whether it has a (simulated) printer of badges."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def spool(self) -> Path:
        """Where the pictures of its simulated camera go."""
        return self.folder / "spool"

    @property
    def badges(self) -> Path:
        """Where the badges come out that it prints."""
        return self.folder / "badges"

    @property
    def settings(self) -> Path:
        return self.folder / "kiosk.toml"

    @property
    def screen(self) -> str:
        """The address of its attendee screen."""
        return f"http://{LOOPBACK}:{self.port}/"

    def make(self) -> None:
        """Folders and settings file."""
        for folder in (self.data, self.spool):
            folder.mkdir(parents=True)
        self.settings.write_text(
            "[kiosk]\n"
            f"data = {_quoted(self.data)}\n"
            f'lan_host = "{LOOPBACK}"\nlan_port = {self.lan_port}\nmdns = false\n'
            "[kiosk.pages]\n"
            f"port = {self.port}\n"
            "[kiosk.camera]\n"
            f"{self._camera()}"
            f"{self._printer()}"
        )

    def _printer(self) -> str:
        if not self.prints:
            return ""
        return f'[kiosk.printer]\nadapter = "simulated"\npath = {_quoted(self.badges)}\n'

    def _camera(self) -> str:
        if self.camera is not None:
            return f'adapter = "usb"\ndevice = {_quoted(self.camera)}\n'
        width, height = SIZE
        return (
            'adapter = "simulated"\n'
            f"path = {_quoted(self.spool)}\n"
            f"width = {width}\nheight = {height}\n"
            f"frames_per_s = {FRAMES_PER_S}\nshow_ms = {SHOW_MS}\ngap_ms = {GAP_MS}\n"
        )


def _quoted(value: object) -> str:
    """A TOML basic string."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


LOWEST_PORT, PORTS = 20_000, 12_000
"""Free ports are looked for here."""


class Ports:
    """Gives out ports of the loopback: free ones, or one after the other from a first."""

    def __init__(self, first: int | None) -> None:
        self._next = first
        self._given: set[int] = set()

    def take(self) -> int:
        """Raises PortTakenError where the port that is next is taken."""
        while self._next is None:
            # Below those that the kernel gives to outgoing connections, which could take it before its server does.
            port = LOWEST_PORT + secrets.randbelow(PORTS)
            if port in self._given:
                continue
            self._given.add(port)
            with suppress(PortTakenError):
                return self._probed(port)
        port = self._probed(self._next)
        self._next += 1
        return port

    @staticmethod
    def _probed(port: int) -> int:
        with socket.socket() as probe:
            # As servers do, so that a port whose last connections are still ending is not called taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                raise PortTakenError(
                    f"port {port} cannot be used ({error.strerror}): choose another --port, or leave it out"
                ) from error
        return port


TIMEOUT_S = 3.0


def take_in(site: KioskSite, code: str) -> None:
    """Enrol a kiosk at the registry. Raises EnrolmentError."""
    identity = DeviceKey.at(DataFolder(site.data).device_key)
    enrol(EnrolmentCode.parse(code), identity, name=site.gate).save(site.data)


def start(site: KioskSite, programs: Programs) -> None:
    """Start its carrier and its door."""
    settings = ["--settings", str(site.settings)]
    for name, arguments in (("carrier", ["sync", "run"]), ("door", ["kiosk", "run"])):
        command = [*JIANMEN, *arguments, *settings]
        programs.start(f"{site.gate} {name}", command, piped=False, folder=Path.cwd())


def not_ready(sites: Sequence[KioskSite], log: str, roster: Point) -> dict[str, str]:
    """The kiosks that cannot answer for everybody yet, and what they wait for. `roster` is the point of the registry's
    `log` that they must have received."""
    waits = {site.gate: _waits_for(site, log, roster) for site in sites}
    return {gate: why for gate, why in waits.items() if why}


def _waits_for(site: KioskSite, log: str, roster: Point) -> str:
    try:
        answer = requests.get(f"{site.screen}status.json", timeout=TIMEOUT_S)
        answer.raise_for_status()
        status = answer.json()
    except (requests.RequestException, ValueError):
        return "the door to start"
    if status["state"] != "working":
        return (
            f"the door, which says: {status.get('cause') or status.get('says') or status['state']}"
        )
    if not status["clock"]["sure"]:
        return "a trusted time"
    return "" if _stored_entries(site, log) >= roster[0] else "the roster"


def _stored_entries(site: KioskSite, log: str) -> int:
    """How many entries of the registry's log it has received."""
    try:
        replica = ReplicaReader.at(DataFolder(site.data).replica)
    except sqlite3.OperationalError:
        return 0
    try:
        return max((seq for seq, _ in replica.tips(log)), default=0)
    finally:
        replica.close()
