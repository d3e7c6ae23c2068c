"""The short code of a decision, shown on screen and read out over a radio: which gate, and which of its entries."""

from access.event.programme import Programme

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def gate_code(programme: Programme, gate: str) -> str:
    """A gate's letter and number: the first letter of its venue's English name, and its place among all gates."""
    return programme.gate_code(gate)


def receipt(programme: Programme, gate: str, digest: bytes) -> str:
    """The receipt of an entry, such as "M3-4F2K": its gate, and the first 20 bits of its hash (Crockford base32)."""
    bits = int.from_bytes(digest[:3], "big") >> 4
    tail = "".join(_ALPHABET[bits >> shift & 31] for shift in (15, 10, 5, 0))
    return f"{gate_code(programme, gate)}-{tail}"
