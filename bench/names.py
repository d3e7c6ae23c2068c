"""Searching people by name: at a door's staff screen, and at the registry.

The floor of a search is what the simplest one costs: the query looked for in each plain name, in memory (the door) or
by the database's LIKE (the registry), which finds nobody in the other script or by a spelling. That of a page is the
bare SELECT of as many rows at the same offset.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from access.log.clock_reading import ClockReading
from access.names.index import Named, NameIndex
from bench.support.crowd import MadeUp, crowd
from bench.support.figure import Figure, median
from bench.support.logs import present_event, wall_ms
from registry.queries.queries import Queries
from registry.queries.registrants import MOST, search
from registry.roster.model import Known, Person
from registry.service import RegistryService
from registry.storage import tables
from registry.storage.ledger import Ledger

QUERIES = (
    *("王伟", "劉建華", "王", "chan tai man", "chan", "zhang wei", "zhangwei", "wei zhang", "zgf"),
    *(
        "leung c m",
        "ouyang",
        "yu cd",
        "lukasz",
        "soren odegard",
        "peter sm",
        "R0000123",
        "四川大学",
    ),
    *("chan sichuan", "王 四川", "c", "qqqq", "deng xiaoping wang", "maria fernandez institute"),
)
ROUNDS = 5
AT_ONCE = 32_768


def names(folder: Path, people: int, *, full: bool) -> Iterator[Figure]:
    """The door and the registry with so many people; `full`: also with a million."""
    yield from door(people)
    yield from registry(folder / "registry", people)
    if full:
        yield from registry(folder / "million", 1_000_000, with_badges=False)


def door(people: int) -> Iterator[Figure]:
    """A search among name cards that were opened and indexed."""
    everybody = list(crowd(people))
    index = NameIndex()
    began = time.perf_counter()
    for start in range(0, people, AT_ONCE):
        some = enumerate(everybody[start : start + AT_ONCE], start)
        index.put(Named(number, (one.name,), (one.organisation,)) for number, one in some)
    took_s = time.perf_counter() - began
    plain = [one.name for one in everybody]
    took = _ms([partial(index.search, query, 20) for query in QUERIES])
    floor = _ms([partial(_scan, plain, query) for query in QUERIES])
    yield from _figures("names door", took, floor, f"{people} names, the query in each plain name")
    yield Figure("names door index", took_s, None, "s", f"making the index of {people} people")


def registry(folder: Path, people: int, *, with_badges: bool = True) -> Iterator[Figure]:
    """A search, and a page of 200 at the front, in the middle and at the end, as the interface answers them."""
    with _queries(folder, people, with_badges=with_badges) as queries:
        began = time.perf_counter()
        queries.names.prepare()
        took_s = time.perf_counter() - began
        took = _ms([partial(search, queries, query, 50) for query in QUERIES])
        floor = _ms([partial(_like, queries, query) for query in QUERIES])
        yield from _figures("names registry", took, floor, f"{people} people, LIKE in the database")
        yield Figure("names registry index", took_s, None, "s", f"reading in {people} people")
        starts = (0, people // 2, max(0, people - MOST))
        pages = _ms([partial(search, queries, "", MOST, offset=start) for start in starts])
        bare = _ms([partial(_rows, queries, start) for start in starts])
        note = f"a page of {MOST} of {people}, the slowest place; bare SELECT"
        yield Figure("names registry page", max(pages), max(bare), "ms", note)


def _figures(name: str, took: list[float], floor: list[float], floor_is: str) -> Iterator[Figure]:
    note = f"{len(QUERIES)} queries; floor: {floor_is}"
    yield Figure(name, median(took), median(floor), "ms", f"median of {note}")
    yield Figure(f"{name} worst", max(took), max(floor), "ms", f"slowest of {note}")


def _ms(works: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of each, the median of some rounds."""
    found = []
    for work in works:
        rounds = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            work()
            rounds.append((time.perf_counter() - began) * 1000)
        found.append(median(rounds))
    return found


def _scan(plain: list[str], query: str) -> list[str]:
    return [name for name in plain if query in name]


def _like(queries: Queries, query: str) -> object:
    person = tables.person
    matching = person.c.name.contains(query, autoescape=True)
    queries.service.ledger.read(select(func.count()).select_from(person).where(matching))
    return queries.service.ledger.read(select(person).where(matching).limit(50))


def _rows(queries: Queries, start: int) -> object:
    ref = tables.person.c.ref
    return queries.service.ledger.read(
        select(tables.person).order_by(ref).offset(start).limit(MOST)
    )


@contextmanager
def _queries(folder: Path, people: int, *, with_badges: bool) -> Iterator[Queries]:
    folder.mkdir()
    ledger = Ledger(None, folder)
    try:
        service = RegistryService(ledger, lambda: ClockReading(0, wall_ms(), True))
        service.init(present_event())
        everybody = list(crowd(people))
        if with_badges:
            service.register_many([_person(one) for one in everybody])
        else:
            for start in range(0, people, AT_ONCE):
                some = enumerate(everybody[start : start + AT_ONCE], start)
                with ledger.transaction():
                    service.people.add([_known(number, one) for number, one in some])
        yield Queries(service, lambda: ClockReading(0, wall_ms(), True))
    finally:
        ledger.close()


def _person(one: MadeUp) -> Person:
    return Person(ref=one.ref, ticket="delegate", name=one.name, organisation=one.organisation)


def _known(number: int, one: MadeUp) -> Known:
    return Known(
        badge=number.to_bytes(5, "big"),
        ref=one.ref,
        name=one.name,
        organisation=one.organisation,
        language="en",
        keys=(),
        salt=bytes(16),
    )
