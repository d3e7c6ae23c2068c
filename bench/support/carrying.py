"""A kiosk's carrier as it runs on the device: a process of its own, `jianmen sync run`, on a folder."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from sync.enrolment.record import Enrolment
from sync.store.data_folder import DataFolder
from sync.wire.device_key import DeviceKey

_COMMAND = "from jianmen.cli.main import main; main(prog_name='jianmen')"
_IDLE = "import jianmen.cli.sync; print('up', flush=True); import sys; sys.stdin.read()"
_GOES_WITHIN_S = 30


class Process:
    """A Python process. `said` is the file that it writes its messages to."""

    def __init__(self, arguments: list[str], said: Path) -> None:
        self._said = said
        with said.open("ab") as words:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
            )

    def check(self) -> None:
        """Raises RuntimeError, with its last words, where it has ended."""
        if self._process.poll() is not None:
            words = self._said.read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"the process ended by itself: {''.join(words) or 'without a word'}")

    def wait_for_line(self) -> None:
        """Wait until it has written a line. Raises RuntimeError where it ends without one."""
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            self._process.wait()
            self.check()

    def resident_bytes(self) -> int:
        """The most memory that it has had resident so far, as the kernel counts it (Linux, proc(5): VmHWM)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(found.split()[1]) * 1024

    def kill(self) -> None:
        """At once, as when its plug is pulled. Safe to repeat."""
        self._process.kill()
        self._gone()

    def stop(self) -> None:
        """As a service manager would. Safe to repeat."""
        self._process.terminate()
        self._gone()

    def _gone(self) -> None:
        try:
            self._process.wait(_GOES_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class KioskFolder:
    """What the carrier finds on its device: key, enrolment, settings."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.identity = DeviceKey.at(DataFolder(folder).device_key)
        self.port = _free_port()
        self._settings = folder / "kiosk.toml"
        self._settings.write_text(
            f"[kiosk]\ndata = {json.dumps(str(folder))}\n"
            f'lan_host = "127.0.0.1"\nlan_port = {self.port}\nmdns = false\n'
        )

    @property
    def replica(self) -> Path:
        return DataFolder(self.folder).replica

    def enrolled(self, enrolment: Enrolment) -> None:
        """The registry has taken it in."""
        enrolment.save(self.folder)

    def carry(self) -> Process:
        """Start its carrier."""
        arguments = ["-c", _COMMAND, "sync", "run", "--settings", str(self._settings)]
        return Process(arguments, self.folder / "carrier.log")

    def idle(self) -> Process:
        """A process that has loaded what a carrier loads, and does nothing."""
        process = Process(["-c", _IDLE], self.folder / "idle.log")
        process.wait_for_line()
        return process


def _free_port() -> int:
    """One that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
