"""Base45 (RFC 9285): bytes as the 45 characters of a QR code's alphanumeric mode.

Two bytes become three characters, a last single byte two. The blank is one of the characters, so
encoded text may begin or end with one and must never be trimmed.
"""

import struct

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_STRANGER = 45
_DIGITS = bytes(
    ALPHABET.index(chr(byte)) if chr(byte) in ALPHABET else _STRANGER for byte in range(256)
)


def encode(data: bytes) -> str:
    """`data` as base45 text: three characters for each two bytes, two for an odd last one."""
    characters: list[str] = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            characters.append(ALPHABET[digit])
    return "".join(characters)


def decode(text: str) -> bytes:
    """The bytes that `encode` makes `text` of; ValueError for any text that it never makes."""
    if len(text) % 3 == 1:
        raise ValueError("base45 text has no single character left over")
    digits = text.encode("latin-1", "replace").translate(_DIGITS)
    if _STRANGER in digits:
        strange = next(character for character in text if character not in ALPHABET)
        raise ValueError(f"{strange!r} is not one of the 45 characters")
    triples = zip(digits[0::3], digits[1::3], digits[2::3], strict=False)
    pairs = [low + 45 * middle + 2025 * high for low, middle, high in triples]
    # A group that stands for more than its bytes hold does not fit the field.
    try:
        data = struct.pack(f">{len(pairs)}H", *pairs)
        if len(digits) % 3:
            data += struct.pack(">B", digits[-2] + 45 * digits[-1])
    except struct.error:
        raise ValueError("base45 text stands for more than its bytes hold") from None
    return data
