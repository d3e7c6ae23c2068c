"""A camera that gives one picture for ever is a lost one, and stays lost until it gives another."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from hardware.cameras.badge_scene import draw_badge_scene
from hardware.ports.camera import CameraSettings, Frame
from hardware.ports.decoder import DecoderSettings, every_code
from hardware.ports.errors import PicturesEnded
from hardware.ports.events import CameraState, Reading
from hardware.reader import process
from hardware.reader.factory import make_live
from hardware.reader.messages import Message
from hardware.reader.standstill import FROZEN_MS, Standstill

GREY = np.full((480, 640), 128, np.uint8)


def noisy(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(100, 110, GREY.shape, dtype=np.uint8)


def test_a_minute_of_one_picture_is_a_standstill_and_another_picture_ends_it() -> None:
    standstill = Standstill()

    assert not standstill.frozen(Frame(GREY, 0))
    assert not standstill.frozen(Frame(GREY, FROZEN_MS - 1))
    assert standstill.frozen(Frame(GREY, FROZEN_MS))
    assert standstill.frozen(Frame(GREY, FROZEN_MS + 40)), "opened again, it is the same still"
    assert not standstill.frozen(Frame(noisy(1), FROZEN_MS + 80))


def test_a_dark_and_empty_room_with_a_sensors_noise_is_none() -> None:
    standstill = Standstill()

    assert not any(standstill.frozen(Frame(noisy(n), n * 10_000)) for n in range(60))


@pytest.mark.parametrize("frames_per_s", [5, 15])
def test_after_minutes_of_grey_the_first_badge_is_read(frames_per_s: int) -> None:
    """A camera in the dark, or one that adjusts its exposure for long: nothing in it, and then everything."""
    told: list[Message] = []
    decoder, joiner = make_live(DecoderSettings())
    loop = process.ReaderLoop(decoder, every_code, told.append, joiner)
    for second in range(240):
        loop.step(Frame(noisy(second), second * 1000))
    assert told == []

    badge = draw_badge_scene("J" + "A" * 28, seed=3)
    scene = cv2.resize(badge, (640, 360), interpolation=cv2.INTER_AREA)
    frame = np.pad(scene, ((60, 60), (0, 0)), constant_values=105)
    for step in range(6):
        noise = np.random.default_rng(step).integers(0, 6, frame.shape, dtype=np.uint8)
        loop.step(Frame(cv2.add(frame, noise), 240_000 + step * 1000 // frames_per_s))

    assert [one.text for one in told if isinstance(one, Reading)][:1] == ["J" + "A" * 28]


class Scripted:
    """A camera that gives these frames and then has no more."""

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self.closed = False

    def read(self) -> Frame:
        frame = next(self._frames, None)
        if frame is None:
            raise PicturesEnded("that was all")
        return frame

    def close(self) -> None:
        self.closed = True


def test_the_door_is_told_and_the_camera_opened_anew_until_it_sees_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    still = [Frame(GREY, ms) for ms in range(0, FROZEN_MS + 1, 10_000)]
    cameras = [
        Scripted(iter(still)),
        Scripted(iter([Frame(GREY, FROZEN_MS + 1_000)])),
        Scripted(iter([Frame(noisy(1), FROZEN_MS + 2_000)])),
    ]
    opened = iter(cameras)
    monkeypatch.setattr(process, "open_camera", lambda _: next(opened))
    monkeypatch.setattr(process._Watch, "_pause", lambda watch, error: told.append(state(error)))
    told: list[Message] = []
    decoder, joiner = make_live(DecoderSettings())
    loop = process.ReaderLoop(decoder, every_code, told.append, joiner)

    with pytest.raises(PicturesEnded):
        process._Watch(CameraSettings(adapter="usb"), loop, told.append).run()

    states = [one for one in told if isinstance(one, CameraState)]
    assert [one.working for one in states] == [True, False, False, True]
    assert "one and the same picture" in states[1].why
    assert all(camera.closed for camera in cameras)


def state(error: Exception) -> CameraState:
    return CameraState(working=False, why=str(error))
