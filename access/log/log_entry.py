"""Entries of logs as the folds take them, and their total order."""

import msgspec

from access.log.chain import device_of
from access.log.entry import Body, body_of, decode

ABOUT_BADGES = frozenset(
    {"scan", "override", "void", "passed", "not_passed", "printed", "badge", "revoke"}
)
"""Kinds that histories are made of."""


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """A decoded log entry as the folds take it: its log and number, its clocks in ms, and its body (None:
    unreadable)."""

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
    """The position of an entry in the total order: corrected time (ms), then log, number and hash."""

    at_ms: int
    log: str
    seq: int
    digest: bytes


def read_entry(log: str, digest: bytes, raw: bytes) -> LogEntry:
    """Decode the bytes of an entry. Raise EntryError if they are none."""
    entry = decode(raw)
    return LogEntry(
        log, entry.seq, digest, entry.mono_ms, entry.wall_ms, entry.kind, body_of(entry)
    )


def log_position(entry: LogEntry) -> tuple[int, bytes]:
    """The position of an entry in its log: its number, and its digest because the branches of a fork share numbers."""
    return entry.seq, entry.digest
