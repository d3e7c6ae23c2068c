"""The abstract store of single-writer logs: which entries it accepts, and what another store lacks of them.

Entries are checked where they arrive: they must follow a stored entry, and a head signed by the log's owner must vouch
for them. Two different entries of one number make a fork: a log is then a tree, and each of its tips a branch that is
kept, counted and passed on. So a store never says "up to number n", but "up to number n with this hash".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from typing import NamedTuple

import msgspec

from access.log.chain import ChainError, Head, device_of, vouched
from access.log.entry import GENESIS, Kiosk, decode
from access.log.log_entry import LogEntry
from sync.store.log_run import EntryRow, LogRun
from sync.wire.messages import (
    MAX_BATCH_ENTRIES,
    MAX_BRANCHES,
    MAX_MESSAGE_BYTES,
    MAX_POINTS,
    Batch,
    MessageError,
    Point,
    SealedCard,
)

BEGINNING: Point = (0, GENESIS)
"""Where every log starts: the point that every store has."""

LOCATOR_POINTS = 40
"""Points named of a log of which the other side knows no tip: each twice as far back as the one before."""


INTRODUCED = (0, 0)
"""Position (wall clock in ms, number) of a kiosk that no entry of the registry's logs has named yet."""


class Row(NamedTuple):
    """One entry as stores keep it."""

    log: str
    seq: int
    digest: bytes
    badge: bytes | None
    raw: bytes


class UnknownWriterError(MessageError):
    """A log of a device that no stored enrolment entry names."""


class CutOffError(UnknownWriterError):
    """A message of a device that the registry has cut off. What it wrote before is still accepted, from any device."""


class GapError(MessageError):
    """Entries that follow one which is not stored."""


