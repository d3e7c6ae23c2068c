"""Copies the kiosk's own logs from the journal into the replica.

The journal is the door's and the replica the carrier's; from the replica everything is sent. The carrier signs heads of
each log, close enough together that every batch ends at one.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from access.log.chain import HEAD_EVERY, device_of
from access.log.entry import badge_of, decode
from access.log.log_entry import LogEntry, read_entry
from sync.store.data_folder import DataFolder
from sync.store.file_watch import FileWatch
from sync.store.journal import JournalReader
from sync.store.log_store import BEGINNING, Row
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Point

logger = logging.getLogger(__name__)

COMMIT_PAUSES_S = (0.001, 0.001, 0.002, 0.004, 0.008, *[0.016] * 11)
"""Between two looks for a commit that has begun."""

LOOK_AGAIN_S = (0.005, 0.01, 0.02, 0.04)
"""Between the looks after a nudge: it may have stood for two commits, the second of which the card did not have yet."""


class JournalFollower:
    """The door's journal as the carrier follows it. Everything but `watch` is used under the carrier's lock."""

    def __init__(self, path: Path, replica: Replica, identity: DeviceKey) -> None:
        """Raises OSError or ValueError for a retired key that cannot be read."""
        self._path = path
        self._replica = replica
        retired = [DeviceKey.at(key) for key in DataFolder(path.parent).retired_keys]
        self._own = JournalCopier(replica, identity, retired)
        self._journal: JournalReader | None = None
        self._file = (0, 0)
        self._version = -1
        self._again = True
        self.watch = FileWatch(path)
        self._waits: Iterator[float] = iter(())

    def _opened(self) -> JournalReader | None:
        """The journal that is there now: the door may have replaced a damaged file."""
        try:
            stat = self._path.stat()
            file = (stat.st_dev, stat.st_ino)
            if self._journal is None or file != self._file:
                self._close()
                self._journal = JournalReader.at(self._path)
                self._file = file
                self._again = True
        except (FileNotFoundError, sqlite3.OperationalError):
            self._close()
        return self._journal

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the door may have written; whether it may have. The waits after that are short."""
        nudged = self.watch.wait(next(self._waits, seconds))
        if nudged:
            self._waits = iter(LOOK_AGAIN_S)
        return nudged

    def changed(self) -> bool:
        """Whether the door has committed anything since the last `take_over`, or that cannot be known."""
        journal = self._opened()
        try:
            return journal is None or journal.version() != self._version
        except sqlite3.DatabaseError:
            return True

    def look_again(self) -> None:
        """Compare journal and replica at the next `take_over`, even if the door has written nothing: the replica has
        grown."""
        self._again = True

    def take_over(self, now_ms: Callable[[], int]) -> int:
        """Copy what the door has written since. Return how many entries were new. Raises sqlite3.DatabaseError for
        either file."""
        journal = self._opened()
        if journal is None:
            return 0  # the door has not started yet
        try:
            if not journal.has_tables():
                return 0  # the door is just making it, at its first start
            version = journal.version()
            if version == self._version and not self._again:
                return 0
            with self._replica.transaction():
                new = self._own.copy(journal, now_ms())
                read = journal.inbox_read()
                self._replica.number_inbox_after(read)
                self._replica.forget_inbox(read)
                self._own.report_shorter_journal(journal)
        except sqlite3.DatabaseError:
            self._own.forget()
            self._again = True
            self._close()
            raise
        self._version, self._again = version, False
        return new

    def close(self) -> None:
        """Safe to repeat."""
        self._close()
        self.watch.close()


