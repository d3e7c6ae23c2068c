"""Key cards: what a member of staff keeps in a pocket to unlock staff mode, beside the badge that everybody sees.

A badge is worn, its code outward, and a photograph of it is the badge. So the secret that locks the desk key is on a
card of its own, drawn at random and printed once; no log and no roster entry contains it.

`JMK1:` and 24 characters (Crockford base32, https://www.crockford.com/base32.html) of 15 bytes: 29 characters, a QR
code of version 2 at error correction Q, like a plain badge's. For want of a camera the same 24 characters can be typed,
with a check character behind them.

| bytes | field |
| --- | --- |
| 5 | badge id of its owner |
| 10 | secret, random |
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from access.badge import crockford
from access.badge.credential import BADGE_BYTES, derive

SECRET_BYTES = 10
"""80 bits."""

MARK = "JMK1:"
_LENGTH = 24
_TEXT = re.compile(rf"{MARK}[{crockford.ALPHABET}]{{{_LENGTH}}}")
_GROUP = 5


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A key card: whose it is, and its secret (5 and 10 bytes)."""

    badge: bytes
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if (len(self.badge), len(self.secret)) != (BADGE_BYTES, SECRET_BYTES):
            raise ValueError(f"a key card has {BADGE_BYTES} and {SECRET_BYTES} bytes")


def key_card_text(card: KeyCard) -> str:
    """The 29 characters of its QR code (alphanumeric mode)."""
    return MARK + _spelled(card)


def read_key_card(text: str) -> KeyCard | None:
    """The key card that a QR code's text spells, or None. Never raises; the text is taken as it is."""
    return _unspelled(text[len(MARK) :]) if _TEXT.fullmatch(text) else None


def human_key(card: KeyCard) -> str:
    """The card for people to type: five groups of five characters, the last being a check character."""
    spelled = _spelled(card)
    spelled += _check(spelled)
    return "-".join(spelled[at : at + _GROUP] for at in range(0, len(spelled), _GROUP))


def read_human_key(typed: str) -> KeyCard | None:
    """The key card of a typed code, or None where it is none or its check character is wrong.

    Kind to the typist, as `credential.read_human_code` is.
    """
    code = crockford.as_typed(typed)
    if len(code) != _LENGTH + 1 or code[-1] != _check(code[:-1]):
        return None
    return _unspelled(code[:-1])


def key_card_verifier(card: KeyCard) -> bytes:
    """32 bytes that prove a key card before its PIN is tried, and do not give it away: to find the card from them takes
    as many trials as its secret has values."""
    return hashlib.sha256(derive(card.secret, b"key card" + card.badge)).digest()


def is_genuine(card: KeyCard, verifier: bytes) -> bool:
    """Whether `verifier` was made of this card, compared in constant time."""
    return hmac.compare_digest(key_card_verifier(card), verifier)


def _spelled(card: KeyCard) -> str:
    return crockford.encode(int.from_bytes(card.badge + card.secret, "big"), _LENGTH)


def _unspelled(code: str) -> KeyCard | None:
    number = crockford.decode(code)
    if number is None:
        return None
    data = number.to_bytes(BADGE_BYTES + SECRET_BYTES, "big")
    return KeyCard(data[:BADGE_BYTES], data[BADGE_BYTES:])


def _check(spelled: str) -> str:
    return crockford.ALPHABET[hashlib.sha256(spelled.encode()).digest()[0] & 31]