class LogStore(ABC):
    """The rules that all stores share; a subclass stores the rows and looks them up.

    `registry` is the fingerprint of the registry's key: its logs go first. `transaction()` brackets
    whatever belongs together; everything taken inside it is kept or nothing is.
    """

    registry: str
    run_entries = 512
    """Batches that follow one another are written as one while they have fewer entries than this: a kiosk has little
    memory."""

    def is_registry(self, log: str) -> bool:
        return log.startswith(self.registry)

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Everything stored inside is committed together, or nothing is."""

    def renewing_heads(self) -> AbstractContextManager[object]:
        """A transaction in which known ends of logs are signed again, and nothing else is written."""
        return self.transaction()

    @abstractmethod
    def public_key(self, device: str) -> bytes | None:
        """The key of a device, by its fingerprint; None: not enrolled as far as is known here."""

    @abstractmethod
    def devices(self) -> dict[str, Kiosk]:
        """The present state of every kiosk that the registry has named, by fingerprint; introduced ones too."""

    @abstractmethod
    def kiosk(self, device: str) -> Kiosk | None:
        """The kiosk with this device id, or None if it is not enrolled."""

    def is_cut_off(self, device: str) -> bool:
        """Whether the registry has cut a device off."""
        kiosk = self.kiosk(device)
        return kiosk is not None and kiosk.cut_off

    @abstractmethod
    def introduce(self, kiosk: Kiosk) -> None:
        """Accept a kiosk by its enrolment certificate, until the registry's log names it."""

    @abstractmethod
    def introduced(self) -> list[Kiosk]:
        """Kiosks that are known by their enrolment certificates alone."""

    @abstractmethod
    def tips(self, log: str) -> list[Point]:
        """The ends of a log's branches; empty where nothing of it is stored."""

    @abstractmethod
    def vector(self) -> dict[str, list[Point]]:
        """The tips of every stored log, not to be changed. Where nothing has changed it is mostly the same object: two
        vectors are then seen to be equal at once."""

    @abstractmethod
    def has_entry(self, log: str, seq: int, digest: bytes) -> bool:
        """Whether the entry with this number and hash is stored."""

    @abstractmethod
    def rows(self, log: str, first: int, last: int) -> list[Row]:
        """All entries with these numbers (both included), of every branch, by number."""

    @abstractmethod
    def piece(self, log: str, first: int, last: int) -> Sequence[tuple[bytes, bytes]]:
        """(hash, bytes) of the same entries."""

    @abstractmethod
    def heads(self, log: str, after: int, limit: int) -> list[Head]:
        """Stored heads of a log with numbers greater than `after`, by number."""

    @abstractmethod
    def latest_head(self, device: str) -> Head | None:
        """The newest head that a device has signed, of whichever log."""

    @abstractmethod
    def latest_heads(self) -> list[Head]:
        """The newest head of every device."""

    @abstractmethod
    def add(self, log: str, rows: Iterable[EntryRow], entries: Sequence[LogEntry]) -> None:
        """Store new rows of a log, which are checked and follow one another. `entries` are the same, decoded, where the
        log is the registry's; else empty."""

    @abstractmethod
    def move_tip(self, log: str, parent: Point, tip: Point) -> None:
        """Record that a branch has grown from `parent` (no longer a tip, if it was one) to `tip`."""

    @abstractmethod
    def keep_head(self, head: Head) -> None:
        """Store a head, or its newer signature; it becomes the device's latest head if it is newer."""

    def keep_heads(self, heads: Sequence[Head]) -> None:
        """Store several heads of one log, in the order of their numbers."""
        for head in heads:
            self.keep_head(head)

    @abstractmethod
    def wanted_cards(self, limit: int) -> list[bytes]:
        """Hashes of name cards that the roster names and this store lacks."""

    @abstractmethod
    def cards(self, digests: Iterable[bytes]) -> list[SealedCard]:
        """Those of the cards with these hashes that are stored."""

    @abstractmethod
    def all_sealed(self) -> Iterator[SealedCard]:
        """Every stored name card, sealed."""

    @abstractmethod
    def keep_cards(self, cards: Sequence[SealedCard]) -> None:
        """Store those name cards whose hashes are right and wanted; drop the others."""

    def take(self, batch: Batch) -> int:
        """Store the entries of a batch that are new. Return how many were.

        Raises UnknownWriterError, GapError, ChainError or MessageError; then nothing of it was stored.
        """
        new, why = self.take_run([batch])
        if why is not None:
            raise why
        return new

    def take_run(self, batches: Iterable[Batch]) -> tuple[int, MessageError | ChainError | None]:
        """Store the new entries of batches of one log, up to the first batch that is refused. Return how many entries
        were new, and why that batch was refused (None: all were stored). Batches that follow one another are written
        as one."""
        new = 0
        waiting: LogRun | None = None
        why: MessageError | ChainError | None = None
        try:
            for batch in batches:
                run = self._checked(batch)
                if waiting is None:
                    waiting = run
                elif waiting.end == run.parent and len(waiting.entries) < self.run_entries:
                    waiting.extend(run)
                else:
                    new += self._join(waiting)
                    waiting = run
        except (MessageError, ChainError) as error:
            why = error
        if waiting is not None:
            try:
                new += self._join(waiting)
            except MessageError as error:
                return new, error
        return new, why

    def _checked(self, batch: Batch) -> LogRun:
        """A batch as a run that its log's owner has signed."""
        public = self.public_key(device_of(batch.log))
        if public is None:
            raise UnknownWriterError(f"log {batch.log} is of a device that is not enrolled")
        return LogRun.of(batch, public)

    def _join(self, run: LogRun) -> int:
        """Store what is new of a checked run. Raises GapError or MessageError; then nothing of it was stored."""
        log, parent = run.log, run.parent
        if parent != BEGINNING and not self.has_entry(log, *parent):
            raise GapError(f"log {log}: entry {parent[0]} is not stored here")
        start = self._first_new(run)
        if start < len(run.entries):
            after, tips = run.point(start), self.tips(log)
            if len(tips) >= MAX_BRANCHES and after not in tips:
                raise MessageError(f"log {log}: {MAX_BRANCHES} branches are stored, no more")
            entries = run.log_entries(start) if self.is_registry(log) else ()
            self.add(log, run.rows(start), entries)
            self.move_tip(log, after, run.end)
        self.keep_heads(run.heads)
        return len(run.entries) - start

    def _first_new(self, run: LogRun) -> int:
        """How many entries of the run are stored already: they come first, since each names the one before it."""
        if run.parent in self.tips(run.log):
            return 0
        known = 0
        while known < len(run.entries) and self.has_entry(run.log, *run.point(known + 1)):
            known += 1
        return known

    def take_head(self, head: Head) -> bool:
        """Store a newer signature over a stored entry: it says until when the log had no more. Return whether it was
        accepted."""
        public = self.public_key(device_of(head.log))
        if public is None or not vouched(head, public):
            return False
        if not self.has_entry(head.log, head.seq, head.digest):
            return False
        self.keep_head(head)
        return True

    def hear(self, heads: Sequence[Head]) -> None:
        """Take heads that came without entries. A store may write them later: they only say until when a log had no
        more entries."""
        with self.transaction():
            for head in heads:
                self.take_head(head)

    def stretches(self, log: str, points: Sequence[Point]) -> list[tuple[Point, Point]] | None:
        """What another store lacks of a log, given the points it has: (start, tip) for each branch that it lacks part
        of. None: it knows none of our entries, although it has some; it should name more points."""
        tips = self.tips(log)
        common = [p for p in points if p == BEGINNING or self.has_entry(log, *p)]
        if not points:
            common = [BEGINNING]
        if not common:
            return None if any(seq <= max(t[0] for t in tips) for seq, _ in points) else []
        if len(tips) == 1:
            start = max(common)
            return [] if start == tips[0] else [(start, tips[0])]
        known = {BEGINNING}
        for point in common:
            known.update(takewhile(lambda p: p not in known, self._back(log, point)))
        found = []
        for tip in tips:
            start = next(p for p in self._back(log, tip) if p in known)
            if start != tip:
                found.append((start, tip))
        return found

    def _back(self, log: str, point: Point) -> Iterator[Point]:
        """A point and all before it on its branch, back to the beginning. Only asked of forked logs."""
        near: dict[bytes, Row] = {}
        while point != BEGINNING:
            yield point
            seq, digest = point
            if digest not in near:
                first = max(1, seq - MAX_BATCH_ENTRIES + 1)
                near = {row.digest: row for row in self.rows(log, first, seq)}
            point = (seq - 1, follow_back(near[digest].raw))
        yield BEGINNING

    def batch(self, log: str, start: Point, tip: Point | None = None) -> Batch | None:
        """The next piece of a log after a point, on the way to a tip (None: the furthest), as far as a stored head
        covers it and the bounds allow; None: no head lies beyond it."""
        tips = self.tips(log)
        run = self._run(log, start, tips, tip or max(tips)) if tips else []
        limit = MAX_BATCH_ENTRIES * len(tips)
        heads = {head.digest: head for head in self.heads(log, start[0], limit)}
        size = 0
        until = 0
        for count, (digest, raw) in enumerate(run, 1):
            size += len(raw)
            if until and size > MAX_MESSAGE_BYTES:
                break
            if digest in heads:
                until = count
        if until == 0:
            return None
        return Batch(log, *start, [raw for _, raw in run[:until]], heads[run[until - 1][0]])

    def _run(
        self, log: str, start: Point, tips: Sequence[Point], tip: Point
    ) -> Sequence[tuple[bytes, bytes]]:
        """The entries that follow a point on the branch of one of the tips, hash and bytes, as many as a batch may
        hold."""
        run = self.piece(log, start[0] + 1, start[0] + MAX_BATCH_ENTRIES)
        if len(tips) > 1:  # a fork: keep to the branch
            branch = {digest for seq, digest in self._back(log, tip) if seq > start[0]}
            run = [one for one in run if one[0] in branch]
        return run if run and follow_back(run[0][1]) == start[1] else []

    def locator(self, log: str) -> list[Point]:
        """Points of a log, ever further back, for a store that knows none of its tips."""
        points = list(self.tips(log))
        for tip in list(points):
            back = 1
            while tip[0] - back > 0 and len(points) < LOCATOR_POINTS:
                points += [(r.seq, r.digest) for r in self.rows(log, tip[0] - back, tip[0] - back)]
                back *= 2
        return points[: MAX_POINTS - 1]


