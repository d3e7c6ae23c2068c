"""What every camera must do, asked of each adapter; the real ones are asked where they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hardware.files.picture_file import write_whole
from hardware.ports.camera import Camera, CameraSettings
from hardware.ports.errors import AdapterMissing, CameraLost, PicturesEnded
from hardware.reader.factory import CAMERAS, open_camera


def settings_for(adapter: str, pictures: Path) -> CameraSettings:
    return CameraSettings(
        adapter=adapter, path=str(pictures), width=640, height=480, frames_per_s=30, show_ms=100
    )


@pytest.fixture(params=sorted(CAMERAS))
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> CameraSettings:
    for number in range(4):
        picture = np.full((480, 640), 60 * number, np.uint8)
        write_whole(tmp_path / f"{number}.png", picture)
    return settings_for(request.param, tmp_path)


@pytest.fixture
def camera(settings: CameraSettings) -> Iterator[Camera]:
    try:
        camera = open_camera(settings)
    except (AdapterMissing, CameraLost) as absent:
        pytest.skip(f"camera {settings.adapter}: {absent}")
    yield camera
    camera.close()


def test_frames_are_gray_bytes_in_rows_and_columns_with_a_time_that_never_goes_back(
    camera: Camera,
) -> None:
    frames = [frame for frame in (camera.read() for _ in range(4)) if frame is not None]

    assert frames
    assert {(frame.gray.dtype, frame.gray.ndim) for frame in frames} == {(np.dtype(np.uint8), 2)}
    assert {frame.gray.shape for frame in frames} == {(480, 640)}
    times = [frame.taken_ms for frame in frames]
    assert times == sorted(times)


def test_closing_twice_is_harmless(camera: Camera) -> None:
    camera.close()
    camera.close()


def test_a_camera_can_be_opened_again_after_it_was_closed(
    camera: Camera, settings: CameraSettings
) -> None:
    camera.close()

    again = open_camera(settings)
    try:
        assert again.read() is not None
    except PicturesEnded:
        pytest.fail("nothing to see the second time")
    finally:
        again.close()


@pytest.mark.parametrize("adapter", ["usb", "pictures", "simulated"])
def test_a_camera_that_is_not_there_is_lost_and_may_come_back(adapter: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"

    with pytest.raises(CameraLost):
        open_camera(CameraSettings(adapter=adapter, device=str(nowhere), path=str(nowhere)))
