"""Opening a journal that may have been damaged: checked at every start, put aside when it is, and all that can be
read of it kept.

A kiosk's log is also in its replica and with everybody it has talked to since. Only the last entries, which nobody else
had yet, can be lost with a file; so every readable entry is taken out of it, even from behind a hole.
"""

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from access.background import hold
from access.entry import GENESIS, EntryError, badge_of, decode, digest_of
from sync.database import open_reader
from sync.identity import Identity
from sync.journal import Journal
from sync.store import Row

log = logging.getLogger(__name__)

STRIDE = 32
"""Entries asked for at a time around a hole: a damaged page of 4 KiB hides some twenty."""

BEYOND = 4096
"""How far past the last readable entry of a log it is looked for more."""


@dataclass(frozen=True)
class Salvage:
    """What was found of a damaged journal: where it was put, and how many entries could be read."""

    aside: Path
    entries: int


def open_journal(
    path: Path, identity: Identity, *, durable: bool = True
) -> tuple[Journal, Salvage | None]:
    """The journal, ready to begin a new log; with what was salvaged, where the file had to be put aside.

    Raises sqlite3.Error or OSError where not even a new file can be made.
    """
    if not path.exists() or sound(path):
        return Journal(path, identity, durable=durable), None
    aside = _put_aside(path)
    rows = {row.digest: row for row in readable(aside / path.name)}
    journal = Journal(path, identity, durable=durable)
    ordered = sorted(rows.values(), key=lambda row: (row.log, row.seq))
    whole, loose = _chained(ordered)
    journal.restore(_in_time(whole), loose)
    log.warning("the journal was damaged: %d entries salvaged, the file is in %s", len(rows), aside)
    return journal, Salvage(aside, len(rows))


def sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file."""
    try:
        connection = open_reader(path)
    except sqlite3.Error:
        return False
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _put_aside(path: Path) -> Path:
    """Move a damaged file with its companions into a folder of its own, and keep it."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}")).exists():
        number += 1
    aside.mkdir()
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if file.exists():
            file.rename(aside / file.name)
    return aside


def readable(path: Path) -> Iterator[Row]:
    """Every entry of a damaged journal that can be read and is what its hash says."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error:
        return
    try:
        for name in _logs(connection):
            yield from _of_log(connection, name)
    finally:
        connection.close()


def _logs(connection: sqlite3.Connection) -> list[str]:
    found: set[str] = set()
    for query in ("SELECT log FROM log", "SELECT DISTINCT log FROM entry"):
        try:
            found.update(name for (name,) in connection.execute(query) if isinstance(name, str))
        except sqlite3.DatabaseError:
            continue
    return sorted(found)


def _of_log(connection: sqlite3.Connection, name: str) -> Iterator[Row]:
    first, last = 1, BEYOND
    while first <= last:
        try:
            rows = connection.execute(
                "SELECT seq, digest, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ?",
                (name, first, first + STRIDE - 1),
            ).fetchall()
        except sqlite3.DatabaseError:
            rows = [
                row for seq in range(first, first + STRIDE) for row in _one(connection, name, seq)
            ]
        for row in rows:
            found = _checked(name, *row)
            if found is not None:
                last = max(last, found.seq + BEYOND)
                yield found
        first += STRIDE


def _one(
    connection: sqlite3.Connection, name: str, seq: int
) -> list[tuple[object, object, object]]:
    try:
        return connection.execute(
            "SELECT seq, digest, raw FROM entry WHERE log = ? AND seq = ?", (name, seq)
        ).fetchall()
    except sqlite3.DatabaseError:
        return []


def _checked(name: str, seq: object, digest: object, raw: object) -> Row | None:
    if not (isinstance(seq, int) and isinstance(digest, bytes) and isinstance(raw, bytes)):
        return None
    if digest_of(raw) != digest:
        return None
    try:
        held = hold(name, digest, raw)
    except EntryError:
        return None
    return Row(name, seq, digest, badge_of(held.body), raw) if held.seq == seq else None


def _chained(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The entries that follow one another from the first of their log, and those behind a hole."""
    whole: list[Row] = []
    loose: list[Row] = []
    ends: dict[str, tuple[int, bytes]] = {}
    for row in rows:
        seq, digest = ends.get(row.log, (0, GENESIS))
        if row.seq == seq + 1 and decode(row.raw).prev == digest:
            ends[row.log] = (row.seq, row.digest)
            whole.append(row)
        else:
            loose.append(row)
    return whole, loose


def _in_time(rows: list[Row]) -> list[Row]:
    """Logs in the order in which they were opened: each first entry names the one before."""
    opened = {row.log: decode(row.raw).wall_ms for row in rows if row.seq == 1}
    return sorted(rows, key=lambda row: (opened.get(row.log, 0), row.log, row.seq))
