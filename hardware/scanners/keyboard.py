"""Scanners that pretend to be a keyboard, read from the kernel's event device (evdev).

The device is grabbed, so that neither the browser nor a console sees what is scanned, and key codes
are translated here as on a US keyboard: the layout of the machine does not matter. Formats and
numbers are those of linux/input.h and linux/input-event-codes.h.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
import struct
from collections.abc import Iterator

from hardware.ports.errors import ScannerLost
from hardware.ports.scanner import ScannerSettings
from hardware.scanners.lines import CANCEL

EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int)."""

EVENT = struct.Struct("llHHi")
"""struct input_event on 64-bit: seconds, microseconds, type, code, value."""

EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
RELEASED, PRESSED = 0, 1
"""Values of a key event; 2 is autorepeat."""

SHIFTS = frozenset({42, 54})
CAPS_LOCK = 58
ENDS = frozenset({15, 28, 96})
"""Tab, Enter, Enter on the keypad."""

PLAIN: dict[int, str] = {
    **dict(zip(range(2, 14), "1234567890-=", strict=True)),
    **dict(zip(range(16, 28), "qwertyuiop[]", strict=True)),
    **dict(zip(range(30, 42), "asdfghjkl;'`", strict=True)),
    **dict(zip(range(43, 54), "\\zxcvbnm,./", strict=True)),
    57: " ",
}
SHIFTED: dict[int, str] = {
    **dict(zip(range(2, 14), "!@#$%^&*()_+", strict=True)),
    **dict(zip(range(16, 28), "QWERTYUIOP{}", strict=True)),
    **dict(zip(range(30, 42), 'ASDFGHJKL:"~', strict=True)),
    **dict(zip(range(43, 54), "|ZXCVBNM<>?", strict=True)),
    57: " ",
}
KEYPAD: dict[int, str] = {
    55: "*",
    **dict(zip(range(71, 84), "789-456+1230.", strict=True)),
    98: "/",
}


class KeyDecoder:
    """Turns key events into characters: shift and caps lock are remembered, autorepeat is not a key."""

    def __init__(self) -> None:
        self._shifts: set[int] = set()
        self._caps = False

    def feed(self, kind: int, code: int, value: int) -> bytes:
        """The bytes that one event stands for, mostly none; LF for a key that ends a code."""
        if kind == EV_SYN and code == SYN_DROPPED:
            self._shifts.clear()
            return bytes([CANCEL])
        if kind != EV_KEY:
            return b""
        if code in SHIFTS:
            (self._shifts.discard if value == RELEASED else self._shifts.add)(code)
        if value != PRESSED:
            return b""
        if code == CAPS_LOCK:
            self._caps = not self._caps
        if code in ENDS:
            return b"\n"
        return self._character(code).encode("ascii")

    def _character(self, code: int) -> str:
        if code in KEYPAD:
            return KEYPAD[code]
        plain = PLAIN.get(code, "")
        shifted = bool(self._shifts) != (self._caps and plain.isalpha())
        return SHIFTED.get(code, "") if shifted else plain


class KeyboardDevice:
    """See `hardware.scanners.lines.ScannerDevice`.

    `device` is /dev/input/by-id/…-event-kbd; give the service rights to this one device and not to
    the group input, which reads every keyboard.
    """

    name = "keyboard"

    def __init__(self, settings: ScannerSettings) -> None:
        self._path = settings.device
        self._fd: int | None = None
        self._keys = KeyDecoder()
        self._rest = b""

    def open(self) -> None:
        try:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            if stat.S_ISCHR(os.fstat(self._fd).st_mode):  # a FIFO stands in for it in simulations
                fcntl.ioctl(self._fd, EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            raise ScannerLost(f"no scanner at {self._path!r}: {error.strerror}") from error
        self._keys = KeyDecoder()
        self._rest = b""

    def read(self, timeout: float) -> bytes:
        if self._fd is None:
            raise ScannerLost(f"the scanner {self._path} is not open")
        try:
            if not select.select([self._fd], [], [], timeout)[0]:
                return b""
            data = os.read(self._fd, 64 * EVENT.size)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise ScannerLost(f"the scanner {self._path} is gone: {error.strerror}") from error
        if not data:
            raise ScannerLost(f"the scanner {self._path} is gone; is it plugged in?")
        return b"".join(self._keys.feed(*event) for event in self._events(data))

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)  # also ends the grab

    def _events(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            yield kind, code, value
