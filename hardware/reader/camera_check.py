"""What a camera gives and how well codes read with it: measured for some seconds, for `jianmen kiosk doctor camera`.

Runs in a process of its own, because capture can block for ever. Neither a picture nor the text of a code leaves it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from functools import lru_cache
from math import sqrt
from statistics import median

import cv2
import msgspec
import numpy as np
import segno

from hardware.ports.camera import CameraSettings, Frame, Gray
from hardware.ports.decoder import Code, Corners, Decoder, DecoderSettings, area
from hardware.ports.errors import AdapterMissing, CameraLost, PictureError, PicturesEnded
from hardware.ports.events import Hint
from hardware.reader.factory import make_live, open_camera
from hardware.reader.hints import hint_for
from hardware.reader.opencv_settings import OPENCV_SETTINGS
from hardware.system.errors import HardwareError

OPENING_S = 75.0
"""A misbehaving USB camera may take a minute to be set up."""

FLAT_MODULE = 8
"""Pixels of a module where a code is laid flat to be measured."""

SATURATED = 250


class CameraReport(msgspec.Struct, frozen=True, kw_only=True):
    """Of all frames, unless it says otherwise. Shades run from 0 (black) to 255."""

    width: int
    height: int
    frames: int
    seconds: float
    same: int
    """Frames that are equal to the one before in every pixel: a camera that hangs gives nothing else."""
    shade: float
    """The mean, over the picture and over time."""
    overexposed: float
    """Part of the picture that is pure white."""
    with_code: int
    """Frames in which a code was seen, read or not."""
    read: int
    white: float | None = None
    """Shade of the paper in the codes that were seen."""
    edge: float | None = None
    """Width of the edge from black to white in the codes that were read, in modules: small is sharp."""
    smallest_px: float | None = None
    """Pixels of a module in the smallest code that was read."""
    smallest_part: float | None = None
    """Its width as a part of the picture's."""
    hints: dict[str, int] = {}
    """Frames with a code that was not read, by what would help (`hardware.ports.events.Hint`)."""
    widths: dict[int, tuple[int, int]] = {}
    """Frames with a code, by its width in percent of the picture's: in how many it was seen, and read."""


class _Job(msgspec.Struct, frozen=True):
    camera: CameraSettings
    decoder: DecoderSettings
    seconds: float


class _Failed(msgspec.Struct, frozen=True, tag=True):
    why: str


class _Done(msgspec.Struct, frozen=True, tag=True):
    report: CameraReport


class CameraCheckError(HardwareError):
    """The camera gave nothing that could be measured."""


