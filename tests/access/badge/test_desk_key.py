"""The desk key opens to a staff card and its owner's PIN together, and to nothing else."""

import msgspec
import pytest

from access.badge import desk_key as desk
from access.badge.desk_key import BadPinError, WrappedKey

KEY = bytes(range(32))
SECRET = b"eleven byte"
PIN = "493027"
WRAPPED = desk.wrap(KEY, SECRET, PIN, b"s" * 16, b"n" * 12)


def test_the_staff_card_and_its_pin_unwrap_the_desk_key() -> None:
    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(WRAPPED), type=WrappedKey)
    assert desk.unwrap(arrived, SECRET, PIN) == KEY


@pytest.mark.parametrize(
    ("secret", "pin"),
    [
        (SECRET, "493028"),
        (b"another one", PIN),
        (SECRET, PIN + "0"),
        (SECRET, PIN[:-1]),
        (SECRET, ""),
        (SECRET, f" {PIN}"),
        (SECRET, "４９３０２７"),
    ],
)
def test_a_wrong_pin_or_card_unwraps_nothing(secret: bytes, pin: str) -> None:
    assert desk.unwrap(WRAPPED, secret, pin) is None


@pytest.mark.parametrize(
    "altered",
    [
        WrappedKey(b"t" * 16, WRAPPED.nonce, WRAPPED.sealed),
        WrappedKey(WRAPPED.salt, b"m" * 12, WRAPPED.sealed),
        WrappedKey(WRAPPED.salt, WRAPPED.nonce, bytes(48)),
        WrappedKey(WRAPPED.salt, WRAPPED.nonce, b""),
        WrappedKey(b"", b"", b""),
    ],
)
def test_an_altered_wrapping_unwraps_nothing(altered: WrappedKey) -> None:
    assert desk.unwrap(altered, SECRET, PIN) is None


@pytest.mark.parametrize(
    "pin", ["", "12345", "12345a", "４９３０２７", "493027\n", "-49302", "49 3027"]
)
def test_a_pin_of_fewer_than_six_digits_or_of_more_than_digits_is_refused(pin: str) -> None:
    with pytest.raises(BadPinError, match=r"6 digits or more"):
        desk.wrap(KEY, SECRET, pin, b"s" * 16, b"n" * 12)


def test_a_longer_pin_works() -> None:
    wrapped = desk.wrap(KEY, SECRET, "0" * 12, b"s" * 16, b"n" * 12)
    assert desk.unwrap(wrapped, SECRET, "0" * 12) == KEY


@pytest.mark.parametrize(
    ("key", "salt", "nonce"), [(bytes(16), 16, 12), (KEY, 8, 12), (KEY, 16, 16)]
)
def test_a_key_salt_or_nonce_of_another_length_is_refused(
    key: bytes, salt: int, nonce: int
) -> None:
    with pytest.raises(ValueError, match=r"have 32, 16 and 12 bytes, not"):
        desk.wrap(key, SECRET, PIN, bytes(salt), bytes(nonce))


def test_neither_key_nor_pin_shows_in_a_wrapping() -> None:
    wire = msgspec.msgpack.encode(WRAPPED)
    assert KEY not in wire
    assert PIN.encode() not in wire
    assert SECRET not in wire
