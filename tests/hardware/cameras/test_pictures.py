from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.cameras.pictures import PictureCamera
from hardware.files.picture_file import write_whole
from hardware.ports.camera import CameraSettings
from hardware.ports.errors import CameraLost, PictureError, PicturesEnded


def camera_of(path: Path) -> PictureCamera:
    return PictureCamera(CameraSettings(adapter="pictures", path=str(path), frames_per_s=1000))


def shades(camera: PictureCamera) -> list[int]:
    """The shade of each frame until the end; -1 for a file that is no picture."""
    seen = []
    while True:
        try:
            seen.append(int(camera.read().gray.mean().round()))
        except PictureError:
            seen.append(-1)
        except PicturesEnded:
            camera.close()
            return seen


def plain(shade: int) -> np.ndarray:
    return np.full((48, 64), shade, np.uint8)


def test_the_pictures_of_a_folder_are_shown_by_name_and_then_end(tmp_path: Path) -> None:
    for name, shade in (("b.png", 20), ("a.png", 10), ("c.png", 30)):
        write_whole(tmp_path / name, plain(shade))
    (tmp_path / "notes.txt").write_text("not shown")

    assert shades(camera_of(tmp_path)) == [10, 20, 30]


def test_a_bad_picture_is_reported_and_the_next_one_shown(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.png", plain(10))
    (tmp_path / "b.png").touch()
    write_whole(tmp_path / "c.png", plain(30))

    assert shades(camera_of(tmp_path)) == [10, -1, 30]


def test_a_video_is_shown_frame_by_frame_and_ends(tmp_path: Path) -> None:
    video = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48), False)
    for shade in (50, 100, 150):
        writer.write(plain(shade))
    writer.release()

    assert shades(camera_of(video)) == pytest.approx([50, 100, 150], abs=2)


def test_a_file_that_only_claims_to_be_a_video_is_reported(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"nothing of the kind")

    assert shades(camera_of(tmp_path)) == [-1]


def test_a_path_that_does_not_exist_is_a_lost_camera(tmp_path: Path) -> None:
    with pytest.raises(CameraLost, match="no picture, video or folder at"):
        camera_of(tmp_path / "missing")
