"""Name cards: a person's name and language for the screen of a door, encrypted against everybody without a right to
them.

A card travels and is stored beside the logs and can be deleted without breaking a chain; the log
contains only its hash. It is sealed twice with AES-GCM: under a key that the badge's own secret gives,
and under the event's desk key, for staff who search by name.
"""

import hashlib
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from access.badge.credential import derive
from access.event.definition import Language

NONCE_BYTES = 12
DESK_KEY_BYTES = 32

BLOCK = 256
"""Contents are padded to a multiple of this many bytes: most people's cards are equally long."""

_TAG_BYTES = 16


class CardContent(msgspec.Struct, frozen=True, array_like=True):
    """The content of a card. `keys` are other names, found like the first; earlier releases put pinyin there. `code` is
    the text of the badge's own code, from which staff print the badge of somebody who has come without it: under the
    desk's seal alone, and only where the event has a gate that prints. `family` is the family name, as it stands in
    `name`; empty: the list did not say."""

    name: str
    organisation: str
    language: Language
    keys: tuple[str, ...] = ()
    code: str = ""
    family: str = ""

    def __repr__(self) -> str:
        """Without the person: a name is in no log line, not even in a trace."""
        return "CardContent(…)"


class Card(msgspec.Struct, frozen=True, array_like=True):
    """A sealed card, as it travels. Each seal is 12 bytes of nonce, then the sealed content.

    `sealed_badge` is None for a badge of another system whose code can be guessed.
    """

    badge: bytes
    issue: int
    sealed_badge: bytes | None
    sealed_desk: bytes


def seal(
    content: CardContent,
    secret: bytes | None,
    desk_key: bytes,
    badge: bytes,
    issue: int,
    nonces: tuple[bytes, bytes],
) -> Card:
    """The card of one issue of a badge; `secret` None leaves out the badge's own seal.

    `desk_key` has 32 bytes; the nonces, for badge and desk, are random, 12 bytes each, and never
    used again. ValueError if one has another length.
    """
    if len(desk_key) != DESK_KEY_BYTES:
        raise ValueError(f"a desk key has {DESK_KEY_BYTES} bytes, not {len(desk_key)}")
    if any(len(nonce) != NONCE_BYTES for nonce in nonces):
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    plain = for_owner = _padded(msgspec.msgpack.encode(content))
    if content.code:
        for_owner = _padded(msgspec.msgpack.encode(msgspec.structs.replace(content, code="")))
    bound = _bound(badge, issue)
    for_badge, for_desk = nonces
    sealed_badge = None
    if secret is not None:
        sealed_badge = for_badge + AESGCM(_seal_key(secret)).encrypt(for_badge, for_owner, bound)
    sealed_desk = for_desk + _desk(desk_key).encrypt(for_desk, plain, bound)
    return Card(badge, issue, sealed_badge, sealed_desk)


@lru_cache(maxsize=1)
def _desk(desk_key: bytes) -> AESGCM:
    """The desk's cipher: the same for thousands of cards."""
    return AESGCM(desk_key)


def open_with_secret(card: Card, secret: bytes) -> CardContent | None:
    """The content, opened with a badge's secret; None if the card is another's, or was altered."""
    return _opened(card, card.sealed_badge, _seal_key(secret))


def open_with_desk(card: Card, desk_key: bytes) -> CardContent | None:
    """The content, opened with the desk key; None if sealed under another one, or altered."""
    return _opened(card, card.sealed_desk, desk_key)


def seal_spelling(name: str, card: Card, desk_key: bytes, nonce: bytes) -> bytes:
    """A name as staff spell it on the badge of this card, for an entry of the log; `nonce` as for `seal`.

    It is sealed with the desk key and with what no log contains of the card. Where the card is deleted, since its
    person was erased or has another name by now, nobody reads the spelling any more.
    """
    plain = _padded(name.encode())
    sealed = AESGCM(_spelling_key(card, desk_key)).encrypt(
        nonce, plain, _bound(card.badge, card.issue)
    )
    return nonce + sealed


def open_spelling(sealed: bytes, card: Card, desk_key: bytes) -> str | None:
    """The name; None where it was sealed with another card or desk key, or altered."""
    if len(sealed) < NONCE_BYTES + _TAG_BYTES or not 0 <= card.issue <= 255:
        return None
    nonce, box = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        padded = AESGCM(_spelling_key(card, desk_key)).decrypt(
            nonce, box, _bound(card.badge, card.issue)
        )
        return padded.rstrip(b"\x00")[:-1].decode()
    except (InvalidTag, UnicodeDecodeError):
        return None


def card_hash(card: Card) -> bytes:
    """The 32 bytes by which a roster entry names its card."""
    return hashlib.sha256(msgspec.msgpack.encode(card)).digest()


def _seal_key(secret: bytes) -> bytes:
    return derive(secret, b"seal")


def _spelling_key(card: Card, desk_key: bytes) -> bytes:
    return derive(desk_key + card.sealed_desk, b"spelling")


def _bound(badge: bytes, issue: int) -> bytes:
    """The associated data of a seal: opening it for another badge or issue fails."""
    return badge + bytes([issue])


def _padded(data: bytes) -> bytes:
    """`data`, one byte 0x80, and zeros up to a whole block (ISO/IEC 7816-4)."""
    marked = data + b"\x80"
    return marked + bytes(-len(marked) % BLOCK)


def _opened(card: Card, sealed: bytes | None, key: bytes) -> CardContent | None:
    if sealed is None or len(sealed) < NONCE_BYTES + _TAG_BYTES or not 0 <= card.issue <= 255:
        return None
    nonce, box = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        padded = AESGCM(key).decrypt(nonce, box, _bound(card.badge, card.issue))
        return msgspec.msgpack.decode(padded.rstrip(b"\x00")[:-1], type=CardContent)
    except (InvalidTag, msgspec.DecodeError):
        return None
