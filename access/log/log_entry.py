"""Entries of logs as the folds take them, and their total order."""

from typing import Any

import msgspec
from msgspec.structs import force_setattr

from access.log.chain import device_of
from access.log.entry import Body, Scan, body_of, decode

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


class SharedValues:
    """One object for each value that scans repeat, such as a gate: half a million scans may be in memory, and decoding
    makes a new string for each."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}

    def share(self, entry: LogEntry, body: Scan) -> None:
        """Put the shared objects into a scan, which stays equal to what it was. Not its literals, which decoding does
        not copy."""
        # Written out: this is done for every scan there is.
        shared = self._values.setdefault
        force_setattr(entry, "log", shared(entry.log, entry.log))
        force_setattr(entry, "kind", "scan")
        force_setattr(body, "gate", shared(body.gate, body.gate))
        force_setattr(body, "reason", shared(body.reason, body.reason))
        if (badge := body.badge) is not None:
            force_setattr(body, "badge", shared(badge, badge))
        if (area := body.area) is not None:
            force_setattr(body, "area", shared(area, area))
        if (place := body.place) is not None:
            force_setattr(body, "place", shared(place, place))
        if (head := body.roster_head) is not None:
            force_setattr(body, "roster_head", shared(head, head))
        if (session := body.session) is not None:
            force_setattr(body, "session", shared(session, session))
        if body.conditions:
            force_setattr(body, "conditions", shared(body.conditions, body.conditions))
