"""The desk key, with which staff read name cards, locked to a key card and its owner's PIN.

A kiosk stores only the wrapped key. To unwrap it takes the secret on the key card and the PIN in its owner's head; the
key itself exists in memory only, at staffed gates and where badges are printed, while staff mode is on. Both halves are
needed against a thief of the kiosk's disk: a PIN alone can be found by trying, whatever one trial costs; the card's
secret cannot.
"""

import hashlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.badge.credential import derive
from access.badge.key_card import KeyCard, is_genuine, key_card_verifier
from access.badge.name_card import DESK_KEY_BYTES, NONCE_BYTES, Card
from access.badge.secret_strength import (
    LEAST_PHRASE_LETTERS,
    LEAST_PIN_DIGITS,
    MOST_PIN_CHARACTERS,
    PinProblem,
    pin_problem,
    plain_pin,
)

SALT_BYTES = 16

SCRYPT_N = 2**15
SCRYPT_R = 8
SCRYPT_P = 3
"""The cost of trying one PIN: 128 * N * r bytes = 32 MiB of memory, three times over.

One of the equally strong settings of the OWASP Password Storage Cheat Sheet; of these the one whose
memory a Raspberry Pi 4 with 1 GiB can spare beside the door, at about a second for an unlocking.
"""

_SCRYPT_MAXMEM = 2 * 128 * SCRYPT_N * SCRYPT_R
_BY_BADGE = b"desk"
_BY_KEY_CARD = b"desk key card"

_PIN_PROBLEMS: dict[PinProblem, str] = {
    "too_short": (
        f"A PIN has {LEAST_PIN_DIGITS} digits or more; or choose a phrase of {LEAST_PHRASE_LETTERS} letters or more."
    ),
    "too_long": f"A PIN or phrase has at most {MOST_PIN_CHARACTERS} characters.",
    "common": "This PIN is one of the first that a thief tries; choose digits without a pattern, or a phrase.",
    "date": "This PIN is a date, and dates are soon tried; choose digits that are none, or a phrase.",
}


class BadPinError(ValueError):
    """A PIN that is too easily guessed; the message describes what would be right."""

    def __init__(self, problem: PinProblem) -> None:
        super().__init__(_PIN_PROBLEMS[problem])
        self.problem = problem


class WrappedKey(msgspec.Struct, frozen=True, array_like=True):
    """A desk key, wrapped, as it travels: 16, 12 and 48 bytes. `verifier` (32 bytes) proves the key card; empty where
    the key is wrapped under the secret of a badge."""

    salt: bytes
    nonce: bytes
    sealed: bytes
    verifier: bytes = b""


class StaffNameCard(Card, frozen=True, array_like=True):
    """The name card of a member of staff, which also carries the desk key: `locked` to a key card and its PIN. Read as
    a `Card` it is one; any card read as this has no key.

    `wrapped` is how the desk key was carried before there were key cards: under the secret of the badge itself and a
    PIN of six digits. It is still opened, and no longer made.
    """

    wrapped: WrappedKey | None = None
    locked: WrappedKey | None = None


def wrap(desk_key: bytes, card: KeyCard, pin: str, salt: bytes, nonce: bytes) -> WrappedKey:
    """The desk key, locked to a key card and a PIN or phrase.

    `salt` (16 bytes) and `nonce` (12) are random and new for each wrapping. BadPinError for a PIN that is too easily
    found, ValueError for bytes of another length.
    """
    lengths = (len(desk_key), len(salt), len(nonce))
    if lengths != (DESK_KEY_BYTES, SALT_BYTES, NONCE_BYTES):
        wanted = f"{DESK_KEY_BYTES}, {SALT_BYTES} and {NONCE_BYTES}"
        raise ValueError(f"desk key, salt and nonce have {wanted} bytes, not {lengths}")
    problem = pin_problem(pin)
    if problem is not None:
        raise BadPinError(problem)
    box = AESGCM(_key(card.secret, pin, salt, _BY_KEY_CARD))
    return WrappedKey(
        salt, nonce, box.encrypt(nonce, desk_key, card.badge), key_card_verifier(card)
    )


def unwrap(wrapped: WrappedKey, card: KeyCard, pin: str) -> bytes | None:
    """The 32 byte desk key; None for a wrong PIN, another key card, or an altered wrapping."""
    if not is_genuine(card, wrapped.verifier):
        return None
    return _opened(wrapped, _key(card.secret, pin, wrapped.salt, _BY_KEY_CARD), card.badge)


def unwrap_with_badge(wrapped: WrappedKey, secret: bytes, pin: str) -> bytes | None:
    """The 32 byte desk key of a staff badge from before there were key cards. None as for `unwrap`."""
    return _opened(wrapped, _key(secret, pin, wrapped.salt, _BY_BADGE), None)


def _opened(wrapped: WrappedKey, key: bytes, bound: bytes | None) -> bytes | None:
    if len(wrapped.nonce) != NONCE_BYTES:
        return None
    try:
        return AESGCM(key).decrypt(wrapped.nonce, wrapped.sealed, bound)
    except InvalidTag:
        return None


def _key(secret: bytes, pin: str, salt: bytes, use: bytes) -> bytes:
    stretched = hashlib.scrypt(
        plain_pin(pin).encode(),
        salt=salt,
        n=SCRYPT_N,
        r=SCRYPT_R,
        p=SCRYPT_P,
        maxmem=_SCRYPT_MAXMEM,
    )
    return derive(secret + stretched, use)
