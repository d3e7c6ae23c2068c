"""The headcount as far as this kiosk knows it: folded from its own journal and its replica, for an admin at a venue
that is cut off. Each number is shown with its age."""

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access.event.definition import Language
from access.event.programme import Programme
from access.log.chain import device_of
from access.log.clock_reading import ClockReading
from access.log.log_entry import LogEntry, read_entry
from access.log.receipt import gate_code
from access.state.coverage import (
    Contact,
    Coverage,
    CoverageReport,
    area_fields,
    silent_fields,
)
from access.state.headcount import Count, Headcount
from access.state.log_state import LogState
from config.languages import languages
from kiosk.door.clock import KioskClock
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader
from sync.store.replica import ReplicaReader

PIECE = 5_000
"""Entries read at a time."""

FRESH_S = 2.0
"""A count is made again at most this often, however many screens ask."""

KEPT_S = 600.0
"""A fold that nobody has asked for this long is dropped: it takes some hundred megabytes late on a busy day."""


@dataclass(frozen=True)
class Tally:
    """The counts of all areas at an instant, and how far they can be trusted."""

    programme: Programme
    at_ms: int
    sure: bool
    counts: dict[str, Count]
    coverage: CoverageReport


class VenueCount:
    """Folds the files of a data folder, as far as they have come, whenever it is asked."""

    def __init__(self, data: Path, registry: str, earliest_ms: int, reading: ClockReading) -> None:
        """`reading` are the machine's clocks now. The files may not be there yet."""
        self._data = data
        self._log_state = LogState(registry, earliest_ms)
        self._headcount = Headcount(self._log_state)
        self._coverage = Coverage()
        self._clock = KioskClock(self._log_state.event_state, lambda: reading)
        self._own: dict[str, int] = {}
        self._newest_own = ""
        self._read = 0
        self._file_read: int | None = None
        self._heard_ms: dict[str, int | None] = {}

    def tally(self, reading: ClockReading) -> Tally | None:
        """Read what has come since, and count. None without an event definition. Raises sqlite3.Error."""
        self._read_journal(reading)
        self._read_replica(reading)
        programme = self._log_state.programme
        if programme is None:
            return None
        now = self._clock.now(self._newest_own, reading)
        counts = self._headcount.areas(now.at_ms)
        contacts = self._contacts(now.at_ms)
        covered = self._coverage.report(self._log_state, programme, counts, contacts, now.at_ms)
        return Tally(programme, now.at_ms, now.sure, counts, covered)

    def _read_journal(self, reading: ClockReading) -> None:
        try:
            journal = JournalReader.at(DataFolder(self._data).journal)
        except sqlite3.OperationalError:
            return
        with closing(journal):
            for log in journal.logs():
                self._newest_own = log
                while raws := journal.raws(log, self._own.get(log, 0), PIECE):
                    for digest, raw in raws:
                        self._file(read_entry(log, digest, raw), reading)
                    self._own[log] = self._own.get(log, 0) + len(raws)

    def _read_replica(self, reading: ClockReading) -> None:
        path = DataFolder(self._data).replica
        try:
            replica = ReplicaReader.at(path)
            file = path.stat().st_ino
        except (sqlite3.OperationalError, FileNotFoundError):
            return
        if file != self._file_read:  # made again by the carrier: its numbers begin again
            self._file_read, self._read = file, 0
        with closing(replica):
            while rows := replica.since(self._read, PIECE):
                for position, entry in rows:
                    self._file(entry, reading)
                    self._read = position
            self._heard_ms = {
                device: replica.heard_ms(device) for device in self._log_state.event_state.devices
            }

    def _file(self, entry: LogEntry, reading: ClockReading) -> None:
        self._log_state.file(entry)
        self._clock.heard(entry, reading)

    def _contacts(self, at_ms: int) -> dict[str, Contact]:
        """When every kiosk was last heard; this one now."""
        contacts = {device: Contact(heard_ms) for device, heard_ms in self._heard_ms.items()}
        return {**contacts, device_of(self._newest_own): Contact(at_ms)}


class SharedCount:
    """One `VenueCount` for all the screens that ask, made when the first asks and dropped when none does."""

    def __init__(self, data: Path, earliest_ms: int) -> None:
        self._data = data
        self._earliest_ms = earliest_ms
        self._lock = threading.Lock()
        self._count: VenueCount | None = None
        self._tally: Tally | None = None
        self._made_s = self._asked_s = 0.0

    def tally(self, registry: str, reading: ClockReading) -> Tally | None:
        """As of `VenueCount`; at most two seconds old."""
        with self._lock:
            now = time.monotonic()
            self._asked_s = now
            if self._count is None:
                self._count = VenueCount(self._data, registry, self._earliest_ms, reading)
            elif now - self._made_s < FRESH_S:
                return self._tally
            self._tally = self._count.tally(reading)
            self._made_s = time.monotonic()
            return self._tally

    def tidy(self) -> None:
        """Drop a fold that nobody looks at any more."""
        with self._lock:
            if self._count is not None and time.monotonic() - self._asked_s > KEPT_S:
                self._count = self._tally = None


def as_json(tally: Tally) -> dict[str, Any]:
    """A tally as pages and commands give it out: the fields of the registry's interface, and times in ms since 1970."""
    programme = tally.programme
    return {
        "as_of_ms": tally.at_ms,
        "clock_sure": tally.sure,
        "areas": {
            area: {
                **area_fields(programme, area, count, tally.coverage, tally.at_ms),
                "name": _names(programme, area),
                "heard_ms": tally.coverage.heard[area],
            }
            for area, count in tally.counts.items()
        },
        "silent": [
            {
                **silent_fields(programme, one, tally.coverage.touch(one.device)),
                "code": gate_code(programme, one.gate) if one.gate in programme.gates else None,
                "since_ms": one.since_ms,
            }
            for one in tally.coverage.silences
        ],
    }


def _names(programme: Programme, area: str) -> dict[Language, str]:
    known = programme.venues.get(area) or programme.areas[area]
    return {language: known.name.get(language) or known.name["en"] for language in languages()}
