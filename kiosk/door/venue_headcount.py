"""The headcount as this kiosk can tell it: folded from its own journal and its replica, for an admin at a venue that is
cut off. Each number says how old it is."""

import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from access.event.definition import LANGUAGES, Language
from access.event.programme import Programme
from access.log.chain import device_of
from access.log.clock_reading import ClockReading
from access.log.receipt import gate_code
from access.state.event_state import EventState, LogEntry, read_entry
from access.state.headcount import Count, Headcount, Quiet, Silence, band, silences
from access.state.log_state import LogState
from kiosk.door.clock import KioskClock
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader
from sync.store.replica import ReplicaReader

PIECE = 5_000
"""Entries read at a time."""

FRESH_S = 2.0
"""A count is made anew at most this often, however many screens ask."""

KEPT_S = 600.0
"""A fold that nobody has asked for this long is dropped: it takes some hundred megabytes late on a busy day."""

SILENT_MS = 30_000
"""A kiosk not heard of for longer is counted as silent; in touch, each is heard every few seconds."""


@dataclass(frozen=True)
class Tally:
    """The counts of all areas at an instant. `heard` is when each area's doors were last heard of (ms; None: some never
    were); the bands say what the silent ones may have done since."""

    programme: Programme
    at_ms: int
    sure: bool
    counts: dict[str, Count]
    bands: dict[str, tuple[int, int]]
    heard: dict[str, int | None]
    silences: tuple[Silence, ...]


class VenueCount:
    """Folds the files of a data folder, as far as they have come, whenever it is asked."""

    def __init__(self, data: Path, registry: str, earliest_ms: int, reading: ClockReading) -> None:
        """`reading` are the machine's clocks now. The files may not be there yet."""
        self._data = data
        self._log_state = LogState(registry, earliest_ms)
        self._headcount = Headcount(self._log_state)
        self._clock = KioskClock(self._log_state.event_state, lambda: reading)
        self._own: dict[str, int] = {}
        self._newest_own = ""
        self._read = 0
        self._file_read: int | None = None
        self._words: dict[str, int | None] = {}

    def tally(self, reading: ClockReading) -> Tally | None:
        """Read what has come since, and count. None without an event definition. Raises sqlite3.Error."""
        self._read_journal(reading)
        self._read_replica(reading)
        programme = self._log_state.programme
        if programme is None:
            return None
        now = self._clock.now(self._newest_own, reading)
        counts = self._headcount.areas(now.at_ms)
        silences = tuple(self._silences(now.at_ms))
        bands = band(counts, silences, programme)
        heard = self._heard(programme, now.at_ms)
        return Tally(programme, now.at_ms, now.sure, counts, bands, heard, silences)

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
        if file != self._file_read:  # made anew by the carrier: its numbers begin again
            self._file_read, self._read = file, 0
        with closing(replica):
            while rows := replica.since(self._read, PIECE):
                for place, held in rows:
                    self._file(held, reading)
                    self._read = place
            self._words = {
                device: replica.heard_ms(device) for device in self._log_state.event_state.devices
            }

    def _file(self, held: LogEntry, reading: ClockReading) -> None:
        self._log_state.file(held)
        self._clock.heard(held, reading)

    def _others(self) -> Iterable[tuple[str, str, int | None]]:
        """(device, gate, last word) of every other kiosk that stands at a gate."""
        event_state: EventState = self._log_state.event_state
        for device in sorted(event_state.devices):
            gate, kiosk = event_state.gate_of(device), event_state.kiosks.get(device)
            cut_off = kiosk is not None and kiosk.cut_off
            if device != device_of(self._newest_own) and gate is not None and not cut_off:
                yield device, gate, self._words.get(device)

    def _silences(self, at_ms: int) -> list[Silence]:
        quiet = [
            Quiet(device, gate, since_ms, None)
            for device, gate, since_ms in self._others()
            if since_ms is None or at_ms - since_ms > SILENT_MS
        ]
        return silences(self._log_state, quiet, at_ms)

    def _heard(self, programme: Programme, at_ms: int) -> dict[str, int | None]:
        """The oldest last word among the kiosks of each area and of the areas in it; None where no kiosk stands, or one
        was never heard of. The own gate is heard of now."""
        words: dict[str, list[int | None]] = {area: [] for area in programme.places}
        own = self._log_state.event_state.gate_of(device_of(self._newest_own))
        for gate, since_ms in [(own, at_ms), *((g, w) for _, g, w in self._others())]:
            known = programme.gates.get(gate or "")
            for area in programme.above[known.area] if known is not None else ():
                words[area].append(since_ms)
        return {area: _oldest(said) for area, said in words.items()}


def _oldest(words: list[int | None]) -> int | None:
    known = [word for word in words if word is not None]
    return min(known) if known and len(known) == len(words) else None


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
    """A tally as pages and commands give it out. Times in ms since 1970."""
    programme = tally.programme
    return {
        "as_of_ms": tally.at_ms,
        "clock_sure": tally.sure,
        "areas": {
            area: {
                "name": _names(programme, area),
                "venue": programme.venue_of(area),
                "inside": count.inside,
                "people": count.people,
                "entries": count.entries,
                "exits": count.exits,
                "refused": count.refused,
                "capacity": count.capacity,
                "low": tally.bands[area][0],
                "high": tally.bands[area][1],
                "heard_ms": tally.heard[area],
            }
            for area, count in tally.counts.items()
        },
        "silent": [
            {
                "gate": one.gate,
                "code": gate_code(programme, one.gate) if one.gate in programme.gates else None,
                "since_ms": one.since_ms,
                "missing": one.missing,
            }
            for one in tally.silences
        ],
    }


def _names(programme: Programme, area: str) -> dict[Language, str]:
    known = programme.venues.get(area) or programme.areas[area]
    return {language: known.name.get(language) or known.name["en"] for language in LANGUAGES}
