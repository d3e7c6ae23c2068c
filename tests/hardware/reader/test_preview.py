"""The small mirrored picture for the person before the camera."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hardware.ports.decoder import Corners
from hardware.reader.preview import (
    ASKED_MS,
    EVERY_MS,
    STILL_EVERY_MS,
    PreviewMaker,
    preview_of,
)

CORNERS: Corners = ((128.0, 72.0), (256.0, 72.0), (256.0, 200.0), (128.0, 200.0))


def left_half_white(height: int, width: int) -> np.ndarray:
    gray = np.zeros((height, width), np.uint8)
    gray[:, : width // 2] = 255
    return gray


@pytest.mark.parametrize(
    ("shape", "size"), [((720, 1280), (160, 90)), ((480, 640), (160, 120)), ((1080, 1920), (160, 90)),
                        ((50, 100), (100, 50)), ((1, 1), (1, 1))],
)  # fmt: skip
def test_it_is_at_most_160_pixels_wide_and_mirrored(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    preview = preview_of(left_half_white(*shape), None, 7)

    picture = cv2.imdecode(np.frombuffer(preview.picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert (preview.width, preview.height) == (picture.shape[1], picture.shape[0]) == size
    assert picture.ndim == 2, "grey"
    assert len(preview.picture) < 20_000
    assert (preview.outline, preview.taken_ms) == ((), 7)
    if size[0] > 1:
        assert picture[:, : size[0] // 4].mean() < 40
        assert picture[:, -size[0] // 4 :].mean() > 215


def test_the_outline_lies_on_the_mirrored_code() -> None:
    preview = preview_of(left_half_white(720, 1280), CORNERS, 0)

    assert preview.outline == ((144.0, 9.0), (128.0, 9.0), (128.0, 25.0), (144.0, 25.0))


def test_none_is_made_unless_it_is_asked_for_and_then_five_a_second_for_three_seconds() -> None:
    maker = PreviewMaker()
    gray = left_half_white(72, 128)
    assert all(maker.make(gray, None, ms) is None for ms in range(0, 5000, 40))

    maker.ask()
    made = [
        ms
        for ms in range(5000, 15_000, 40)
        if maker.make(np.roll(gray, ms // 20, axis=1), None, ms) is not None
    ]

    assert len(made) == ASKED_MS // EVERY_MS
    assert made[-1] < 5000 + ASKED_MS


def test_while_nothing_moves_a_picture_comes_only_now_and_then() -> None:
    maker = PreviewMaker()
    noise = np.random.default_rng(1)
    gray = left_half_white(72, 128) // 2 + 40

    maker.ask()
    made = [
        ms
        for ms in range(0, ASKED_MS, 40)
        if maker.make(gray + noise.integers(0, 3, gray.shape, np.uint8), None, ms) is not None
    ]

    assert made == list(range(0, ASKED_MS, STILL_EVERY_MS))


def test_a_code_in_view_is_followed_even_where_it_stands_still() -> None:
    maker = PreviewMaker()
    gray = left_half_white(720, 1280)

    maker.ask()
    made = [ms for ms in range(0, 1000, 40) if maker.make(gray, CORNERS, ms) is not None]

    assert made == list(range(0, 1000, EVERY_MS))
