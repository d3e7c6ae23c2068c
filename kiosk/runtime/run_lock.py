"""Marks that a door runs on a data folder: there is one writer, and the next start knows how the last one ended."""

import fcntl
import logging
import os
from pathlib import Path

FILE = "door.running"

log = logging.getLogger(__name__)


class AlreadyRunningError(Exception):
    """Another door process has this data folder."""


class RunningMark:
    """A lock on the data folder while the door runs. The folder itself is locked, which needs no write."""

    def __init__(self, data: Path) -> None:
        """Raises AlreadyRunningError, or OSError where the folder cannot be looked into."""
        self._path = data / FILE
        self._folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._crashed: bool | None = None
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._folder)
            raise AlreadyRunningError(
                f"another door is running on {data}: stop it first, or give this one a folder of its own"
            ) from None

    def begin(self) -> bool:
        """Write that the door runs; return whether the last one ended without writing that it stopped.

        The same answer each time. Raises OSError where the file cannot be written; then nothing was changed.
        """
        if self._crashed is None:
            self._crashed = self._write(b"1") == b"1"
        return self._crashed

    def close(self, *, cleanly: bool) -> None:
        """Release the folder; `cleanly`: the door stopped because it was asked to."""
        try:
            if cleanly and self._crashed is not None:
                self._write(b"0")
        except OSError as error:
            log.warning("the next start will take this one for a crash: %s", error)
        finally:
            os.close(self._folder)

    def _write(self, state: bytes) -> bytes:
        """Replace the written state; return the one before."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            before = os.pread(file, 1, 0)
            os.pwrite(file, state, 0)
        finally:
            os.close(file)
        return before


def why_started(crashed: bool, boot_id: str, last_boot_id: str) -> str:
    """Why a door starts, for its log: "first start" (there is no last boot id), "power", "crash" or "restart"."""
    if not last_boot_id:
        return "first start"
    if last_boot_id != boot_id:
        return "power"
    return "crash" if crashed else "restart"
