"""A PostgreSQL database that cannot be used, or is away for a while, is answered with a message."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from access.log.clock_reading import ClockReading
from config import event_file
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.database import Database
from registry.storage.errors import DatabaseError
from registry.storage.ledger import Ledger

EVENT = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
USER = "jianmen"
NOW_MS = 1_605_573_000_000
CONTROL = "control-token-of-the-tests"


def run(server: Path, *statements: str) -> None:
    """As the server's superuser."""
    engine = create_engine(
        f"postgresql+psycopg://{USER}@/postgres?host={server}", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_database_that_cannot_hold_every_script_is_refused_with_the_way_out(
    postgres_server: Path,
) -> None:
    run(
        postgres_server,
        "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    )
    with pytest.raises(DatabaseError) as refused:
        Database(f"postgresql://{USER}@/ascii?host={postgres_server}", None)
    assert "SQL_ASCII" in str(refused.value)
    assert "createdb --encoding UTF8 --template template0" in str(refused.value)


@pytest.fixture
def client(postgres_url: str) -> Iterator[FlaskClient]:
    def clock() -> ClockReading:
        return ClockReading(NOW_MS, NOW_MS, True)

    with closing(Ledger(postgres_url, None)) as ledger:
        service = RegistryService(ledger, clock)
        service.init(event_file.load(EVENT))
        yield create_app(service, clock, WebSettings(control=CONTROL)).test_client()


def test_while_the_database_is_away_people_are_asked_to_come_again(
    client: FlaskClient, postgres_server: Path, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {CONTROL}"}
    assert client.get("/api/v1/tokens", headers=headers).status_code == 200
    name = postgres_url.removeprefix("postgresql://").partition("@")[0]
    run(
        postgres_server,
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    caplog.set_level(logging.WARNING)
    answer = client.get("/api/v1/tokens", headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "does not answer just now" in answer.json["error"]  # type: ignore[index]
    (line,) = [one for one in caplog.records if one.name.startswith("registry")]
    assert line.exc_info is None
    run(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert client.get("/api/v1/tokens", headers=headers).status_code == 200
