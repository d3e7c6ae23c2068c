"""Bundles: a signed file that carries logs between machines which share no network.

It is merged as what comes over a network. A bundle is MAGIC, then frames: four bytes of length (big-endian) and a
MessagePack pair (kind, value). The last frame is the signature of the exporting device over the SHA-256 of everything
before it, so that a truncated or altered file is detected before anything is stored.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from access.log.chain import ChainError, Head
from access.log.entry import UNREADABLE, Kiosk, pack
from sync.durable_file import whole_file
from sync.exchange.quota import Quota
from sync.store.log_store import BEGINNING, LogStore
from sync.wire.device_key import DeviceKey, verifies
from sync.wire.enrolment_certificate import certified_kiosk
from sync.wire.messages import MAX_BODY_BYTES, Batch, MessageError, SealedCard

MAGIC = b"jianmen bundle 1\n"
_LENGTH = struct.Struct(">I")

Kind = TypeVar("Kind")


class BundleError(Exception):
    """A file that is no bundle, or is damaged. The text says what is wrong with it."""


class Opening(msgspec.Struct, frozen=True, array_like=True):
    """The first frame: who made the bundle, for which event's registry, and when (ms); and the maker's enrolment
    certificate, for stores that do not know it yet."""

    device: str
    registry: str
    made_ms: int
    warrant: bytes = b""


@dataclass
class Imported:
    """What a bundle brought."""

    device: str
    entries: int = 0
    cards: int = 0
    rejected: dict[str, str] = field(default_factory=dict)


def export(
    store: LogStore, identity: DeviceKey, path: Path, made_ms: int, warrant: bytes = b""
) -> int:
    """Write everything a store has into a bundle. Return how many entries. `warrant` is the kiosk's own enrolment
    certificate. The file is complete or absent. Raises OSError."""
    entries = 0
    with whole_file(path, 0o666) as file:
        writer = _Writer(file)
        writer.frame("opening", Opening(identity.fingerprint, store.registry, made_ms, warrant))
        logs = sorted(store.vector(), key=lambda log: (not store.is_registry(log), log))
        for log in logs:
            for batch in _whole(store, log):
                writer.frame("batch", batch)
                entries += len(batch.raws)
        for head in store.latest_heads():
            writer.frame("head", head)
        for card in store.all_sealed():
            writer.frame("card", card)
        writer.frame("signature", identity.sign(writer.hash.digest()))
    return entries


def _whole(store: LogStore, log: str) -> Iterator[Batch]:
    """All of a log, every branch of it, piece by piece."""
    for start, tip in store.stretches(log, [BEGINNING]) or []:
        at = start
        while (batch := store.batch(log, at, tip)) is not None:
            yield batch
            at = (batch.head.seq, batch.head.digest)


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = sha256()
        self._write(MAGIC)

    def frame(self, kind: str, value: object) -> None:
        body = pack((kind, value))
        self._write(_LENGTH.pack(len(body)) + body)

    def _write(self, piece: bytes) -> None:
        self.hash.update(piece)
        self._file.write(piece)


def take_in(store: LogStore, path: Path) -> Imported:
    """Merge a bundle into a store. Idempotent. Raises BundleError (then nothing was stored) or OSError."""
    with path.open("rb") as file:
        opening, introduced = _check(store, file, path)
        if introduced is not None:
            with store.transaction():
                store.introduce(introduced)
        file.seek(0)
        imported = Imported(opening.device)
        quota = Quota(store.vector(), store.registry)
        for kind, body in _frames(file, path):
            with store.transaction():
                _take_frame(store, quota, kind, body, path, imported)
    return imported


def _check(store: LogStore, file: BinaryIO, path: Path) -> tuple[Opening, Kiosk | None]:
    """Read a bundle through once: whole, for this event, and signed by an enrolled device; a kiosk that is known by
    the bundle's warrant alone is named."""
    opening: Opening | None = None
    introduced: Kiosk | None = None
    signed = False
    running = sha256(MAGIC)
    for kind, body in _frames(file, path):
        if signed:
            raise BundleError(f"{path}: there is more after the signature")
        if kind == "opening":
            opening = _decode(body, Opening, path)
            if opening.registry != store.registry:
                raise BundleError(f"{path}: this bundle is of another event's registry")
        elif opening is None:
            raise BundleError(f"{path}: the bundle does not say who made it")
        elif kind == "signature":
            public = store.public_key(opening.device)
            if public is None:
                introduced = _introduced(store, opening, path)
                public = introduced.public
            if not verifies(public, _decode(body, bytes, path), running.digest()):
                raise BundleError(f"{path}: the bundle was altered: its signature does not fit")
            signed = True
        whole = pack((kind, msgspec.Raw(body)))
        running.update(_LENGTH.pack(len(whole)) + whole)
    if opening is None or not signed:
        raise BundleError(f"{path}: the bundle is cut short; export it again")
    return opening, introduced


def _introduced(store: LogStore, opening: Opening, path: Path) -> Kiosk:
    """The maker of a bundle, as its enrolment certificate names it."""
    public = store.public_key(store.registry)
    try:
        if opening.warrant and public is not None:
            return certified_kiosk(opening.warrant, opening.device, public)
    except MessageError as error:
        raise BundleError(f"{path}: made by {opening.device}: {error}") from error
    raise BundleError(f"{path}: made by {opening.device}, which is not enrolled here")


def _frames(file: BinaryIO, path: Path) -> Iterator[tuple[str, bytes]]:
    if file.read(len(MAGIC)) != MAGIC:
        raise BundleError(f"{path}: not a bundle; `jianmen sync export` makes them")
    while length := file.read(_LENGTH.size):
        if len(length) < _LENGTH.size:
            raise BundleError(f"{path}: the bundle is cut short; export it again")
        (size,) = _LENGTH.unpack(length)
        if size > MAX_BODY_BYTES:
            raise BundleError(f"{path}: a piece of {size} bytes, larger than any of ours")
        body = file.read(size)
        if len(body) < size:
            raise BundleError(f"{path}: the bundle is cut short; export it again")
        try:
            kind, value = msgspec.msgpack.decode(body, type=tuple[str, msgspec.Raw])
        except UNREADABLE as error:
            raise BundleError(f"{path}: a piece cannot be read: {error}") from error
        yield kind, bytes(value)


def _take_frame(
    store: LogStore, quota: Quota, kind: str, body: bytes, path: Path, imported: Imported
) -> None:
    match kind:
        case "batch":
            batch = _decode(body, Batch, path)
            try:
                quota.admit(batch)
                imported.entries += store.take(batch)
            except (MessageError, ChainError) as error:
                imported.rejected[batch.log] = str(error)
        case "head":
            store.take_head(_decode(body, Head, path))
        case "card":
            store.keep_cards([_decode(body, SealedCard, path)])
            imported.cards += 1


def _decode(body: bytes, kind: type[Kind], path: Path) -> Kind:
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except UNREADABLE as error:
        raise BundleError(f"{path}: a piece cannot be read: {error}") from error
