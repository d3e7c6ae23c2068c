"""The plug is pulled while a new version changes the tables: nothing is lost, and the next start ends the work.

The product has made its tables in few steps so far, so these tests bring further ones, which the product's own code
runs in a process of its own.
"""

from __future__ import annotations

import shutil
import sys
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from access.log.entry import Alarm, Passage
from jianmen.testing.processes import Program, Programs
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.database import MIGRATIONS
from registry.storage.ledger import Ledger
from sync.store.journal import Journal
from tests.faults.machines import Kiosk, Registry, read_clock
from tests.faults.migration_steps import KIOSK_STEPS, PIECE, REGISTRY_STEPS

LATER = tuple(f"{9000 + n}" for n in range(len(REGISTRY_STEPS)))
"""The numbers of the registry's steps that a later version has."""

SHORT = 6
SOAK = 60
PEOPLE = 1500
ENTRIES = 1500

STEP = """
from tests.faults.migration_steps import {does} as upgrade

revision = "{revision}"
down_revision = "{before}"
"""


class Store(ABC):
    """What is stored in one database, and how far its tables have come."""

    kind: str
    reports: int
    """Lines that a whole migration prints, or some fewer."""

    def __init__(self, url: str, where: str, *more: str) -> None:
        self._engine = sa.create_engine(url, poolclass=NullPool)
        self.arguments = (self.kind, where, *more)
        self.entries_before = self.entries()

    def entries(self) -> list[tuple[object, ...]]:
        """Every entry, byte by byte."""
        with self._engine.connect() as db:
            rows = db.execute(sa.text("SELECT log, seq, digest, badge, raw FROM entry"))
            return sorted(
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in r) for r in rows
            )

    def ask(self, query: str) -> list[object]:
        with self._engine.connect() as db:
            return list(db.execute(sa.text(query)).scalars())

    def tables(self) -> set[str]:
        with self._engine.connect() as db:
            return set(sa.inspect(db).get_table_names())

    def check(self) -> None:
        """Every entry is there once, and no step is half done."""
        assert self.entries() == self.entries_before
        assert not [name for name in self.tables() if name.endswith(("_anew", "_tmp_entry"))]
        self.check_steps()

    @abstractmethod
    def check_steps(self) -> None: ...

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether every step is."""

    @abstractmethod
    def start_over(self) -> None:
        """The tables are those of today again."""


class Central(Store):
    """A registry's database. All steps are taken together or none is."""

    kind = "registry"
    reports = 2 * PEOPLE // PIECE

    def check_steps(self) -> None:
        with self._engine.connect() as db:
            columns = {column["name"] for column in sa.inspect(db).get_columns("entry")}
        assert ("size" in columns) == self.done
        if self.done:
            assert self.ask("SELECT count(*) FROM entry WHERE size = length(raw)") == [
                len(self.entries_before)
            ]
        assert self.ask("SELECT count(*) FROM person") == [PEOPLE]

    @property
    def done(self) -> bool:
        (step,) = self.ask("SELECT version_num FROM alembic_version")
        assert step not in LATER[:-1]
        return step == LATER[-1]

    def start_over(self) -> None:
        script = ScriptDirectory(str(MIGRATIONS))
        with self._engine.begin() as db:
            db.execute(sa.text("ALTER TABLE entry DROP COLUMN size"))
            db.execute(
                sa.text(f"UPDATE alembic_version SET version_num = '{script.get_current_head()}'")
            )


class AtKiosk(Store):
    """A file of a kiosk. Each step is taken whole or not at all."""

    reports = 2 * ENTRIES // PIECE

    def __init__(self, path: Path) -> None:
        self.kind = path.stem
        self._path = path
        self._today = path.with_suffix(".today")
        shutil.copyfile(path, self._today)
        super().__init__(f"sqlite:///{path}", str(path.parent))

    def check_steps(self) -> None:
        taken = self.ask("SELECT name FROM _sqlite_migrations ORDER BY id")
        names = [step.__name__ for step in KIOSK_STEPS]
        later = taken[taken.index(names[0]) :] if names[0] in taken else []
        assert later == names[: len(later)]
        assert ("size" in self.tables()) == ("note_sizes" in taken)
        if "note_sizes" in taken:
            assert self.ask("SELECT count(*) FROM size") == [len(self.entries_before)]
        # SQLite puts the new name of a table that was renamed into quotes.
        rebuilt = self.ask("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE \"%'")
        assert ("entry" in rebuilt) == ("rebuild_log" in taken)
        assert ("head" in rebuilt) == ("rebuild_heads" in taken)
        if self.kind == "replica" or "rebuild_log" in taken:  # a journal has its badges in memory
            assert self.ask("SELECT count(*) FROM sqlite_master WHERE name = 'entry_badge'") == [1]

    @property
    def done(self) -> bool:
        steps = self.ask("SELECT name FROM _sqlite_migrations")
        return KIOSK_STEPS[-1].__name__ in steps

    def start_over(self) -> None:
        for companion in ("-wal", "-shm"):
            self._path.with_name(self._path.name + companion).unlink(missing_ok=True)
        shutil.copyfile(self._today, self._path)


