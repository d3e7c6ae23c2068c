"""What a registry with a long ledger needs to start, and to count after each new entry."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from access.log.clock_reading import ClockReading
from bench.centre.filled import EVERY_MS, fill_registry, lasts_ms
from bench.support.figure import Figure, median
from bench.support.logs import EVENT, START_MS, kiosks
from config.event_file import load
from jianmen.testing.log_writer import LogWriter, admission
from registry.projections.saved_counts import FILE
from registry.queries.queries import Queries
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from sync.store.log_store import Row

SHORT = 10_000
TRIALS = 30


def growing(folder: Path, people: int, sizes: Sequence[int], trials: int = TRIALS) -> list[Figure]:
    """Two lines for each size: a start, and a count after one new entry; and the last count beside the first."""
    figures = []
    counts = []
    for size in sizes:
        data = folder / f"of-{size}"
        fill_registry(data, load(EVENT), START_MS, people, size)
        whole_s = _start_s(data, size)
        again_s = _start_s(data, size)
        note = (
            f"{people:,} people, {size:,} entries: until the counts are there, modules loaded; floor: the same"
            " without the counts that the last run saved"
        )
        figures.append(Figure(f"centre start at {size:,}", again_s, whole_s, "s", note))
        counts.append(_count_ms(data, size, trials))
        shutil.rmtree(data)
    note = (
        f"median of {trials}: an entry is folded and every area counted, among {sizes[-1]:,} entries; floor: among"
        f" {sizes[0]:,}; wanted: at most 2"
    )
    return [*figures, Figure("centre headcount", counts[-1], counts[0], "ms", note)]


def _opened(data: Path, size: int) -> tuple[RegistryService, Queries]:
    at_ms = START_MS + lasts_ms(size)
    service = RegistryService(Ledger(None, data), lambda: ClockReading(at_ms, at_ms, True))
    return service, Queries(service, lambda: ClockReading(at_ms, at_ms, True))


def _start_s(data: Path, size: int) -> float:
    """Seconds from an open ledger to the headcount; then it saves its counts."""
    began = time.perf_counter()
    service, queries = _opened(data, size)
    queries.headcount()
    took = time.perf_counter() - began
    service.keep_counts(at_once=True)
    service.ledger.close()
    if not (data / FILE).exists():
        raise RuntimeError("no counts were saved")
    return took


def _count_ms(data: Path, size: int, trials: int) -> float:
    """Milliseconds of a count after one new entry."""
    service, _ = _opened(data, size)
    at_ms = START_MS + lasts_ms(size)
    service.headcount(at_ms)
    [device] = kiosks(1)
    gate = next(iter(service.event.gates)).id
    log = LogWriter(device, "0000ffff", start_ms=at_ms)
    with service.snapshot() as known:
        badges = [badge for badge in known.badges if badge is not None]
    taken = []
    for number in range(trials):
        at_ms += EVERY_MS
        entry = log.write("scan", admission(gate, badges[number], at_ms), at_ms)
        with service.ledger.transaction():
            service.ledger.add_many(
                [Row(entry.log, entry.seq, entry.digest, badges[number], entry.raw)]
            )
        began = time.perf_counter()
        service.headcount(at_ms)
        taken.append((time.perf_counter() - began) * 1000)
    service.ledger.close()
    return median(taken)
