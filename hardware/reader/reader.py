"""The door's view of its camera: readings, hints and states out of a process that can be killed."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Self

import msgspec

from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings, Symbol, every_code
from hardware.ports.events import CameraState, Hint, Preview, Reading, ScannerState, ShowOne
from hardware.reader.messages import (
    MAX_MESSAGE,
    PREVIEW,
    Beat,
    Ended,
    Failed,
    Hinted,
    Job,
    Message,
    decode_message,
    encode,
)
from hardware.reader.opencv_settings import OPENCV_SETTINGS
from hardware.system.backoff import Backoff

__all__ = ["CameraState", "Event", "Hint", "Reader", "Reading", "ScannerState", "ShowOne"]

Event = Reading | Hint | ShowOne | CameraState

log = logging.getLogger(__name__)

STARTING_MS = 30_000
"""How long a new process may take to its first message: importing the picture library on a cold card."""

STALE_MS = 2_000
"""A reading that waited longer than this is dropped: its person may be gone."""

PREVIEW_MS = 1_000
"""An older preview is dropped: its person may be gone."""

CLOSE_S = 2.0
"""How long a process may take to end by itself before it is killed."""


class Reader:
    """A camera with its decoder, in a child process.

    Call `next` without pause: it also supervises the child. A child that dies, or falls
    silent for longer than it promised, is killed and started again, at first at once and then with
    pauses up to ten seconds. Not for use from two threads at a time, except `close`.

    `badge_like` returns whether a text looks like a badge (for several codes in view); it must be a
    function at the top level of a module, because the child imports it by name.
    """

    def __init__(
        self,
        camera: CameraSettings,
        decoder: DecoderSettings | None = None,
        badge_like: Callable[[str], bool] = every_code,
    ) -> None:
        self._settings = Job(camera, decoder or DecoderSettings(), _name_of(badge_like))
        self._job = self._wanted = encode(self._settings)
        self._backoff = Backoff(first_s=0.25, most_s=10.0)
        self._pipe: Connection | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._preview: Preview | None = None
        self._silent_at = 0.0
        self._start_at = 0.0
        self._finished = False
        self._start()

    @property
    def alive(self) -> bool:
        """Whether a child runs and its next message is not overdue."""
        running = self._child is not None and self._child.poll() is None
        return running and time.monotonic() < self._silent_at

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._child.pid if self._child is not None else None

    def read_also(self, symbols: tuple[Symbol, ...]) -> None:
        """Read these symbols too from now on, besides QR codes and the symbols of the settings.

        Callable from any thread; a child without them is replaced at the next call of `next`.
        """
        wanted = tuple(dict.fromkeys((*self._settings.decoder.symbols, *symbols)))
        decoder = dataclasses.replace(self._settings.decoder, symbols=wanted)
        job = encode(msgspec.structs.replace(self._settings, decoder=decoder))
        if job != self._wanted:
            self._wanted = job

    def want_preview(self) -> None:
        """Have the camera's picture in `preview` for the next three seconds. From any thread."""
        pipe = self._pipe
        if pipe is not None:
            with contextlib.suppress(OSError):  # the child is just ending; `next` sees to it
                pipe.send_bytes(PREVIEW)

    @property
    def preview(self) -> Preview | None:
        """The newest requested picture, or None if there is none from the last second."""
        newest = self._preview
        if newest is None or time.monotonic() * 1000 - newest.taken_ms > PREVIEW_MS:
            return None
        return newest

    def next(self, timeout: float) -> Event | None:
        """The next event, or None when `timeout` seconds pass without one."""
        deadline = time.monotonic() + timeout
        while True:
            if self._job is not self._wanted:
                self._restart()
            if self._pipe is None:
                if self._finished or self._start_at >= deadline:
                    _sleep_until(deadline)
                    return None
                _sleep_until(self._start_at)
                self._start()
            event = self._hear(min(deadline, self._silent_at))
            if event is not None:
                return event
            if time.monotonic() >= deadline:
                return None

    def close(self) -> None:
        """End the child. Safe to repeat; afterwards `next` only waits."""
        self._finished = True
        self._end(wait_s=CLOSE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(entry for entry in sys.path if entry)
        with theirs:
            # A process group of its own: Ctrl-C in a terminal reaches the door, which ends the child.
            self._child = subprocess.Popen(
                [sys.executable, "-m", "hardware.reader.process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **OPENCV_SETTINGS, "PYTHONPATH": path},
                process_group=0,
            )
        pipe = Connection(ours.detach())
        self._silent_at = time.monotonic() + STARTING_MS / 1000
        try:
            pipe.send_bytes(self._job)  # before anybody can ask for a preview: the job comes first
        except OSError:
            log.warning("the camera process ended before it got its job")
        self._pipe = pipe

    def _hear(self, until: float) -> Event | None:
        """The next event before `until` (monotonic seconds); beats and stale readings are dropped."""
        pipe = self._pipe
        while pipe is not None:
            try:
                if not pipe.poll(max(0.0, until - time.monotonic())):
                    break
                message = decode_message(pipe.recv_bytes(MAX_MESSAGE))
            except (EOFError, OSError):
                return self._fell(_ending(self._child))
            except msgspec.MsgspecError as error:
                return self._fell(f"the camera process talks nonsense: {error}")
            event = self._understood(message)
            if event is not None:
                return event
            pipe = self._pipe
        if self._pipe is not None and time.monotonic() >= self._silent_at:
            return self._fell("the camera process hangs and was ended")
        return None

    def _understood(self, message: Message) -> Event | None:
        match message:
            case Beat(next_within_ms=promise):
                self._silent_at = time.monotonic() + promise / 1000
                return None
            case Hinted(hint=hint):
                return hint
            case Preview():
                self._preview = message
                return None
            case Ended(why=why) | Failed(why=why):
                self.close()
                return CameraState(working=False, why=why)
            case Reading(taken_ms=taken) | ShowOne(taken_ms=taken):
                return message if time.monotonic() * 1000 - taken < STALE_MS else None
            case CameraState(working=working):
                if working:
                    self._backoff.reset()
                return message

    def _restart(self) -> None:
        """End the child, which has another job, and let the next one start at once."""
        self._job = self._wanted
        if self._child is not None:
            self._end(wait_s=0)
            self._start_at = time.monotonic()

    def _fell(self, why: str) -> CameraState:
        """End a child that is gone or useless, and schedule the next one."""
        log.warning("%s; starting another", why)
        self._end(wait_s=0)
        self._start_at = time.monotonic() + self._backoff.next_s()
        return CameraState(working=False, why=why)

    def _end(self, wait_s: float) -> None:
        pipe, self._pipe = self._pipe, None
        child, self._child = self._child, None
        if pipe is not None:
            pipe.close()
        if child is not None:
            try:
                child.wait(wait_s)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _name_of(function: Callable[[str], bool]) -> str:
    module, name = function.__module__, function.__qualname__
    if "." in name or "<" in name or module == "__main__":
        raise ValueError(
            f"badge_like is {module}.{name}; use a function at the top level of a module, because the"
            " camera process imports it by name"
        )
    return f"{module}:{name}"


def _ending(child: subprocess.Popen[bytes] | None) -> str:
    if child is None:
        return "the camera process was closed"
    try:
        code = child.wait(CLOSE_S)
    except subprocess.TimeoutExpired:
        return "the camera process stopped talking"
    return f"the camera process ended with {'signal' if code < 0 else 'code'} {abs(code)}"


def _sleep_until(when: float) -> None:
    time.sleep(max(0.0, when - time.monotonic()))
