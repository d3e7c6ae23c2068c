"""The kiosk's own logs, on their way from the journal into the replica.

The journal is the door's and the replica the carrier's; from the replica everything goes out. The carrier signs how far
each log goes, in steps short enough to be passed on one by one.
"""

from access.log.chain import HEAD_EVERY
from access.log.entry import badge_of, decode
from access.state.event_state import LogEntry, read_entry
from sync.store.journal import JournalReader
from sync.store.log_store import BEGINNING, Row
from sync.store.replica import Replica
from sync.wire.device_key import Identity
from sync.wire.messages import Point


class OwnLogs:
    """Takes over what the door writes. One belongs to one journal and one replica."""

    def __init__(self, replica: Replica, identity: Identity) -> None:
        self._replica = replica
        self._identity = identity
        self._done: dict[str, Point] = {}
        self._told: set[str] = set()

    def copy(self, journal: JournalReader, at_ms: int) -> int:
        """Take over what was written since; says how many entries were new. Call inside a transaction."""
        new = sum(self._copy_log(journal, log, at_ms) for log in journal.logs())
        return new + self._join_loose(journal, at_ms)

    def forget(self) -> None:
        """After a transaction that was not kept: look again how far the replica is."""
        self._done.clear()

    def _copy_log(self, journal: JournalReader, log: str, at_ms: int) -> int:
        start = self._done.get(log)
        if start is None:
            start = self._common(journal, log)
        new = 0
        while pairs := journal.raws(log, start[0], HEAD_EVERY):
            held = [read_entry(log, digest, raw) for digest, raw in pairs]
            rows = [
                Row(log, h.seq, h.digest, badge_of(h.body), raw)
                for h, (_, raw) in zip(held, pairs, strict=True)
            ]
            start = self._add(log, start, rows, held, at_ms)
            new += len(rows)
        self._done[log] = start
        return new

    def _add(
        self, log: str, start: Point, rows: list[Row], held: list[LogEntry], at_ms: int
    ) -> Point:
        end: Point = (rows[-1].seq, rows[-1].digest)
        self._replica.add(rows, held)
        self._replica.move_tip(log, start, end)
        self._replica.keep_head(self._identity.head(log, *end, at_ms))
        return end

    def _common(self, journal: JournalReader, log: str) -> Point:
        """The last entry that the replica holds too. What it holds, it holds with everything before."""
        low, high = 0, journal.length(log)
        while low < high:
            middle = (low + high + 1) // 2
            digest = journal.digest_at(log, middle)
            if digest is not None and self._replica.holds(log, middle, digest):
                low = middle
            else:
                high = middle - 1
        return (low, journal.digest_at(log, low) or BEGINNING[1]) if low else BEGINNING

    def tell_if_shorter(self, journal: JournalReader) -> None:
        """Tell the door of logs of which others hold more than its journal: an old image was put back, a file was
        damaged, or the card was cloned. Each is told once. Call inside a transaction."""
        for log, tips in self._replica.vector().items():
            if not log.startswith(self._identity.fingerprint) or log in self._told:
                continue
            here, elsewhere = journal.length(log), max(seq for seq, _ in tips)
            if elsewhere > here:
                self._told.add(log)
                told = {"log": log, "here": here, "elsewhere": elsewhere}
                self._replica.tell_door("rollback", told)

    def _join_loose(self, journal: JournalReader, at_ms: int) -> int:
        """Entries salvaged from behind a hole of a damaged journal, as soon as what lay in the hole is held."""
        joined = 0
        for log, seq, digest, badge, raw in journal.loose():
            prev = decode(raw).prev
            if self._replica.holds(log, seq, digest) or not (
                seq == 1 or self._replica.holds(log, seq - 1, prev)
            ):
                continue
            row = Row(log, seq, digest, badge, raw)
            self._add(log, (seq - 1, prev), [row], [read_entry(log, digest, raw)], at_ms)
            joined += 1
        return joined
