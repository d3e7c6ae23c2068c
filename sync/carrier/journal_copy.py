"""The kiosk's own logs, on their way from the journal into the replica.

The journal is the door's and the replica the carrier's; from the replica everything goes out. The carrier signs how far
each log goes, in steps short enough to be passed on one by one.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
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


class JournalFollower:
    """The door's journal as the carrier follows it. Everything but `watch` belongs to whoever holds the carrier's
    lock."""

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

    def _opened(self) -> JournalReader | None:
        """The journal that is there now: the door may have put another one in the place of a damaged file."""
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

    def changed(self) -> bool:
        """Whether the door has committed anything since the last `take_over`, or there is no telling."""
        journal = self._opened()
        try:
            return journal is None or journal.version() != self._version
        except sqlite3.DatabaseError:
            return True

    def look_again(self) -> None:
        """The replica holds more than before: compare them the next time, whatever the door does."""
        self._again = True

    def take_over(self, now_ms: Callable[[], int]) -> int:
        """Take over what the door has written since; says how many entries were new. Raises sqlite3.DatabaseError for
        either file."""
        journal = self._opened()
        if journal is None:
            return 0  # the door has not started yet
        try:
            version = journal.version()
            if version == self._version and not self._again:
                return 0
            with self._replica.transaction():
                new = self._own.copy(journal, now_ms())
                read = journal.inbox_read()
                self._replica.number_inbox_after(read)
                self._replica.forget_inbox(read)
                self._own.tell_if_shorter(journal)
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
    """Takes over what the door writes. One belongs to one journal and one replica."""

    def __init__(
        self, replica: Replica, identity: DeviceKey, retired: Sequence[DeviceKey] = ()
    ) -> None:
        """`retired` are keys that this device had before."""
        self._replica = replica
        self._unsigned: set[str] = set()
        self._keys = {one.fingerprint: one for one in (identity, *retired)}
        self._done: dict[str, Point] = {}
        self._told: set[str] = set()

    def copy(self, journal: JournalReader, at_ms: int) -> int:
        """Take over what was written since; says how many entries were new. Call inside a transaction."""
        logs = journal.logs()
        self._name_unsigned(logs)
        new = sum(
            self._copy_log(journal, log, at_ms) for log in logs if device_of(log) in self._keys
        )
        return new + self._join_loose(journal, at_ms)

    def _name_unsigned(self, logs: Iterable[str]) -> None:
        """Say once of each device whose key is not here that its logs cannot be passed on."""
        for device in {device_of(log) for log in logs} - self._keys.keys() - self._unsigned:
            self._unsigned.add(device)
            logger.warning(
                "the journal has logs of device %s, whose key is not here: they stay on this machine. Put its key back"
                " as device.key.retired-1",
                device,
            )

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
        self._replica.add(log, rows, held)
        self._replica.move_tip(log, start, end)
        self._replica.keep_head(self._keys[device_of(log)].head(log, *end, at_ms))
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
            if device_of(log) not in self._keys or log in self._told:
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
            if (
                device_of(log) not in self._keys
                or self._replica.holds(log, seq, digest)
                or not (seq == 1 or self._replica.holds(log, seq - 1, prev))
            ):
                continue
            row = Row(log, seq, digest, badge, raw)
            self._add(log, (seq - 1, prev), [row], [read_entry(log, digest, raw)], at_ms)
            joined += 1
        return joined
