"""A scanner that is a FIFO: whatever is written to it has been scanned.

printf 'JABC…\\r' > /run/jianmen/scanner
"""

from __future__ import annotations

import os
import select
from pathlib import Path

from hardware.ports.errors import ScannerLost
from hardware.ports.scanner import ScannerSettings
from hardware.scanners.keyboard import (
    EV_KEY,
    EV_SYN,
    EVENT,
    PLAIN,
    PRESSED,
    RELEASED,
    SHIFTED,
)

SHIFT_KEY = 42
ENTER_KEY = 28


class SimulatedDevice:
    """See `hardware.scanners.lines.ScannerDevice`. Removing the FIFO is pulling the plug."""

    name = "simulated"

    def __init__(self, settings: ScannerSettings) -> None:
        self._path = Path(settings.device)
        self._fd: int | None = None

    def open(self) -> None:
        if not self._path.is_fifo():
            raise ScannerLost(f"there is no FIFO at {self._path}; make one with mkfifo")
        try:
            # Open for writing as well: then the end of one writer is not the end of the file.
            self._fd = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise ScannerLost(f"cannot open {self._path}: {error.strerror}") from error

    def read(self, timeout: float) -> bytes:
        if self._fd is None or not self._path.is_fifo():
            raise ScannerLost(f"the simulated scanner {self._path} is gone")
        ready = select.select([self._fd], [], [], min(timeout, 0.5))[0]
        return os.read(self._fd, 4096) if ready else b""

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def typed(text: str) -> bytes:
    """The events of a keyboard scanner that types `text` and Enter, as the kernel would send them.

    Only what a US keyboard can type; raises `KeyError` for anything else.
    """
    plain = {character: code for code, character in PLAIN.items()}
    shifted = {character: code for code, character in SHIFTED.items() if character not in plain}
    events: list[tuple[int, int]] = []
    for character in text:
        if character in plain:
            events += [(plain[character], PRESSED), (plain[character], RELEASED)]
        else:
            code = shifted[character]
            events += [(SHIFT_KEY, PRESSED), (code, PRESSED)]
            events += [(code, RELEASED), (SHIFT_KEY, RELEASED)]
    events += [(ENTER_KEY, PRESSED), (ENTER_KEY, RELEASED)]
    report = EVENT.pack(0, 0, EV_SYN, 0, 0)
    return b"".join(EVENT.pack(0, 0, EV_KEY, code, value) + report for code, value in events)
