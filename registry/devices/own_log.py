"""The registry's own log: the roster, revocations, the event, keys, kiosks, rulings.

It is appended under the database's one lock by whichever worker has it. Where the database was restored, promoted
or moved, a new epoch (a new log that names the old one) is opened before anything is written: the numbers of the old
one may be taken already, by entries that kiosks have and will send back.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from access.log.chain import HEAD_EVERY, Head, log_id
from access.log.clock_reading import ClockReading
from access.log.entry import Body, Boot, Entry, badge_of, decode, digest_of, pack, packed
from access.log.log_entry import LogEntry
from registry.storage.ledger import Ledger
from registry.storage.rollback_mark import LogEnd
from sync.store.log_store import BEGINNING, Row
from sync.wire.device_key import DeviceKey

LOG = "log"
DATABASE = "database"


class _End(NamedTuple):
    """The end of the log: the database's identity, the newest entry, and that entry's wall clock (ms)."""

    database: str
    log: str
    seq: int
    digest: bytes
    wall_ms: int

    @property
    def log_end(self) -> LogEnd:
        return LogEnd(self.database, self.log, self.seq)


class OwnLog:
    """The writer of the registry's own log."""

    def __init__(
        self,
        ledger: Ledger,
        identity: DeviceKey,
        clock: Callable[[], ClockReading],
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._identity = identity
        self._clock = clock
        self._random = random

    def append(self, kind: str, body: Body) -> LogEntry:
        """Write one entry, durably, and return it."""
        return self.extend([(kind, body)])[0]

    def extend(self, bodies: Sequence[tuple[str, Body]]) -> list[LogEntry]:
        """Write several entries in one transaction, or as a part of the current one. Return them."""
        if not bodies:
            return []
        with self._ledger.transaction():
            return self._write(self._sound_end(), bodies)

    def open_epoch(self, why: str) -> None:
        """Start a new log that names the old one, whether or not the database was replaced."""
        with self._ledger.transaction():
            self._begin(self._end(), why)

    def _end(self) -> _End | None:
        known = self._ledger.values()
        last = self._ledger.last(known.get(LOG, b"").decode())
        if last is None:
            return None
        wall_ms = decode(last.raw).wall_ms
        return _End(known[DATABASE].decode(), last.log, last.seq, last.digest, wall_ms)

    def _sound_end(self) -> _End:
        """The end at which to append; a new epoch is opened where there is no log yet, or where it must not be
        continued."""
        end = self._end()
        if end is None:
            return self._begin(None, "first start")
        why = self._ledger.displaced(end.log_end)
        return end if why is None else self._begin(end, why)

    def _begin(self, before: _End | None, why: str) -> _End:
        log = log_id(self._identity.public, self._random(4))
        self._ledger.set_value(LOG, log.encode())
        database = self._ledger.new_identity(self._random(16))
        self._ledger.set_value(DATABASE, database.encode())
        previous = (before.log, before.seq, before.digest) if before is not None else None
        boot = Boot(
            device=self._identity.fingerprint, previous=previous, boot_id="", why=why, versions={}
        )
        start = _End(database, log, *BEGINNING, before.wall_ms if before is not None else 0)
        entry = self._write(start, [("boot", boot)])[0]
        return _End(database, log, entry.seq, entry.digest, entry.wall_ms)

    # Many entries, prepared before the transaction that writes them.

    def draft(self, packed_entries: Sequence["PackedEntry"]) -> "Draft":
        """Chain entries to the present end of the log, without writing them."""
        with self._ledger.transaction():
            end = self._sound_end()
        return self._chained(end, packed_entries)

    def adopt(self, draft: "Draft") -> bool:
        """Inside a transaction that puts the draft's rows among the entries: let the log end with them. False: it ends
        elsewhere by now, and nothing was written; draft it again."""
        end = self._end()
        if end != draft.end or self._ledger.displaced(end.log_end) is not None:
            return False
        self._finish(draft)
        return True

    def _chained(self, end: _End, packed_entries: Sequence["PackedEntry"]) -> "Draft":
        now = self._clock()
        # The registry's entries are ordered by wall clock: a clock set back must not make older entries win.
        wall_ms = max(now.wall_ms, end.wall_ms)
        seq, digest = end.seq, end.digest
        rows: list[Row] = []
        heads = []
        for kind, body, badge in packed_entries:
            seq += 1
            raw = pack(Entry(seq, digest, now.mono_ms, wall_ms, now.synced, kind, body))
            digest = digest_of(raw)
            rows.append(Row(end.log, seq, digest, badge, raw))
            if seq % HEAD_EVERY == 0 or len(rows) == len(packed_entries):
                heads.append(self._identity.head(end.log, seq, digest, wall_ms))
        return Draft(end, rows, heads, now.mono_ms, wall_ms)

    def _finish(self, draft: "Draft") -> None:
        end, last = draft.end, draft.rows[-1]
        self._ledger.move_tip(end.log, (end.seq, end.digest), (last.seq, last.digest))
        # Of the heads made at earlier ends only every 256th is of use, as the end of a batch.
        self._ledger.forget_heads(end.log, end.seq - end.seq % HEAD_EVERY, end.seq + 1)
        self._ledger.keep_heads(draft.heads)
        self._ledger.reached(LogEnd(end.database, end.log, last.seq))

    def _write(self, end: _End, bodies: Sequence[tuple[str, Body]]) -> list[LogEntry]:
        draft = self._chained(end, [packed_entry(kind, body) for kind, body in bodies])
        written = [
            LogEntry(row.log, row.seq, row.digest, draft.mono_ms, draft.wall_ms, kind, body)
            for row, (kind, body) in zip(draft.rows, bodies, strict=True)
        ]
        self._ledger.add(end.log, draft.rows, written)
        self._finish(draft)
        return written


class PackedEntry(NamedTuple):
    """An entry before its number is known: its kind, its body packed, and the badge that it is about."""

    kind: str
    body: msgspec.Raw
    badge: bytes | None


def packed_entry(kind: str, body: Body) -> PackedEntry:
    """Pack the body of an entry."""
    return PackedEntry(kind, packed(body), badge_of(body))


class Draft(NamedTuple):
    """Entries chained to an end of the log, and the heads that close them."""

    end: _End
    rows: list[Row]
    heads: list[Head]
    mono_ms: int
    wall_ms: int
