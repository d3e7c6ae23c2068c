"""A registry's data folder in one file, and back: the database, which has all keys too, and the files beside it.

The file is made while the registry runs. It has names and secrets, and is readable by its owner alone.
"""

import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from registry.storage.errors import DatabaseError, RegistryError
from registry.storage.rollback_mark import FILE as LANDMARK

DATABASE = "registry.db"

LAST_BACKUP = "last-backup.json"
LEFT_OUT = (LANDMARK, "serving.json", LAST_BACKUP)
"""The landmark shows a registry that it was put back; the notes are of a server that runs, and of the last backup."""


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
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RegistryError(f"{out} is there already; name a new file.") from None
    except OSError as error:
        raise RegistryError(f"{out} cannot be written: {error.strerror}") from error
    with (
        tempfile.TemporaryDirectory(dir=out.parent) as folder,
        os.fdopen(descriptor, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as archive,
    ):
        copy = Path(folder, DATABASE)
        _copy(database, copy)
        archive.add(copy, DATABASE)
        for beside in sorted(data.iterdir()):
            if _kept(beside, out):
                archive.add(beside, beside.name)
    size = out.stat().st_size
    note = LastBackup(time.time_ns() // 1_000_000, str(out.absolute()), size)
    with suppress(OSError):  # whoever may read the data need not be allowed to write there
        (data / LAST_BACKUP).write_bytes(msgspec.json.encode(note))
    return size


def _kept(file: Path, out: Path) -> bool:
    """Whether a file beside the database is part of the backup: not what goes with the running database."""
    own = file.name.startswith(("registry.db", "registry.lock", "."))
    return not own and file.name not in LEFT_OUT and file != out and not file.is_symlink()


def _copy(source: Path, target: Path) -> None:
    """A consistent copy of a database that others may be writing (https://sqlite.org/backup.html)."""
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")


def restore(file: Path, data: Path) -> None:
    """Put a backup into an empty folder. The registry finds that it was moved, and goes on in a new log. Raises
    RegistryError, and then the folder is as empty as before."""
    if data.exists() and any(data.iterdir()):
        raise RegistryError(f"{data} is not empty; restore into a new folder.")
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        found = Path(folder, "data")
        try:
            with tarfile.open(file, "r:gz") as archive:
                _unpack(archive, found)
        except (OSError, tarfile.TarError, EOFError) as error:
            raise RegistryError(
                f"{file} is no backup of a registry, or is damaged: {error}"
            ) from error
        _check(found / DATABASE)
        data.mkdir(exist_ok=True, mode=0o750)
        for one in found.iterdir():
            one.rename(data / one.name)


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
