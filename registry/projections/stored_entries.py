"""The ledger as the folds ask it: the entries of a badge or of a log, up to the one that they have come to.

In memory are only those that name no badge and are about somebody, of which there are few; all others are read when
asked. So the memory of a registry does not grow with the days of its event.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from access.log.log_entry import LogEntry, read_entry
from registry.storage.ledger import Ledger

BADGES_AT_ONCE = 100
ENTRIES_AT_ONCE = 500
"""Read in one statement. Of badges with many entries fewer: on an event's last day a hundred have thousands."""

_OF_BADGES = "SELECT badge, log, digest, raw FROM entry WHERE badge IN ({marks}) AND id <= ?"
_WRITER = " AND log >= ? AND log < ?"
_BADGES = "SELECT DISTINCT badge FROM entry WHERE badge IS NOT NULL AND id <= ?"
_BADGES_IN = "SELECT DISTINCT badge FROM entry WHERE log = ? AND badge IS NOT NULL AND id <= ?"
_NUMBERED = "SELECT digest, raw FROM entry WHERE log = ? AND seq = ? AND id <= ? ORDER BY id"
_BY_NUMBER = "SELECT digest, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ? AND id <= ?"
_BRANCHINGS = "SELECT seq FROM entry WHERE log = ? AND id <= ? GROUP BY seq HAVING count(*) > 1"
_DIGESTS = "SELECT digest FROM entry WHERE log = ? AND id <= ? ORDER BY seq, digest"
_COUNT = "SELECT count(*) FROM entry WHERE id <= ?"
_IS_AMONG = "SELECT 1 FROM entry WHERE log = ? AND seq = ? AND digest = ? AND id <= ?"
_COMMON = "SELECT log, digest, raw FROM entry WHERE badge IS NULL AND id <= ? ORDER BY id"


class SavedEnds(msgspec.Struct, frozen=True, array_like=True):
    """Which entries a ledger had: the id of the newest and their number; of each log without branches its last number
    and hash, which stands for all before it; of each other log a hash of the hashes of all."""

    entry_id: int
    count: int
    ends: dict[str, tuple[int, bytes]]
    forked: dict[str, bytes]


class _End(NamedTuple):
    seq: int
    digest: bytes


