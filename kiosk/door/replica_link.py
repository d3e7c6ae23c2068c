"""The door's hold on `replica.db`, which the carrier makes, writes, and may throw away and make anew."""

import logging
import sqlite3
from pathlib import Path

from kiosk.door.door import Door
from kiosk.door.replica_feed import Listener
from sync.store.replica import ReplicaReader

log = logging.getLogger(__name__)


class ReplicaLink:
    """Opens the replica once it is there, and again when another file has taken its place."""

    def __init__(self, path: Path, door: Door) -> None:
        self._path = path
        self._door = door
        self._file: tuple[int, int] | None = None
        self._listener = Listener(door)

    @property
    def heard(self) -> int:
        """The number of the last entry folded."""
        return self._listener.heard

    def tend(self) -> None:
        """Look whether the file is there, and the one that was opened."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return
        file = (stat.st_dev, stat.st_ino)
        if file == self._file:
            return
        try:
            reader = ReplicaReader.at(self._path)
        except sqlite3.OperationalError:
            return
        try:
            reader.since(0, 1)
            reader.inbox(0)
        except sqlite3.Error as error:
            # The carrier may just be making its tables.
            log.info("the replica cannot be read yet (%s)", error)
            reader.close()
            return
        self.close()
        self._file = file
        self._door.replica = reader
        self._listener = Listener(self._door)

    def hear(self) -> bool:
        """Fold one piece of news; whether there may be more. Raises sqlite3.Error for a damaged file."""
        return self._listener.hear()

    def read_inbox(self) -> None:
        """Write what the carrier has for the log. Raises sqlite3.Error."""
        self._listener.read_inbox()

    def let_go(self) -> None:
        """Forget the file that was opened, so that `tend` opens whatever is there now."""
        self._file = None

    def close(self) -> None:
        """Safe to repeat."""
        replica, self._door.replica = self._door.replica, None
        self._file = None
        if replica is not None:
            replica.close()
