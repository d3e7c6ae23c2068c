from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import segno

from hardware.cameras.usb import UsbCamera, device_now
from hardware.decoding.zxing import ZxingDecoder
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


def test_a_camera_that_comes_back_under_another_number_is_found_by_its_name(tmp_path: Path) -> None:
    names = tmp_path / "v4l" / "by-id"
    names.mkdir(parents=True)
    (tmp_path / "video0").touch()
    assert device_now("0", tmp_path) == "0"

    (tmp_path / "video0").rename(tmp_path / "video1")
    (names / "usb-Maker_Camera-video-index0").symlink_to(tmp_path / "video1")
    (names / "usb-Maker_Camera-video-index1").symlink_to(tmp_path / "video2")
    assert device_now("0", tmp_path) == str(names / "usb-Maker_Camera-video-index0")
    assert device_now("/dev/v4l/by-id/cam", tmp_path) == "/dev/v4l/by-id/cam"

    (names / "usb-Other_Camera-video-index0").symlink_to(tmp_path / "video4")
    assert device_now("0", tmp_path) == "0", "which of two cannot be known"


def test_a_code_is_read_from_a_camera_whose_colours_are_swapped() -> None:
    drawn = np.array(list(segno.make("JABC", micro=False).matrix_iter(scale=6, border=4)), np.uint8)
    blue_on_yellow = np.where(drawn[..., None] == 1, (120, 20, 20), (60, 210, 230)).astype(np.uint8)
    for picture in (blue_on_yellow, blue_on_yellow[..., ::-1]):
        capture = Capture(iter([True] * 9))
        capture.read = lambda picture=picture: (True, picture)  # type: ignore[method-assign]
        (code,) = ZxingDecoder().decode(camera_on(capture).read().gray).codes
        assert code.text == "JABC"
