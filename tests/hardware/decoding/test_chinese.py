"""Codes whose bytes are Chinese, with and without saying so: every decoder gives the same text or none."""

from __future__ import annotations

import numpy as np
import pytest
import segno
from numpy.typing import NDArray

from hardware.decoding.zbar import ZbarDecoder
from hardware.ports.decoder import Decoder, DecoderSettings
from hardware.reader.factory import DECODERS, make_decoder

TEXT = "参会证2026成都张伟第00017号XYZW8842KQPL55MN"
TRADITIONAL = "參會證2026成都張偉第00017號"


def printed(text: str, encoding: str, *, declared: bool) -> NDArray[np.uint8]:
    code = segno.make(text, encoding=encoding, eci=declared, mode="byte", micro=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    return np.kron(np.pad(modules, 4, constant_values=255), np.ones((5, 5), np.uint8))


@pytest.fixture(params=sorted(DECODERS))
def decoder(request: pytest.FixtureRequest) -> Decoder:
    return make_decoder(DecoderSettings(request.param))


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [(TEXT, "gb18030"), (TEXT, "utf-8"), (TRADITIONAL, "big5"), ("张伟 参会代表", "gb18030")],
)
def test_every_decoder_gives_the_text_or_none(
    decoder: Decoder, text: str, encoding: str, declared: bool
) -> None:
    found = [code.text for code in decoder.decode(printed(text, encoding, declared=declared)).codes]

    assert found == ([] if isinstance(decoder, ZbarDecoder) else [text])


def test_the_chinese_mode_of_qr_codes_is_read() -> None:
    code = segno.make("陈大文", mode="hanzi", micro=False)
    modules = np.array([[0 if dark else 255 for dark in row] for row in code.matrix], np.uint8)
    picture = np.kron(np.pad(modules, 4, constant_values=255), np.ones((5, 5), np.uint8))

    assert [one.text for one in make_decoder(DecoderSettings()).decode(picture).codes] == ["陈大文"]


def test_latin1_that_is_declared_is_not_taken_for_chinese() -> None:
    (code,) = (
        make_decoder(DecoderSettings()).decode(printed("ÕÅÎ°", "latin-1", declared=True)).codes
    )

    assert code.text == "ÕÅÎ°"


def test_japanese_without_a_declaration_stays_japanese() -> None:
    (code,) = (
        make_decoder(DecoderSettings())
        .decode(printed("日本語テキスト", "shift-jis", declared=False))
        .codes
    )

    assert code.text == "日本語テキスト"
