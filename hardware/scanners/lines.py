"""A scanner that sends bytes with an end mark after each code, whatever it is plugged into."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Protocol

from hardware.ports.decoder import payload_text
from hardware.ports.errors import ScannerLost
from hardware.ports.events import MAX_TEXT, Reading, ScannerState
from hardware.ports.scanner import ScannerEvent, without_noise
from hardware.system.backoff import Backoff

log = logging.getLogger(__name__)

ENDS = b"\r\n"

CANCEL = 0x18
"""ASCII CAN: what was sent so far on this line is wrong."""

GAP_S = 0.1
"""A scanner sends a code in one go; after this much silence the rest is not coming."""


class ScannerDevice(Protocol):
    """What one kind of scanner offers to `LineScanner`: bytes, or the news that it is gone."""

    name: str
    """The name of the decoder in readings."""

    def open(self) -> None:
        """Open the device again. Raises `ScannerLost`."""

    def read(self, timeout: float) -> bytes:
        """What has come within `timeout` seconds, perhaps nothing; CR or LF ends a code. Raises
        `ScannerLost` when the device is gone."""

    def close(self) -> None:
        """Close the device. Safe to repeat; never raises."""


class LineScanner:
    """A `hardware.ports.scanner.Scanner` over any `ScannerDevice`. For use from one thread."""

    def __init__(self, device: ScannerDevice, prefix: str = "", suffix: str = "") -> None:
        """`prefix` and `suffix`: see `hardware.ports.scanner.ScannerSettings`."""
        self._device = device
        self._line = Line(prefix, suffix)
        self._backoff = Backoff(first_s=0.25, most_s=5.0)
        self._ready: deque[ScannerEvent] = deque()
        self._open = False
        self._closed = False
        self._loss_reported = False
        self._retry_at = 0.0
        self._last_byte = 0.0

    def next(self, timeout: float) -> ScannerEvent | None:
        """As `Scanner.next`. A code that is not ended within `GAP_S` is dropped."""
        deadline = time.monotonic() + timeout
        while not self._ready:
            left = deadline - time.monotonic()
            if self._open:
                self._listen(max(0.0, left))
            elif not self._closed and time.monotonic() >= self._retry_at:
                self._try_to_open()
            elif left > 0:
                pause = left if self._closed else self._retry_at - time.monotonic()
                time.sleep(max(0.0, min(left, pause)))
            if left <= 0:
                break
        return self._ready.popleft() if self._ready else None

    def close(self) -> None:
        self._closed = True
        self._open = False
        self._device.close()

    def _listen(self, timeout: float) -> None:
        try:
            data = self._device.read(min(timeout, GAP_S) if self._line else timeout)
        except ScannerLost as error:
            self._lose(error)
            return
        now = time.monotonic()
        if data:
            self._last_byte = now
        for byte in data:
            if byte not in ENDS:
                self._line.add(byte)
            elif (reading := self._line.end(self._device.name, int(now * 1000))) is not None:
                self._ready.append(reading)
        if not data and self._line and now - self._last_byte >= GAP_S:
            log.warning(
                "scan of %d characters dropped, no Enter came; set the scanner to end each code with"
                " one (suffix CR)",
                self._line.drop(),
            )

    def _try_to_open(self) -> None:
        try:
            self._device.open()
        except ScannerLost as error:
            self._lose(error)
            return
        self._open = True
        self._loss_reported = False
        self._backoff.reset()
        self._ready.append(ScannerState(working=True))

    def _lose(self, error: ScannerLost) -> None:
        self._device.close()
        self._open = False
        self._line.drop()
        self._retry_at = time.monotonic() + self._backoff.next_s()
        if not self._loss_reported:
            self._loss_reported = True
            self._ready.append(ScannerState(working=False, why=str(error)))


class Line:
    """Collects one code until its end, whatever happens on the way.

    More than `MAX_TEXT` bytes are no code, and CAN means that the device lost some: either way all of
    it is dropped, up to the next end.
    """

    def __init__(self, prefix: str = "", suffix: str = "") -> None:
        self._prefix, self._suffix = prefix, suffix
        self._bytes = bytearray()
        self._spoilt = False

    def __bool__(self) -> bool:
        return bool(self._bytes) or self._spoilt

    def add(self, byte: int) -> None:
        """One more byte of the payload."""
        if byte == CANCEL or len(self._bytes) >= MAX_TEXT:
            self._spoilt = True
        else:
            self._bytes.append(byte)

    def drop(self) -> int:
        """Forget what was collected. Returns how many bytes it was."""
        count = len(self._bytes)
        self._bytes.clear()
        self._spoilt = False
        return count

    def end(self, name: str, taken_ms: int) -> Reading | None:
        """The reading that ends here; None if it is empty after cleaning, or was dropped."""
        raw, spoilt = bytes(self._bytes), self._spoilt
        self.drop()
        if spoilt:
            return None
        text = without_noise(payload_text(raw), self._prefix, self._suffix)
        return Reading(text, raw, name, 0.0, taken_ms) if text else None
