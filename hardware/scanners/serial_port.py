"""Scanners on a serial port (USB CDC-ACM): the bytes arrive as they were read."""

from __future__ import annotations

import select
from typing import Any

from hardware.ports.errors import AdapterMissing, ScannerLost
from hardware.ports.scanner import ScannerSettings


class SerialDevice:
    """See `hardware.scanners.lines.ScannerDevice`.

    Set the scanner to "USB virtual COM" with suffix CR. Name it by /dev/serial/by-id/…: ttyACM numbers
    change. Raises `AdapterMissing` when pyserial is not installed.
    """

    name = "serial"

    def __init__(self, settings: ScannerSettings) -> None:
        try:
            import serial
        except ImportError as error:
            raise AdapterMissing("serial scanners need the package pyserial; install it") from error
        self._serial = serial
        self._settings = settings
        self._port: Any = None

    def open(self) -> None:
        device = self._settings.device
        try:
            self._port = self._serial.Serial(device, self._settings.baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise ScannerLost(f"no scanner at {device or 'no device named'}: {error}") from error

    def read(self, timeout: float) -> bytes:
        try:
            select.select([self._port.fileno()], [], [], timeout)
            return bytes(self._port.read(self._port.in_waiting or 1))
        except (OSError, ValueError, TypeError) as error:
            # pyserial answers a vanished port with any of these, depending on where it notices.
            raise ScannerLost(
                f"the scanner {self._settings.device} is gone; is it plugged in?"
            ) from error

    def close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()
