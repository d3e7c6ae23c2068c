"""Two processes of a registry over PostgreSQL with a standby: the primary is lost, the standby takes over.

The standby lagged: what was written last is not there. Every let-in that a door showed green is counted once all the
same, by both processes, although they had counted past the lost entries, whose ids the new primary gives to others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from flask.testing import FlaskClient

from access.event.definition import Event
from access.log.entry import Boot, Scan
from jianmen.testing.postgres import PostgresServer
from jianmen.testing.waiting import until
from registry.roster.model import Person
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.ledger import Ledger

PEOPLE = 150
NewKiosk = Callable[[str], Any]


@pytest.fixture
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary and a standby that follows it."""
    with ExitStack() as stack:
        primary = PostgresServer.new()
        stack.callback(primary.remove)
        standby = primary.standby()
        stack.callback(standby.remove)
        yield primary, standby


@pytest.fixture
def new_process(
    servers: tuple[PostgresServer, PostgresServer], clock: Any
) -> Iterator[Callable[[], RegistryService]]:
    """Makes services over the one database that share nothing else."""
    primary, standby = servers
    address = primary.new_database().replace(
        f"host={primary.folder}",
        f"host={primary.folder},{standby.folder}&target_session_attrs=read-write",
    )
    with ExitStack() as stack:

        def make() -> RegistryService:
            ledger = stack.enter_context(closing(Ledger(address, None, lambda: clock.now_ms)))
            return RegistryService(ledger, clock)

        yield make


@pytest.fixture
def service(new_process: Callable[[], RegistryService], event: Event) -> RegistryService:
    service = new_process()
    service.init(event)
    return service


def scans(service: RegistryService) -> Counter[tuple[str, int]]:
    """Every presentation in the ledger, by log and number."""
    return Counter(
        (entry.log, entry.seq)
        for _, entry in service.ledger.since(0, 10_000)
        if isinstance(entry.body, Scan)
    )


def inside(service: RegistryService, clock: Any) -> tuple[int, int]:
    counts = service.headcount(clock.now_ms)
    return counts["chengdu"].inside, counts["meishan"].inside


def test_a_lost_primary_loses_nothing_and_doubles_nothing(
    servers: tuple[PostgresServer, PostgresServer],
    service: RegistryService,
    new_process: Callable[[], RegistryService],
    new_kiosk: NewKiosk,
    clock: Any,
    api: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    primary, standby = servers
    other = new_process()
    there: FlaskClient = create_app(other, clock, WebSettings(open_here=True)).test_client()
    people = service.register_many(
        [Person(ref=f"r{n:03}", ticket="delegate") for n in range(PEOPLE)]
    )
    one, two = new_kiosk("chengdu-main-1"), new_kiosk("meishan-main-1")
    two.client = there

    def let_in(first: int, last: int) -> None:
        """Show the badges of these people, at the two doors in turn."""
        for number in range(first, last):
            kiosk = (one, two)[number % 2]
            assert kiosk.show(people[number].text).decision.verdict == "admit"

    let_in(0, 10)
    one.exchange()
    two.exchange()
    assert inside(service, clock) == inside(other, clock) == (5, 5)
    standby.stop_following()
    until(
        lambda: standby.run("SELECT count(*) FROM pg_stat_wal_receiver") == [0],
        "the standby to stop following",
    )
    let_in(10, 130)  # more than the numbers that PostgreSQL leaves out when it takes over
    two.exchange()  # before the other door: it takes nothing of that one's along
    one.exchange()
    assert inside(service, clock) == inside(other, clock) == (65, 65)

    primary.kill()
    caplog.set_level(logging.WARNING)
    clock.wait(20_000)
    let_in(130, 134)  # no door minds
    two.publish()
    refused = there.post("/v1/exchange", data=two.asker.request())
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert api.call("GET", "/headcount").status_code == 503
    lines = [record for record in caplog.records if record.name.startswith(("registry", "sync"))]
    assert len(lines) == 2
    assert all(line.exc_info is None for line in lines)

    standby.promote()
    let_in(134, PEOPLE)
    fresh = new_process()
    two.asker.forget()
    two.exchange()  # under ids that both processes had counted past
    assert inside(service, clock) == inside(other, clock) == inside(fresh, clock) == (5, 75)
    one.asker.forget()
    one.exchange()
    assert inside(service, clock) == inside(other, clock) == inside(fresh, clock) == (75, 75)
    found = scans(fresh)
    assert len(found) == PEOPLE
    assert set(found.values()) == {1}
    assert len(service.log_state) == len(other.log_state) == len(fresh.log_state)
    assert service.conflicts() == other.conflicts() == fresh.conflicts() == []
    # The registry goes on in a log of its own on the new timeline.
    service.register(Person(ref="later", ticket="delegate"))
    boots = [
        entry.body
        for _, entry in fresh.ledger.since(0, 10_000)
        if isinstance(entry.body, Boot) and fresh.ledger.is_registry(entry.log)
    ]
    assert len(boots) == 2
