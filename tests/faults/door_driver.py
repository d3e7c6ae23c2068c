"""A door and nothing else, for tests that pull its plug: `python -m tests.faults.door_driver DATA`.

It opens its files as the door service does, prints "opening" before and "open LOG" after, then answers the codes that
it is given one to a line, each with `LOG SEQ HASH VERDICT REASON OPENS` when the entry is durable.
"""

from __future__ import annotations

import sys
from pathlib import Path

from access.log.clock_reading import ClockReading
from access.state.event_state import EventState
from hardware.system.clock import SystemClock
from hardware.system.version import BUILT_MS
from kiosk.door.door import Door
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.runtime.parts import log_reading
from sync.enrolment.record import Enrolment
from sync.store.journal_recovery import open_journal
from sync.wire.device_key import DeviceKey


def main(data: Path) -> None:
    identity = DeviceKey.at(data / "device.key")
    registry = Enrolment.load(data).registry
    clock = SystemClock()

    def read() -> ClockReading:
        return log_reading(clock.read())

    print("opening", flush=True)
    journal, _ = open_journal(data / "journal.db", identity)
    door = Door(journal, None, EventState(registry, BUILT_MS), read)
    feed = ReplicaFeed(door, data / "replica.db")
    for entry in door.own_entries():
        door.fold(entry, read())
    feed.tend()
    feed.catch_up()
    door.begin_log(read(), clock.read().boot_id, "power", {})
    print(f"open {door.log}", flush=True)
    for line in sys.stdin:
        answer = door.present(line.rstrip("\n"), "in")
        entry, decision = answer.entry, answer.decision
        print(
            entry.log, entry.seq, entry.digest.hex(), decision.verdict, answer.reason,
            int(answer.opens), flush=True,
        )  # fmt: skip
        feed.tend()
        feed.read_entries()
        feed.read_inbox()


main(Path(sys.argv[1]))
