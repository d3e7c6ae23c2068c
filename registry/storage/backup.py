"""A registry's data folder in one file, and back: the database, which has all keys too, and the files beside it.

The file is made while the registry runs. It has names and secrets, and is readable by its owner alone. It has its name
when it is whole; where that is interrupted nothing stays, and what a killed process has left is found again: by the
next backup, by a purge, and by `registry doctor`.
"""

import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from registry.storage.errors import DatabaseError, RegistryError
from registry.storage.rollback_mark import FILE as LANDMARK
from sync.durable_file import PART, leftovers, remove_leftover, temporary_folder, whole_file

DATABASE = "registry.db"

LAST_BACKUP = "last-backup.json"
BEGUN = ".backup-begun"
"""The path of a backup that is being written, wherever that is."""

LEFT_OUT = (LANDMARK, "serving.json", LAST_BACKUP)
"""The landmark shows a registry that it was put back; the notes are of a server that runs, and of the last backup."""

_OF_0_1_0 = re.compile("tmp[a-z0-9_]{8}")
_IN_0_1_0 = {DATABASE, f"{DATABASE}-journal", "data"}
"""The temporary folders that a killed backup of version 0.1.0 has left, and what may be in them."""


class LastBackup(msgspec.Struct, frozen=True):
    """When a data folder was last backed up (ms since 1970), into which file, and how large that was."""

    at_ms: int
    file: str
    size: int


def last_backup(data: Path) -> LastBackup | None:
    """The last backup of a data folder, or None: there was none, or nobody can say."""
    try:
        return msgspec.json.decode((data / LAST_BACKUP).read_bytes(), type=LastBackup)
    except (OSError, msgspec.DecodeError):
        return None


def backup(data: Path, out: Path) -> int:
    """Write the data folder into a new file; gives its size in bytes. Raises RegistryError."""
    database = data / DATABASE
    if not database.is_file():
        raise RegistryError(
            f"{data} has no {DATABASE}. Of PostgreSQL make the backup with pg_dump; its keys are in it."
        )
    if out.exists():
        raise RegistryError(f"{out} is there already; name a new file.")
    try:
        remove_unfinished(data)
        with (
            _begun(data, out),
            whole_file(out, 0o600) as file,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as archive,
        ):
            with _copied(database, out.parent) as copy:
                archive.addfile(archive.gettarinfo(arcname=DATABASE, fileobj=copy), copy)
            for beside in sorted(data.iterdir()):
                if _kept(beside):
                    archive.add(beside, beside.name, filter=_whole)
    except OSError as error:
        raise RegistryError(f"{out} cannot be written: {error.strerror}") from error
    size = out.stat().st_size
    note = LastBackup(time.time_ns() // 1_000_000, str(out.absolute()), size)
    with suppress(OSError):  # whoever may read the data need not be allowed to write there
        (data / LAST_BACKUP).write_bytes(msgspec.json.encode(note))
    return size


@contextmanager
def _begun(data: Path, out: Path) -> Iterator[None]:
    """While a backup is being written the data folder says where: a process that is killed leaves the note, too."""
    note = data / BEGUN
    with suppress(OSError):
        note.write_text(str(out.absolute()), encoding="utf-8")
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink()


def unfinished(data: Path) -> list[Path]:
    """What killed backups of this data folder, and killed attempts to put one back, have left: it holds names and keys.
    Raises OSError."""
    found = leftovers(data)
    with suppress(OSError, ValueError):
        begun = Path((data / BEGUN).read_text(encoding="utf-8"))
        found += leftovers(begun.parent)
    old = (one for one in data.iterdir() if _OF_0_1_0.fullmatch(one.name) and one.is_dir())
    found += [one for one in old if {inside.name for inside in one.iterdir()} <= _IN_0_1_0]
    return sorted(set(found))


def remove_unfinished(data: Path) -> list[Path]:
    """Remove it; gives what there was. Raises OSError."""
    found = unfinished(data)
    for one in found:
        remove_leftover(one)
    return found


def _kept(file: Path) -> bool:
    """Whether a file beside the database is part of the backup: not what goes with the running database."""
    own = file.name.startswith(("registry.db", "registry.lock", "."))
    return not own and file.name not in LEFT_OUT and not file.is_symlink()


def _whole(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """What is being written just now, this file too, is no part of a backup."""
    return None if member.name.endswith(PART) else member


@contextmanager
def _copied(database: Path, folder: Path) -> Iterator[BinaryIO]:
    """A consistent copy of a database that others may be writing (https://sqlite.org/backup.html), in a file that has
    no name any more before anything is in it: nothing stays of it, whatever ends this process."""
    descriptor, name = tempfile.mkstemp(PART, dir=folder)
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with os.fdopen(descriptor, "r+b") as file:
        with closing(sqlite3.connect(name)) as there:
            Path(name).unlink()
            there.execute("PRAGMA journal_mode=OFF")
            with closing(sqlite3.connect(uri, uri=True)) as here:
                here.backup(there)
        # No write-ahead log goes with the copy (https://sqlite.org/fileformat2.html, bytes 18 and 19).
        os.pwrite(descriptor, b"\x01\x01", 18)
        yield file


def restore(file: Path, data: Path) -> None:
    """Put a backup into an empty folder. The registry finds that it was moved, and goes on in a new log. Raises
    RegistryError, and then the folder is as empty as before."""
    is_new = not data.exists()
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o750)
        remove_unfinished(data)
        if any(data.iterdir()):
            raise RegistryError(f"{data} is not empty; restore into a new folder.")
        with temporary_folder(data, "restore") as found:
            _unpack_whole(file, found)
            # The database last: without it nobody takes the folder for a registry's.
            for one in sorted(found.iterdir(), key=lambda one: one.name == DATABASE):
                one.rename(data / one.name)
    except OSError as error:
        raise RegistryError(f"{data} cannot be written: {error.strerror}") from error
    finally:
        if is_new:
            with suppress(OSError):  # it is not empty: all is well
                data.rmdir()


def _unpack_whole(file: Path, folder: Path) -> None:
    try:
        with tarfile.open(file, "r:gz") as archive:
            _unpack(archive, folder)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise RegistryError(f"{file} is no backup of a registry, or is damaged: {error}") from error
    _check(folder / DATABASE)


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Take out a backup's files. Raises TarError for what no backup has: links, devices, paths that lead elsewhere.

    `tarfile`'s own filter for that is not in the Python of Debian 12 (3.11.2).
    """
    for member in archive:
        target = Path(os.path.normpath(folder / member.name))
        if not (member.isdir() or member.isfile()) or not target.is_relative_to(folder):
            raise tarfile.TarError(f"{member.name!r} is in no backup")
        if member.isdir():
            target.mkdir(mode=0o750, parents=True, exist_ok=True)
            continue
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        source = archive.extractfile(member)
        if source is None:
            raise tarfile.TarError(f"{member.name!r} has no contents")
        opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode & 0o770)
        with source, os.fdopen(opened, "wb") as written:
            shutil.copyfileobj(source, written)


def _check(database: Path) -> None:
    """Raises DatabaseError for what is no whole database."""
    if not database.is_file():
        raise DatabaseError(f"The backup has no {DATABASE}.")
    with closing(sqlite3.connect(database)) as copy:
        try:
            result = copy.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            result = str(error)
    if result != "ok":
        raise DatabaseError(f"The backup's {DATABASE} is damaged: {result}")
