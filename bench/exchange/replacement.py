"""How long a dead kiosk is missed: from the start of a spare one's programs to the first person whom it lets in.

The registry is out of reach. The spare kiosk was enrolled in the morning, at no gate, and was off since; what happened
meanwhile comes from a neighbour. A supervisor gives it the dead one's gate by card. Doors and carriers are processes of
their own; people are as quick as HTTP. Floor: the programs of a kiosk that lacks nothing, from start to an open door.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.exchange.whole_event import GATE, WholeEvent, whole_event
from bench.support.figure import Figure
from bench.support.kiosk_folder import KioskFolder
from jianmen.testing.spare_kiosk import SparePage
from jianmen.testing.waiting import until
from registry.roster.model import Person

BESIDE = "chengdu-main-2"


def replacement(folder: Path, people: int = 26_000, entries: int = 5_000) -> list[Figure]:
    """Two lines: until the spare kiosk works at the gate, and until somebody who registered late is let in. Raises
    AssertionError where it never does."""
    spare, neighbour = KioskFolder(folder / "spare"), KioskFolder(folder / "neighbour")
    with whole_event(folder / "registry", people, 0) as event:
        supervisor, late = _morning_and_day(event, spare, neighbour, entries)
    carrier = neighbour.carry()
    try:
        floor = _restarted(neighbour)
        working, let_in = _replaced(spare, supervisor, late)
    finally:
        carrier.kill()
    note = (
        f"registry out of reach; {people:,} people, {entries:,} entries since the morning; people take no time;"
        " floor: the same programs where nothing is lacking, from start to an open door"
    )
    return [
        Figure("replacement: the spare kiosk works at the gate", working, floor, "s", note),
        Figure("replacement: somebody is let in there", let_in, floor, "s", note),
    ]


def _morning_and_day(
    event: WholeEvent, spare: KioskFolder, neighbour: KioskFolder, entries: int
) -> tuple[str, str]:
    """The badges of a supervisor, and of somebody who registered after the spare kiosk was turned off."""
    supervisor = event.register(Person(ref="supervisor", ticket="staff"))
    spare.enrolled(event.enrol(spare.identity, None, *spare.reach))
    neighbour.enrolled(event.enrol(neighbour.identity, BESIDE, *neighbour.reach))
    for kiosk in (spare, neighbour):
        kiosk.once()
    event.doors_wrote(entries)
    late = event.register(Person(ref="late", ticket="delegate"))
    neighbour.once()
    return supervisor, late


def _restarted(kiosk: KioskFolder) -> float:
    """Seconds from the start of a door that has everything until it works."""
    began = time.perf_counter()
    with _door(kiosk) as page:
        until(lambda: page.status()["state"] == "working", "the neighbour's door to work")
        return time.perf_counter() - began


def _replaced(spare: KioskFolder, supervisor: str, late: str) -> tuple[float, float]:
    """Seconds until it works at the gate, and until the late person is let in."""
    began = time.perf_counter()
    carrier = spare.carry()
    try:
        with _door(spare) as page:
            until(page.knows_the_event, "the spare kiosk to know the event")
            page.give(GATE, supervisor)
            until(lambda: page.status()["state"] == "working", "the spare kiosk to work")
            working = time.perf_counter() - began
            page.until_current()
            page.answer_to(late, "ok")
            return working, time.perf_counter() - began
    finally:
        carrier.kill()


@contextmanager
def _door(kiosk: KioskFolder) -> Iterator[SparePage]:
    program, screen = kiosk.open_door()
    page = SparePage(screen, kiosk.scan)
    try:
        yield page
    finally:
        page.close()
        program.kill()