def newer(head: Head, before: Head) -> bool:
    """Whether a device signed a head after another. Within a log the higher number is the later one, whatever its clock
    showed: one that was an hour ahead for a while must not be waited for."""
    if head.log == before.log and head.seq != before.seq:
        return head.seq > before.seq
    return head.at_ms >= before.at_ms


def same_end(head: Head, other: Head) -> bool:
    """Whether two heads name the same entry."""
    return (head.log, head.seq, head.digest) == (other.log, other.seq, other.digest)


def newest_kiosk(
    update: tuple[Kiosk, tuple[int, int]], stored: tuple[int, int, bytes] | None
) -> tuple[Kiosk, tuple[int, int]]:
    """Merge an entry of the registry about a kiosk with the stored state, whichever is older.

    `update` is the kiosk of the entry with the entry's position (wall clock in ms, number); `stored` the position and
    the packed kiosk in the store, None where there is none. Return the merged kiosk and the position of the newer one.
    """
    kiosk, position = update
    if stored is None or stored[:2] == INTRODUCED:
        return update
    before = msgspec.msgpack.decode(stored[2], type=Kiosk)
    if position >= stored[:2]:
        return before.then(kiosk), position
    return kiosk.then(before), stored[:2]


def follow_back(raw: bytes) -> bytes:
    """The hash that an entry names as the one before it."""
    return decode(raw).prev
