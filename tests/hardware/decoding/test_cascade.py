from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from hardware.decoding.cascade import Cascade, Engines, cut_out
from hardware.decoding.zbar import ZbarDecoder
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.decoder import SYMBOLS, Corners, DecoderSettings, Sight, Symbol
from hardware.reader.factory import DECODERS, make_decoder, make_live

Gray = NDArray[np.uint8]


@pytest.fixture(params=sorted(DECODERS))
def any_decoder(request: pytest.FixtureRequest) -> object:
    return make_decoder(DecoderSettings(request.param))


def texts(sight: Sight) -> list[str]:
    return [code.text for code in sight.codes]


def on_wall(code: Gray, top: int = 200, left: int = 300) -> Gray:
    wall = np.full((720, 1280), 170, np.uint8)
    wall[top : top + code.shape[0], left : left + code.shape[1]] = code
    return wall


def blurred(gray: Gray, radius: float) -> Gray:
    """Out of focus: a disc as wide as `radius` pixels on each side."""
    size = int(radius) * 2 + 3
    y, x = np.mgrid[:size, :size] - size // 2
    disc = (np.hypot(x, y) <= radius).astype(np.float32)
    return np.asarray(cv2.filter2D(gray, -1, disc / disc.sum()), np.uint8)


def test_every_decoder_reads_a_code_and_says_where_it_is(
    any_decoder: Cascade, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    wall = on_wall(print_code(badge("A")))

    (code,) = any_decoder.decode(wall).codes

    assert (code.text, code.raw) == (badge("A"), badge("A").encode())
    (left, top), (right, bottom) = code.corners[0], code.corners[2]
    assert (left, top) == pytest.approx((320, 220), abs=6)
    assert (right, bottom) == pytest.approx((445, 345), abs=6)


def test_no_decoder_changes_the_picture(
    any_decoder: Cascade, print_code: Callable[..., Gray]
) -> None:
    wall = on_wall(print_code("HELLO"))
    before = wall.copy()

    any_decoder.decode(wall)

    assert np.array_equal(wall, before)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2000), (720, 1280)])
def test_no_decoder_minds_an_empty_or_tiny_picture(
    any_decoder: Cascade, shape: tuple[int, int]
) -> None:
    assert any_decoder.decode(np.zeros(shape, np.uint8)) == Sight()


def test_a_structured_append_code_stops_no_decoder_and_hides_no_badge(
    any_decoder: Cascade,
    structured_append: Gray,
    print_code: Callable[..., Gray],
    badge: Callable[[str], str],
) -> None:
    wall = on_wall(structured_append, 50, 50)
    any_decoder.decode(wall)  # pyzbar alone raises on this picture
    code = print_code(badge("A"))
    wall[400 : 400 + code.shape[0], 800 : 800 + code.shape[1]] = code

    if not isinstance(any_decoder, ZbarDecoder):
        assert badge("A") in texts(any_decoder.decode(wall))


def test_a_code_of_four_thousand_characters_is_read_whole(
    print_code: Callable[..., Gray],
) -> None:
    long = "J" + "A" * 3999

    code = print_code(long, scale=4, error="l")

    assert texts(make_decoder(DecoderSettings()).decode(code)) == [long]


def test_control_characters_and_bytes_that_are_no_text_come_through_exactly(
    print_code: Callable[..., Gray],
) -> None:
    raw = b"\x00\x1b[2J\r\n\xff\xfe"

    (code,) = make_decoder(DecoderSettings()).decode(print_code(raw)).codes

    assert code.raw == raw


