"""Erased means gone: nobody's name can be read in the files afterwards, whether the registry runs or was stopped."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from sqlalchemy import make_url, text

from access.log.clock_reading import ClockReading
from jianmen.testing.postgres import PostgresServer
from jianmen.testing.waiting import PATIENCE_S
from registry.jobs import Jobs, Work
from registry.roster.batch import discard
from registry.roster.model import Person, Registered
from registry.service import RegistryService
from registry.storage import tables
from registry.storage.database import FILE, Database
from registry.storage.errors import NotScrubbedError
from registry.storage.ledger import Ledger

PEOPLE = 200
MORNING_MS = 1_605_573_000_000
OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"


def name(number: int) -> str:
    return f"Zebediah Quartermain{number:04}x"


ANY_NAME = re.compile(rb"Zebediah Quartermain\d{4}x")


def in_files(folder: Path, *texts: bytes) -> set[str]:
    """The files of a folder in which one of the texts stands."""
    return {
        file.name
        for file in folder.iterdir()
        if file.is_file() and any(text in file.read_bytes() for text in texts)
    }


@pytest.fixture
def service(
    tmp_path: Path, new_service: Callable[..., RegistryService], event: Any
) -> RegistryService:
    service = new_service(tmp_path)
    service.init(event)
    service.register_many(
        [Person(ref=f"R{n}", name=name(n), ticket="delegate") for n in range(PEOPLE)]
    )
    return service


def test_one_person_erased_is_gone_while_the_registry_runs(
    service: RegistryService, tmp_path: Path
) -> None:
    known = service.person("R7")
    assert in_files(tmp_path, name(7).encode())
    service.erase(known.badge)
    assert in_files(tmp_path, name(7).encode(), known.salt) == set()
    assert in_files(tmp_path, name(8).encode())


def test_whoever_is_erased_while_work_goes_on_is_in_no_file_once_that_has_stopped(
    service: RegistryService, tmp_path: Path
) -> None:
    known = service.person("R7")
    staged, erased = threading.Event(), threading.Event()

    def do(work: Work) -> None:
        batch = service.batch()
        person = Person(ref="R7", name=name(7), ticket="delegate", organisation="Another")
        try:
            before = Registered(known, None, revoked=False, badges=frozenset((known.badge,)))
            batch.change([(person, before)], lambda _: None)
            staged.set()
            erased.wait(PATIENCE_S)
            work.last_chance()
        except BaseException:
            discard(service.ledger)
            raise

    jobs = Jobs(service.ledger, lambda: MORNING_MS)
    jobs.kind("change", do)
    job = jobs.start("change", {})
    assert staged.wait(PATIENCE_S)
    service.erase(known.badge)
    erased.set()
    assert jobs.wait(job.id, PATIENCE_S).state == "cancelled"
    jobs.close()
    assert in_files(tmp_path, name(7).encode(), known.salt) == set()


def test_after_a_purge_nobody_is_there(service: RegistryService, tmp_path: Path) -> None:
    assert service.purge(early=True) == PEOPLE
    assert in_files(tmp_path, b"Zebediah", b"zebediah", b"Quartermain") == set()


def test_name_cards_of_the_old_desk_key_are_gone(service: RegistryService, tmp_path: Path) -> None:
    known = service.person("R7")
    old = service.ledger.card(known.badge, 1)
    assert old is not None
    service.staff_keys.new_desk_key(service.event)
    assert in_files(tmp_path, old[:64]) == set()
    new = service.ledger.card(known.badge, 1)
    assert new is not None
    assert new != old


def test_what_was_freed_before_is_gone_after_a_purge(
    service: RegistryService, tmp_path: Path
) -> None:
    """Data of a version, or of an SQLite, that did not overwrite what it deleted."""
    service.ledger.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as old, old:
        old.execute("PRAGMA secure_delete=OFF")
        old.execute("CREATE TABLE note (text TEXT)")
        old.executemany("INSERT INTO note VALUES (?)", [("Left Over " * 400,)] * 50)
        old.commit()
        old.execute("DROP TABLE note")
        old.commit()
    assert in_files(tmp_path, b"Left Over")
    with closing(Database(None, tmp_path)) as database:
        database.scrub(whole=True)
        assert in_files(tmp_path, b"Left Over") == set()


def test_a_reader_in_the_way_is_said(service: RegistryService, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM person").fetchone()
        with pytest.raises(NotScrubbedError, match="may still hold it"):
            service.erase(service.person("R7").badge)
        reader.execute("ROLLBACK")
    service.ledger.database.scrub()
    assert in_files(tmp_path, name(7).encode()) == set()


def test_the_commands_of_the_page_leave_nobody_in_the_files_of_postgresql(
    postgres: PostgresServer, event: Any
) -> None:
    url = postgres.new_database()
    database = f"host={postgres.folder} user=jianmen dbname={make_url(url).database}"
    with closing(Ledger(url, None, lambda: MORNING_MS)) as ledger:
        service = RegistryService(ledger, lambda: ClockReading(0, MORNING_MS, True), token_bytes)
        service.init(event)
        service.register_many(
            [Person(ref=f"R{n}", name=name(n), ticket="delegate") for n in range(PEOPLE)]
        )
        subprocess.run(["psql", database, "-qc", "ANALYZE", "-c", "CHECKPOINT"], check=True)
        service.purge(early=True)
        assert_nobody_sampled(ledger)
    (commands,) = re.findall(r"```sh\n( *psql.*?)```", OPERATING.read_text("utf-8"), re.DOTALL)
    subprocess.run(
        ["bash", "-ec", commands], env=os.environ | {"DATABASE_URL": database}, check=True
    )
    left = [
        file.name
        for file in (postgres.folder / "data").rglob("*")
        if file.is_file() and ANY_NAME.search(file.read_bytes())
    ]
    assert left == []


def assert_nobody_sampled(ledger: Ledger) -> None:
    """What ANALYZE copied is compressed: no search through the files finds it."""
    rows = ledger.read(
        text(
            "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public' AND"
            " (histogram_bounds::text LIKE '%Quarter%' OR most_common_vals::text LIKE '%Quarter%')"
        )
    )
    assert list(rows) == []


def test_the_page_for_operators_has_every_table_that_named_somebody_vacuumed() -> None:
    """On PostgreSQL that is the operator's to do."""
    named = set(re.findall(r"VACUUM FULL (\w+)", OPERATING.read_text("utf-8")))
    assert named >= {table.name for table in (*tables.PERSONAL, tables.card, tables.meta)}
