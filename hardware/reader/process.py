"""The reader process: one camera, one decoder, and a pipe to the door.

Capture can block for ever and a C library can abort on a crafted code; here neither harms the door,
which kills this process when it falls silent and starts another. No frame leaves it.
Started by `hardware.reader.reader.Reader` as `python -m hardware.reader.process FD`.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from hardware.decoding.cascade import Unread, unread_codes
from hardware.decoding.joining import Joiner
from hardware.ports.camera import Camera, CameraSettings, Frame
from hardware.ports.decoder import Code, Corners, Decoder, Several, Sight, area, choose
from hardware.ports.errors import (
    AdapterMissing,
    CameraLost,
    PictureError,
    PicturesEnded,
    UnknownAdapter,
)
from hardware.ports.events import MAX_TEXT, CameraState, Reading, ShowOne
from hardware.reader.factory import make_live, open_camera
from hardware.reader.hints import hint_for
from hardware.reader.load import Load
from hardware.reader.messages import (
    MAX_MESSAGE,
    PREVIEW,
    Beat,
    Ended,
    Failed,
    Hinted,
    Message,
    decode_job,
    encode,
)
from hardware.reader.motion_gate import MotionGate
from hardware.reader.preview import PreviewMaker
from hardware.reader.rate_limit import Pace
from hardware.reader.standstill import Standstill
from hardware.system.backoff import Backoff

log = logging.getLogger("hardware.reader.process")

BEAT_S = 0.5
"""How often the process reports that it is alive."""

SILENCE_MS = 5_000
"""Longest silence while frames come: the driver's own time limit is two seconds."""

OPENING_MS = 75_000
"""Longest silence while a camera is opened: setting up a misbehaving one can take a minute."""

NO_FRAME_S = 4.0
"""A camera that gives no frame for so long is closed and opened again."""

FROZEN = "the camera has given one and the same picture for a minute: is its lens covered? Else plug it in anew"

SAME_TEXT_MS = 200
"""A code that stays in view is reported five times a second."""

HINT_MS = 500
"""Hints and "show one" are reported at most twice a second."""

SHOW_ONE_MS = 600
"""For so long after two badges were seen neither is read: the other one may only have blurred."""

FAILURES_IN_A_ROW = 50
"""After so many frames that a decoder failed on, without one that went well, the process ends and a new one begins."""


