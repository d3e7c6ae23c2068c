"""A piece of one log as it arrives: checked entries, and what stores keep of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from access.log.chain import ChainError, Head, follow, vouched
from access.log.entry import UNREADABLE, Entry, badge_of, body_of
from access.log.fields import BadgeId
from access.log.log_entry import LogEntry
from sync.wire.messages import Batch, MessageError, Point

EntryRow = tuple[str, int, bytes, bytes | None, bytes]
"""Log, number, hash, badge and bytes of one entry."""


class _ScanStart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The first fields of a `Scan`."""

    gate: msgspec.Raw
    direction: msgspec.Raw
    badge: BadgeId | None


_scan_start = msgspec.msgpack.Decoder(_ScanStart).decode


def indexed_badge(entry: Entry) -> bytes | None:
    """The badge under which stores index an entry. Of a scan, as nearly all are, only its first fields are read: a
    store may list one among the entries of a badge whose body cannot be read as a whole, and which folds ignore."""
    if entry.kind != "scan":
        return badge_of(body_of(entry))
    try:
        return _scan_start(entry.body).badge
    except UNREADABLE:
        return None


@dataclass(slots=True)
class LogRun:
    """Entries that follow a point of their log, their hashes and bytes, and the heads that vouch for them."""

    parent: Point
    entries: list[Entry]
    digests: list[bytes]
    raws: list[bytes]
    heads: list[Head]

    @classmethod
    def of(cls, batch: Batch, public: bytes) -> "LogRun":
        """A batch whose entries follow one another up to its head, which the log's owner (its key is `public`) has
        signed. Raises ChainError or MessageError for any other."""
        head = batch.head
        if head.log != batch.log or not vouched(head, public):
            raise MessageError(f"log {batch.log}: the head is not signed by its owner")
        entries, digests = follow(batch.after + 1, batch.prev, batch.raws)
        run = cls((batch.after, batch.prev), entries, digests, list(batch.raws), [head])
        if run.end != (head.seq, head.digest):
            raise ChainError(run.end[0], "the signed head names another entry")
        return run

    @property
    def log(self) -> str:
        return self.heads[0].log

    @property
    def end(self) -> Point:
        return self.point(len(self.entries))

    def point(self, count: int) -> Point:
        """Where so many of its entries end."""
        return (self.entries[count - 1].seq, self.digests[count - 1]) if count else self.parent

    def extend(self, run: "LogRun") -> None:
        """Add a run that begins where this one ends."""
        self.entries += run.entries
        self.digests += run.digests
        self.raws += run.raws
        self.heads += run.heads

    def rows(self, start: int) -> Iterator[EntryRow]:
        """Its entries but for the first `start`. They are made one by one: rows that are all there at once keep the
        garbage collector busy."""
        log = self.log
        left = slice(start, None)
        for entry, digest, raw in zip(
            self.entries[left], self.digests[left], self.raws[left], strict=True
        ):
            yield log, entry.seq, digest, indexed_badge(entry), raw

    def log_entries(self, start: int) -> list[LogEntry]:
        """The same entries as folds take them."""
        return [
            LogEntry(self.log, one.seq, digest, one.mono_ms, one.wall_ms, one.kind, body_of(one))
            for one, digest in zip(self.entries[start:], self.digests[start:], strict=True)
        ]
