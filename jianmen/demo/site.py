"""Where the demo's kiosks stand, and their folders, ports and settings."""

import socket
from dataclasses import dataclass
from pathlib import Path

from jianmen.demo.errors import PortTakenError
from jianmen.demo.pictures import SIZE

SEMINAR = "industrialisation"
"""The session that is open during the demo."""

GATES = ("chengdu-main-1", "chengdu-room-a-1", "chengdu-exit", "meishan-main-1", "mianyang-main-1")

CAMERA_GATE = "chengdu-main-1"
"""The gate that a real camera is put at; the simulated people of that entrance go to the next."""

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

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def spool(self) -> Path:
        """Where the pictures of its simulated camera go."""
        return self.folder / "spool"

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
        )

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


class Ports:
    """Hands out ports of the loopback: free ones, or one after the other from a first."""

    def __init__(self, first: int | None) -> None:
        self._next = first

    def take(self) -> int:
        """Raises PortTakenError where the port that is next is taken."""
        with socket.socket() as probe:
            # As servers do, so that a port whose last connections are still ending is not called taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, self._next or 0))
            except OSError as error:
                raise PortTakenError(
                    f"port {self._next} cannot be used ({error.strerror}): choose another --port, or leave it out"
                ) from error
            port: int = probe.getsockname()[1]
        if self._next is not None:
            self._next += 1
        return port
