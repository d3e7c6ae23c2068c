"""Jobs of two processes over one PostgreSQL: one at a time, seen from either, and ended in words when one dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from registry.jobs import Job, Jobs, Work
from registry.storage.ledger import Ledger
from registry.storage.log_store import wall_ms

PATIENCE_S = 60.0


class Process:
    """Jobs over a database, with one kind that waits until it is let go."""

    def __init__(self, ledger: Ledger) -> None:
        self.jobs = Jobs(ledger, wall_ms)
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.recovered = 0
        self.jobs.kind("wait", self._wait, self._recover)

    def _wait(self, work: Work) -> None:
        work.stage("waiting", total=1000)
        self.began.set()
        done = 0
        while not self.go_on.wait(0.005):
            done += 1
            work.step(done)
        work.last_chance()
        work.keep("out.txt", b"done")

    def _recover(self) -> None:
        self.recovered += 1

    def ends(self, job: Job) -> Job:
        """The job when it has ended, as this process sees it."""
        return self.jobs.wait(job.id, PATIENCE_S)


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Process, Process]]:
    with closing(Ledger(postgres_url, None)) as one, closing(Ledger(postgres_url, None)) as other:
        processes = Process(one), Process(other)
        yield processes
        for process in processes:
            process.go_on.set()
            process.jobs.close()


def test_jobs_of_two_processes_wait_for_each_other(two: tuple[Process, Process]) -> None:
    here, there = two
    first = here.jobs.start("wait", {})
    assert here.began.wait(PATIENCE_S)
    second = there.jobs.start("wait", {})
    assert not there.began.wait(0.5)
    assert here.jobs.find(second.id).state == "waiting"
    assert there.jobs.find(first.id).state == "running"
    here.go_on.set()
    assert there.ends(first).state == "done"
    assert there.jobs.file(first.id, "out.txt") == b"done"
    assert there.began.wait(PATIENCE_S)
    there.go_on.set()
    assert here.ends(second).state == "done"


def test_a_job_that_waits_is_cancelled_from_the_other_process(two: tuple[Process, Process]) -> None:
    here, there = two
    here.jobs.start("wait", {})
    assert here.began.wait(PATIENCE_S)
    waiting = there.jobs.start("wait", {})
    here.jobs.cancel(waiting.id)
    assert there.ends(waiting).state == "cancelled"
    assert not there.began.is_set()


def test_a_job_whose_process_is_gone_is_interrupted_and_the_next_one_begins(
    two: tuple[Process, Process], postgres_server: Path, postgres_url: str
) -> None:
    here, there = two
    job = here.jobs.start("wait", {})
    assert here.began.wait(PATIENCE_S)
    assert there.jobs.find(job.id).state == "running"
    # The server's view of a process that dies, or whose machine is cut off.
    engine = create_engine(
        f"postgresql+psycopg://jianmen@/postgres?host={postgres_server}",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
                " WHERE locktype = 'advisory' AND datname = :name"
            ),
            {"name": make_url(postgres_url).database},
        )
    engine.dispose()
    assert there.ends(job).state == "interrupted"
    assert here.ends(job).state == "interrupted"
    next_one = there.jobs.start("wait", {})
    assert there.began.wait(PATIENCE_S)
    there.go_on.set()
    assert there.ends(next_one).state == "done"
