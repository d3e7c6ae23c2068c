"""The rule book and the folds: decisions a second, entries folded a second, conflicts found a second.

The floor of the folds is what nobody who reads a log can do without: each entry decoded by msgspec, one dictionary
operation (the newest of its badge) and one set operation (seen before?). All is CPU time of this one thread.
"""

import gc
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.credential import Claims
from access.event.definition import Direction, Event
from access.event.programme import Programme
from access.log.chain import device_of
from access.log.entry import (
    Entry,
    Scan,
    Span,
)
from access.log.log_entry import read_entry
from access.rules.decide import Facts, Presented, decide
from access.state.conflicts import Conflicts
from access.state.headcount import Headcount
from access.state.log_state import LogState
from bench.support.figure import Figure
from config.event_file import load
from jianmen.testing.event_logs import KioskWriter, RegistryWriter
from jianmen.testing.log_writer import WrittenEntry, admission

EVENT = Path(__file__).parents[1] / "config" / "events" / "smarthk.toml"
GATES = ("chengdu-main-1", "chengdu-main-2", "chengdu-exit", "chengdu-hall-1", "meishan-main-1")
AT_ONCE = 2000
"""Entries read and folded in one go, as a registry does."""

PER_PERSON = 38
"""Entries of one person: a million of them for the 26,000 people of the example event."""

MORNING_MS = 1_605_573_000_000
"""2020-11-17 08:30 at the example event's venues."""

ALL = 0xFF


def decisions(count: int = 100_000) -> Figure:
    """Decisions a second over the answers that doors give most."""
    programme = Programme(load(EVENT))
    cases = list(_cases(programme))
    rounds = count // len(cases)
    start = time.process_time()
    for _ in range(rounds):
        for presented, facts, at in cases:
            decide(presented, facts, programme, at)
    took = time.process_time() - start
    note = f"{len(cases)} kinds of answers in turn; wanted: 20,000 or more"
    return Figure("rules decisions", rounds * len(cases) / took, None, "decisions/s", note)


def _cases(programme: Programme) -> Sequence[tuple[Presented, Facts, Span]]:
    badge = b"\0\0\0\0\1"
    claims = Claims(0, ALL, 0, ALL)
    afternoon = MORNING_MS + 5 * 3_600_000
    morning, later = Span(MORNING_MS, MORNING_MS), Span(afternoon, afternoon)
    vague = Span(MORNING_MS - 3_600_000, programme.end_ms)
    listed = Facts(claims, 1)

    def plain(gate: str, direction: Direction = "in") -> Presented:
        return Presented(gate, direction, "plain", badge, 1, "proven")

    signed = Presented("chengdu-main-1", "in", "signed", badge, 1, "proven", claims)
    return [
        (plain("chengdu-main-1"), listed, morning),
        (plain("chengdu-main-1"), Facts(claims, 1, location="chengdu"), morning),
        (plain("chengdu-hall-1"), Facts(claims, 1, location="chengdu", seats=20), morning),
        (plain("chengdu-hall-1"), Facts(claims, 1, location="chengdu", seats=0), morning),
        (plain("chengdu-room-a-1"), Facts(claims, 1, seats=20), later),
        (plain("chengdu-exit", "out"), Facts(claims, 1, location="chengdu"), later),
        (plain("chengdu-main-1"), Facts(claims, 2), morning),
        (signed, Facts(), morning),
        (plain("chengdu-room-a-1"), Facts(claims, 1, seats=20), vague),
    ]


