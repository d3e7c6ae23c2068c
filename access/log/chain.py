"""The hash chain of a log, and the signed heads that vouch for it.

Each entry names the SHA-256 of the one before it, so one signature over the newest (log, number, hash) vouches for
all; a carrier can neither alter, drop from the middle, nor invent. A log id is the
device id (16 hex digits) and 8 random hex digits: a new one at every boot.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from access.log.entry import (
    MAX_ENTRY_BYTES,
    UNREADABLE,
    Entry,
    EntryError,
    decode,
    pack,
)
from access.log.fields import Digest, LogId, Millis, Seq

HEAD_EVERY = 256
"""A log's writer signs a head at each exchange, and after this many entries."""

HEAD_CONTEXT = b"jianmen head 1"
"""Domain separation: the signature of a head is valid for nothing else."""


class ChainError(ValueError):
    """Entries that do not continue a log. `seq` is the first that fails, `why` the reason."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"entry {seq}: {why}")
        self.seq = seq
        self.why = why


class Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A log up to a number, vouched for by its writer. `at_ms` is the writer's best time when it signed, so that
    a head without new entries still shows that its writer was reached."""

    log: LogId
    seq: Seq
    digest: Digest
    at_ms: Millis
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


def device_id(public: bytes) -> str:
    """The id of a device: the first 16 hex digits of the SHA-256 of its public key."""
    return sha256(public).hexdigest()[:16]


def device_of(log: str) -> str:
    """The device that writes a log, by the log's id."""
    return log[:16]


def log_id(public: bytes, random: bytes) -> str:
    """The id of a new log: the device id and 4 random bytes in hex."""
    return device_id(public) + random.hex()


def _signed_part(log: str, seq: int, digest: bytes, at_ms: int) -> bytes:
    return HEAD_CONTEXT + pack((log, seq, digest, at_ms))


def sign_head(key: Ed25519PrivateKey, log: str, seq: int, digest: bytes, at_ms: int) -> Head:
    """A head signed by the log's writer."""
    return Head(log, seq, digest, at_ms, key.sign(_signed_part(log, seq, digest, at_ms)))


@lru_cache(maxsize=2048)
def vouched(head: Head, public: bytes) -> bool:
    """Whether the head is signed by the device that owns the log. Cached: the same head arrives again and again, on
    every path."""
    if device_id(public) != device_of(head.log):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            head.signature, _signed_part(head.log, head.seq, head.digest, head.at_ms)
        )
    except InvalidSignature:
        return False
    return True


_read = msgspec.msgpack.Decoder(Entry).decode
"""As `decode` does; called for thousands of entries in a row."""


def follow(first_seq: int, prev: bytes, raws: Sequence[bytes]) -> tuple[list[Entry], list[bytes]]:
    """Return entries and their hashes, checked to be a run that begins with number `first_seq` after hash `prev`.

    Raise ChainError at the first that is no entry, has another number, or names another `prev`.
    """
    entries, broken = _decoded(first_seq, raws)
    digests = [sha256(raw).digest() for raw in raws[: len(entries)]]
    for seq, (entry, digest) in enumerate(zip(entries, digests, strict=True), first_seq):
        if entry.seq != seq:
            raise ChainError(seq, f"it says that it is number {entry.seq}")
        if entry.prev != prev:
            raise ChainError(seq, "it does not follow the entry before it")
        prev = digest
    if broken is not None:
        raise broken
    return entries, digests


def _decoded(first_seq: int, raws: Sequence[bytes]) -> tuple[list[Entry], ChainError | None]:
    """The entries before the first that is none, and what is wrong with that one."""
    if max(map(len, raws), default=0) <= MAX_ENTRY_BYTES:
        try:
            return list(map(_read, raws)), None
        except UNREADABLE:
            pass
    entries: list[Entry] = []
    broken: ChainError | None = None
    try:
        entries.extend(map(decode, raws))  # keeps those before the one that fails
    except EntryError as error:
        broken = ChainError(first_seq + len(entries), str(error))
    return entries, broken
