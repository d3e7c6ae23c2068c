"""Badge credentials: the two printed forms, their proof, and the code a person can read out.

The plain form, `J` and 28 base32 characters, carries badge id, issue and a secret only; what the
badge may do is on the roster. The signed form, `JM1:`, 117 base45 characters and
`.`, carries its claims under an Ed25519 signature, for doors whose roster does not list it yet. A
badge of another system is any text.
"""

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from access.badge import base45, crockford
from access.event.definition import MAX_ISSUES, MAX_TICKETS

BADGE_BYTES = 5
SECRET_BYTES = 11
SIGNED_BYTES = 14
SIGNATURE_BYTES = 64

_NO_SALT = bytes(32)
_PLAIN = re.compile(r"J[A-Z2-7]{28}")
_SIGNED = re.compile(r"JM1:[0-9A-Z $%*+\-./:]{117}\.")
_BASE32 = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")
"""The alphabet of RFC 4648 as the digits that `int` reads."""
_FIELDS = struct.Struct(">B2s5sBBBHB")

_CHECK = crockford.ALPHABET + "*~$=U"


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """What a badge may do: a ticket number, and bit sets: bit n is index n of the list in the event file."""

    ticket: int
    venues: int
    sessions: int
    days: int


class Plain(msgspec.Struct, frozen=True):
    """A plain badge as read: 5 byte id, issue 1 to 63, 11 byte secret (foreign: the code)."""

    badge: bytes
    issue: int
    secret: bytes

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Plain(badge={self.badge!r}, issue={self.issue})"


class Signed(msgspec.Struct, frozen=True):
    """A signed badge as read, genuine or not: the 14 bytes `signed`, their decoded fields, and the signature."""

    badge: bytes
    issue: int
    key: int
    tag: bytes
    claims: Claims
    signed: bytes
    signature: bytes

    def __repr__(self) -> str:
        """Without the signature."""
        return f"Signed(badge={self.badge!r}, issue={self.issue}, key={self.key}, claims={self.claims})"

    @property
    def secret(self) -> bytes:
        """The signature: it cannot be guessed, so it serves as the secret of this issue."""
        return self.signature


def read(text: str) -> Plain | Signed | None:
    """Return the badge that `text` encodes, or None if it has neither of our forms. Never raises.

    The text is read exactly, never trimmed or folded.
    """
    if _PLAIN.fullmatch(text):
        return _read_plain(text)
    if _SIGNED.fullmatch(text):
        return _read_signed(text)
    return None


def _read_plain(text: str) -> Plain | None:
    number = int(text[1:].translate(_BASE32), 32)
    # Four bits of the text are to spare: only one spelling of a badge is its own.
    if number & 15:
        return None
    data = (number >> 4).to_bytes(1 + BADGE_BYTES + SECRET_BYTES, "big")
    # The first byte is two bits of version, which are 0, and the issue: above 63 it is a version we
    # do not know.
    if not 1 <= data[0] <= MAX_ISSUES:
        return None
    return Plain(badge=data[1:6], issue=data[0], secret=data[6:])


def _read_signed(text: str) -> Signed | None:
    try:
        data = base45.decode(text[4:-1])
    except ValueError:
        return None
    badge = _unpack(data[:SIGNED_BYTES], data[SIGNED_BYTES:])
    return badge if 1 <= badge.issue <= MAX_ISSUES else None


def _unpack(signed: bytes, signature: bytes) -> Signed:
    key, tag, badge, issue, ticket, venues, sessions, days = _FIELDS.unpack(signed)
    claims = Claims(ticket, venues, sessions, days)
    return Signed(badge, issue, key, tag, claims, signed, signature)


def claims_in(signed: bytes) -> Claims:
    """The claims in the 14 signed bytes of a badge, as a log entry keeps them.

    Raises ValueError for any other number of bytes.
    """
    if len(signed) != SIGNED_BYTES:
        raise ValueError(f"the signed part of a badge is {SIGNED_BYTES} bytes, not {len(signed)}")
    return _unpack(signed, b"").claims


def foreign(text: str) -> Plain:
    """The badge that a code of another system stands for: id a hash of it, secret the code."""
    code = text.encode("utf-8", "surrogatepass")
    return Plain(badge=hashlib.sha256(b"JMX" + code).digest()[:BADGE_BYTES], issue=1, secret=code)


def plain_text(plain: Plain) -> str:
    """The 29 characters to print for a plain badge; ValueError if its parts do not fit."""
    _check_identity(plain.badge, plain.issue)
    if len(plain.secret) != SECRET_BYTES:
        raise ValueError(
            f"a plain badge has a secret of {SECRET_BYTES} bytes, not {len(plain.secret)}"
        )
    data = bytes([plain.issue]) + plain.badge + plain.secret
    return "J" + base64.b32encode(data).decode().rstrip("=")


def signed_text(signed: Signed) -> str:
    """The 122 characters to print for a signed badge; ValueError if its parts do not fit."""
    if (len(signed.signed), len(signed.signature)) != (SIGNED_BYTES, SIGNATURE_BYTES):
        raise ValueError(
            f"a signed badge is {SIGNED_BYTES} bytes and a signature of {SIGNATURE_BYTES}, "
            f"not {len(signed.signed)} and {len(signed.signature)}"
        )
    return signed_text_of(signed.signed + signed.signature)


