"""A small file beside an SQLite database that has the end of the registry's own log.

A database restored from a backup does not show that it was: it would write other entries under numbers that kiosks
already have. The mark is no part of the backup, so it shows.
"""

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

FILE = "registry.landmark"


class LogEnd(NamedTuple):
    """Which database, and the newest entry of the registry's own log in it."""

    database: str
    log: str
    seq: int


class RollbackMark:
    """The file. One that is missing or cannot be read counts as none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def beside(cls, database: Path | None) -> "RollbackMark | None":
        """The mark of a database file; None for one in memory or on a server."""
        return cls(database.with_name(FILE)) if database is not None else None

    def read(self) -> LogEnd | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=LogEnd)
        except (FileNotFoundError, msgspec.DecodeError, msgspec.ValidationError):
            return None

    def write(self, end: LogEnd) -> None:
        """Raises OSError. After a power cut the file may be older than the database, never newer: that does not count
        as a rollback."""
        part = self._path.with_name(f".{FILE}.{os.getpid()}")
        part.write_bytes(msgspec.json.encode(end))
        part.replace(self._path)