class Measurement:
    """Frames in, a report out."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._began = self._last = time.monotonic()
        self._frames = self._same = self._with_code = self._read = 0
        self._size = (0, 0)
        self._shades: list[float] = []
        self._overexposed: list[float] = []
        self._whites: list[float] = []
        self._edges: list[float] = []
        self._smallest: tuple[float, float] | None = None
        self._hints: Counter[Hint] = Counter()
        self._seen_at: Counter[int] = Counter()
        self._read_at: Counter[int] = Counter()
        self._before: Gray | None = None

    def add(self, frame: Frame) -> None:
        gray = frame.gray
        self._last = time.monotonic()
        self._frames += 1
        self._size = (gray.shape[1], gray.shape[0])
        sparse = gray[::4, ::4]
        self._shades.append(float(sparse.mean()))
        self._overexposed.append(float((sparse >= SATURATED).mean()))
        if self._before is not None and np.array_equal(self._before, gray):
            self._same += 1
        self._before = gray
        sight = self._decoder.decode(gray)
        if sight.codes:
            self._add_code(gray, max(sight.codes, key=lambda code: area(code.corners)))
        elif sight.unreadable:
            self._with_code += 1
            corners = max(sight.unreadable, key=area)
            self._hints[hint_for(gray, corners)] += 1
            self._seen_at[_percent(corners, gray)] += 1

    def report(self) -> CameraReport:
        """Raises CameraCheckError where no frame came."""
        if not self._frames:
            raise CameraCheckError("the camera opens and gives no picture")
        smallest = self._smallest or (None, None)
        return CameraReport(
            width=self._size[0],
            height=self._size[1],
            frames=self._frames,
            seconds=round(self._last - self._began, 2),
            same=self._same,
            shade=round(median(self._shades), 1),
            overexposed=round(median(self._overexposed), 3),
            with_code=self._with_code,
            read=self._read,
            white=round(median(self._whites), 1) if self._whites else None,
            edge=round(median(self._edges), 2) if self._edges else None,
            smallest_px=smallest[0],
            smallest_part=smallest[1],
            hints={hint.value: count for hint, count in self._hints.items()},
            widths={
                width: (seen, self._read_at[width]) for width, seen in sorted(self._seen_at.items())
            },
        )

    def _add_code(self, gray: Gray, code: Code) -> None:
        self._with_code += 1
        self._read += 1
        percent = _percent(code.corners, gray)
        self._seen_at[percent] += 1
        self._read_at[percent] += 1
        modules = _modules(code.text)
        side = area(code.corners) ** 0.5
        if modules is None or side < modules:
            return
        flat = _flat(gray, code.corners, modules)
        black, white = np.percentile(flat, (5, 95))
        steps = np.hypot(*np.gradient(flat.astype(np.float32)))
        steepest = float(np.percentile(steps, 99))
        self._whites.append(float(white))
        if steepest > 0:
            self._edges.append(float(white - black) / steepest / FLAT_MODULE)
        found = (round(side / modules, 1), round(side / gray.shape[1], 3))
        if self._smallest is None or found < self._smallest:
            self._smallest = found


def _percent(corners: Corners, gray: Gray) -> int:
    part: float = sqrt(area(corners)) / gray.shape[1]
    return max(1, round(part * 100))


@lru_cache(maxsize=64)
def _modules(text: str) -> int | None:
    """How many modules wide a QR code of this text is, as badges are made; None where it is no QR code."""
    try:
        return int(segno.make_qr(text, error="m", boost_error=False).symbol_size(border=0)[0])
    except ValueError:
        return None


def _flat(gray: Gray, corners: Corners, modules: int) -> Gray:
    side = FLAT_MODULE * modules
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    warp = cv2.getPerspectiveTransform(np.asarray(corners, np.float32), square)
    return np.asarray(
        cv2.warpPerspective(gray, warp, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def measure(camera: CameraSettings, decoder: DecoderSettings, seconds: float) -> CameraReport:
    """Look through a camera for so long, in this process. Raises CameraCheckError, or what opening it raises."""
    opened = open_camera(camera)
    try:
        measurement = Measurement(make_live(decoder)[0])
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                frame = opened.read()
            except PictureError:
                continue
            except PicturesEnded:
                break
            if frame is not None:
                measurement.add(frame)
        return measurement.report()
    finally:
        opened.close()


def check_camera(camera: CameraSettings, decoder: DecoderSettings, seconds: float) -> CameraReport:
    """Look through a camera for so long, in a process that is ended where the camera hangs. Raises CameraCheckError."""
    job = msgspec.msgpack.encode(_Job(camera, decoder, seconds))
    path = os.pathsep.join(entry for entry in sys.path if entry)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "hardware.reader.camera_check"],
            input=job,
            stdout=subprocess.PIPE,
            env={**os.environ, **OPENCV_SETTINGS, "PYTHONPATH": path},
            timeout=OPENING_S + seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CameraCheckError("the camera hangs: unplug it, plug it in again") from None
    try:
        answer = msgspec.msgpack.decode(ended.stdout, type=_Done | _Failed)
    except msgspec.MsgspecError:
        raise CameraCheckError(f"the camera's process ended with code {ended.returncode}") from None
    if isinstance(answer, _Failed):
        raise CameraCheckError(answer.why)
    return answer.report


def main() -> int:
    """The job comes over standard input, the report goes to standard output."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Job)
    answer: _Done | _Failed
    try:
        answer = _Done(measure(job.camera, job.decoder, job.seconds))
    except (CameraCheckError, CameraLost, AdapterMissing) as error:
        answer = _Failed(str(error))
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
