"""Opening a journal that may have been damaged: checked at every start, put aside when it is, and all that can be
read of it kept.

A kiosk's log is also in its replica and with everybody it has talked to since. Only the last entries, which nobody else
had yet, can be lost with a file; so every readable entry is taken out of it, even from behind a hole.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from access.log.entry import GENESIS, EntryError, badge_of, decode, digest_of
from access.log.log_entry import read_entry
from sync.durable_file import sync_folder
from sync.store.journal import Journal
from sync.store.log_store import Row
from sync.store.sqlite import open_reader, roll_back
from sync.wire.device_key import DeviceKey

log = logging.getLogger(__name__)

STRIDE = 32
"""Entries asked for at a time around a hole: a damaged page of 4 KiB hides some twenty."""

DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
"""What SQLite calls a file that is wrong in itself."""

BEYOND = 4096
"""How far past the last readable entry of a log it is looked for more."""


class Closable(Protocol):
    """A file that was opened."""

    def close(self) -> None: ...


Opened = TypeVar("Opened", bound=Closable)


@dataclass(frozen=True)
class Salvage:
    """What was found of a damaged journal: where it was put, and how many entries could be read."""

    aside: Path
    entries: int


def open_journal(
    path: Path, identity: DeviceKey, *, durable: bool = True
) -> tuple[Journal, Salvage | None]:
    """The journal, ready to begin a new log; with what was salvaged, where the file had to be put aside.

    Power may go at any point of it: what was salvaged stands beside the damaged file, whole, before that is moved.
    Raises sqlite3.Error or OSError where not even a new file can be made.
    """
    salvaged = path.with_name(f"{path.stem}.salvaged{path.suffix}")
    if not salvaged.exists() and path.exists() and not sound(path):
        _salvage(path, salvaged, identity)
    if not salvaged.exists():
        return Journal(path, identity, durable=durable), None
    aside = _put_aside(path)
    salvaged.rename(path)
    sync_folder(path.parent)
    journal = Journal(path, identity, durable=durable)
    entries = sum(tip.seq for tip in journal.tips().values()) + len(journal.loose())
    journal.salvaged = f"{entries} entries could be read of the damaged file, kept in {aside.name}"
    log.warning("the journal was damaged: %s", journal.salvaged)
    return journal, Salvage(aside, entries)


def sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file. Raises sqlite3.Error where it cannot look: a disk that fails or
    cannot be written says nothing about the file."""
    try:
        roll_back(path)
        connection = open_reader(path)
        try:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return False
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file itself is wrong (https://www.sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorname", "").startswith(DAMAGED)


def sound_or_gone(path: Path) -> None:
    """Delete a damaged file whose contents can be fetched again, and the companions of a file that is gone: another
    process may still have them open. Raises sqlite3.Error or OSError."""
    if path.exists():
        if sound(path):
            return
        log.warning("%s was damaged, and is made again", path.name)
    for file in _with_companions(path):
        file.unlink(missing_ok=True)


def sound_replica(path: Path, opened: Callable[[Path], Opened]) -> Opened:
    """Open the file with `opened`: the present one if it is sound, else a new one, which gets its name only once it is
    complete. Raises sqlite3.Error or OSError."""
    sound_or_gone(path)
    if not path.exists():
        part = path.with_name(f".{path.name}.part")
        for file in _with_companions(part):
            file.unlink(missing_ok=True)
        opened(part).close()
        part.rename(path)
    return opened(path)


def _salvage(path: Path, salvaged: Path, identity: DeviceKey) -> None:
    """Write every readable entry of a damaged journal into a new one, which has its name only once it is whole."""
    part = path.with_name(f".{salvaged.name}.part")
    for file in _with_companions(part):
        file.unlink(missing_ok=True)
    rows = {row.digest: row for row in readable(path)}
    journal = Journal(part, identity)
    try:
        whole, loose = _chained(sorted(rows.values(), key=lambda row: (row.log, row.seq)))
        journal.restore(_in_time(whole), loose)
    finally:
        journal.close()
    part.rename(salvaged)
    sync_folder(path.parent)


def _put_aside(path: Path) -> Path:
    """Move a damaged file with its companions into a folder of its own, and keep it."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}")).exists():
        number += 1
    aside.mkdir()
    for file in _with_companions(path):
        if file.exists():
            file.rename(aside / file.name)
    return aside


def _with_companions(path: Path) -> tuple[Path, ...]:
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


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
        entry = read_entry(name, digest, raw)
    except EntryError:
        return None
    return Row(name, seq, digest, badge_of(entry.body), raw) if entry.seq == seq else None


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
