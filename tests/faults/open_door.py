"""A kiosk's door in this process, over its real files: quick to start, and its clock can be set wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from access.log.clock_reading import ClockReading
from access.state.event_state import EventState
from hardware.system.clock import Clock, SystemClock
from hardware.system.version import BUILT_MS
from kiosk.door.door import Door
from kiosk.door.readiness import unready
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.runtime.parts import log_reading
from sync.store.journal import Journal
from tests.faults.machines import Kiosk, Mark, Registry


class OpenDoor:
    """A kiosk's door in this process, over its real files."""

    def __init__(self, kiosk: Kiosk, registry: str, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.journal = Journal(kiosk.data / "journal.db", kiosk.identity)
        self.door = Door(self.journal, None, EventState(registry, BUILT_MS), self.read)
        self.feed = ReplicaFeed(self.door, kiosk.data / "replica.db")
        for entry in self.door.own_entries():
            self.door.fold(entry, self.read())
        self.feed.tend()
        self.feed.catch_up()
        self.door.begin_log(self.read(), self.clock.read().boot_id, "power", {})

    def read(self) -> ClockReading:
        return log_reading(self.clock.read())

    def hear(self) -> None:
        """What the loop does between scans."""
        self.feed.tend()
        self.feed.catch_up()
        self.feed.read_inbox()

    def ready(self) -> bool:
        """Whether it has heard of the event and its gate."""
        self.hear()
        return unready(self.door) is None

    def clocks(self) -> int:
        """How many trusted times are in its journal."""
        return sum(log_entry.kind == "clock" for log_entry in self.door.own_entries())

    def present(self, text: str, direction: str = "in") -> tuple[str, Mark]:
        """The reason of the answer, and its entry."""
        self.hear()
        answer = self.door.present(text, direction)  # type: ignore[arg-type]
        entry = answer.entry
        return answer.reason, (entry.log, entry.seq, entry.digest.hex())

    def close(self) -> None:
        self.feed.close()
        self.journal.close()


@contextmanager
def door_of(kiosk: Kiosk, registry: Registry, clock: Clock | None = None) -> Iterator[OpenDoor]:
    opened = OpenDoor(kiosk, registry.fingerprint, clock)
    try:
        yield opened
    finally:
        opened.close()
