"""A door at work during its kiosk's first sync: what the download costs those who stand at it.

Another process takes 26,000 people and 150,000 entries into the replica, as the carrier would, while this one answers
codes and hears what comes in, a piece between two codes. The floor is the same door on the same replica, at rest.
"""

import multiprocessing
import time
from itertools import count
from pathlib import Path

from access.background import Background
from access.badge import Plain, plain_text
from bench.exchange import EVENT, REGISTRY, START_MS, batches, fill, kiosks, roster, scans
from bench.figure import Figure, median, percentile
from config.event_file import load
from kiosk.door import Door
from kiosk.listening import Listener
from sync.identity import Identity
from sync.journal import Journal, Reading
from sync.replica import Replica, ReplicaReader
from sync.store import LogStore

GATE = "chengdu-main-1"
REST = 300


def door_during_first_sync(
    folder: Path, people: int = 26_000, entries: int = 150_000
) -> list[Figure]:
    """One line: the median time of a decision while the sync runs, beside that at rest."""
    Replica(folder / "replica.db", REGISTRY.public, REGISTRY.fingerprint).close()
    kiosk = Identity.from_seed(b"k" * 32)
    journal = Journal(folder / "journal.db", kiosk)
    background = Background(REGISTRY.fingerprint, START_MS - 30 * 86_400_000)
    background.enrolled_with(load(EVENT), {}, kiosk.fingerprint, GATE)
    begun = time.monotonic()

    def read() -> Reading:
        return Reading(int((time.monotonic() - begun) * 1000), START_MS, True)

    replica = ReplicaReader.at(folder / "replica.db")
    door = Door(journal, replica, background, read)
    listener = Listener(door)
    journal.begin(read(), "bench", "bench", {}, GATE)
    carrier = multiprocessing.get_context("spawn").Process(
        target=_carry, args=(folder, people, entries)
    )
    carrier.start()
    numbers = count(1)
    busy: list[float] = []
    while carrier.is_alive():
        busy.append(_present(door, listener, next(numbers)))
    carrier.join()
    while listener.hear():
        pass
    rest = [_present(door, listener, next(numbers)) for _ in range(REST)]
    heard = listener.heard
    replica.close()
    journal.close()
    note = (
        f"{len(busy)} decisions while {heard} entries came in; 99th percentile {percentile(busy, 99):.2f} ms"
        f" (at rest {percentile(rest, 99):.2f}); floor: the same door at rest afterwards"
    )
    return [Figure("door during first sync", median(busy), median(rest), "ms", note)]


def _present(door: Door, listener: Listener, number: int) -> float:
    """One decision, in ms, and then what the scan loop hears between two."""
    text = plain_text(Plain(number.to_bytes(5, "big"), 1, bytes(11)))
    start = time.perf_counter()
    door.present(text, "in")
    took = (time.perf_counter() - start) * 1000
    listener.hear()
    return took


def _carry(folder: Path, people: int, entries: int) -> None:
    """The other process: takes the logs in, message by message."""
    devices = kiosks(30)
    replica: LogStore = Replica(folder / "replica.db", REGISTRY.public, REGISTRY.fingerprint)
    fill(replica, [batches(REGISTRY, roster(devices, people))])
    for number, device in enumerate(devices):
        fill(replica, [batches(device, scans(number, entries // 30))])
