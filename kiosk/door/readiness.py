"""Why a door does not work, as one of the causes for which the screen has a text."""

import errno
import sqlite3
from typing import Literal

from kiosk.door.door import Door, NotReadyError

Cause = Literal[
    "disk_full", "disk_read_only", "disk_errors", "journal", "no_event", "no_gate", "incomplete", "camera",
    "unexpected", "no_printer", "printer_away", "printer_stopped", "printer_refusing", "printer_paper_out",
    "printer_cover_open", "printer_jam", "printer_supplies_out", "printer_fault", "printer_no_pdf", "printer_no_media",
]  # fmt: skip

MUCH = 1000
"""Backlog (entries) above which the screen says that data are incomplete; a door in touch is never so far behind."""


def unready(door: Door) -> Cause | None:
    """What a door lacks to decide, or None."""
    if not door.has_event:
        return "no_event"
    try:
        door.gate  # noqa: B018 -- asked for what it raises
    except NotReadyError:
        return "incomplete" if incomplete(door) else "no_gate"
    return None


def incomplete(door: Door) -> bool:
    """Whether many of the registry's entries are missing here: the first sync is still running, or broke off."""
    return _behind(door) >= MUCH


def lacks_roster(door: Door) -> bool:
    """Whether somebody on the roster may be unknown here: not all of the registry's entries have arrived."""
    return door.registry_head is None or _behind(door) > 0


def _behind(door: Door) -> int:
    """How many of the registry's entries are known to be missing here."""
    return door.exchange_states().get("registry", {}).get("behind") or 0


_BY_NUMBER: dict[int, Cause] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "disk_read_only",
    errno.EACCES: "disk_read_only",
    errno.EPERM: "disk_read_only",
}


def cause_of(error: sqlite3.Error | OSError) -> Cause:
    """What is wrong with the disk, by the system's number, or SQLite's own name for it
    (https://www.sqlite.org/rescode.html)."""
    if isinstance(error, OSError):
        return _BY_NUMBER.get(error.errno or 0, "disk_errors")
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        return "disk_full"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "disk_read_only"
    if name.startswith("SQLITE_IOERR"):
        return "disk_errors"
    return "journal"
