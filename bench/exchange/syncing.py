"""A door at work during its kiosk's first sync: what the download costs those who stand at it.

Another process takes 26,000 people with their name cards and 150,000 entries into the replica, message by message as
the carrier would, while this one answers codes and hears what comes in, a piece between two codes. The floor is the
same door on the same replica, at rest.
"""

import multiprocessing
import time
from itertools import count
from pathlib import Path

from access.badge.credential import Plain, plain_text
from access.log.clock_reading import ClockReading
from access.state.event_state import EventState
from bench.support.figure import Figure, median, percentile
from bench.support.logs import (
    DAY_MS,
    DEVICES,
    EVENT,
    REGISTRY,
    START_MS,
    batches,
    card,
    kiosks,
    roster,
    scans,
)
from config.event_file import load
from kiosk.door.door import Door
from kiosk.door.replica_feed import ReplicaFeed
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.store.replica import Replica, ReplicaReader
from sync.wire.device_key import DeviceKey
from sync.wire.messages import MAX_CARDS, Batch

GATE = "chengdu-main-1"
REST = 300

BATCHES = 20
"""In one message, and so in one transaction: about a megabyte of entries."""


def door_during_first_sync(
    folder: Path, people: int = 26_000, entries: int = 150_000
) -> list[Figure]:
    """One line: the median time of a decision while the sync runs, beside that at rest.

    Raises RuntimeError where the sync fails.
    """
    Replica(DataFolder(folder).replica, REGISTRY.public, REGISTRY.fingerprint).close()
    kiosk = DeviceKey.from_seed(b"k" * 32)
    journal = Journal(DataFolder(folder).journal, kiosk)
    event_state = EventState(REGISTRY.fingerprint, START_MS - 30 * DAY_MS)
    event_state.enrolled_with(load(EVENT), {}, kiosk.fingerprint, GATE)
    begun = time.monotonic()

    def read() -> ClockReading:
        return ClockReading(int((time.monotonic() - begun) * 1000), START_MS, True)

    replica = ReplicaReader.at(DataFolder(folder).replica)
    door = Door(journal, replica, event_state, read)
    feed = ReplicaFeed(door, replica=replica)
    door.begin_log(read(), "bench", "bench", {})
    carrier = multiprocessing.get_context("spawn").Process(
        target=_carry, args=(folder, people, entries)
    )
    carrier.start()
    numbers = count(1)
    busy: list[float] = []
    try:
        while carrier.is_alive():
            busy.append(_present(door, feed, next(numbers)))
        feed.catch_up()
        rest = [_present(door, feed, next(numbers)) for _ in range(REST)]
    finally:
        carrier.join()
        replica.close()
        journal.close()
    if carrier.exitcode != 0 or feed.position < people + entries // DEVICES * DEVICES:
        raise RuntimeError(f"the sync did not come to its end: {feed.position} entries were heard")
    note = (
        f"{len(busy)} decisions while {feed.position} entries came in; 99th percentile {percentile(busy, 99):.2f} ms"
        f" (at rest {percentile(rest, 99):.2f}); floor: the same door at rest afterwards"
    )
    return [Figure("door during first sync", median(busy), median(rest), "ms", note)]


def _present(door: Door, feed: ReplicaFeed, number: int) -> float:
    """One decision, in ms, and then what the scan loop hears between two."""
    text = plain_text(Plain(number.to_bytes(5, "big"), 1, bytes(11)))
    start = time.perf_counter()
    door.present(text, "in")
    took = (time.perf_counter() - start) * 1000
    feed.read_entries()
    return took


def _carry(folder: Path, people: int, entries: int) -> None:
    """The other process: takes the logs in, and then the name cards."""
    devices = kiosks(DEVICES)
    replica = Replica(DataFolder(folder).replica, REGISTRY.public, REGISTRY.fingerprint)
    _take(replica, batches(REGISTRY, roster(devices, people)))
    for number, device in enumerate(devices):
        _take(replica, batches(device, scans(number, entries // DEVICES)))
    for first in range(0, people, MAX_CARDS):
        with replica.transaction():
            for person in range(first, min(first + MAX_CARDS, people)):
                replica.keep_cards([card(person)])
    replica.close()


def _take(replica: Replica, log: list[Batch]) -> None:
    for first in range(0, len(log), BATCHES):
        with replica.transaction():
            for batch in log[first : first + BATCHES]:
                replica.take(batch)
