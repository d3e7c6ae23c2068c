"""What a door learns between scans from `replica.db`, which the carrier makes, writes, and may throw away and make
again: the entries of other logs, and the inbox of what must be recorded in the own log.

It reads in small pieces, so that a first sync of a whole event never keeps anybody waiting.
"""

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from access.log.clock_reading import ClockReading
from access.log.entry import Alarm, Body, Clock, Seats
from access.state.seat_leases import gifts
from kiosk.door.door import Door, NotReadyError
from sync.store.replica import ReplicaReader

log = logging.getLogger(__name__)

PIECE = 200
"""Entries read at a time, between two scans: some 2 ms on a desktop, 10 on a Pi 4."""


class ReplicaFeed:
    """Keeps a door up to date with its replica. Methods that read raise sqlite3.Error for a damaged file."""

    def __init__(
        self, door: Door, path: Path | None = None, replica: ReplicaReader | None = None
    ) -> None:
        """Either `path`, where the carrier keeps its file, for `tend` to open; or a `replica` that is open already."""
        self._door = door
        self._path = path
        self._file: tuple[int, int] | None = None
        self._replica: ReplicaReader | None = None
        self.position = 0
        """The id of the last entry folded."""
        if replica is not None:
            self._follow(replica)

    def _follow(self, replica: ReplicaReader) -> None:
        self._replica = replica
        self.position = 0
        self._door.follow(replica)
        for kiosk in replica.introduced():
            self._introduced(kiosk.device, kiosk.gate)

    def tend(self) -> None:
        """Open the file once it exists, and again when it has been replaced by another."""
        if self._path is None:
            return
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
        self._follow(reader)

    def check_readable(self) -> None:
        """Open whatever file is there now, and read from it."""
        self._file = None
        self.tend()
        if self._replica is not None:
            self._replica.since(self.position, 1)

    def catch_up(self) -> None:
        """Read everything there is: at the start, and in rehearsals."""
        while self.read_entries():
            pass

    def read_entries(self, limit: int = PIECE) -> bool:
        """Fold the next entries of other logs; whether there may be more. Own ones are folded as they are recorded."""
        if self._replica is None:
            return False
        door, reading = self._door, self._door.read_clock()
        door.look_for_registry()
        rows = self._replica.since(self.position, limit)
        for position, entry in rows:
            self.position = position
            if entry.log != door.log:
                door.fold(entry, reading)
        return len(rows) == limit

    def read_inbox(self) -> None:
        """Record the items of the carrier's inbox in the own log, and remember how far the inbox was read."""
        if self._replica is None:
            return
        door = self._door
        items = self._replica.inbox(door.inbox_read)
        if not items:
            return
        reading = door.read_clock()
        bodies: list[tuple[str, Body]] = []
        for _, kind, raw in items:
            bodies += self._bodies(kind, raw, reading)
        door.record_many(bodies, reading, inbox=items[-1][0])

    def _bodies(self, kind: str, raw: bytes, reading: ClockReading) -> Iterable[tuple[str, Body]]:
        if kind == "clock":
            clock = msgspec.msgpack.decode(raw, type=Clock)
            # A later instant than now is of an earlier boot, whose steady clock means nothing any more.
            if clock.mono_ms <= reading.mono_ms and self._door.is_better_time(clock):
                yield "clock", clock
        elif kind == "rollback":
            facts = msgspec.msgpack.decode(raw, type=dict[str, Any])
            detail = "others hold {elsewhere} entries of log {log}, this journal {here}"
            yield "alarm", Alarm(what="rollback", detail=detail.format(**facts))
        elif kind == "reached":
            yield from self._level(msgspec.msgpack.decode(raw, type=list[str]), reading)
        elif kind == "introduced":
            self._introduced(**msgspec.msgpack.decode(raw))

    def _introduced(self, device: str, gate: str | None) -> None:
        if gate is not None:
            self._door.introduce(device, gate)

    def _level(self, devices: list[str], reading: ClockReading) -> Iterable[tuple[str, Body]]:
        """Seats passed to other gates of the area that were reached in this round and have fewer free."""
        door = self._door
        try:
            seats, gate = door.seats(), door.gate
        except NotReadyError:
            return
        if seats is None:
            return
        at_ms = door.now(reading).at_ms
        at_gate = {
            g: device
            for g in door.programme.entry_gates(gate.area)
            if (device := door.kiosk_at(g)) is not None
        }
        reached = [g for g, device in at_gate.items() if device in devices]
        # Where another kiosk stands at this gate too, it is its own seats that this one may give.
        free = {**seats.by_gate(at_ms), gate.id: seats.free(door.account, at_ms)}
        for other, count in gifts(gate.id, free, reached, list(at_gate)):
            yield (
                "seats",
                Seats(
                    area=gate.area,
                    from_gate=gate.id,
                    to_gate=other,
                    to_device=at_gate[other],
                    count=count,
                ),
            )

    def close(self) -> None:
        """Close the file that `tend` opened. Safe to repeat."""
        if self._path is None or self._replica is None:
            return
        self._door.follow(None)
        self._replica.close()
        self._replica, self._file = None, None