def signed_text_of(raw: bytes) -> str:
    """The text that spells these 78 bytes of a signed badge, genuine or not."""
    return f"JM1:{base45.encode(raw)}."


def sign(
    private_key: Ed25519PrivateKey,
    key: int,
    event_id: str,
    badge: bytes,
    issue: int,
    claims: Claims,
) -> Signed:
    """A signed badge under the event's key number `key` (0 to 255).

    ValueError if a field does not fit the form.
    """
    _check_identity(badge, issue)
    if claims.ticket >= MAX_TICKETS:
        raise ValueError(f"a ticket number is below {MAX_TICKETS}, not {claims.ticket}")
    try:
        signed = _FIELDS.pack(
            key,
            event_tag(event_id),
            badge,
            issue,
            claims.ticket,
            claims.venues,
            claims.sessions,
            claims.days,
        )
    except struct.error as error:
        raise ValueError(
            f"key number {key} or claims {claims} do not fit a signed badge: {error}"
        ) from None
    return _unpack(signed, private_key.sign(signed))


def _check_identity(badge: bytes, issue: int) -> None:
    if len(badge) != BADGE_BYTES:
        raise ValueError(f"a badge id has {BADGE_BYTES} bytes, not {len(badge)}")
    if not 1 <= issue <= MAX_ISSUES:
        raise ValueError(f"an issue number is 1 to {MAX_ISSUES}, not {issue}")


@lru_cache(maxsize=8)
def event_tag(event_id: str) -> bytes:
    """The two bytes by which a signed badge names its event."""
    return hashlib.sha256(event_id.encode()).digest()[:2]


def derive(secret: bytes, info: bytes, length: int = 32, salt: bytes | None = None) -> bytes:
    """HKDF-SHA256 (RFC 5869): `length` bytes for the use `info`, out of a secret."""
    # Written out: asked several times of every badge, and five times as fast so.
    extracted = hmac.digest(salt or _NO_SALT, secret, "sha256")
    derived = block = hmac.digest(extracted, info + b"\x01", "sha256")
    for number in range(2, -(-length // len(block)) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        derived += block
    return derived[:length]


def verifier(secret: bytes) -> bytes:
    """The 32 bytes that a roster stores of a secret: they prove it and do not reveal it."""
    return _verifier(secret)


def proves(secret: bytes, verifier: bytes) -> bool:
    """Whether `verifier` was made of `secret`, compared in constant time."""
    return hmac.compare_digest(_verifier(secret), verifier)


def _verifier(secret: bytes) -> bytes:
    return hashlib.sha256(derive(secret, b"verify")).digest()


def genuine(signed: Signed, keys: Mapping[int, bytes]) -> bool:
    """Whether a key of the event signed this badge. `keys`: raw 32 byte public keys by number.

    The named key is asked first. The others are asked too, since key numbers may have been given
    twice while two registries could not talk. A key that is no key is passed over.
    """
    named = keys.get(signed.key)
    if named is not None and _signed_by(signed, named):
        return True
    return any(_signed_by(signed, raw) for number, raw in keys.items() if number != signed.key)


def _signed_by(signed: Signed, raw: bytes) -> bool:
    key = _public_key(raw)
    if key is None:
        return False
    try:
        key.verify(signed.signature, signed.signed)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _public_key(raw: bytes) -> Ed25519PublicKey | None:
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None


def plain_secret(master: bytes, salt: bytes, badge: bytes, issue: int) -> bytes:
    """The 11 byte secret of a plain badge, from the event's master key and the person's salt.

    Without the random salt in the person's row it cannot be derived again: erasing the salt erases the
    person.
    """
    _check_identity(badge, issue)
    return derive(master, b"plain" + badge + bytes([issue]), SECRET_BYTES, salt)


def human_code(badge: bytes) -> str:
    """A badge id for people to read out and type: `ABCD-EFGH-X`, the X being a check character.

    Crockford base32, https://www.crockford.com/base32.html. The check character catches any one
    wrong character and any two neighbours swapped.
    """
    if len(badge) != BADGE_BYTES:
        raise ValueError(f"a badge id has {BADGE_BYTES} bytes, not {len(badge)}")
    number = int.from_bytes(badge, "big")
    code = crockford.encode(number, 8)
    return f"{code[:4]}-{code[4:]}-{_CHECK[number % 37]}"


def read_human_code(typed: str) -> bytes | None:
    """The badge id of a typed code, or None if it is none or its check character is wrong.

    Kind to the typist: small letters, full-width letters of a Chinese keyboard, O for 0, I and L
    for 1, with or without dashes and blanks.
    """
    code = crockford.as_typed(typed)
    number = crockford.decode(code[:8])
    if len(code) != 9 or number is None or code[8] != _CHECK[number % 37]:
        return None
    return number.to_bytes(BADGE_BYTES, "big")


def read_unchecked_code(typed: str) -> bytes | None:
    """Return the badge id of a code typed without its check character, or None if it is no such code.

    A mistyped one is not detected: the caller must confirm it by the person's name.
    """
    code = crockford.as_typed(typed)
    number = crockford.decode(code) if len(code) == 8 else None
    return number.to_bytes(BADGE_BYTES, "big") if number is not None else None
