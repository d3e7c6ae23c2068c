"""Real photographs: the ZXing blackbox set must read, pictures without a code must read as nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.files.picture_file import read_gray
from hardware.ports.decoder import DecoderSettings, Sight
from hardware.reader.factory import make_decoder

PHOTOS = Path(__file__).parents[1] / "samples" / "photos"

AT_LEAST = {"cascade": 172, "still": 174}
"""Of 179 photographs; each figure is what this decoder was measured at."""


def expected_text(photo: Path) -> str:
    return photo.with_suffix(".txt").read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", sorted(AT_LEAST))
def test_photographs_of_codes_are_read_as_often_as_they_were_measured(name: str) -> None:
    decoder = make_decoder(DecoderSettings(name, budget_ms=60_000))
    photos = sorted(PHOTOS.glob("qrcode-*/*.png"))

    read = [
        photo
        for photo in photos
        if expected_text(photo) in [code.text for code in decoder.decode(read_gray(photo)).codes]
    ]

    assert len(photos) == 179
    assert len(read) >= AT_LEAST[name]


@pytest.mark.parametrize("name", sorted(AT_LEAST))
def test_pictures_without_a_code_are_read_as_nothing_not_even_as_a_code_seen(name: str) -> None:
    decoder = make_decoder(DecoderSettings(name))
    pictures = sorted(PHOTOS.glob("falsepositives-2/*.png"))

    seen = {picture.name: decoder.decode(read_gray(picture)) for picture in pictures}

    assert len(seen) == 25
    assert {name for name, sight in seen.items() if sight != Sight()} == set()
