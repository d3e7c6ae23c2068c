"""Kiosks bring their logs to a registry on SQLite: the registry's side of every message, against its floor.

The floor is what it cannot do without: the same rows by bare `executemany`, a transaction to a message as the
registry's own, the same bytes hashed, as many heads verified. Registry and floor take turns, so that a machine that
slows down slows both.
"""

import time
from collections.abc import Sequence
from itertools import count as numbers
from pathlib import Path
from typing import NamedTuple

from access.log.chain import vouched
from access.log.clock_reading import ClockReading
from access.state.log_state import LogState
from bench.exchange.bare import BareRegistry
from bench.support.figure import Figure, median
from bench.support.logs import EVENT, START_MS, batches, fill, kiosks, scans, stored_entries
from bench.support.stopwatch import Stopwatch
from config.event_file import load
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.exchange.exchange import Answerer, Asker
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Enrol, Envelope, Message, read

SIZES = (10_000, 100_000, 1_000_000)
SAMPLES = 5


class Spent(NamedTuple):
    """Time, ours and the floor's."""

    ours: float
    floor: float


def bring(folder: Path, count: int = 30, entries: int = 5_000) -> list[Figure]:
    """Two lines: the exchange against its floor, and the folds made of what was brought."""
    registry = _Registry(folder, kiosks(count))
    try:
        for number, device in enumerate(registry.devices):
            registry.hear(device, batches(device, scans(number, entries)))
        total = count * entries
        registry.check(total)
        note = (
            f"{count} kiosks bring {entries} entries each, the registry's side of every message; floor: the same"
            " rows by executemany in equal batches, the same bytes hashed, as many heads verified"
        )
        ours, floor = registry.spent
        return [Figure("exchange bring", ours, floor, "s", note), registry.fold(total)]
    finally:
        registry.close()


def bring_growing(folder: Path, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """A line for each size: an entry brought to a registry that has so many; and the last beside the first.

    Each kiosk brings as many entries as the smallest size.
    """
    each = sizes[0]
    registry = _Registry(folder, kiosks(sizes[-1] // each + SAMPLES * len(sizes)))
    number = numbers()
    costs: list[Spent] = []
    figures = []
    try:
        for size in sizes:
            while registry.brought < size:
                registry.fill(*_log(registry.devices, next(number), each))
            samples = []
            for _ in range(SAMPLES):
                before = registry.spent
                registry.hear(*_log(registry.devices, next(number), each))
                ours, floor = registry.spent
                samples.append(Spent(ours - before.ours, floor - before.floor))
            cost = Spent(
                median([one.ours for one in samples]) / each * 1e6,
                median([one.floor for one in samples]) / each * 1e6,
            )
            costs.append(cost)
            note = (
                f"median of {SAMPLES} kiosks that bring {each:,} entries each to a registry that holds"
                f" {size:,}; floor: as for `exchange bring`, in a file of the same size"
            )
            figures.append(Figure(f"exchange bring at {size:,}", *cost, "us/entry", note))
        registry.check(registry.brought)
    finally:
        registry.close()
    return [*figures, flat("exchange bring", sizes, costs)]


def flat(name: str, sizes: Sequence[int], costs: Sequence[Spent]) -> Figure:
    """The cost of an entry at the largest size beside that at the smallest."""
    first, last = costs[0], costs[-1]
    note = (
        f"an entry at {sizes[-1]:,} beside one at {sizes[0]:,}; bare rows in a file with the same indexes grow"
        f" {last.floor / first.floor:.2f} times, and what is ours beyond them from {first.ours - first.floor:.2f} to"
        f" {last.ours - last.floor:.2f} us; wanted: about 1"
    )
    return Figure(f"{name} flat", last.ours, first.ours, "us/entry", note)


def _log(devices: list[DeviceKey], number: int, entries: int) -> tuple[DeviceKey, list[Batch]]:
    return devices[number], batches(devices[number], scans(number, entries))


class _Registry:
    """A registry on SQLite that hears kiosks, and the bare file beside it."""

    def __init__(self, folder: Path, devices: list[DeviceKey]) -> None:
        self.devices = devices
        self.brought = 0
        self._ledger = Ledger(None, folder)
        service = RegistryService(self._ledger, lambda: ClockReading(0, START_MS, True))
        service.init(load(EVENT))
        for device in devices:
            service.enrol(Enrol(device.public, service.enrol_code(), b""))
        self._identity = service.identity
        self._own = stored_entries(self._ledger)
        self._answerer = Answerer(self._ledger, service.identity, lambda: START_MS, lambda: None)
        self._watch = Stopwatch()
        self._bare = BareRegistry(folder / "floor.db")

    @property
    def spent(self) -> Spent:
        """Seconds so far."""
        return Spent(self._watch.seconds, self._bare.watch.seconds)

    def hear(self, device: DeviceKey, log: list[Batch]) -> None:
        """Bring the log of a kiosk that has the roster already."""
        vouched.cache_clear()  # another process has checked these heads
        registry = self._identity
        replica = Replica(":memory:", registry.public, registry.fingerprint)
        asker = Asker(replica, device, lambda: START_MS, lambda: None, registry.fingerprint)
        self._talk(asker, Stopwatch())
        fill(replica, [log])
        self._talk(asker, self._watch)
        replica.close()
        self._brought(log)

    def fill(self, device: DeviceKey, log: list[Batch]) -> None:
        """Store a kiosk's log that is not measured."""
        fill(self._ledger, [log])
        self._bare.take(device, log)
        self._brought(log)

    def _brought(self, log: list[Batch]) -> None:
        self.brought += sum(len(batch.raws) for batch in log)

    def _talk(self, asker: Asker, watch: Stopwatch) -> None:
        """Exchange until it is quiet; `watch` times the answers."""
        again = True
        while again:
            request = asker.request()
            with watch:
                answer, _ = self._answerer.answer(request, 0)
            _, again = asker.receive(answer)
            message = read(Message, read(Envelope, request).body)
            if message.batches:
                self._bare.take(asker.identity, message.batches)

    def check(self, entries: int) -> None:
        """Raises RuntimeError where something that was brought is missing."""
        found = stored_entries(self._ledger) - self._own
        if found != entries:
            raise RuntimeError(f"the registry holds {found} entries, not {entries}")

    def fold(self, total: int) -> Figure:
        """What is derived from the entries: read back, and filed for the folds."""
        log_state = LogState(self._identity.fingerprint, 0)
        start = time.perf_counter()
        last = 0
        while rows := self._ledger.since(last, 5000):
            for _, entry in rows:
                log_state.file(entry)
            last = rows[-1][0]
        took = time.perf_counter() - start
        note = "derived tables, apart: reading the entries back and filing them for the folds"
        return Figure("exchange bring: folds", took / total * 1e6, None, "us/entry", note)

    def close(self) -> None:
        self._bare.close()
        self._ledger.close()
