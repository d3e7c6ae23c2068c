"""USB cameras (and any V4L2 device) through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from hardware.files.picture_file import to_gray
from hardware.ports.camera import CameraSettings, Frame
from hardware.ports.errors import CameraLost

GOOD_FRAMES = 3
"""Pictures before a camera counts as open: `isOpened` is true for devices that never give one."""

TRIES = 10
"""Reads in which the first good pictures must come; some cameras start with a few empty ones."""

OpenCapture = Callable[[str], Any]
"""Opens a device and gives an object like `cv2.VideoCapture`."""


class UsbCamera:
    """One V4L2 device, by number or by path.

    A path such as /dev/v4l/by-id/… names the same camera after every reboot; numbers do not. The
    driver keeps at most one old picture, and that one is thrown away whenever the last picture took
    longer to decode than the camera takes for the next. A camera that falls silent is given up after the
    time in `hardware.reader.opencv_settings`. Once unplugged a device never recovers:
    close this object and open a new one, which sets everything up again.
    """

    def __init__(self, settings: CameraSettings, open_capture: OpenCapture | None = None) -> None:
        self._device = settings.device
        self._pause = 1 / settings.frames_per_s
        self._capture = (open_capture or _open_v4l2)(settings.device)
        try:
            self._set_up(settings)
            self._require_good_frames()
        except CameraLost:
            self.close()
            raise
        self._last_read = time.monotonic()

    def read(self) -> Frame:
        """The newest picture. Raises `CameraLost` when the device stops giving pictures."""
        if time.monotonic() - self._last_read > 1.5 * self._pause:
            self._capture.grab()
        good, picture = self._capture.read()
        self._last_read = time.monotonic()
        if not good or picture is None:
            raise CameraLost(
                f"the camera {self._device} stopped giving pictures; is it plugged in?"
            )
        return Frame(to_gray(picture), int(self._last_read * 1000))

    def close(self) -> None:
        self._capture.release()

    def _set_up(self, settings: CameraSettings) -> None:
        if not self._capture.isOpened():
            raise CameraLost(
                f"there is no camera at {self._device}; see `ls /dev/v4l/by-id` for those there are"
            )
        # MJPG before the size: most cameras fall to a few frames a second in raw colour at 720p.
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        self._capture.set(cv2.CAP_PROP_FPS, settings.frames_per_s)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def _require_good_frames(self) -> None:
        good = 0
        for _ in range(TRIES):
            good += bool(self._capture.read()[0])
            if good == GOOD_FRAMES:
                return
        raise CameraLost(f"the camera {self._device} opens but gives no pictures")


def device_now(device: str, folder: Path = Path("/dev")) -> str:
    """Where a camera is that the settings call by its number: plugged in again it may have got another one. Where the
    only camera with a name of its own is another device, that is it."""
    if not device.isdecimal() or (folder / f"video{device}").exists():
        return device
    named = sorted((folder / "v4l" / "by-id").glob("*-video-index0"))
    return str(named[0]) if len(named) == 1 else device


def _open_v4l2(device: str) -> Any:
    device = device_now(device)
    return cv2.VideoCapture(int(device) if device.isdecimal() else device, cv2.CAP_V4L2)
