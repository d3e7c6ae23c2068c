"""Entries of logs as the folds take them, and their total order."""

import msgspec

from access.log.chain import device_of
from access.log.entry import Body, body_of, decode

ABOUT_BADGES = frozenset(
    {"scan", "override", "void", "passed", "not_passed", "printed", "badge", "revoke"}
)
"""Kinds that histories are made of."""


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry as folds take it: where it stands, its clocks, and its body (None: cannot be read)."""

    log: str
    seq: int
    digest: bytes
    mono_ms: int
    wall_ms: int
    kind: str
    body: Body | None

    @property
    def device(self) -> str:
        return device_of(self.log)


class Order(msgspec.Struct, frozen=True, order=True, gc=False):
    """The place of an entry among all: corrected time (ms), then log, number and hash."""

    at_ms: int
    log: str
    seq: int
    digest: bytes


def read_entry(log: str, digest: bytes, raw: bytes) -> LogEntry:
    """The entry that these bytes are. Raises EntryError where they are none."""
    entry = decode(raw)
    return LogEntry(
        log, entry.seq, digest, entry.mono_ms, entry.wall_ms, entry.kind, body_of(entry)
    )


def log_position(entry: LogEntry) -> tuple[int, bytes]:
    """Where an entry stands in its log: its number, and its digest, since two branches of a fork share numbers."""
    return entry.seq, entry.digest