class ReaderLoop:
    """Turns frames into messages. `step` handles one frame, so that a test can call it without a process."""

    def __init__(
        self,
        decoder: Decoder,
        badge_like: Callable[[str], bool],
        send: Callable[[Message], None],
        joiner: Joiner | None = None,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._decoder = decoder
        self._joiner = joiner
        self._load = Load(now)
        self._badge_like = badge_like
        self._send = send
        self._gate = MotionGate()
        self._texts = Pace(SAME_TEXT_MS)
        self._hints = Pace(HINT_MS)
        self._one_from = 0
        self._failures = 0
        self.previews = PreviewMaker()

    def step(self, frame: Frame) -> None:
        """Decode one frame if it is due, and send the result. What a decoder raises is raised on only after
        FAILURES_IN_A_ROW frames: nobody makes a door blind by holding up what one of them fails on."""
        with self._load.of(frame.taken_ms):
            self._step(frame)

    def _step(self, frame: Frame) -> None:
        sight = self._examined(frame)
        if sight is None:
            self._forget()
            self._show(frame, None)
            return
        self._report(frame, sight)  # answers come first
        outlines = [*(code.corners for code in sight.codes), *sight.unreadable]
        self._show(frame, max(outlines, key=area, default=None))

    def _report(self, frame: Frame, sight: Sight) -> None:
        """Send what is to be said of this sight."""
        now = frame.taken_ms
        if sight.codes or sight.unreadable:
            self._gate.keep_open()
        height, width = frame.gray.shape
        match choose(sight.codes, (height, width), self._badge_like):
            case Code() as code:
                if now >= self._one_from and self._texts.due(code.text, now):
                    self._send(_reading(code, frame.taken_ms))
                self._hints.note("hint", now)
            case Several.SHOW_ONE:
                self._one_from = now + SHOW_ONE_MS
                if self._hints.due("show one", now):
                    self._send(ShowOne(frame.taken_ms))
            case None:
                unread = self._unread(sight)
                if unread is not None and self._hints.due("hint", now):
                    self._send(Hinted(hint_for(frame.gray, unread.corners, unread.modules)))

    def _examined(self, frame: Frame) -> Sight | None:
        """What is seen in this frame; None if it was not examined or a decoder failed on it."""
        try:
            sight = self._seen(frame)
        except Exception:  # whatever a decoder raises for a picture
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                raise
            if self._failures == 1:
                log.exception("a decoder failed on a picture, which is left out")
            return None
        self._failures = 0
        return sight

    def _unread(self, sight: Sight) -> Unread | None:
        """The code in view that cannot be read (recognised as one, or followed for long), or None."""
        if sight.unreadable:
            return max(unread_codes(sight), key=lambda unread: area(unread.corners))
        patch = self._joiner.unread_patch if self._joiner is not None else None
        return Unread(patch) if patch is not None else None

    def _seen(self, frame: Frame) -> Sight | None:
        """Return what is seen in this frame, alone or joined with the last ones; None if it was not examined."""
        if self._gate.is_open:
            # The gate has its look afterwards, and none at all where a code is read: answers come first.
            sight = self._decoder.decode(frame.gray)
            if not sight.codes:
                self._gate.passes(frame.gray)
        elif self._gate.passes(frame.gray):
            sight = self._decoder.decode(frame.gray)
        else:
            return None
        if sight.codes:
            self._forget()
        elif self._joiner is not None and self._load.allows_more:
            code = self._joiner.read(frame.gray, self._gate.changed())
            if code is not None:
                self._forget()
                return Sight((code,))
        return sight

    def _show(self, frame: Frame, corners: Corners | None) -> None:
        preview = self.previews.make(frame.gray, corners, frame.taken_ms)
        if preview is not None:
            self._send(preview)

    def _forget(self) -> None:
        if self._joiner is not None:
            self._joiner.rest()


def _reading(code: Code, taken_ms: int) -> Reading:
    text, raw = code.text[:MAX_TEXT], code.raw[:MAX_TEXT]
    return Reading(text, raw, code.decoder, round(code.ms, 2), taken_ms)


class _Watch:
    """Runs one camera after another through the loop, for as long as cameras come back."""

    def __init__(self, settings: CameraSettings, loop: ReaderLoop, send: Callable[[Message], None]):
        self._settings = settings
        self._loop = loop
        self._send = send
        self._backoff = Backoff(first_s=0.5, most_s=8.0)
        self._standstill = Standstill()

    def run(self) -> None:
        """Run until the pictures end (`PicturesEnded`) or the settings turn out to be wrong."""
        while True:
            self._send(Beat(OPENING_MS))
            try:
                camera = open_camera(self._settings)
            except CameraLost as error:
                self._pause(error)
                continue
            try:
                self._run_one(camera)
            except CameraLost as error:
                self._pause(error)
            finally:
                camera.close()

    def _run_one(self, camera: Camera) -> None:
        self._send(Beat(SILENCE_MS))
        working = False
        last_frame = beat_at = time.monotonic()
        while True:
            frame = None
            try:
                frame = camera.read()
            except PictureError as error:
                log.warning("picture left out: %s", error)
                last_frame = time.monotonic()
            now = time.monotonic()
            if now - beat_at > BEAT_S:
                self._send(Beat(SILENCE_MS))
                beat_at = now
            if frame is None:
                if now - last_frame > NO_FRAME_S:
                    raise CameraLost(f"the camera has given no picture for {NO_FRAME_S:.0f} s")
                continue
            last_frame = now
            if self._standstill.frozen(frame):
                raise CameraLost(FROZEN)
            if not working:
                working = True
                self._backoff.reset()
                self._send(CameraState(working=True))
            self._loop.step(frame)

    def _pause(self, error: CameraLost) -> None:
        """Report that the camera is gone and wait, longer each time, while still sending beats."""
        self._send(CameraState(working=False, why=str(error)))
        until = time.monotonic() + self._backoff.next_s()
        while (left := until - time.monotonic()) > 0:
            self._send(Beat(SILENCE_MS))
            time.sleep(min(left, BEAT_S))


def main(fd: int) -> int:
    """Run the job received first over the pipe `fd`. Return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    pipe = Connection(fd)
    job = decode_job(pipe.recv_bytes(MAX_MESSAGE))

    def send(message: Message) -> None:
        pipe.send_bytes(encode(message))

    try:
        decoder, joiner = make_live(job.decoder)
        loop = ReaderLoop(decoder, _function(job.badge_like), send, joiner)
        obey = threading.Thread(target=_obey_the_door, args=(pipe, loop.previews.ask), daemon=True)
        obey.start()
        _Watch(job.camera, loop, send).run()
    except PicturesEnded as ended:
        send(Ended(str(ended)))
    except (UnknownAdapter, AdapterMissing) as wrong:
        send(Failed(str(wrong)))
    except (BrokenPipeError, ConnectionResetError):
        return 0
    except Exception:
        log.exception("the reader process stops")
        return 1
    return 0


def _function(name: str) -> Callable[[str], bool]:
    module, _, function = name.partition(":")
    found: Callable[[str], bool] = getattr(importlib.import_module(module), function)
    return found


def _obey_the_door(pipe: Connection, want_preview: Callable[[], None]) -> None:
    """Handle further requests of the door; exit when the pipe closes, even if capture hangs."""
    try:
        while True:
            if pipe.recv_bytes(MAX_MESSAGE) == PREVIEW:
                want_preview()
    except (EOFError, OSError):
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
