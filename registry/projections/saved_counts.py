"""The folds as they were worked out last, in a file: a registry that starts need not work out a day again.

They stand for certain entries of the ledger, and count for nothing if it has others; nor does a file that is damaged,
or of another version. It holds badge ids and areas, as the entries do, and no name.
"""

import hashlib
import logging
import os
from pathlib import Path

import msgspec

from access.state.arrivals import SavedArrivals
from access.state.kept.shares import SavedCounts
from access.state.log_state import SavedState
from registry.projections.stored_entries import SavedEnds

log = logging.getLogger(__name__)

FILE = "registry.counts"

VERSION = 4
"""Of the file, and of how the folds are worked out."""

HASH_BYTES = 32


class Saved(msgspec.Struct, frozen=True, array_like=True):
    """The counts and the folds under them, and the entries that they stand for."""

    version: int
    entries: SavedEnds
    state: SavedState
    counts: SavedCounts
    arrivals: SavedArrivals | None


def write(folder: Path, saved: Saved) -> None:
    """Write the file, whole or not at all. Raises OSError."""
    raw = msgspec.msgpack.encode(saved)
    part = folder / f".{FILE}.{os.getpid()}"
    part.touch(mode=0o640)
    part.write_bytes(hashlib.sha256(raw).digest() + raw)
    part.replace(folder / FILE)


def read(folder: Path) -> Saved | None:
    """What the file says; None: there is none that counts."""
    try:
        data = (folder / FILE).read_bytes()
    except OSError:
        return None
    raw = data[HASH_BYTES:]
    if hashlib.sha256(raw).digest() != data[:HASH_BYTES]:
        log.warning("%s is damaged; everything is counted again", FILE)
        return None
    try:
        saved = msgspec.msgpack.decode(raw, type=Saved)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return saved if saved.version == VERSION else None
