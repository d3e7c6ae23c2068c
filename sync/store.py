"""A set of single-writer logs, whatever it is kept in: what may join it, and what another store lacks of it.

Entries are checked where they arrive: they must follow an entry held, and a head signed by the log's owner must vouch
for them. Two different entries of one number make a fork: a log is then a tree, and each of its tips a branch that is
kept, counted and passed on. So a store never says "up to number n", but "up to number n with this hash".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from access.background import Held
from access.chain import ChainError, Head, follow, vouched
from access.entry import GENESIS, BadgeIssued, badge_of, body_of, decode
from sync.messages import MAX_BATCH_ENTRIES, Batch, MessageError, Point, SealedCard

BEGINNING: Point = (0, GENESIS)
"""Where every log starts: the point that everybody holds."""

LOCATOR_POINTS = 40
"""Points named of a log of which the other side knows no tip: each twice as far back as the one before."""


class Row(NamedTuple):
    """One entry as stores keep it."""

    log: str
    seq: int
    digest: bytes
    badge: bytes | None
    raw: bytes


class UnknownWriterError(MessageError):
    """A log of a device that no enrolment entry held here names."""


class GapError(MessageError):
    """Entries that follow one which is not held."""


class LogStore(ABC):
    """The part that all stores share; a store adds rows and look-ups.

    `registry` is the fingerprint of the registry's key: its logs go first. `transaction()` brackets
    whatever belongs together; everything taken inside it is kept or nothing is.
    """

    registry: str

    def is_registry(self, log: str) -> bool:
        return log.startswith(self.registry)

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]: ...

    @abstractmethod
    def public_key(self, device: str) -> bytes | None:
        """The key of a device, by its fingerprint; None: not enrolled as far as is known here."""

    @abstractmethod
    def tips(self, log: str) -> list[Point]:
        """The ends of a log's branches; empty where nothing of it is held."""

    @abstractmethod
    def vector(self) -> dict[str, list[Point]]:
        """The tips of every log held."""

    @abstractmethod
    def holds(self, log: str, seq: int, digest: bytes) -> bool: ...

    @abstractmethod
    def rows(self, log: str, first: int, last: int) -> list[Row]:
        """All entries with these numbers (both included), of every branch, by number."""

    @abstractmethod
    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        """Heads held of a log with numbers greater than `after`, by number."""

    @abstractmethod
    def word(self, device: str) -> Head | None:
        """The newest head that a device has signed, of whichever log."""

    @abstractmethod
    def words(self) -> list[Head]:
        """The newest head of every device."""

    @abstractmethod
    def add(self, rows: Sequence[Row], held: Sequence[Held]) -> None:
        """Keep new entries. They are checked, and follow one another."""

    @abstractmethod
    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        """A branch has grown from `parent` (no longer a tip, if it was one) to `tip`."""

    @abstractmethod
    def keep_head(self, head: Head) -> None:
        """Keep a head, or its newer signature, and the device's newest word."""

    @abstractmethod
    def wanted_cards(self, limit: int) -> list[bytes]:
        """Hashes of name cards that the roster names and this store lacks."""

    @abstractmethod
    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        """Those of the named cards that are held."""

    @abstractmethod
    def all_sealed(self) -> Iterator[SealedCard]:
        """Every name card held, sealed as it is."""

    @abstractmethod
    def keep_card(self, card: SealedCard) -> None:
        """Keep a name card whose hash is right and wanted; any other is let fall."""

    def take(self, batch: Batch) -> int:
        """Join a batch to the set; says how many entries were new.

        Raises UnknownWriterError, GapError, ChainError or MessageError; then nothing of it was kept.
        """
        public = self.public_key(batch.log[:16])
        if public is None:
            raise UnknownWriterError(f"log {batch.log} is of a device that is not enrolled")
        head = batch.head
        if head.log != batch.log or not vouched(head, public):
            raise MessageError(f"log {batch.log}: the head is not signed by its owner")
        run = follow(batch.after + 1, batch.prev, batch.raws)
        end: Point = (run[-1][0].seq, run[-1][1]) if run else (batch.after, batch.prev)
        if end != (head.seq, head.digest):
            raise ChainError(end[0], "the signed head names another entry")
        parent: Point = (batch.after, batch.prev)
        if parent != BEGINNING and not self.holds(batch.log, *parent):
            raise GapError(f"log {batch.log}: entry {batch.after} is not held here")
        start = self._first_new(batch.log, parent, run)
        fresh = [
            (Row(batch.log, entry.seq, digest, badge_of(body), raw), entry, body)
            for (entry, digest), raw in zip(run[start:], batch.raws[start:], strict=True)
            for body in (body_of(entry),)
        ]
        if fresh:
            if start:
                parent = (run[start - 1][0].seq, run[start - 1][1])
            held = [
                Held(row.log, row.seq, row.digest, e.mono_ms, e.wall_ms, e.kind, body)
                for row, e, body in fresh
            ]
            self.add([row for row, _, _ in fresh], held)
            self.move_tip(batch.log, parent, end)
        self.keep_head(head)
        return len(fresh)

    def _first_new(self, log: str, parent: Point, run: Sequence[tuple[object, bytes]]) -> int:
        """How many entries of the run are held already: they come first, since each names the one before it."""
        if parent in self.tips(log):
            return 0
        first = parent[0] + 1
        known = 0
        while known < len(run) and self.holds(log, first + known, run[known][1]):
            known += 1
        return known

    def take_head(self, head: Head) -> bool:
        """Keep a newer signature over an entry that is held: word that nothing more was there."""
        public = self.public_key(head.log[:16])
        if public is None or not vouched(head, public):
            return False
        if not self.holds(head.log, head.seq, head.digest):
            return False
        self.keep_head(head)
        return True

    def missing(self, log: str, points: Sequence[Point]) -> list[Point] | None:
        """From where on another store lacks this log, given the points it has: one starting point for each branch it
        lacks something of. None: it knows none of our entries, although it has some; it should name more points."""
        tips = self.tips(log)
        common = [p for p in points if p == BEGINNING or self.holds(log, *p)]
        if not points:
            common = [BEGINNING]
        if not common:
            return None if any(seq <= max(t[0] for t in tips) for seq, _ in points) else []
        if len(tips) == 1 and len(common) == 1:
            return [] if common[0] == tips[0] else common
        starts = []
        for tip in tips:
            if tip in common:
                continue
            line = self._line(log, tip)
            on_line = [p for p in common if p == BEGINNING or line.get(p[0]) == p[1]]
            starts.append(max(on_line, default=BEGINNING))
        return starts

    def _line(self, log: str, tip: Point) -> dict[int, bytes]:
        """Number -> hash along the branch that ends at a tip. Only asked of forked logs."""
        by_digest = {row.digest: row for row in self.rows(log, 1, tip[0])}
        line: dict[int, bytes] = {}
        digest = tip[1]
        while (row := by_digest.get(digest)) is not None:
            line[row.seq] = digest
            digest = follow_back(row.raw)
        return line

    def batch(self, log: str, start: Point) -> Batch | None:
        """The next piece of a log after a point, up to a head that is held; None: no head lies beyond it."""
        for head in reversed(self.heads(log, start[0], 2 * MAX_BATCH_ENTRIES)):
            if head.seq - start[0] > MAX_BATCH_ENTRIES:
                continue
            rows = self.rows(log, start[0] + 1, head.seq)
            if len(rows) != head.seq - start[0]:  # a fork: keep to the branch that the head is on
                line = self._line(log, (head.seq, head.digest))
                rows = [row for row in rows if line.get(row.seq) == row.digest]
            run = [row.raw for row in rows]
            if len(run) == head.seq - start[0] and follow_back(run[0]) == start[1]:
                return Batch(log, start[0], start[1], run, head)
        return None

    def locator(self, log: str) -> list[Point]:
        """Points of a log, ever further back, for a store that knows none of its tips."""
        points = list(self.tips(log))
        for tip in list(points):
            back = 1
            while tip[0] - back > 0 and len(points) < LOCATOR_POINTS:
                points += [(r.seq, r.digest) for r in self.rows(log, tip[0] - back, tip[0] - back)]
                back *= 2
        return points


def follow_back(raw: bytes) -> bytes:
    """The hash that an entry names as the one before it."""
    return decode(raw).prev


def cards_named(held: Iterable[Held]) -> Iterable[tuple[bytes, int, bytes | None]]:
    """(badge, issue, card hash or None) of the roster entries among these."""
    for one in held:
        if isinstance(one.body, BadgeIssued):
            yield one.body.badge, one.body.issue, one.body.card
