"""Why a door does not work, in a word of `kiosk.words.CAUSES`."""

import sqlite3

from kiosk.door import Door, NotReadyError
from kiosk.words import Cause


def unready(door: Door) -> Cause | None:
    """What a door lacks to decide, or None."""
    if door.background.programme is None:
        return "no_event"
    try:
        door.gate  # noqa: B018 -- asked for what it raises
    except NotReadyError:
        return "no_gate"
    return None


def cause_of(error: sqlite3.Error) -> Cause:
    """What is wrong with the disk, by SQLite's own name for it (https://www.sqlite.org/rescode.html)."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        return "disk_full"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "disk_read_only"
    if name.startswith("SQLITE_IOERR"):
        return "disk_errors"
    return "journal"
