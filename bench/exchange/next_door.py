"""How soon the next door knows who was let in, with no registry to be reached.

Two doors at one venue, each with its carrier (`jianmen sync run`, a process of its own). Somebody is let in at one; the
clock runs from the moment the entry is durable until the other door finds it where it looks whenever a badge is held
up. Then the badge is held up there, to see that the door acts on it.
"""

import random
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from bench.exchange.bare import BareServer
from bench.exchange.venue import KioskAtDoor, Unknown, known, venue
from bench.support.figure import Figure, median, percentile
from bench.support.kiosk_folder import KioskFolder
from sync.carrier.carrier import LOOK_EVERY_S
from sync.carrier.peer_worker import ASK_EVERY_S
from sync.transport.http_client import HttpClient

WANTED_MS, WORST_MS = 25, 80
"""Of the median and of the worst, while the link is whole."""

HEALED_S = 2.0
MESSAGE_BYTES = 4096
"""What a round with one new entry takes, both ways together."""

CUTS_S = (20.0, 40.0)
"""After the longer one a carrier waits as long between two tries as it ever does."""

ROUND_TRIPS = 50
RESTARTS = 4

Pair = tuple[KioskAtDoor, KioskAtDoor]


def next_door(
    folder: Path, trials: int = 200, cuts_s: Sequence[float] = CUTS_S, restarts: int = RESTARTS
) -> list[Figure]:
    """Four lines: while the link is whole (median and worst), after a carrier was started again, and after each of some
    cuts of the link (without any there is no such line). Raises RuntimeError where anything stays unknown."""
    floor = _round_trip(folder)
    with venue(folder, 2 + trials + restarts + 2 * len(cuts_s)) as kiosks:
        people = count(2)
        whole = [_whole(_turned(kiosks, number), next(people)) for number in range(trials)]
        restarted = [_restarted(_turned(kiosks, n), next(people)) for n in range(restarts)]
        healed = [took for cut_s in cuts_s for took in _healed(kiosks, cut_s, people)]
        start = _start(kiosks[0].folder, restarts)
    figures = [*_whole_lines(whole, floor), _restarted_line(restarted, start)]
    if healed:
        figures.append(_healed_line(healed, cuts_s, max(whole)))
    return figures


def _turned(kiosks: Pair, number: int) -> Pair:
    """They take turns."""
    here, there = kiosks
    return (there, here) if number % 2 else (here, there)


def _whole(kiosks: Pair, person: int) -> float:
    """Seconds until the next door knows, at a random moment of whatever the carriers do by the clock."""
    here, there = kiosks
    time.sleep(random.uniform(0, ASK_EVERY_S / 2))
    who = here.let_in(person)
    (at_s,) = known([Unknown(there, who)])
    return at_s - who.at_s


def _restarted(kiosks: Pair, person: int) -> float:
    """Seconds from the start of a carrier until its door knows what happened elsewhere while it was gone."""
    here, there = kiosks
    there.stop()
    who = here.let_in(person)
    began = time.perf_counter()
    there.carry()
    (at_s,) = known([Unknown(there, who)])
    return at_s - began


def _healed(kiosks: Pair, cut_s: float, people: Iterator[int]) -> list[float]:
    """Seconds from the end of a cut until each door knows what happened at the other meanwhile."""
    here, there = kiosks
    for one in kiosks:
        one.cable.cut()
    moment = random.uniform(0, cut_s)
    time.sleep(moment)
    waiting = [Unknown(there, here.let_in(next(people))), Unknown(here, there.let_in(next(people)))]
    time.sleep(cut_s - moment)
    if any(door.knows(who) for door, who in waiting):
        raise RuntimeError("known at the next door although the link was cut")
    healed = time.perf_counter()
    for one in kiosks:
        one.cable.heal()
    return [at_s - healed for at_s in known(waiting)]


def _round_trip(folder: Path) -> float:
    """Seconds for the bytes of a message over a bare server: the median of some."""
    server = BareServer(folder, MESSAGE_BYTES)
    link = HttpClient(server.url, server.fingerprint)
    try:
        took = []
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            link.post(f"/{MESSAGE_BYTES}", b"")
            took.append(time.perf_counter() - began)
        return median(took)
    finally:
        link.close()
        server.close()


def _start(folder: KioskFolder, times: int) -> float:
    """Seconds until a process has loaded what a carrier loads."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        idle = folder.idle()
        took.append(time.perf_counter() - began)
        idle.kill()
    return median(took)


def _whole_lines(took: list[float], floor: float) -> list[Figure]:
    ms = [one * 1000 for one in took]
    note = (
        f"the median of {len(ms)} entries at random moments, from durable at one door to known at the next, with no"
        f" registry to be reached; 95th percentile {percentile(ms, 95):.0f} ms; wanted: {WANTED_MS} or less;"
        " floor: one round trip of the same bytes over a bare TLS server"
    )
    window = (
        "how far apart one badge may be shown at two doors and still be let in at both (the report then says so): the"
        f" worst of the same entries; wanted: {WORST_MS} or less; floor: the same round trip. A lost nudge costs"
        f" {LOOK_EVERY_S * 1000:.0f} ms"
    )
    return [
        Figure("exchange next door", median(ms), floor * 1000, "ms", note),
        Figure(
            "exchange next door, window of one badge at two doors",
            max(ms),
            floor * 1000,
            "ms",
            window,
        ),
    ]


def _restarted_line(took: list[float], floor: float) -> Figure:
    note = (
        f"the worst of {len(took)}, from the start of a killed carrier until its door knows what happened elsewhere"
        f" meanwhile; median {median(took):.2f} s; floor: the start of a process that loads the same modules"
    )
    return Figure("exchange next door, carrier restarted", max(took), floor, "s", note)


def _healed_line(took: list[float], cuts_s: Sequence[float], floor: float) -> Figure:
    lengths = ", ".join(f"{cut_s:g}" for cut_s in cuts_s)
    note = (
        f"the worst of {len(took)}, from the end of a cut until the next door knows; median {median(took):.2f} s; cut"
        f" for {lengths} s; wanted: less than {HEALED_S:.0f} s; floor: the worst with the link whole"
    )
    return Figure("exchange next door, link healed", max(took), floor, "s", note)
