"""The short code of a decision, shown on screen and read out over a radio: which gate, and which of its entries."""

import re

from access.badge import crockford
from access.event.programme import Programme

_CODE = re.compile(r"([A-Z][0-9]{1,3})-?([0-9A-Z]{4})")


def gate_code(programme: Programme, gate: str) -> str:
    """A gate's letter and number: the first letter of its venue's English name, and its number among all gates."""
    return programme.gate_code(gate)


def receipt(programme: Programme, gate: str, digest: bytes) -> str:
    """The receipt of an entry, such as "M3-4F2K": its gate, and the first 20 bits of its hash (Crockford base32)."""
    bits = int.from_bytes(digest[:3], "big") >> 4
    return f"{gate_code(programme, gate)}-{crockford.encode(bits, 4)}"


def read_receipt(typed: str) -> str | None:
    """Normalise a receipt as people type it (small letters, blanks, O for 0); None if it is none."""
    found = _CODE.fullmatch(re.sub(r"\s", "", typed.upper()))
    return f"{found[1]}-{crockford.as_typed(found[2])}" if found else None


def digest_range(code: str) -> tuple[bytes, bytes] | None:
    """The lowest and the highest hash of entries with this receipt, or None if it is no receipt."""
    bits = crockford.decode(code[-4:])
    if bits is None:
        return None
    return (bits << 4).to_bytes(3, "big"), (bits << 4 | 15).to_bytes(3, "big") + b"\xff" * 30
