from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.files.picture_file import read_gray, to_gray, write_whole
from hardware.ports.errors import PictureError

RAMP = np.tile(np.arange(256, dtype=np.uint8), (64, 1))


def complaint(path: Path) -> str:
    with pytest.raises(PictureError) as caught:
        read_gray(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", [".png", ".bmp", ".webp", ".tif"])
def test_a_picture_is_read_back_as_it_was_written(tmp_path: Path, ending: str) -> None:
    path = write_whole(tmp_path / f"ramp{ending}", RAMP)

    assert np.abs(read_gray(path).astype(int) - RAMP).max() <= 8


def test_nothing_but_the_whole_picture_is_left_after_writing(tmp_path: Path) -> None:
    write_whole(tmp_path / "ramp.png", RAMP)

    assert [path.name for path in tmp_path.iterdir()] == ["ramp.png"]


@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp", ".webp"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_picture_that_was_cut_short_is_refused(tmp_path: Path, ending: str, part: float) -> None:
    rng = np.random.default_rng(1)
    whole = write_whole(tmp_path / f"w{ending}", rng.integers(0, 255, (90, 120), np.uint8))
    data = whole.read_bytes()
    cut = tmp_path / f"cut{ending}"
    cut.write_bytes(data[: int(len(data) * part)])

    assert "cut short" in complaint(cut)


def test_an_empty_file_a_missing_one_a_folder_and_a_text_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not a picture")

    assert "empty" in complaint(tmp_path / "empty.png")
    assert "no such file" in complaint(tmp_path / "missing.png")
    assert "no ordinary file" in complaint(tmp_path)
    assert "not a picture" in complaint(tmp_path / "text.png")
    assert "no ordinary file" in complaint(Path("/dev/zero"))


def test_sixteen_bits_and_floating_point_become_eight(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "deep.png"), RAMP.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "float.tiff"), RAMP.astype(np.float32) / 255)

    assert np.array_equal(read_gray(tmp_path / "deep.png"), RAMP)
    assert np.abs(read_gray(tmp_path / "float.tiff").astype(int) - RAMP).max() <= 1


def test_what_is_transparent_is_white() -> None:
    black = np.zeros((2, 2, 4), np.uint8)
    black[0, :, 3] = 255

    assert to_gray(black).tolist() == [[0, 0], [255, 255]]


def test_a_palette_is_resolved(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    image.fromarray(RAMP).convert("P").save(tmp_path / "palette.png")

    assert np.array_equal(read_gray(tmp_path / "palette.png"), RAMP)


@pytest.mark.parametrize(("shade", "paper"), [(0, 255), (60, 255), (250, 0)])
def test_what_shows_half_through_is_mixed_with_the_paper_that_sets_it_off(
    shade: int, paper: int
) -> None:
    picture = np.full((2, 3, 4), shade, np.uint8)
    picture[:, :, 3] = (0, 128, 255)

    mixed = round(shade * 128 / 255 + paper * 127 / 255)
    expected = np.array([[paper, mixed, shade]] * 2)
    assert np.abs(to_gray(picture).astype(int) - expected).max() <= 1
    two = np.ascontiguousarray(picture[:, :, 2:])  # gray with transparency
    assert np.abs(to_gray(two).astype(int) - expected).max() <= 1


def test_a_picture_that_only_could_be_transparent_is_as_it_is() -> None:
    picture = np.full((2, 2, 4), 255, np.uint8)

    assert to_gray(picture).tolist() == [[255, 255], [255, 255]]
