"""What a door hears between scans: other logs, as the carrier brings them, and the carrier's inbox.

The door hears in small pieces, so that a first sync of a whole event never keeps anybody waiting.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from access.log.entry import Alarm, Body, Clock, Seats
from access.state.seat_leases import gifts
from kiosk.door.door import Door, NotReadyError
from sync.store.journal import Reading

PIECE = 200
"""Entries heard at a time, between two scans: some 2 ms on a desktop, 10 on a Pi 4."""


class Listener:
    """Keeps a door up to date with its replica. `heard` is the id of the last entry folded."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.heard = 0
        if door.replica is not None:
            for kiosk in door.replica.introduced():
                self._introduced(kiosk.device, kiosk.gate)

    def catch_up(self) -> None:
        """Hear everything there is: at the start, and in rehearsals."""
        while self.hear():
            pass

    def hear(self, piece: int = PIECE) -> bool:
        """Fold the next entries of other logs; whether there may be more. Own ones are folded as written."""
        door = self._door
        if door.replica is None:
            return False
        rows = door.replica.since(self.heard, piece)
        reading = door.clock.read()
        for place, held in rows:
            self.heard = place
            if held.log != door.journal.log:
                door.noticed(held)
                door.clock.heard(held, reading)
        return len(rows) == piece

    def read_inbox(self) -> None:
        """Write what the carrier has for the log, and remember how far the inbox was read."""
        door = self._door
        if door.replica is None:
            return
        items = door.replica.inbox(door.journal.inbox_read())
        if not items:
            return
        reading = door.clock.read()
        bodies: list[tuple[str, Body]] = []
        for _, kind, raw in items:
            bodies += self._bodies(kind, raw, reading)
        for held in door.journal.extend(bodies, reading, inbox=items[-1][0]):
            door.noticed(held)

    def _bodies(self, kind: str, raw: bytes, reading: Reading) -> Iterable[tuple[str, Body]]:
        door = self._door
        if kind == "clock":
            clock = msgspec.msgpack.decode(raw, type=Clock)
            # One of the future was told in an earlier boot, whose steady clock means nothing now.
            now = clock.mono_ms <= reading.mono_ms
            if now and door.clock.worth_writing(door.journal.log, clock):
                yield "clock", clock
        elif kind == "rollback":
            told = msgspec.msgpack.decode(raw, type=dict[str, Any])
            detail = "others hold {elsewhere} entries of log {log}, this journal {here}"
            yield "alarm", Alarm("rollback", detail.format(**told))
        elif kind == "reached":
            yield from self._level(msgspec.msgpack.decode(raw, type=list[str]), reading)
        elif kind == "introduced":
            self._introduced(**msgspec.msgpack.decode(raw))

    def _introduced(self, device: str, gate: str | None) -> None:
        """Another kiosk is known by its warrant, before the registry's log names it."""
        if gate is not None:
            self._door.background.introduced(device, gate)

    def _level(self, devices: list[str], reading: Reading) -> Iterable[tuple[str, Body]]:
        """Seats passed to other gates of the area that were reached in this round and have fewer free."""
        door = self._door
        try:
            seats, gate = door.seats(), door.gate
        except NotReadyError:
            return
        if seats is None:
            return
        at_ms = door.clock.now(door.journal.log, reading).at_ms
        at_gate = {
            g: d
            for g in door.programme.entry_gates(gate.area)
            if (d := door.background.kiosk_at(g))
        }
        reached = [g for g, device in at_gate.items() if device in devices]
        # Where another kiosk stands at this gate too, it is its own seats that this one may give.
        free = {**seats.by_gate(at_ms), gate.id: seats.free(door.account, at_ms)}
        for other, count in gifts(gate.id, free, reached, list(at_gate)):
            yield "seats", Seats(gate.area, gate.id, other, at_gate[other], count)
