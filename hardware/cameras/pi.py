"""Raspberry Pi camera modules (CSI) through picamera2."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from hardware.ports.camera import CameraSettings, Frame, Gray
from hardware.ports.errors import AdapterMissing, CameraLost

MANUAL_FOCUS = 0
FOCUS_CONTINUOUS = 2
"""Values of libcamera's control AfMode."""


class PiCamera:
    """One CSI camera. Takes the brightness plane of a YUV stream: grey without any conversion.

    Raises `AdapterMissing` when picamera2 is not importable, which is normal off a Pi. Capture can
    block for ever when the sensor stops: run this in a process that can be killed.
    """

    def __init__(self, settings: CameraSettings) -> None:
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise AdapterMissing(
                "the camera of a Raspberry Pi needs picamera2: apt install python3-picamera2, and a"
                " virtual environment made with --system-site-packages"
            ) from error
        self._size = (settings.width, settings.height)
        try:
            self._camera: Any = Picamera2(int(settings.device))
            self._camera.configure(_configuration(self._camera, settings))
            self._camera.start()
        except (RuntimeError, IndexError, ValueError, OSError) as error:
            raise CameraLost(f"the Pi camera {settings.device} does not start: {error}") from error

    def read(self) -> Frame:
        """The newest picture. Raises `CameraLost` when the camera system reports an error."""
        try:
            planes = self._camera.capture_array("lores")
        except (RuntimeError, OSError) as error:
            raise CameraLost(f"the Pi camera stopped: {error}") from error
        return Frame(luma(planes, self._size), int(time.monotonic() * 1000))

    def close(self) -> None:
        self._camera.close()


def luma(planes: Gray, size: tuple[int, int]) -> Gray:
    """The brightness plane of a YUV420 picture.

    `planes` is (height * 3 / 2, stride): the brightness rows first, padded at the right, then the
    colour. `size` is (width, height). Returns (height, width).
    """
    width, height = size
    return np.ascontiguousarray(planes[:height, :width])


def _configuration(camera: Any, settings: CameraSettings) -> Any:
    """Controls belong into the configuration: set afterwards they are lost at the next change."""
    frame_us = 1_000_000 // settings.frames_per_s
    controls: dict[str, Any] = {"FrameDurationLimits": (frame_us, frame_us)}
    if settings.shutter_us is not None:
        controls["ExposureTime"] = settings.shutter_us
    if "AfMode" in camera.camera_controls:
        if settings.lens_position is None:
            controls["AfMode"] = FOCUS_CONTINUOUS
        else:
            controls |= {"AfMode": MANUAL_FOCUS, "LensPosition": settings.lens_position}
    size = (settings.width, settings.height)
    return camera.create_video_configuration(
        main={"size": size}, lores={"size": size, "format": "YUV420"}, controls=controls
    )
