"""A kiosk's carrier as it runs on the device: a process of its own, `jianmen sync run`, on a folder."""

import json
import os
import socket
import sys
from pathlib import Path

from jianmen.testing.processes import JIANMEN, Program, jianmen
from sync.enrolment.record import Enrolment
from sync.store.data_folder import DataFolder
from sync.transport.tls_certificate import certificate_at
from sync.wire.device_key import DeviceKey

_IDLE = "import jianmen.cli.sync; print('up', flush=True); import sys; sys.stdin.read()"


class KioskFolder:
    """What the carrier finds on its device: key, enrolment, settings."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.identity = DeviceKey.at(DataFolder(folder).device_key)
        self.port = free_port()
        self._settings = folder / "kiosk.toml"
        self._scanner = folder / "scanner"
        self._settings.write_text(
            f"[kiosk]\ndata = {json.dumps(str(folder))}\n"
            f'lan_host = "127.0.0.1"\nlan_port = {self.port}\nmdns = false\n'
        )

    @property
    def reach(self) -> tuple[str, str]:
        """The address at which its venue reaches it, and the fingerprint of its certificate."""
        return f"127.0.0.1:{self.port}", certificate_at(self.folder).fingerprint

    @property
    def replica(self) -> Path:
        return DataFolder(self.folder).replica

    def enrolled(self, enrolment: Enrolment) -> None:
        """The registry has taken it in."""
        enrolment.save(self.folder)

    def carry(self) -> Program:
        """Start its carrier."""
        arguments = [*JIANMEN, "sync", "run", "--settings", str(self._settings)]
        return Program("carrier", arguments, self.folder / "carrier.log")

    def once(self) -> None:
        """Exchange with the registry until there is nothing new, whether or not the venue's other kiosks can be
        reached. Raises RuntimeError."""
        done = jianmen("sync", "once", "--settings", str(self._settings))
        if done.returncode != 0 and "registry: " in done.stderr:
            raise RuntimeError(done.stderr)

    def open_door(self) -> tuple[Program, str]:
        """Start its door, with a scanner that `scan` speaks for; the program, and the address of its screen."""
        if not self._scanner.exists():
            os.mkfifo(self._scanner)
        arguments = [
            *JIANMEN, "kiosk", "run", "--settings", str(self._settings), "--camera", "none",
            "--scanner", f"simulated:{self._scanner}", "--port", "0",
        ]  # fmt: skip
        door = Program("door", arguments, self.folder / "door.log")
        return door, door.next_line().removeprefix("screen: ").rstrip("/")

    def scan(self, text: str) -> None:
        """A code comes from the scanner of its door."""
        with os.fdopen(os.open(self._scanner, os.O_RDWR), "wb", buffering=0) as scanner:
            scanner.write(f"{text}\n".encode())

    def idle(self) -> Program:
        """A process that has loaded what a carrier loads, and does nothing."""
        process = Program("idle", [sys.executable, "-c", _IDLE], self.folder / "idle.log")
        process.next_line()
        return process


def free_port() -> int:
    """One that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
