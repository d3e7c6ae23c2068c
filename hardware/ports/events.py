"""Events from a camera or a scanner to the door.

These are the messages of the pipe between the reader process and the door, so they are plain data
(MessagePack by msgspec): a decoder that was taken over by a crafted picture can send nothing else.
"""

from __future__ import annotations

from enum import Enum

import msgspec

MAX_TEXT = 4296
"""Characters: the most a QR code holds in alphanumeric mode (ISO/IEC 18004, version 40-L)."""


class Hint(Enum):
    """A code is in view and cannot be read: what the person holding it can do."""

    HOLD_STILL = "hold_still"
    """It is blurred, or nothing else is to be seen that would explain it."""
    COME_CLOSER = "come_closer"
    FURTHER_AWAY = "further_away"
    """Too near: out of focus, or partly outside the picture."""
    HOLD_STRAIGHT = "hold_straight"
    """Tilted so far that its modules run into each other."""
    TOO_DARK = "too_dark"
    """There is not enough light on it, nor in the room."""
    TURN_FROM_LIGHT = "turn_from_light"
    """A lamp is mirrored in it."""
    BRIGHTER_PHONE = "brighter_phone"
    """A screen that is much darker than the room."""


class Reading(msgspec.Struct, frozen=True, tag="reading"):
    """A code was read."""

    text: str
    """The payload as read, never trimmed: UTF-8 where it is valid, Latin-1 otherwise."""
    raw: bytes
    """The payload's bytes."""
    decoder: str
    """Who read it: a decoder's name, `serial` or `keyboard`."""
    ms: float
    """Milliseconds spent decoding."""
    taken_ms: int
    """When the picture was taken or the scan ended: milliseconds of `time.monotonic`."""


class ShowOne(msgspec.Struct, frozen=True, tag="show_one"):
    """Two different badges are in view side by side: ask for one."""

    taken_ms: int


class Preview(msgspec.Struct, frozen=True, tag="preview"):
    """What the camera sees, small, grey and mirrored; for the screen that asked for it. Never stored."""

    picture: bytes
    """JPEG, at most 160 pixels wide."""
    width: int
    height: int
    outline: tuple[tuple[float, float], ...]
    """Corners (x, y) of the code in the picture, in its pixels; empty where none is seen."""
    taken_ms: int


class CameraState(msgspec.Struct, frozen=True, tag="camera"):
    """The camera began to work, or stopped, and why."""

    working: bool
    why: str = ""


class ScannerState(msgspec.Struct, frozen=True, tag="scanner"):
    """The scanner began to work, or stopped, and why."""

    working: bool
    why: str = ""
