"""Crockford's base32: codes that people read out and type, five bits to a character."""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", "- ")


def encode(number: int, characters: int) -> str:
    """Return the lowest `5 * characters` bits of a number as that many characters, the highest first."""
    return "".join([ALPHABET[number >> 5 * at & 31] for at in range(characters - 1, -1, -1)])


def decode(text: str) -> int | None:
    """The number of a code, or None where a character is not of the alphabet."""
    number = 0
    for character in text:
        value = ALPHABET.find(character)
        if value < 0:
            return None
        number = number << 5 | value
    return number


def as_typed(text: str) -> str:
    """Normalise a code as people type it: small letters, full-width letters of a Chinese keyboard, O for 0, I and L
    for 1, with or without dashes and blanks."""
    return unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
