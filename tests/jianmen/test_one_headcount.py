"""One headcount, whoever shows it: an admin at a venue and one at the dashboard compare these numbers by telephone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jianmen.rehearse.run import Rehearsal
from jianmen.rehearse.scenario import read
from jianmen.rehearse.world import World
from kiosk.door.venue_headcount import VenueCount, as_json
from registry.queries.queries import Queries
from sync.store.data_folder import DataFolder

DOORS = Path(__file__).parents[1] / "scenarios" / "doors.toml"
DAY = "2026-03-10T"

PEOPLE = [
    {"at": f"{DAY}08:00:00+08:00", "do": "register", "ref": ref, "ticket": ticket}
    for ref, ticket in [*((f"guest{n}", "guest") for n in range(6)), ("chief", "super")]
]


def shown(at: str, gate: str, badge: str, **more: str) -> dict[str, object]:
    return {"at": f"{DAY}{at}+08:00", "do": "present", "gate": gate, "badge": badge, **more}


MORNING = [
    shown("09:00:00", "east-1", "guest0"),
    shown("09:00:10", "hall-1", "guest0"),
    shown("09:01:00", "east-1", "guest1"),
    shown("09:01:10", "hall-2", "guest1"),
    shown("09:01:20", "annex-1", "guest1"),
    shown("09:02:00", "west-1", "guest2"),
    shown("09:02:10", "loft-1", "guest2"),
    shown("09:02:20", "loft-2", "guest3"),
    shown("09:02:30", "loft-2", "guest4"),
    shown("09:03:00", "hall-1", "guest0", direction="out"),
]
AT_EASE = [{"at": f"{DAY}09:03:10+08:00", "do": "sync"}]
RECOUNTED = [
    {"at": f"{DAY}09:03:01+08:00", "do": "recount", "gate": "east-1", "area": "hall"}
    | {"inside": 3, "staff": "chief"},
    *AT_EASE,
]
SILENT = [
    {"at": f"{DAY}09:04:00+08:00", "do": "cut", "nodes": ["west-1", "loft-1"]},
    shown("09:05:00", "west-1", "guest5"),
    shown("09:06:00", "east-1", "guest5"),
    {"at": f"{DAY}09:20:00+08:00", "do": "sync"},
]
SPARE = [
    {"at": f"{DAY}09:03:30+08:00", "do": "spare", "kiosk": "box"},
    {"at": f"{DAY}09:03:40+08:00", "do": "cut", "nodes": ["west-1"]},
    {"at": f"{DAY}09:10:00+08:00", "do": "give_gate", "kiosk": "box", "gate": "west-1"}
    | {"staff": "chief"},
    shown("09:11:00", "west-1", "guest5"),
    {"at": f"{DAY}09:20:00+08:00", "do": "sync"},
]
CUT_OFF = [{"at": f"{DAY}09:04:00+08:00", "do": "cut_off", "gate": "west-1"}, *SILENT[-1:]]


@contextmanager
def rehearsed(folder: Path, steps: Iterable[object]) -> Iterator[World]:
    file = folder / "scenario.jsonl"
    lines = [{"event": str(DOORS)}, *PEOPLE, *MORNING, *steps]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with Rehearsal(read(file)) as rehearsal:
        for outcome in rehearsal.run():
            assert outcome.failed is None
        yield rehearsal.world


def everybody_speaks(world: World) -> None:
    """Carriers exchange every few seconds, news or not; a rehearsal leaves out the rounds that bring none. Two of them:
    what each writes about itself reaches all the others."""
    for _ in range(2):
        for gate, kiosk in world.kiosks.items():
            if world.links.together(gate, "registry"):
                asker = kiosk.askers[world.registry.device]
                answer, _ = world.registry.answerer.answer(asker.request(), world.true.ms)
                asker.receive(answer)


def at_the_venue(world: World, gate: str, folder: Path) -> dict[str, Any]:
    """What a screen at this kiosk shows, of its files as they are."""
    kiosk = world.kiosks[gate]
    kiosk.publish()
    files = DataFolder(folder)
    for store, path in ((kiosk.journal, files.journal), (kiosk.replica, files.replica)):
        with closing(sqlite3.connect(path)) as file:
            store._db.backup(file)
    reading = kiosk.clock.read()
    count = VenueCount(folder, world.registry.device, kiosk.earliest_ms, reading)
    tally = count.tally(reading)
    assert tally is not None
    return as_json(tally)


def at_the_registry(world: World) -> dict[str, Any]:
    """What the dashboard and its interface show."""
    queries = Queries(world.registry.service, world.registry.clock.read)
    found: dict[str, Any] = msgspec.to_builtins(queries.headcount())
    return found


@pytest.mark.parametrize(
    ("steps", "silent"),
    [
        (AT_EASE, set()),
        (RECOUNTED, set()),
        (SILENT, {"west-1", "loft-1"}),
        (SPARE, {"west-1"}),
        (CUT_OFF, set()),
    ],
    ids=["at ease", "recounted", "silent", "spare", "cut off"],
)
def test_a_kiosk_and_the_registry_that_hold_the_same_show_the_same(
    tmp_path: Path, steps: list[object], silent: set[str]
) -> None:
    with rehearsed(tmp_path, steps) as world:
        everybody_speaks(world)
        venue, registry = at_the_venue(world, "east-1", tmp_path), at_the_registry(world)
    assert venue["clock_sure"]
    areas = {area["id"]: area for area in registry["areas"]}
    assert list(venue["areas"]) == list(areas)
    assert {
        area: {name: shown[name] for name in areas[area]} for area, shown in venue["areas"].items()
    } == areas
    fields = [
        {name: one[name] for name in one if name not in ("code", "since_ms")}
        for one in venue["silent"]
    ]
    assert fields == registry["silent"]
    assert {one["gate"] for one in fields} == silent
