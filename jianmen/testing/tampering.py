"""Badges that somebody has altered."""

from access.badge import credential
from access.badge.credential import SIGNED_BYTES, Plain, Signed

VENUES_BYTE = 10
"""Where the signed part of a badge has the bits of the venues."""


def tampered(text: str, part: str) -> str:
    """The text of a badge with one bit flipped: of its secret or signature, or with `part` "claims" of a signed badge's
    claims. Raises ValueError for a code of another system, and for the claims of a plain badge, which has none."""
    code = credential.read(text)
    if isinstance(code, Plain):
        if part == "claims":
            raise ValueError("a plain badge carries no claims")
        return credential.plain_text(Plain(code.badge, code.issue, _flipped(code.secret, -1, 1)))
    if isinstance(code, Signed):
        raw = code.signed + code.signature
        at = VENUES_BYTE if part == "claims" else SIGNED_BYTES
        return credential.signed_text_of(_flipped(raw, at, 1))
    raise ValueError("a code of another system")


def _flipped(raw: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[at] ^= bit
    return bytes(changed)
