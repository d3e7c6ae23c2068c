from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hardware.cameras.simulated import SimulatedCamera
from hardware.files.picture_file import write_whole
from hardware.ports.camera import CameraSettings
from hardware.ports.errors import CameraLost, PictureError

MANY = 200
"""Frames at a thousand a second: more than every picture of these tests is shown for."""


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[SimulatedCamera]:
    settings = CameraSettings(
        path=str(tmp_path), width=64, height=48, frames_per_s=1000, show_ms=20, gap_ms=10
    )
    camera = SimulatedCamera(settings)
    yield camera
    camera.close()


def put(spool: Path, name: str, shade: int) -> Path:
    return write_whole(spool / name, np.full((48, 64), shade, np.uint8))


def shades(camera: SimulatedCamera) -> list[int]:
    """The shades that were seen, each once, in order, until the spool is empty."""
    seen: list[int] = []
    for _ in range(MANY):
        shade = round(int(camera.read().gray.mean().round()), -1)
        if not seen or seen[-1] != shade:
            seen.append(shade)
    return seen


def test_pictures_are_shown_by_name_with_the_empty_room_between_and_then_deleted(
    camera: SimulatedCamera, tmp_path: Path
) -> None:
    empty = round(int(camera.read().gray.mean().round()), -1)
    put(tmp_path, "2.png", 240)
    put(tmp_path, "1.png", 10)

    seen = [shade for shade in shades(camera) if shade != empty]

    assert seen == [10, 240]
    assert list(tmp_path.iterdir()) == []


def test_a_picture_moves_and_flickers_a_little_from_frame_to_frame(
    camera: SimulatedCamera, tmp_path: Path
) -> None:
    put(tmp_path, "1.png", 128)

    first, second = camera.read().gray, camera.read().gray

    assert not np.array_equal(first, second)


@pytest.mark.parametrize("damage", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n cut"])
def test_what_is_no_picture_is_put_aside_and_the_next_one_shown(
    camera: SimulatedCamera, tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / "1.png").write_bytes(damage)
    put(tmp_path, "2.png", 240)

    with pytest.raises(PictureError, match=r"1\.png"):
        camera.read()

    assert 240 in shades(camera)
    assert [path.name.endswith("-1.png") for path in (tmp_path / "rejected").iterdir()] == [True]


def test_a_picture_of_another_size_is_fitted_into_the_frame(
    camera: SimulatedCamera, tmp_path: Path
) -> None:
    write_whole(tmp_path / "1.png", np.full((500, 300), 240, np.uint8))

    assert camera.read().gray.shape == (48, 64)


def test_a_file_still_being_written_is_left_alone(camera: SimulatedCamera, tmp_path: Path) -> None:
    (tmp_path / ".1.png.part").write_bytes(b"half")

    shades(camera)

    assert (tmp_path / ".1.png.part").exists()


def test_a_folder_it_may_not_change_is_a_lost_camera_with_the_reason(
    camera: SimulatedCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "1.png").touch()
    monkeypatch.setattr(Path, "replace", refuse)

    with pytest.raises(CameraLost, match="needs to read and remove"):
        camera.read()


def test_a_camera_whose_folder_vanishes_is_lost(camera: SimulatedCamera, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)

    with pytest.raises(CameraLost, match="does not exist"):
        camera.read()
