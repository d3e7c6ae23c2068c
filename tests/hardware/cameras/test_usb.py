from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from hardware.cameras.usb import UsbCamera
from hardware.ports.camera import CameraSettings
from hardware.ports.errors import CameraLost

COLOUR = np.full((48, 64, 3), 128, np.uint8)


class Capture:
    """A V4L2 device as OpenCV shows it: opens or not, and gives pictures from a script."""

    def __init__(self, script: Iterator[bool], *, opens: bool = True) -> None:
        self.script = script
        self.opens = opens
        self.settings: list[int] = []
        self.released = False

    def isOpened(self) -> bool:  # noqa: N802 -- OpenCV's name
        return self.opens

    def set(self, what: int, value: float) -> bool:
        self.settings.append(what)
        return True

    def grab(self) -> bool:
        return True

    def read(self) -> tuple[bool, Any]:
        return (True, COLOUR) if next(self.script, False) else (False, None)

    def release(self) -> None:
        self.released = True


def camera_on(capture: Capture) -> UsbCamera:
    return UsbCamera(CameraSettings(device="/dev/v4l/by-id/cam"), lambda device: capture)


def test_frames_are_gray_with_their_time() -> None:
    camera = camera_on(Capture(iter([True] * 9)))

    first, second = camera.read(), camera.read()

    assert first.gray.shape == (48, 64)
    assert int(first.gray[0, 0]) == 128
    assert second.taken_ms >= first.taken_ms


def test_a_device_that_opens_but_never_gives_a_picture_is_no_camera() -> None:
    capture = Capture(iter([True, False] * 2))

    with pytest.raises(CameraLost, match="gives no pictures"):
        camera_on(capture)
    assert capture.released


def test_a_missing_device_is_named_with_where_to_look() -> None:
    with pytest.raises(CameraLost, match="/dev/v4l/by-id/cam; see `ls /dev/v4l/by-id`"):
        camera_on(Capture(iter([]), opens=False))


def test_a_camera_pulled_out_is_lost_and_a_new_one_is_set_up_in_full() -> None:
    camera = camera_on(Capture(iter([True] * 4)))
    camera.read()

    with pytest.raises(CameraLost, match="is it plugged in"):
        camera.read()
    camera.close()
    camera.close()

    again = Capture(iter([True] * 4))
    assert camera_on(again).read().gray.shape == (48, 64)
    assert again.settings[0] == cv2.CAP_PROP_FOURCC  # before the size, or the rate drops
    assert cv2.CAP_PROP_BUFFERSIZE in again.settings


def test_no_camera_at_a_real_but_absent_device() -> None:
    with pytest.raises(CameraLost):
        UsbCamera(CameraSettings(device="/dev/no-such-camera"))
