"""The desk key, with which staff read name cards, locked to a staff card and its owner's PIN.

A kiosk stores only the wrapped key. To unwrap it takes the secret on the staff card and the PIN in
its owner's head; the key itself is held in memory alone, at staffed gates, while staff mode is on.
"""

import hashlib
import re

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.badge.credential import derive
from access.badge.name_card import DESK_KEY_BYTES, NONCE_BYTES, Card

LEAST_PIN_DIGITS = 6
SALT_BYTES = 16

SCRYPT_N = 2**15
SCRYPT_R = 8
SCRYPT_P = 3
"""The cost of trying one PIN: 128 * N * r bytes = 32 MiB of memory, three times over.

One of the equally strong settings of the OWASP Password Storage Cheat Sheet; of these the one whose
memory a Raspberry Pi 4 with 1 GiB can spare beside the door, at about a second for an unlocking.
"""

_SCRYPT_MAXMEM = 2 * 128 * SCRYPT_N * SCRYPT_R
_PIN = re.compile(rf"[0-9]{{{LEAST_PIN_DIGITS},}}")
_INFO = b"desk"


class BadPinError(ValueError):
    """A PIN that cannot be one: other than digits, or too few of them."""


class WrappedKey(msgspec.Struct, frozen=True, array_like=True):
    """A desk key under one staff card and PIN, as it travels: 16, 12 and 48 bytes."""

    salt: bytes
    nonce: bytes
    sealed: bytes


class KeyCard(Card, frozen=True, array_like=True):
    """The name card of a member of staff, which also carries the desk key, wrapped for that card and PIN. Read as a
    `Card` it is one; any card read as this has no key."""

    wrapped: WrappedKey | None = None


def wrap(desk_key: bytes, secret: bytes, pin: str, salt: bytes, nonce: bytes) -> WrappedKey:
    """The desk key, locked to a staff card's secret and a PIN of six digits or more.

    `salt` (16 bytes) and `nonce` (12) are random and new for each wrapping. BadPinError for a PIN
    that is too short or not of digits, ValueError for bytes of another length.
    """
    lengths = (len(desk_key), len(salt), len(nonce))
    if lengths != (DESK_KEY_BYTES, SALT_BYTES, NONCE_BYTES):
        wanted = f"{DESK_KEY_BYTES}, {SALT_BYTES} and {NONCE_BYTES}"
        raise ValueError(f"desk key, salt and nonce have {wanted} bytes, not {lengths}")
    if not _PIN.fullmatch(pin):
        raise BadPinError(f"A PIN has {LEAST_PIN_DIGITS} digits or more, and nothing but digits.")
    return WrappedKey(salt, nonce, AESGCM(_key(secret, pin, salt)).encrypt(nonce, desk_key, None))


def unwrap(wrapped: WrappedKey, secret: bytes, pin: str) -> bytes | None:
    """The 32 byte desk key; None for a wrong PIN, another staff card, or an altered wrapping."""
    if not _PIN.fullmatch(pin) or len(wrapped.nonce) != NONCE_BYTES:
        return None
    try:
        return AESGCM(_key(secret, pin, wrapped.salt)).decrypt(wrapped.nonce, wrapped.sealed, None)
    except InvalidTag:
        return None


def _key(secret: bytes, pin: str, salt: bytes) -> bytes:
    stretched = hashlib.scrypt(
        pin.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MAXMEM
    )
    return derive(secret + stretched, _INFO)
