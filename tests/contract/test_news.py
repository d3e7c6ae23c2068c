"""Whoever shows what is known hears at once that entries have arrived, whichever process took them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import create_engine, text

from access.event.definition import Event
from access.log.clock_reading import ClockReading
from config import event_file
from registry.http.streams import Streams
from registry.queries.queries import Queries
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from registry.storage.log_store import wall_ms

EVENT_FILE = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
PATIENCE_S = 60


def read() -> ClockReading:
    return ClockReading(wall_ms(), wall_ms(), True)


NewProcess = Callable[[], RegistryService]


@pytest.fixture(scope="module")
def event() -> Event:
    return event_file.load(EVENT_FILE)


@pytest.fixture
def new_process(postgres_url: str) -> Iterator[NewProcess]:
    """Makes services that share nothing but the database."""
    with ExitStack() as stack:

        def make() -> RegistryService:
            return RegistryService(stack.enter_context(closing(Ledger(postgres_url, None))), read)

        yield make


def test_another_process_hears_of_entries(new_process: NewProcess, event: Event) -> None:
    one, other = new_process(), new_process()
    one.init(event)
    news = other.ledger.database.news
    other.ledger.database.listen()
    assert news.wait(0, PATIENCE_S)  # that it listens
    for number in range(3):
        known = news.number
        one.register(Person(ref=f"r{number}", ticket="delegate"))
        assert news.wait(known, PATIENCE_S)


def test_a_transaction_that_was_undone_is_no_news(new_process: NewProcess, event: Event) -> None:
    service = new_process()
    service.init(event)
    (log,) = service.ledger.vector()
    (row,) = service.ledger.rows(log, 1, 1)
    known = service.ledger.database.news.number

    def undone() -> None:
        with service.ledger.transaction():
            service.ledger.add_many([row._replace(digest=bytes(32))])
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    assert service.ledger.database.news.number == known


def test_the_listener_comes_back_after_its_connection_was_cut(
    new_process: NewProcess, event: Event, postgres_server: Path
) -> None:
    one, other = new_process(), new_process()
    one.init(event)
    news = other.ledger.database.news
    other.ledger.database.listen()
    assert news.wait(0, PATIENCE_S)
    known = news.number
    engine = create_engine(
        f"postgresql+psycopg://jianmen@/postgres?host={postgres_server}",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
        )
    engine.dispose()
    assert news.wait(known, PATIENCE_S)  # it listens again, and counts that as news
    known = news.number
    one.register(Person(ref="somebody", ticket="delegate"))
    assert news.wait(known, PATIENCE_S)


def test_a_dashboard_of_another_process_shows_a_new_definition_at_once(
    new_process: NewProcess, event: Event
) -> None:
    one, other = new_process(), new_process()
    one.init(event)
    streams = Streams(Queries(other, read), lambda: False)
    with streams.answer("") as answer:
        pieces = (bytes(piece) for piece in answer.iter_encoded())
        assert next(pieces).startswith(b"retry")
        assert _name(next(pieces)) == event.name["en"]
        one.update_event(msgspec.structs.replace(event, name={**event.name, "en": "Another name"}))
        assert _name(next(piece for piece in pieces if b"headcount" in piece)) == "Another name"


def _name(piece: bytes) -> str:
    data = piece.decode().split("data: ", 1)[1]
    name: str = json.loads(data)["name"]["en"]
    return name