class JournalCopier:
    """Copies what the door writes from one journal into one replica."""

    def __init__(
        self, replica: Replica, identity: DeviceKey, retired: Sequence[DeviceKey] = ()
    ) -> None:
        """`retired` are keys that this device had before."""
        self._replica = replica
        self._unsigned: set[str] = set()
        self._keys = {one.fingerprint: one for one in (identity, *retired)}
        self._done: dict[str, Point] = {}
        self._reported: set[str] = set()

    def copy(self, journal: JournalReader, at_ms: int) -> int:
        """Copy what was written since. Return how many entries were new. Call inside a transaction."""
        logs = journal.logs()
        self._name_unsigned(logs)
        new = sum(
            self._copy_log(journal, log, at_ms) for log in logs if device_of(log) in self._keys
        )
        return new + self._join_loose(journal, at_ms)

    def _name_unsigned(self, logs: Iterable[str]) -> None:
        """Warn once for each device whose key is not here: its logs cannot be passed on."""
        for device in {device_of(log) for log in logs} - self._keys.keys() - self._unsigned:
            self._unsigned.add(device)
            logger.warning(
                "the journal has logs of device %s, whose key is not here: they stay on this machine. Put its key back"
                " as device.key.retired-1",
                device,
            )

    def forget(self) -> None:
        """After a transaction that was rolled back: look again how far the replica is."""
        self._done.clear()

    def _copy_log(self, journal: JournalReader, log: str, at_ms: int) -> int:
        start = self._done.get(log)
        if start is None:
            start = self._common(journal, log)
        new = 0
        while pairs := journal.raws(log, start[0], HEAD_EVERY):
            entries = [read_entry(log, digest, raw) for digest, raw in pairs]
            rows = [
                Row(log, h.seq, h.digest, badge_of(h.body), raw)
                for h, (_, raw) in zip(entries, pairs, strict=True)
            ]
            start = self._add(log, start, rows, entries, at_ms)
            new += len(rows)
        self._done[log] = start
        return new

    def _add(
        self, log: str, start: Point, rows: list[Row], entries: list[LogEntry], at_ms: int
    ) -> Point:
        end: Point = (rows[-1].seq, rows[-1].digest)
        self._replica.add(log, rows, entries)
        self._replica.move_tip(log, start, end)
        self._replica.keep_head(self._keys[device_of(log)].head(log, *end, at_ms))
        return end

    def _common(self, journal: JournalReader, log: str) -> Point:
        """The last entry of a log that the replica has too: with an entry it has all before it."""
        low, high = 0, journal.length(log)
        while low < high:
            middle = (low + high + 1) // 2
            digest = journal.digest_at(log, middle)
            if digest is not None and self._replica.has_entry(log, middle, digest):
                low = middle
            else:
                high = middle - 1
        return (low, journal.digest_at(log, low) or BEGINNING[1]) if low else BEGINNING

    def report_shorter_journal(self, journal: JournalReader) -> None:
        """Notify the door of logs of which other devices have more than its journal: an old image was restored, a file
        was damaged, or the SD card was cloned. Each log is reported once. Call inside a transaction."""
        for log, tips in self._replica.vector().items():
            if device_of(log) not in self._keys or log in self._reported:
                continue
            here, elsewhere = journal.length(log), max(seq for seq, _ in tips)
            if elsewhere > here:
                self._reported.add(log)
                shortened = {"log": log, "here": here, "elsewhere": elsewhere}
                self._replica.notify_door("rollback", shortened)

    def _join_loose(self, journal: JournalReader, at_ms: int) -> int:
        """Copy entries recovered from behind a gap of a damaged journal, once the entries of the gap are stored. Return
        how many were copied."""
        joined = 0
        for log, seq, digest, badge, raw in journal.loose():
            prev = decode(raw).prev
            if (
                device_of(log) not in self._keys
                or self._replica.has_entry(log, seq, digest)
                or not (seq == 1 or self._replica.has_entry(log, seq - 1, prev))
            ):
                continue
            row = Row(log, seq, digest, badge, raw)
            self._add(log, (seq - 1, prev), [row], [read_entry(log, digest, raw)], at_ms)
            joined += 1
        return joined
