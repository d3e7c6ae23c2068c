"""The messages on the pipe between the door and its reader process.

The door sends one `Job`, then `PREVIEW` each time a screen wants to show what the camera sees; the reader sends
readings, hints, camera states, and beats that mean "alive, the next
message comes within so many milliseconds". Everything is MessagePack of known shapes.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings
from hardware.ports.events import CameraState, Hint, Preview, Reading, ShowOne

PREVIEW = b"preview"
"""Make previews for the next three seconds."""

MAX_MESSAGE = 256 * 1024
"""Bytes: a reading of the longest code is a twentieth of this."""


class Job(msgspec.Struct, frozen=True):
    """What a reader process is to do."""

    camera: CameraSettings
    decoder: DecoderSettings
    badge_like: str
    """`module:function` that returns whether a text looks like a badge."""


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The process lives; silence longer than this means that it hangs."""

    next_within_ms: int


class Hinted(msgspec.Struct, frozen=True, tag="hint"):
    hint: Hint


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The source has shown its last picture; the process ends by itself."""

    why: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The process cannot work as it is set up (a wrong name, a missing library); it ends by itself."""

    why: str


Message: TypeAlias = Reading | ShowOne | Preview | CameraState | Beat | Hinted | Ended | Failed

encode = msgspec.msgpack.Encoder().encode
decode_message = msgspec.msgpack.Decoder(Message).decode
decode_job = msgspec.msgpack.Decoder(Job).decode
