"""Marks that a door runs on a data folder: there is one writer, and the next start knows how the last one ended."""

import fcntl
import os
from pathlib import Path

FILE = "door.running"


class AlreadyRunningError(Exception):
    """Another door process has this data folder."""


class RunningMark:
    """Held while the door runs. `crashed`: the last holder did not say that it stopped."""

    def __init__(self, data: Path) -> None:
        """Raises AlreadyRunningError, or OSError where the file cannot be made."""
        self._file = os.open(data / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise AlreadyRunningError(
                f"another door is running on {data}: stop it first, or give this one a folder of its own"
            ) from None
        self.crashed = os.read(self._file, 1) == b"1"
        self._write(b"1")

    def close(self, *, cleanly: bool) -> None:
        """Let the folder go; `cleanly`: the door was told to stop, and did."""
        if cleanly:
            self._write(b"0")
        os.close(self._file)

    def _write(self, state: bytes) -> None:
        os.pwrite(self._file, state, 0)


def why_started(crashed: bool, boot_id: str, last_boot_id: str | None) -> str:
    """Why a door starts, as its log says: "first start", "power", "crash" or "restart"."""
    if last_boot_id is None:
        return "first start"
    if last_boot_id != boot_id:
        return "power"
    return "crash" if crashed else "restart"