class StoredEntries:
    """The entries of a ledger up to `until`, as `access.state.kept.entries.Entries`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.until = 0
        """The id of the newest entry that the folds have taken in."""
        self._ends: dict[str, _End] = {}
        self._forked: set[str] = set()
        self._beside: dict[bytes | None, list[LogEntry]] = {}
        """Entries that the ledger does not list under their badge: without one, or of a kind that it did not know when
        they came."""
        self._badges_at_once = BADGES_AT_ONCE

    def put(self, entry: LogEntry) -> bool:
        """The ledger gives every entry once: it is new."""
        known = self._ends.get(entry.log)
        if known is not None and entry.seq <= known.seq:
            self._forked.add(entry.log)
        else:
            self._ends[entry.log] = _End(entry.seq, entry.digest)
        return True

    def name(self, badge: bytes | None, entry: LogEntry) -> None:
        """The ledger lists entries by their badges."""
        if badge is None:
            self._beside.setdefault(None, []).append(entry)

    def beside(self, badge: bytes, entry: LogEntry) -> None:
        """An entry names a badge under which the ledger does not list it."""
        self._beside.setdefault(badge, []).append(entry)

    def badges(self) -> Iterable[bytes | None]:
        listed = {badge for (badge,) in self._ledger.fetch(_BADGES, (self.until,))}
        return listed | self._beside.keys()

    def of_badges(
        self, badges: Collection[bytes | None], writer: str = ""
    ) -> Iterator[tuple[bytes | None, Sequence[LogEntry]]]:
        asked = list(badges)
        start = 0
        while some := asked[start : start + self._badges_at_once]:
            start += len(some)
            found = {badge: list(self._beside_of(badge, writer)) for badge in some}
            rows = self._listed([badge for badge in some if badge is not None], writer)
            for badge, *row in rows:
                found[badge].append(read_entry(*row))
            if not writer:  # of one writer alone there are few
                wanted = 1 + len(some) * ENTRIES_AT_ONCE // (1 + len(rows))
                self._badges_at_once = min(BADGES_AT_ONCE, wanted)
            del rows
            yield from found.items()

    def _beside_of(self, badge: bytes | None, writer: str) -> Iterator[LogEntry]:
        for entry in self._beside.get(badge, ()):
            if entry.log.startswith(writer):
                yield entry

    def _listed(self, badges: Sequence[bytes], writer: str) -> Sequence[Any]:
        if not badges:
            return ()
        question = _OF_BADGES.format(marks=",".join("?" * len(badges)))
        values: list[Any] = [*badges, self.until]
        if writer:  # a log's name goes on with hexadecimal digits
            question += _WRITER
            values += [writer, writer + "g"]
        return self._ledger.fetch(question, values)

    def badges_in(self, log: str) -> Iterable[bytes | None]:
        listed = {badge for (badge,) in self._ledger.fetch(_BADGES_IN, (log, self.until))}
        beside = {
            badge for badge, some in self._beside.items() if any(one.log == log for one in some)
        }
        return listed | beside

    def logs_of(self, device: str) -> list[str]:
        return [log for log in self._ends if log.startswith(device)]

    def numbered(self, log: str, seq: int) -> Sequence[LogEntry]:
        rows = self._ledger.fetch(_NUMBERED, (log, seq, self.until))
        return [read_entry(log, digest, raw) for digest, raw in rows]

    def by_number(self, log: str, *, newest_first: bool) -> Iterator[LogEntry]:
        last = self._ends[log].seq if log in self._ends else 0
        starts: Iterable[int] = range(1, last + 1, ENTRIES_AT_ONCE)
        question = f"{_BY_NUMBER} ORDER BY seq {'DESC' if newest_first else ''}"
        for start in reversed(list(starts)) if newest_first else starts:
            values = (log, start, start + ENTRIES_AT_ONCE - 1, self.until)
            for digest, raw in self._ledger.fetch(question, values):
                yield read_entry(log, digest, raw)

    def forked(self) -> Collection[str]:
        return self._forked

    def branchings(self, log: str) -> Iterable[int]:
        return [seq for (seq,) in self._ledger.fetch(_BRANCHINGS, (log, self.until))]

    # To go on from.

    def saved(self, count: int) -> SavedEnds:
        """Which entries these are; there are `count`."""
        ends = {
            log: (end.seq, end.digest) for log, end in self._ends.items() if log not in self._forked
        }
        forked = {log: self._hash(log, self.until) for log in self._forked}
        return SavedEnds(self.until, count, ends, forked)

    def has(self, saved: SavedEnds) -> bool:
        """Whether the ledger's entries up to that id are exactly these.

        An entry stands in the ledger after the one before it, whose hash it has: so all entries of a log are there if
        its last one is, and if they are as many there are no others."""
        until = saved.entry_id
        return (
            self._ledger.fetch(_COUNT, (until,))[0][0] == saved.count
            and all(
                self._ledger.fetch(_IS_AMONG, (log, seq, digest, until))
                for log, (seq, digest) in saved.ends.items()
            )
            and all(self._hash(log, until) == known for log, known in saved.forked.items())
        )

    def _hash(self, log: str, until: int) -> bytes:
        rows = self._ledger.fetch(_DIGESTS, (log, until))
        return hashlib.sha256(b"".join(bytes(digest) for (digest,) in rows)).digest()

    def common(self, until: int) -> list[LogEntry]:
        """The entries up to an id that the ledger lists under no badge, in order of arrival."""
        return [read_entry(*row) for row in self._ledger.fetch(_COMMON, (until,))]

    def go_on(self, saved: SavedEnds, last_seqs: dict[str, int]) -> None:
        """These entries have been taken in. `last_seqs`: the last number of every log."""
        self.until = saved.entry_id
        self._forked.update(saved.forked)
        for log, (seq, digest) in saved.ends.items():
            self._ends[log] = _End(seq, digest)
        for log in saved.forked:
            self._ends[log] = _End(last_seqs[log], b"")
