from __future__ import annotations

import pytest

from hardware.ports.decoder import Code, Several, choose, payload_text

FRAME = (720, 1280)


def code(text: str, x: float, y: float, side: float) -> Code:
    corners = ((x, y), (x + side, y), (x + side, y + side), (x, y + side))
    return Code(text, text.encode(), "test", corners, 1.0)


def looks_like_badge(text: str) -> bool:
    return text.startswith("J")


def test_nothing_is_chosen_from_nothing() -> None:
    assert choose([], FRAME) is None


def test_the_larger_of_two_codes_is_meant() -> None:
    near, far = code("JNEAR", 200, 200, 300), code("JFAR", 700, 300, 100)

    assert choose([far, near], FRAME) is near


def test_of_two_copies_of_one_badge_the_one_nearer_the_middle_is_meant() -> None:
    middle, edge = code("JSAME", 540, 260, 200), code("JSAME", 0, 0, 205)

    assert choose([edge, middle], FRAME) is middle


def test_two_different_badges_of_like_size_ask_to_show_one() -> None:
    left, right = code("JLEFT", 100, 200, 200), code("JRIGHT", 700, 200, 170)

    assert choose([left, right], FRAME) is Several.SHOW_ONE


def test_an_advertisement_beside_a_badge_does_not_disturb_it() -> None:
    badge, poster = code("JBADGE", 100, 200, 200), code("https://example.org", 700, 200, 250)

    assert choose([poster, badge], FRAME, looks_like_badge) is badge


def test_without_any_badge_the_best_other_code_is_taken_so_that_the_door_can_say_no() -> None:
    small, large = code("http://a", 0, 0, 50), code("http://b", 500, 200, 60)

    assert choose([small, large], FRAME, looks_like_badge) is large


def test_text_is_utf8_where_valid_else_as_declared_else_latin1() -> None:
    assert payload_text("剑门".encode()) == "剑门"
    assert payload_text("剑门".encode("gbk"), "剑门") == "剑门"
    assert payload_text(b"caf\xe9") == "café"


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_chinese_bytes_without_a_declaration_are_recognised(encoding: str) -> None:
    text = "参会证2026成都張" if encoding == "gb18030" else "參會證2026成都張偉"

    assert payload_text(text.encode(encoding), guessed="ﾓｼ瞶") == text


def test_what_the_code_declares_goes_before_what_its_bytes_look_like() -> None:
    assert payload_text("张伟".encode("gbk"), declared="ÕÅÎ°") == "ÕÅÎ°"


@pytest.mark.parametrize("text", ["日本語テキスト", "東京都港区会場", "ﾃｽﾄ"])
def test_japanese_stays_as_the_decoder_guessed_it(text: str) -> None:
    assert payload_text(text.encode("shift-jis"), guessed=text) == text


def test_bytes_with_zeros_are_not_taken_for_utf16() -> None:
    assert payload_text(b"\xff\xfeA\0B\0", guessed="?") == "?"
