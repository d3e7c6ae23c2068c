"""Bytes that a check-in writes to the card, which wears out by them.

Counted by the kernel as the pages of files that this process made it write (`write_bytes` of /proc/self/io): what
the file system writes about the files comes on top. Each check-in is a transaction that is on the card before the next.
"""

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from access.log.clock_reading import ClockReading
from access.log.entry import Body
from bench.support.figure import Figure
from jianmen.testing.log_writer import admission
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey

PAGE_BYTES = (512, 2048, 4096)
"""Page sizes of SQLite that are tried beside the journal's 1024; its own is 4096."""

CHECKPOINT_PAGES = (400, 4000)
"""Lengths of the write-ahead log that are tried beside the journal's 1600 pages."""

START_MS = 1_600_000_000_000


def wear(folder: Path, entries: int = 2000) -> list[Figure]:
    """The journal as it is, then with other settings of SQLite; the floor is a file that each entry is added to."""
    floor = _plain_file(folder / "plain", entries)
    figures = [
        _figure(
            "wear check-in", _journal(folder / "as it is", entries), floor, "the journal as it is"
        )
    ]
    for size in PAGE_BYTES:
        written = _journal(folder / str(size), entries, page_bytes=size)
        figures.append(_figure(f"wear page {size}", written, floor, f"pages of {size} bytes"))
    for pages in CHECKPOINT_PAGES:
        written = _journal(folder / f"wal{pages}", entries, checkpoint_pages=pages)
        note = f"folded back after {pages} pages of write-ahead log"
        figures.append(_figure(f"wear checkpoint {pages}", written, floor, note))
    return figures


def _figure(name: str, written: float, floor: float, what: str) -> Figure:
    return Figure(name, written / 1000, floor / 1000, "kB", f"{what}; floor: added to a file")


def _journal(
    path: Path, entries: int, page_bytes: int | None = None, checkpoint_pages: int | None = None
) -> float:
    """Bytes for each entry, the last folding back included."""
    if page_bytes is not None:
        bare = sqlite3.connect(path, isolation_level=None)
        bare.execute(f"PRAGMA page_size={page_bytes}")
        bare.execute("VACUUM")  # a file keeps the size with which it was made
        bare.close()
    journal = Journal(path, DeviceKey.from_seed(bytes(32)))
    if checkpoint_pages is not None:
        journal.checkpoint_after(checkpoint_pages)
    reading = ClockReading(0, START_MS, True)
    journal.begin(reading, "bench", "bench", {}, None, bytes(4))
    scans = _scans(entries)

    def check_in_all() -> None:
        for number, scan in enumerate(scans):
            journal.append("scan", scan, reading._replace(mono_ms=number))
        journal.close()

    return _written(check_in_all) / entries


def _plain_file(path: Path, entries: int) -> float:
    row = bytes(260)

    def add_all() -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for _ in range(entries):
            os.write(descriptor, row)
            os.fdatasync(descriptor)
        os.close(descriptor)

    return _written(add_all) / entries


def _scans(count: int) -> list[Body]:
    drawn = random.Random(1)
    return [admission("meishan-main-1", drawn.randbytes(5), START_MS) for _ in range(count)]


def _written(work: Callable[[], object]) -> int:
    before = _bytes_written()
    work()
    return _bytes_written() - before


def _bytes_written() -> int:
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(": ")
        if name == "write_bytes":
            return int(value)
    raise OSError("/proc/self/io does not count what is written")
