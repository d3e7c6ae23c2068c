"""The scanner port: hand-held and built-in barcode scanners on USB.

A scanner sends what it read and then Enter. Around the payload it may put marks of its own; those are
taken off here and nowhere else. Spaces and letter case belong to the payload (base45 contains the
space) and are never touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from hardware.ports.events import Reading, ScannerState

ScannerEvent = Reading | ScannerState

MARKS = re.compile(
    r"""
    ^(?:\][A-Za-z][0-9A-Za-z])?   # AIM symbology identifier, such as ]Q1 (ISO/IEC 15424)
    (?:\\[0-9]{6})*               # ECI designators, such as \000026 for UTF-8 (AIM ITS/04-023)
    """,
    re.VERBOSE,
)

CONTROLS = dict.fromkeys((*range(32), *range(127, 160)))
"""C0 and C1 control characters and DEL: framing of the scanner's, never part of a badge."""


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """Which scanner."""

    adapter: str = "serial"
    """`serial`, `keyboard` or `simulated`."""
    device: str = ""
    """serial: /dev/serial/by-id/…; keyboard: /dev/input/by-id/…-event-kbd; simulated: a FIFO."""
    baud: int = 9600
    """serial: ignored by scanners that only pretend to be a serial port."""
    prefix: str = ""
    suffix: str = ""
    """What the scanner is set to put before and after each code, such as `#` and `*`."""


class Scanner(Protocol):
    """One scanner, which may come and go.

    Constructing it never raises for an absent device: `next` reports when it comes and goes.
    """

    def next(self, timeout: float) -> ScannerEvent | None:
        """The next code or change of state, or None when `timeout` seconds pass without one. Opens
        the device again by itself, with pauses that grow."""

    def close(self) -> None:
        """Give the device back. Safe to repeat; never raises."""


def without_noise(text: str, prefix: str = "", suffix: str = "") -> str:
    """A scan without the scanner's own marks and control characters.

    `prefix` may stand before the scanner's symbology identifier or behind it.
    """
    text = text.translate(CONTROLS)
    inner = text.removeprefix(prefix)
    plain = MARKS.sub("", inner, count=1)
    if inner == text:
        plain = plain.removeprefix(prefix)
    return plain.removesuffix(suffix)