def test_a_badge_out_of_focus_is_read_by_a_retry_on_its_place_alone(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    soft = blurred(on_wall(print_code(badge("A"), scale=4)), 3.5)
    assert ZxingDecoder().decode(soft).codes == ()

    (code,) = make_decoder(DecoderSettings(budget_ms=10_000)).decode(soft).codes

    assert code.text == badge("A")
    assert code.corners[0] == pytest.approx((316, 216), abs=12)


def test_retries_end_when_their_time_is_spent(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    soft = blurred(on_wall(print_code(badge("A"), scale=4)), 6.0)
    clock = iter(range(0, 1000, 1))
    crops: list[Gray] = []

    class Blind:
        name = "blind"
        corners: Corners = ((300, 200), (400, 200), (400, 300), (300, 300))

        def decode(self, gray: Gray) -> Sight:
            crops.append(gray)
            return Sight((), (self.corners,))

    cascade = Cascade(Engines(Blind()), budget_ms=40, now=lambda: float(next(clock)))

    assert cascade.decode(soft) == Sight((), (Blind.corners,))
    assert len(crops) == 2  # the whole picture, and one try


def test_a_code_too_damaged_to_read_is_reported_with_its_place(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    code = print_code(badge("A"), scale=6)
    rng = np.random.default_rng(0)
    for row, column in rng.integers(9, 20, (60, 2)):  # specks between the three corner marks
        top, left = (row + 4) * 6, (column + 4) * 6
        code[top : top + 6, left : left + 6] = 255 - code[top, left]

    sight = make_decoder(DecoderSettings()).decode(on_wall(code))

    assert sight.codes == ()
    assert [corners[0] for corners in sight.unreadable] == [pytest.approx((324, 224), abs=8)]


def test_without_zxing_the_second_decoder_reads_alone(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    cascade = Cascade(Engines(ZbarDecoder()))

    (code,) = cascade.decode(on_wall(print_code(badge("A")))).codes

    assert (code.text, code.decoder) == (badge("A"), "pyzbar")


def test_zbar_drops_what_it_may_have_rewritten(print_code: Callable[..., Gray]) -> None:
    assert ZbarDecoder().decode(on_wall(print_code("Märchen".encode("latin-1")))).codes == ()


def test_a_crop_stays_inside_the_picture() -> None:
    crop = cut_out(np.zeros((100, 100), np.uint8), ((-10, -10), (90, 0), (120, 110), (0, 100)))

    assert (crop.left, crop.top) == (0, 0)
    assert crop.gray.shape == (100, 100)


def test_an_inverted_code_and_a_mirrored_one_are_read(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    decoder = make_decoder(DecoderSettings())
    code = print_code(badge("A"))

    assert texts(decoder.decode(255 - code)) == [badge("A")]
    assert texts(decoder.decode(np.ascontiguousarray(code[:, ::-1]))) == [badge("A")]


def test_still_pictures_list_every_code_once_even_when_reduced_first(
    print_code: Callable[..., Gray],
) -> None:
    wall = np.full((2400, 3600), 200, np.uint8)
    for number, text in enumerate(["ONE", "TWO", "TWO"]):
        code = print_code(text, scale=12 if text == "ONE" else 4)
        left = 200 + 1100 * number
        wall[300 : 300 + code.shape[0], left : left + code.shape[1]] = code

    sight = make_decoder(DecoderSettings("still")).decode(wall)

    assert sorted(texts(sight)) == ["ONE", "TWO", "TWO"]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_other_symbols_are_read_every_second_frame_where_the_event_has_them(symbol: Symbol) -> None:
    formats = {
        "aztec": zxingcpp.BarcodeFormat.Aztec,
        "data_matrix": zxingcpp.BarcodeFormat.DataMatrix,
        "pdf417": zxingcpp.BarcodeFormat.PDF417,
        "code_128": zxingcpp.BarcodeFormat.Code128,
    }
    printed = zxingcpp.create_barcode("TICKET-7F3K", formats[symbol]).to_image(scale=3)
    wall = on_wall(np.pad(np.array(printed), 40, constant_values=255))
    plain, other = (make_decoder(DecoderSettings(symbols=named)) for named in ((), (symbol,)))

    assert [texts(plain.decode(wall)) for _ in range(2)] == [[], []]
    assert [texts(other.decode(wall)) for _ in range(4)] == [[], ["TICKET-7F3K"]] * 2


def test_a_qr_code_is_read_in_every_frame_though_other_symbols_are_looked_for(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    decoder = make_decoder(DecoderSettings(symbols=SYMBOLS))
    wall = on_wall(print_code(badge("A")))

    assert [texts(decoder.decode(wall)) for _ in range(3)] == [[badge("A")]] * 3


def test_before_a_camera_light_and_dark_swapped_are_read_within_three_frames(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    dark_mode = 255 - on_wall(print_code(badge("A")))
    decoder, _ = make_live(DecoderSettings())

    found = [texts(decoder.decode(dark_mode)) for _ in range(12)]

    assert all([badge("A")] in found[number : number + 3] for number in range(10))


def pale(gray: Gray) -> Gray:
    """With an eighth of its contrast."""
    return np.asarray(150 + gray.astype(np.float32) / 8, np.uint8)


def in_noise(gray: Gray) -> Gray:
    grain = np.random.default_rng(0).normal(0, 4, gray.shape)
    return np.asarray(np.clip(gray + grain, 0, 255), np.uint8)


def test_before_a_camera_every_code_in_view_is_read_in_every_frame_and_in_its_place(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    wall = on_wall(print_code(badge("A")))
    small = print_code(badge("B"), scale=3)
    wall[450 : 450 + small.shape[0], 900 : 900 + small.shape[1]] = small
    decoder, _ = make_live(DecoderSettings())

    sights = [decoder.decode(in_noise(wall)) for _ in range(4)]

    for sight in sights:
        places = {code.text: code.corners[0] for code in sight.codes}
        assert places == {
            badge("A"): pytest.approx((320, 220), abs=4),
            badge("B"): pytest.approx((912, 462), abs=4),
        }


def test_before_a_camera_a_code_too_pale_to_stand_out_is_read_within_three_frames(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    wall = on_wall(pale(print_code(badge("A"), scale=14)), 100, 300)
    decoder, _ = make_live(DecoderSettings())

    found = [texts(decoder.decode(wall)) for _ in range(3)]

    assert [badge("A")] in found


@pytest.mark.parametrize("shown", ["pale", "dark mode"])
def test_before_a_camera_a_poster_in_view_hides_no_badge_for_more_than_three_frames(
    shown: str, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    code = print_code(badge("A"), scale=14 if shown == "pale" else 6)
    wall = on_wall(pale(code) if shown == "pale" else 255 - code, 40, 600)
    poster = print_code("HTTPS://EXAMPLE.ORG/PROGRAMME", scale=4)
    wall[500 : 500 + poster.shape[0], 60 : 60 + poster.shape[1]] = poster
    decoder, _ = make_live(DecoderSettings())

    found = [badge("A") in texts(decoder.decode(wall)) for _ in range(12)]

    assert all(any(found[number : number + 3]) for number in range(1, 10))


def test_before_a_camera_a_code_is_read_in_every_frame_where_everything_is_patterned(
    print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    squares = np.kron(np.random.default_rng(1).integers(60, 200, (90, 160)), np.ones((8, 8)))
    wall = squares.astype(np.uint8)
    code = print_code(badge("A"))
    wall[200 : 200 + code.shape[0], 300 : 300 + code.shape[1]] = code
    decoder, _ = make_live(DecoderSettings())

    assert [texts(decoder.decode(wall)) for _ in range(3)] == [[badge("A")]] * 3