def folds(sizes: tuple[int, int] = (10_000, 1_000_000)) -> list[Figure]:
    """Two lines: folding many entries beside the floor, and many beside few (flat: a ratio of about one)."""
    costs: list[tuple[float, float]] = []
    figures: list[Figure] = []
    for size in sizes:
        before, scans = day(size)
        # A small run is over before it can be timed, so it is timed again.
        repeats = max(1, 100_000 // size)
        ours = min(_per_entry(partial(fold, before, scans), size) for _ in range(repeats))
        floor = min(_per_entry(partial(read, scans), size) for _ in range(max(3, repeats)))
        costs.append((ours, floor))
        note = "an entry: filed, histories, presence, headcount; wanted: 4 times the floor or less"
        figures.append(Figure(f"rules folds {size:,}", ours, floor, "µs", note))
    (few, few_floor), (many, many_floor) = costs
    note = (
        f"an entry of {sizes[1]:,} beside one of {sizes[0]:,} ({few:.2f} µs), that slowed as much as the floor is by"
        " the larger memory; wanted: about 1"
    )
    return [
        *figures,
        Figure("rules folds flat", many, few * many_floor / few_floor, "µs", note),
    ]


def conflicts(size: int = 100_000) -> Figure:
    """Entries a second through the whole partition report: each let-in decided again."""
    before, scans = day(size)
    known = fold(before, scans)
    report = Conflicts(known)
    start = time.process_time()
    lines = len(report.lines())
    took = time.process_time() - start
    note = f"{lines:,} lines in {size:,} entries; wanted: 10,000 or more"
    return Figure("rules conflicts", size / took, None, "entries/s", note)


def fold(before: Sequence[WrittenEntry], scans: Sequence[WrittenEntry]) -> LogState:
    """Everything known from these entries, with the headcount of the evening asked once."""
    known = LogState(device_of(before[0].log), 0)
    for entry in before:
        known.add(entry.log, entry.digest, entry.raw)
    for first in range(0, len(scans), AT_ONCE):
        piece = scans[first : first + AT_ONCE]
        known.file_all([read_entry(one.log, one.digest, one.raw) for one in piece])
    Headcount(known).areas(MORNING_MS + 12 * 3_600_000)
    return known


def read(scans: Sequence[WrittenEntry]) -> int:
    """The floor: envelope and body, one dictionary and one set operation."""
    envelopes = msgspec.msgpack.Decoder(Entry)
    bodies = msgspec.msgpack.Decoder(Scan)
    newest: dict[bytes | None, Scan] = {}
    seen: set[bytes] = set()
    for entry in scans:
        body = bodies.decode(envelopes.decode(entry.raw).body)
        newest[body.badge] = body
        seen.add(entry.digest)
    return len(newest) + len(seen)


def _per_entry(work: Callable[[], object], size: int) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return (time.process_time() - start) / size * 1e6


def day(size: int) -> tuple[list[WrittenEntry], list[WrittenEntry]]:
    """A day of this many scans: what stands before them (event, kiosks, roster), and the scans in order of time."""
    drawn = random.Random(size)
    event = load(EVENT)
    registry = RegistryWriter(_key("registry"), 0, MORNING_MS)
    doors = [KioskWriter(_key(gate), 0, MORNING_MS) for gate in GATES]
    before = [registry.defines(MORNING_MS, event)]
    for gate, door in zip(GATES, doors, strict=True):
        door.gate = gate
        before += [
            registry.assigns(MORNING_MS, door, gate),
            door.boots(),
            door.trusts(MORNING_MS, error_ms=20),
        ]
    people = [number.to_bytes(5, "big") for number in range(max(1, size // PER_PERSON))]
    claims = Claims(0, ALL, 0, ALL)
    before += [registry.issues(MORNING_MS, badge, claims) for badge in people]
    spacing = 10 * 3_600_000 / size
    scans = [
        _scan(drawn, event, doors, drawn.choice(people), MORNING_MS + int(spacing * number))
        for number in range(size)
    ]
    return before, scans


def _scan(
    drawn: random.Random, event: Event, doors: Sequence[KioskWriter], badge: bytes, at_ms: int
) -> WrittenEntry:
    """Somebody goes through a gate, or now and then is refused."""
    index = drawn.randrange(len(GATES))
    gate = next(gate for gate in event.gates if gate.id == GATES[index])
    out = gate.direction == "out" or (gate.direction == "both" and drawn.random() < 0.5)
    refused = not out and drawn.random() < 0.05
    seat = not out and not refused and gate.area == "chengdu-hall"
    body = msgspec.structs.replace(
        admission(gate.id, badge, at_ms, direction="out" if out else "in"),
        session="opening" if seat else None,
        verdict="refuse" if refused else "admit",
        reason="superseded" if refused else "ok",
        seat=seat,
        seats=1400 if seat else None,
        roster_head=(doors[0].log, 1),
        area=gate.area,  # as doors write it
    )
    return doors[index].writes(at_ms, "scan", body, synced=True)


def _key(name: str) -> Ed25519PrivateKey:
    """A device's key, the same in every run."""
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32)[:32])
