from __future__ import annotations

import string

import pytest

from hardware.ports.errors import ScannerLost
from hardware.ports.scanner import ScannerSettings
from hardware.scanners.keyboard import EV_KEY, EVENT, KeyboardDevice, KeyDecoder
from hardware.scanners.simulated import typed

PRINTABLE = string.digits + string.ascii_letters + string.punctuation + " "
LEFT_SHIFT, CAPS, KEY_A, KEY_ENTER, KEY_TAB = 42, 58, 30, 28, 15


def translated(events: bytes) -> str:
    keys = KeyDecoder()
    return b"".join(
        keys.feed(kind, code, value) for _, _, kind, code, value in EVENT.iter_unpack(events)
    ).decode("ascii")


def pressed(*codes: int) -> str:
    """The text of keys pressed and released one after the other."""
    keys = KeyDecoder()
    return b"".join(keys.feed(EV_KEY, code, value) for code in codes for value in (1, 0)).decode()


def test_every_character_of_a_us_keyboard_is_typed_and_read_back() -> None:
    assert translated(typed(PRINTABLE)) == PRINTABLE + "\n"


def test_a_key_held_down_is_typed_once() -> None:
    keys = KeyDecoder()

    assert [keys.feed(EV_KEY, KEY_A, value) for value in (1, 2, 2, 2, 0)] == [b"a"] + [b""] * 4


def test_two_shift_keys_are_let_go_one_by_one() -> None:
    keys = KeyDecoder()
    keys.feed(EV_KEY, 42, 1)
    keys.feed(EV_KEY, 54, 1)
    keys.feed(EV_KEY, 42, 0)

    assert keys.feed(EV_KEY, KEY_A, 1) == b"A"


def test_caps_lock_turns_letters_and_leaves_digits() -> None:
    assert pressed(CAPS, KEY_A, 2, CAPS, KEY_A) == "A1a"


def test_the_keypad_types_digits_and_tab_ends_like_enter() -> None:
    assert pressed(79, 80, 81, 83, KEY_TAB) == "123.\n"


def test_lost_events_spoil_the_code_and_no_shift_stays_stuck() -> None:
    keys = KeyDecoder()
    keys.feed(EV_KEY, LEFT_SHIFT, 1)

    assert keys.feed(0, 3, 0) == b"\x18"
    assert keys.feed(EV_KEY, KEY_A, 1) == b"a"


def test_a_scanner_that_is_not_there_is_named() -> None:
    with pytest.raises(ScannerLost, match=r"no scanner at '/dev/input/none'"):
        KeyboardDevice(ScannerSettings(device="/dev/input/none")).open()