def _later_steps(folder: Path) -> Path:
    """The product's migrations, and after them those of these tests."""
    steps = folder / "migrations"
    shutil.copytree(MIGRATIONS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    before = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    for revision, does in zip(LATER, REGISTRY_STEPS, strict=True):
        (steps / "versions" / f"v{revision}_{does}.py").write_text(
            STEP.format(revision=revision, does=does, before=before)
        )
        before = revision
    return steps


def _fill(journal: Journal) -> None:
    """A long day at a door."""
    journal.begin(read_clock(), "boot", "power", {}, None)
    mark = (journal.log, 1, journal.digest)
    badges = [number.to_bytes(5, "big") for number in range(ENTRIES)]
    bodies = [
        ("passed", Passage(entry=mark, badge=badge))
        if badge[-1] % 3
        else ("alarm", Alarm(what="door", detail="forced"))
        for badge in badges
    ]
    journal.extend(bodies, read_clock())


@pytest.fixture(params=["registry", "registry on PostgreSQL", "journal", "replica"])
def store(request: pytest.FixtureRequest, tmp_path: Path, programs: Programs) -> Store:
    """Each kind of database, with much in it."""
    event = request.getfixturevalue("event")
    match request.param:
        case "registry":
            registry = Registry(tmp_path / "central", programs, event, PEOPLE)
            return Central(
                f"sqlite:///{registry.data / 'registry.db'}",
                str(registry.data),
                str(_later_steps(tmp_path)),
            )
        case "registry on PostgreSQL":
            url = request.getfixturevalue("postgres_url")
            with closing(Ledger(url, None)) as ledger:
                service = RegistryService(ledger, read_clock)
                service.init(event)
                service.register_many(
                    [Person(ref=f"p{n}", ticket="delegate") for n in range(PEOPLE)]
                )
            return Central(
                url.replace("postgresql:", "postgresql+psycopg:"), url, str(_later_steps(tmp_path))
            )
        case kind:
            kiosk: Kiosk = request.getfixturevalue("kiosk")
            with closing(Journal(kiosk.data / "journal.db", kiosk.identity)) as journal:
                _fill(journal)
            with closing(kiosk.carrier()) as carrier:
                carrier.look()
            return AtKiosk(kiosk.data / f"{kind}.db")


def _later_version(store: Store, programs: Programs) -> Program:
    driver = "tests.faults.migration_driver"
    program = programs.start("later", [sys.executable, "-m", driver, *store.arguments])
    assert program.next_line() == "opening"
    return program


def _pull_plugs(store: Store, programs: Programs, rounds: int, random: Random) -> None:
    for _ in range(rounds):
        later = _later_version(store, programs)
        for _, _ in zip(range(random.randint(0, store.reports)), later.lines(), strict=False):
            pass
        sum(range(random.randint(1, 100_000)))  # to a moment between two that could be named
        later.kill()
        store.check()
        if store.done:
            store.start_over()
    last = _later_version(store, programs)
    assert list(last.lines())[-1] == "done", last.log_tail
    store.check()
    assert store.done
    again = _later_version(store, programs)
    assert list(again.lines()) == ["done"]


def test_tables_are_changed_whole_or_not_at_all_whenever_the_plug_is_pulled(
    store: Store, programs: Programs
) -> None:
    _pull_plugs(store, programs, SHORT, Random(store.kind))


@pytest.mark.soak
def test_tables_survive_many_plugs_pulled_while_they_are_changed(
    store: Store, programs: Programs
) -> None:
    _pull_plugs(store, programs, SOAK, Random(f"soak {store.kind}"))
