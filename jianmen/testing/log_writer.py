"""Writes the log of one device, entry by entry: for logs that no honest journal contains, and for logs of any size."""

from __future__ import annotations

from typing import Self

import msgspec

from access.badge.credential import Claims
from access.event.definition import Direction
from access.log.chain import Head
from access.log.entry import (
    GENESIS,
    Alarm,
    BadgeIssued,
    Body,
    Boot,
    EntryRef,
    Scan,
    Span,
    digest_of,
    encode,
)
from access.log.log_entry import LogEntry, read_entry
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Point

FIRST_EPOCH = "00000001"


class WrittenEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry as it is stored and sent: the id of its log, its number, the SHA-256 of its bytes, its bytes."""

    log: str
    seq: int
    digest: bytes
    raw: bytes

    @property
    def entry(self) -> LogEntry:
        """As the folds read it. Raises EntryError for bytes that are no entry."""
        return read_entry(self.log, self.digest, self.raw)

    @property
    def ref(self) -> EntryRef:
        """As other entries refer to it."""
        return EntryRef(self.log, self.seq, self.digest)


class LogWriter:
    """A device that writes one log. Its entries are chained and its heads signed, as in a journal; their bodies and
    times are whatever the caller gives."""

    def __init__(self, identity: DeviceKey, epoch: str = FIRST_EPOCH, *, start_ms: int = 0) -> None:
        """`epoch` ends the log's id: 8 hex digits; `start_ms` is the wall clock of entries and heads for which no other
        is given."""
        self.identity = identity
        self.epoch = epoch
        self.log = identity.fingerprint + epoch
        self.start_ms = start_ms
        self.entries: list[WrittenEntry] = []

    @property
    def device(self) -> str:
        """The device's id: 16 hex digits."""
        return self.identity.fingerprint

    @property
    def public(self) -> bytes:
        """The device's public key: 32 bytes."""
        return self.identity.public

    @property
    def raws(self) -> list[bytes]:
        """The bytes of all entries, in order."""
        return [one.raw for one in self.entries]

    def write(
        self,
        kind: str,
        body: Body,
        wall_ms: int | None = None,
        *,
        mono_ms: int | None = None,
        synced: bool = True,
    ) -> WrittenEntry:
        """Append an entry. `mono_ms` is its steady clock: the entry's number if None is given."""
        seq, prev = self.point()
        wall_ms = self.start_ms if wall_ms is None else wall_ms
        raw = encode(
            seq + 1, prev, seq + 1 if mono_ms is None else mono_ms, wall_ms, synced, kind, body
        )
        written = WrittenEntry(self.log, seq + 1, digest_of(raw), raw)
        self.entries.append(written)
        return written

    def boot(self, previous: tuple[str, int, bytes] | None = None) -> Self:
        """Append the entry with which a log begins; `previous` is where the device's log before it ended."""
        self.write("boot", boot_body(self.device, previous))
        return self

    def grow(self, count: int, detail: str = "") -> Self:
        """Append any entries: a boot if the log is empty, then alarms with this detail."""
        for _ in range(count):
            if self.entries:
                self.write("alarm", Alarm(what="door_forced", detail=detail))
            else:
                self.boot()
        return self

    def branch_after(self, seq: int) -> LogWriter:
        """A clone of the device: the same log up to an entry, and on its own from there."""
        branch = LogWriter(self.identity, self.epoch, start_ms=self.start_ms)
        branch.entries = self.entries[:seq]
        return branch

    def point(self, seq: int | None = None) -> Point:
        """Number and digest of an entry, of the last one if None is given; 0 is the beginning of the log."""
        seq = len(self.entries) if seq is None else seq
        return (seq, self.entries[seq - 1].digest) if seq else (0, GENESIS)

    def head(self, seq: int | None = None, at_ms: int | None = None) -> Head:
        """The signed head up to an entry, up to the last one if None is given."""
        return self.identity.head(
            self.log, *self.point(seq), self.start_ms if at_ms is None else at_ms
        )

    def batch(self, after: int = 0, until: int | None = None, at_ms: int | None = None) -> Batch:
        """The entries numbered `after` + 1 to `until` (None: to the end), as devices send them."""
        raws = [one.raw for one in self.entries[after:until]]
        return Batch(self.log, *self.point(after), raws, self.head(until, at_ms))

    def batches(self, size: int) -> list[Batch]:
        """The whole log, in batches of at most so many entries."""
        ends = [*range(size, len(self.entries), size), len(self.entries)]
        return [
            self.batch(after, until)
            for after, until in zip([0, *ends], ends, strict=False)
            if until > after
        ]


def boot_body(
    device: str, previous: tuple[str, int, bytes] | None = None, gate: str | None = None
) -> Boot:
    """The body of a log's first entry."""
    return Boot(
        device=device,
        previous=previous,
        boot_id="",
        why="first start",
        versions={},
        gate=gate,
    )


def listing(
    badge: bytes, claims: Claims, check: bytes = bytes(32), card: bytes | None = None
) -> BadgeIssued:
    """The body by which issue 1 of a plain badge is put on the roster. `check` is the verifier of its secret, `card`
    the hash of its name card."""
    return BadgeIssued(badge=badge, issue=1, form="plain", claims=claims, verifier=check, card=card)


def admission(
    gate: str, badge: bytes, at_ms: int | None = None, *, direction: Direction = "in"
) -> Scan:
    """The body of a scan by which a proven badge of issue 1 is let in, without a session or a seat. `at_ms` is when, to
    the millisecond; None: the time is unknown. For anything else: `msgspec.structs.replace`."""
    return Scan(
        gate=gate,
        direction=direction,
        badge=badge,
        issue=1,
        proof="proven",
        session=None,
        verdict="admit",
        reason="ok",
        method="camera",
        conditions=(),
        seat=False,
        place=None,
        roster_issue=1,
        seats=None,
        roster_head=None,
        span=None if at_ms is None else Span(at_ms, at_ms),
    )
