"""Codes on things that are not flat."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.decoding.straighten import MODULE, QUIET, straightened
from hardware.decoding.zxing import ZxingDecoder
from hardware.files.picture_file import read_gray
from hardware.ports.decoder import DecoderSettings
from hardware.reader.factory import make_decoder

Gray = NDArray[np.uint8]
PHOTOS = Path(__file__).parents[2] / "samples" / "photos"
SHIRTS = ("qrcode-4/05", "qrcode-4/08", "qrcode-4/13", "qrcode-4/32")


@pytest.mark.parametrize("name", SHIRTS)
@pytest.mark.parametrize("decoder", ["cascade", "still"])
def test_a_code_printed_on_a_shirt_is_read(name: str, decoder: str) -> None:
    gray = read_gray((PHOTOS / name).with_suffix(".png"))
    text = (PHOTOS / name).with_suffix(".txt").read_bytes().decode()
    assert ZxingDecoder().decode(gray).codes == ()

    (code,) = make_decoder(DecoderSettings(decoder, budget_ms=60_000)).decode(gray).codes

    assert code.text == text
    assert code.decoder.endswith(" flat")
    left, top = np.min(code.corners, axis=0)
    right, bottom = np.max(code.corners, axis=0)
    assert 20 < left < right < 220
    assert 20 < top < bottom < 220


def test_a_flat_code_stays_as_it_is(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    printed = print_code(badge("A"))
    (code,) = ZxingDecoder().decode(printed).codes

    flat = straightened(printed, code.corners, 25)

    assert flat.shape == ((25 + 2 * QUIET) * MODULE,) * 2
    assert ZxingDecoder().decode(flat).codes[0].text == badge("A")


def test_a_waved_code_has_its_modules_back_on_a_grid(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    printed = print_code(badge("A"), scale=8)
    side = printed.shape[0]
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    wave = np.sin(np.pi * (x - 32) / 200).clip(0, None) * np.float32(3)
    waved = cv2.remap(printed, x, y + wave, cv2.INTER_LINEAR, borderValue=255)
    corners = ((32, 32), (232, 32), (232, 232), (32, 232))

    flat = straightened(np.asarray(waved, np.uint8), corners, 25)

    middles = flat[QUIET * MODULE + MODULE // 2 :: MODULE, QUIET * MODULE + MODULE // 2 :: MODULE]
    wanted = printed[32 + 4 :: 8, 32 + 4 :: 8]
    wrong = (middles[:25, :25] < 128) != (wanted[:25, :25] < 128)
    assert wrong.mean() < 0.01
