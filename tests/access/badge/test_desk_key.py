"""The desk key opens to a key card and its owner's PIN together, and to nothing else."""

import msgspec
import pytest
from msgspec.structs import replace

from access.badge import desk_key as desk
from access.badge.desk_key import BadPinError, StaffNameCard, WrappedKey
from access.badge.key_card import KeyCard
from access.badge.name_card import Card

KEY = bytes(range(32))
CARD = KeyCard(b"badge", b"ten bytes!")
PIN = "60221407"
PHRASE = "a teapot with 蓝 lid"
WRAPPED = desk.wrap(KEY, CARD, PIN, b"s" * 16, b"n" * 12)


def test_the_key_card_and_its_pin_unwrap_the_desk_key() -> None:
    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(WRAPPED), type=WrappedKey)
    assert desk.unwrap(arrived, CARD, PIN) == KEY


@pytest.mark.parametrize("typed", [PIN, f" {PIN}", "６０２２１４０７"])
def test_a_pin_is_the_same_however_it_is_typed(typed: str) -> None:
    assert desk.unwrap(WRAPPED, CARD, typed) == KEY


def test_a_phrase_does_as_well() -> None:
    wrapped = desk.wrap(KEY, CARD, PHRASE, b"s" * 16, b"n" * 12)
    assert desk.unwrap(wrapped, CARD, PHRASE.upper().replace(" ", "  ")) == KEY
    assert desk.unwrap(wrapped, CARD, PHRASE[:-1]) is None


@pytest.mark.parametrize(
    ("card", "pin"),
    [
        (CARD, "60221408"),
        (KeyCard(CARD.badge, b"ten other!"), PIN),
        (KeyCard(b"other", CARD.secret), PIN),
        (CARD, PIN + "0"),
        (CARD, PIN[:-1]),
        (CARD, ""),
    ],
)
def test_a_wrong_pin_or_card_unwraps_nothing(card: KeyCard, pin: str) -> None:
    assert desk.unwrap(WRAPPED, card, pin) is None


@pytest.mark.parametrize(
    "altered",
    [
        replace(WRAPPED, salt=b"t" * 16),
        replace(WRAPPED, nonce=b"m" * 12),
        replace(WRAPPED, nonce=b""),
        replace(WRAPPED, sealed=bytes(48)),
        replace(WRAPPED, sealed=b""),
        replace(WRAPPED, verifier=bytes(32)),
        WrappedKey(b"", b"", b""),
    ],
)
def test_an_altered_wrapping_unwraps_nothing(altered: WrappedKey) -> None:
    assert desk.unwrap(altered, CARD, PIN) is None


@pytest.mark.parametrize(
    ("pin", "message"),
    [
        ("", "8 digits or more"),
        ("6022140", "8 digits or more"),
        ("-6022140", "8 digits or more"),
        ("12345678", "first that a thief tries"),
        ("19871123", "is a date"),
        ("x" * 101, "at most 100"),
    ],
)
def test_a_pin_that_is_easily_found_is_refused(pin: str, message: str) -> None:
    with pytest.raises(BadPinError, match=message):
        desk.wrap(KEY, CARD, pin, b"s" * 16, b"n" * 12)


@pytest.mark.parametrize(
    ("key", "salt", "nonce"), [(bytes(16), 16, 12), (KEY, 8, 12), (KEY, 16, 16)]
)
def test_a_key_salt_or_nonce_of_another_length_is_refused(
    key: bytes, salt: int, nonce: int
) -> None:
    with pytest.raises(ValueError, match=r"have 32, 16 and 12 bytes, not"):
        desk.wrap(key, CARD, PIN, bytes(salt), bytes(nonce))


def test_neither_key_nor_pin_shows_in_a_wrapping() -> None:
    wire = msgspec.msgpack.encode(WRAPPED)
    assert KEY not in wire
    assert PIN.encode() not in wire
    assert CARD.secret not in wire


# Made by the version before there were key cards: badge secret "eleven byte", PIN 493027.
BEFORE = bytes.fromhex(
    "93c41073737373737373737373737373737373c40c6e6e6e6e6e6e6e6e6e6e6e6ec4305baedbd5023d7746ac3b"
    "8af9556dac1d9f9122fd47938f72a06ca53004df90b7dffc6fbf763658b293f3aa262a8d48e5"
)


def test_a_desk_key_that_an_earlier_version_wrapped_under_a_badge_is_still_opened() -> None:
    wrapped = msgspec.msgpack.decode(BEFORE, type=WrappedKey)
    assert desk.unwrap_with_badge(wrapped, b"eleven byte", "493027") == KEY
    assert desk.unwrap_with_badge(wrapped, b"eleven byte", "493028") is None
    assert desk.unwrap_with_badge(wrapped, b"another one", "493027") is None
    assert desk.unwrap(wrapped, CARD, "493027") is None


def test_a_staff_name_card_is_a_name_card_to_everybody_else() -> None:
    staff = StaffNameCard(b"badge", 1, None, b"sealed", None, WRAPPED)
    wire = msgspec.msgpack.encode(staff)
    assert msgspec.msgpack.decode(wire, type=Card) == Card(b"badge", 1, None, b"sealed")
    plain = msgspec.msgpack.encode(Card(b"badge", 1, None, b"sealed"))
    assert msgspec.msgpack.decode(plain, type=StaffNameCard).locked is None
