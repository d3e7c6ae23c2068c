"""What memory a carrier needs for a whole event: `jianmen sync run` on an empty kiosk, until it has everything.

The floor is a process that has loaded the same modules and does nothing.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bench.exchange.whole_event import WholeEvent
from bench.support.figure import Figure
from bench.support.kiosk_folder import KioskFolder
from jianmen.testing.processes import Program
from sync.store.sqlite import open_reader

LOOK_S = 0.2
PATIENCE_S = 900.0
MEGABYTE = 1e6


def memory(event: WholeEvent, folder: Path) -> list[Figure]:
    """One line: the most memory that the carrier had resident during a first sync."""
    kiosk = KioskFolder(folder / "kiosk")
    kiosk.enrolled(event.enrol(kiosk.identity))
    idle = kiosk.idle()
    floor = idle.peak_resident_kb() * 1024 / MEGABYTE
    idle.stop()
    carrier = kiosk.carry()
    try:
        _wait(kiosk.replica, carrier, event)
        figure = carrier.peak_resident_kb() * 1024 / MEGABYTE
    finally:
        carrier.stop()
    note = (
        f"the most that `jianmen sync run` had resident while it fetched {event.people} people with their name"
        f" cards, {event.entries} entries in all; wanted: at most 70 MB; floor: an idle process with the same"
        " modules loaded"
    )
    return [Figure("exchange memory of a carrier", figure, floor, "MB", note)]


def _wait(replica: Path, carrier: Program, event: WholeEvent) -> None:
    """Until everything is fetched. Raises RuntimeError where that never comes."""
    until = time.monotonic() + PATIENCE_S
    wanted = (event.entries, event.people)
    while (found := _stored(replica)) != wanted:
        carrier.check()
        if time.monotonic() > until:
            raise RuntimeError(f"the carrier holds {found} entries and name cards, not {wanted}")
        time.sleep(LOOK_S)


def _stored(path: Path) -> tuple[int, int]:
    """Entries and name cards in a replica; none before the carrier has made it."""
    try:
        with closing(open_reader(path)) as replica:
            entries = replica.execute("SELECT coalesce(sum(seq), 0) FROM tip").fetchone()[0]
            cards = "SELECT count(*) FROM card WHERE raw IS NOT NULL"
            return entries, replica.execute(cards).fetchone()[0]
    except sqlite3.OperationalError:
        return 0, 0
