"""`journal.db`: a kiosk's own logs, written by one thread of the door process alone.

An entry is on the card when `append` returns. Every start opens a new log, so numbers are never used again by a
restored card, and a rollback shows itself.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from access.log.chain import HEAD_EVERY, Head, log_id
from access.log.clock_reading import ClockReading
from access.log.entry import GENESIS, Body, Boot, badge_of, digest_of, encode
from access.log.log_entry import LogEntry, read_entry
from sync.store.sqlite import Steps, open_reader, open_writer, writing
from sync.wire.device_key import DeviceKey

migrations = Steps("journal")


@migrations()
def first_tables(db: Any) -> None:
    """The logs, their entries as the bytes that were hashed, and heads to pass on."""
    db.execute(
        "CREATE TABLE entry (log TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,"
        " badge BLOB, raw BLOB NOT NULL, PRIMARY KEY (log, seq)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
    db.execute(
        "CREATE TABLE head (log TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,"
        " at_ms INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (log, seq)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE inbox_read (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL)"
    )
    db.execute(
        "CREATE TABLE loose (log TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,"
        " badge BLOB, raw BLOB NOT NULL, PRIMARY KEY (log, seq)) WITHOUT ROWID"
    )
    db.execute("CREATE TABLE log (place INTEGER PRIMARY KEY, log TEXT NOT NULL UNIQUE)")


@migrations()
def pin_tries(db: Any) -> None:
    """Wrong PINs of each staff card since its last right one, and when (CLOCK_BOOTTIME) the last was tried."""
    db.execute(
        "CREATE TABLE pin_tries (badge BLOB PRIMARY KEY, wrong INTEGER NOT NULL, mono_ms INTEGER NOT NULL)"
        " WITHOUT ROWID"
    )


@migrations()
def badges_in_memory(db: Any) -> None:
    """Which entries name a badge is known in memory (`Journal.about`): on the card that index cost a page for each
    check-in, and another one when the write-ahead log was folded back."""
    db.execute("DROP INDEX IF EXISTS entry_badge")


PAGE_BYTES = 1024
"""A page of a new journal. Each check-in writes the pages that it changes, whole: of SQLite's 4096 bytes an entry fills
a sixteenth. `jianmen bench wear` compares."""

CHECKPOINT_PAGES = 1600
"""The write-ahead log is folded back after some 1.6 MB, as those of other files are."""


class Tip(NamedTuple):
    """How far a log reaches: its last number and hash."""

    seq: int
    digest: bytes


class JournalReader:
    """A kiosk's own logs, read-only: for the carrier, `jianmen journal` and the door itself."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def at(cls, path: Path) -> "JournalReader":
        """Raises sqlite3.OperationalError where there is no journal yet."""
        return cls(open_reader(path))

    def has_tables(self) -> bool:
        """Whether the door has made its tables: a file has none for a moment."""
        row = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone()
        return row is not None

    def version(self) -> int:
        """Another number after each commit of another connection; cheap to ask."""
        found: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        return found

    def logs(self) -> list[str]:
        """The device's logs, oldest first."""
        return [log for (log,) in self._db.execute("SELECT log FROM log ORDER BY place")]

    def tips(self) -> dict[str, Tip]:
        """How far each log reaches."""
        found = {}
        for log in self.logs():
            row = self._db.execute(
                "SELECT seq, digest FROM entry WHERE log = ? ORDER BY seq DESC LIMIT 1", (log,)
            ).fetchone()
            if row is not None:
                found[log] = Tip(*row)
        return found

    def length(self, log: str) -> int:
        """The last number of a log, 0 where nothing of it is stored."""
        row = self._db.execute("SELECT max(seq) FROM entry WHERE log = ?", (log,)).fetchone()
        return row[0] or 0

    def digest_at(self, log: str, seq: int) -> bytes | None:
        """The hash of one entry, or None where it is not stored."""
        row = self._db.execute(
            "SELECT digest FROM entry WHERE log = ? AND seq = ?", (log, seq)
        ).fetchone()
        return row[0] if row else None

    def raws(self, log: str, after: int, limit: int) -> list[tuple[bytes, bytes]]:
        """(hash, bytes) of up to `limit` entries after a number, in order."""
        return self._db.execute(
            "SELECT digest, raw FROM entry WHERE log = ? AND seq > ? ORDER BY seq LIMIT ?",
            (log, after, limit),
        ).fetchall()

    def loose(self) -> list[tuple[str, int, bytes, bytes | None, bytes]]:
        """(log, seq, hash, badge, bytes) of entries salvaged from behind a hole of a damaged journal."""
        return self._db.execute(
            "SELECT log, seq, digest, badge, raw FROM loose ORDER BY log, seq"
        ).fetchall()

    def everything(self) -> Iterator[LogEntry]:
        """All own entries, log by log."""
        for log in self.logs():
            for digest, raw in self._db.execute(
                "SELECT digest, raw FROM entry WHERE log = ? ORDER BY seq", (log,)
            ):
                yield read_entry(log, digest, raw)

    def heads(self, log: str) -> list[Head]:
        """The stored heads of a log, in order."""
        rows = self._db.execute(
            "SELECT log, seq, digest, at_ms, signature FROM head WHERE log = ? ORDER BY seq", (log,)
        )
        return [Head(*row) for row in rows]

    def inbox_read(self) -> int:
        """The last number of the carrier's inbox that the door has read."""
        row = self._db.execute("SELECT last FROM inbox_read").fetchone()
        return row[0] if row else 0

    def pin_tries(self, badge: bytes) -> tuple[int, int]:
        """How many wrong PINs were tried with a staff card since its last right one, and when the last was (ms of
        CLOCK_BOOTTIME, of this kernel boot or an earlier one)."""
        row = self._db.execute(
            "SELECT wrong, mono_ms FROM pin_tries WHERE badge = ?", (badge,)
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def close(self) -> None:
        self._db.close()


class Journal(JournalReader):
    """The journal with its writer. `log`, `seq` and `digest` name the last entry written."""

    def __init__(self, path: Path | str, identity: DeviceKey, *, durable: bool = True) -> None:
        """Raises sqlite3.Error where the file cannot be opened or is damaged."""
        super().__init__(open_writer(path, migrations, durable=durable, page_bytes=PAGE_BYTES))
        self.checkpoint_after(CHECKPOINT_PAGES)
        self.identity = identity
        self._of_badge: dict[bytes, list[tuple[str, int]]] = {}
        self._note(self._db.execute("SELECT badge, log, seq FROM entry WHERE badge IS NOT NULL"))
        self.salvaged = ""
        """What was recovered of the damaged file that this one replaces, for the new log to record; empty: no
        damage."""
        self.log = ""
        self.seq = 0
        self.digest = GENESIS

    def begin(
        self,
        reading: ClockReading,
        boot_id: str,
        why: str,
        versions: dict[str, str],
        gate: str | None,
        random: bytes | None = None,
    ) -> LogEntry:
        """Open a new log; its first entry names the device's previous one. `random` is 4 bytes (None: drawn).

        Where it raises sqlite3.Error nothing was written, and the journal is as before.
        """
        previous = self.tips()
        last = next((name for name in reversed(self.logs()) if name in previous), None)
        before = (last, *previous[last]) if last is not None else None
        boot = Boot(
            device=self.identity.fingerprint,
            previous=before,
            boot_id=boot_id,
            why=why,
            versions=versions,
            gate=gate,
        )
        before_begin = self.log, self.seq, self.digest
        self.log = log_id(self.identity.public, random or os.urandom(4))
        self.seq, self.digest = 0, GENESIS
        try:
            return self.append("boot", boot, reading)
        except BaseException:
            self.log, self.seq, self.digest = before_begin
            raise

    def restore(
        self,
        whole: Iterable[tuple[str, int, bytes, bytes | None, bytes]],
        loose: Iterable[tuple[str, int, bytes, bytes | None, bytes]],
    ) -> None:
        """Put entries of a damaged journal into this new one: those that follow one another from the first of their
        log, and those from behind a hole, for the carrier to join to what other devices have."""
        named = []
        with writing(self._db):
            for row in whole:
                log, seq, _, badge, _ = row
                self._db.execute("INSERT OR IGNORE INTO log (log) VALUES (?)", (log,))
                self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", tuple(row))
                if badge is not None:
                    named.append((badge, log, seq))
            for row in loose:
                self._db.execute("INSERT INTO loose VALUES (?, ?, ?, ?, ?)", tuple(row))
        self._note(named)

    def about(self, badge: bytes) -> Iterator[LogEntry]:
        """All own entries that name a badge."""
        for log, seq in self._of_badge.get(badge, ()):
            for digest, raw in self._db.execute(
                "SELECT digest, raw FROM entry WHERE log = ? AND seq = ?", (log, seq)
            ):
                yield read_entry(log, digest, raw)

    def _note(self, rows: Iterable[tuple[bytes, str, int]]) -> None:
        """Remember which badges these entries name: rows of badge, log, seq."""
        for badge, log, seq in rows:
            self._of_badge.setdefault(badge, []).append((log, seq))

    def checkpoint_after(self, pages: int) -> None:
        """Checkpoint the write-ahead log after so many pages, instead of CHECKPOINT_PAGES."""
        self._db.execute(f"PRAGMA wal_autocheckpoint={pages}")

    def append(self, kind: str, body: Body, reading: ClockReading) -> LogEntry:
        """Write one entry. It is durable when this returns; where it raises sqlite3.Error nothing was written."""
        return self.extend([(kind, body)], reading)[0]

    def extend(
        self, bodies: Iterable[tuple[str, Body]], reading: ClockReading, inbox: int | None = None
    ) -> list[LogEntry]:
        """Write several entries in one transaction, and with them how far the carrier's inbox was read."""
        written: list[LogEntry] = []
        seq, digest = self.seq, self.digest
        rows: list[tuple[str, int, bytes, bytes | None, bytes]] = []
        heads: list[Head] = []
        for kind, body in bodies:
            seq += 1
            raw = encode(seq, digest, reading.mono_ms, reading.wall_ms, reading.synced, kind, body)
            digest = digest_of(raw)
            rows.append((self.log, seq, digest, badge_of(body), raw))
            written.append(
                LogEntry(self.log, seq, digest, reading.mono_ms, reading.wall_ms, kind, body)
            )
            if seq % HEAD_EVERY == 0:
                heads.append(self.identity.head(self.log, seq, digest, reading.wall_ms))
        with writing(self._db):
            if rows and rows[0][1] == 1:
                self._db.execute("INSERT INTO log (log) VALUES (?)", (self.log,))
            for row in rows:
                self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", row)
            for head in heads:
                self._db.execute(
                    "INSERT INTO head VALUES (?, ?, ?, ?, ?)",
                    (head.log, head.seq, head.digest, head.at_ms, head.signature),
                )
            if inbox is not None:
                self._db.execute("INSERT OR REPLACE INTO inbox_read VALUES (1, ?)", (inbox,))
        self.seq, self.digest = seq, digest
        self._note([(badge, log, n) for log, n, _, badge, _ in rows if badge is not None])
        return written

    def set_pin_tries(self, badge: bytes, wrong: int, mono_ms: int) -> None:
        """Keep the count of a staff card's wrong PINs. It is durable when this returns."""
        with writing(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO pin_tries VALUES (?, ?, ?)", (badge, wrong, mono_ms)
            )
