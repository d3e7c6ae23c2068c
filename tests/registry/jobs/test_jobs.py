"""Long work is done one after another, tells how far it is, and can be stopped, cancelled and found again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from registry.jobs import Job, Jobs, Stopped, Work
from registry.jobs.runner import KEPT_MS
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.errors import RegistryError, UnknownError

pytestmark = pytest.mark.both_stores

WAIT_S = 30.0


class Counted(msgspec.Struct):
    """What the counting job says in the end."""

    counted: int


class Bench:
    """Jobs of one process, a kind that counts, and one that waits until it is let go."""

    def __init__(self, service: RegistryService, now_ms: Callable[[], int]) -> None:
        self.jobs = Jobs(service.ledger, now_ms)
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.undone: list[str] = []
        self.recovered = 0
        self.jobs.kind("count", self._count)
        self.jobs.kind("wait", self._wait, self._recover)
        self.jobs.kind("keep", self._keep)
        self.jobs.kind("fail", self._fail)
        self.jobs.kind("break", self._break)

    @staticmethod
    def _count(work: Work) -> Counted:
        work.stage("counting", total=work.params["to"])
        for n in range(work.params["to"]):
            work.step(n + 1)
        return Counted(work.params["to"])

    def _wait(self, work: Work) -> None:
        work.stage("waiting", total=1000)
        self.began.set()
        try:
            n = 0
            while not self.go_on.wait(0.005):
                n += 1
                work.step(n)
        except Stopped:
            self.undone.append(work.id)
            raise
        work.last_chance()
        work.keep("out.pdf", b"%PDF" + work.file("in.csv"))

    def _keep(self, work: Work) -> None:
        self.began.set()
        assert self.go_on.wait(WAIT_S)
        work.keep("out.pdf", b"%PDF")

    def _recover(self) -> None:
        self.recovered += 1

    @staticmethod
    def _fail(_: Work) -> None:
        raise RegistryError("The printer is on fire.")

    @staticmethod
    def _break(_: Work) -> None:
        raise ZeroDivisionError

    def run(self, kind: str, **params: int) -> Job:
        return self.jobs.wait(self.jobs.start(kind, params).id, WAIT_S)

    def begin(self) -> Job:
        job = self.jobs.start("wait", {}, {"in.csv": b"x" * 2_500_000})
        assert self.began.wait(WAIT_S)
        return job


@pytest.fixture
def new_bench(service: RegistryService) -> Iterator[Callable[[], Bench]]:
    made: list[Bench] = []

    def make() -> Bench:
        bench = Bench(service, lambda: service._clock().wall_ms)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.jobs.close()


@pytest.fixture
def bench(new_bench: Callable[[], Bench]) -> Bench:
    return new_bench()


def test_a_job_is_done_and_says_what_came_of_it(bench: Bench) -> None:
    job = bench.run("count", to=1200)

    assert (job.state, job.stage, job.done, job.total) == ("done", "counting", 1200, 1200)
    assert job.result is not None
    assert msgspec.json.decode(job.result) == {"counted": 1200}


def test_while_it_runs_it_says_how_far_it_is(bench: Bench) -> None:
    job = bench.begin()

    found = bench.jobs.find(job.id)
    assert (found.state, found.stage, found.total) == ("running", "waiting", 1000)
    bench.go_on.set()
    assert bench.jobs.wait(job.id, WAIT_S).state == "done"


def test_jobs_wait_for_one_another(bench: Bench) -> None:
    first = bench.begin()
    second = bench.jobs.start("count", {"to": 3})

    assert bench.jobs.find(second.id).state == "waiting"
    bench.go_on.set()
    assert bench.jobs.wait(second.id, WAIT_S).state == "done"
    assert bench.jobs.find(first.id).state == "done"


def test_a_cancelled_job_stops_and_undoes_what_it_did(bench: Bench) -> None:
    job = bench.begin()
    bench.jobs.cancel(job.id)

    assert bench.jobs.wait(job.id, WAIT_S).state == "cancelled"
    assert bench.undone == [job.id]


def test_a_job_is_cancelled_from_another_process(
    bench: Bench, new_bench: Callable[[], Bench]
) -> None:
    job = bench.begin()
    elsewhere = new_bench().jobs
    elsewhere.cancel(job.id)

    assert bench.jobs.wait(job.id, WAIT_S).state == "cancelled"


def test_a_waiting_job_is_cancelled_before_it_begins(bench: Bench) -> None:
    bench.begin()
    second = bench.jobs.start("count", {"to": 3})
    bench.jobs.cancel(second.id)
    bench.go_on.set()

    found = bench.jobs.wait(second.id, WAIT_S)
    assert (found.state, found.done) == ("cancelled", 0)


def test_one_that_has_ended_stays_as_it_is(bench: Bench) -> None:
    job = bench.run("count", to=1)

    assert bench.jobs.cancel(job.id).state == "done"


def test_a_failure_says_why_and_a_fault_of_ours_points_at_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    assert bench.run("fail").error == "The printer is on fire."
    assert bench.run("break").error == "The registry failed at this; its log says why."
    assert "ZeroDivisionError" in caplog.text
    assert bench.run("count", to=1).state == "done"


def test_a_server_that_stops_interrupts_its_job(bench: Bench) -> None:
    job = bench.begin()
    bench.jobs.close()

    assert bench.jobs.find(job.id).state == "interrupted"
    with pytest.raises(RegistryError, match="is stopping"):
        bench.jobs.start("count", {"to": 1})


@pytest.mark.sqlite_alone  # for PostgreSQL: tests/contract/test_jobs_of_several_processes.py
def test_the_job_of_a_process_that_died_is_found_interrupted(
    bench: Bench, new_bench: Callable[[], Bench]
) -> None:
    job = bench.begin()
    after = new_bench()
    after.jobs.settle()  # as a new process would, over the same database

    assert after.jobs.find(job.id).state == "interrupted"
    assert after.recovered == 1
    bench.go_on.set()


def test_files_are_kept_for_a_day(bench: Bench, clock: object) -> None:
    job = bench.begin()
    bench.go_on.set()
    assert bench.jobs.wait(job.id, WAIT_S).state == "done"

    assert bench.jobs.files(job.id) == ["in.csv", "out.pdf"]
    assert bench.jobs.file(job.id, "out.pdf") == b"%PDF" + b"x" * 2_500_000
    clock.wait(KEPT_MS + 1)  # type: ignore[attr-defined]
    bench.jobs.settle()
    with pytest.raises(UnknownError, match="kept for a day"):
        bench.jobs.file(job.id, "out.pdf")


def test_a_job_that_nobody_began_is_unknown(bench: Bench) -> None:
    with pytest.raises(UnknownError):
        bench.jobs.find("nothing")


def test_a_purge_leaves_nothing_that_a_job_has_made(bench: Bench, service: RegistryService) -> None:
    job = bench.begin()
    bench.go_on.set()
    bench.jobs.wait(job.id, WAIT_S)
    service.purge(early=True)

    with pytest.raises(UnknownError):
        bench.jobs.find(job.id)


def test_an_erasure_leaves_nothing_of_what_a_job_was_asked_for_or_made(
    bench: Bench, service: RegistryService
) -> None:
    """The question can name a person as well as the answer: a company of one, a ref that is a mail address."""
    one = service.register(Person(ref="lee@example.org", name="Lee", ticket="delegate"))
    asked = bench.run("count", to=3, of_lee=1)
    service.erase(one.badge)

    assert bench.jobs._rows.params(asked.id) == {}
    assert bench.jobs.find(asked.id).result is None


@pytest.mark.parametrize("everybody", [False, True])
def test_work_that_goes_on_while_somebody_is_erased_leaves_nothing(
    bench: Bench, service: RegistryService, everybody: bool
) -> None:
    """It may have read the person before, and store what names them afterwards."""
    one = service.register(Person(ref="lee@example.org", name="Lee", ticket="delegate"))
    job = bench.jobs.start("keep", {})
    assert bench.began.wait(WAIT_S)
    if everybody:
        service.purge(early=True)
    else:
        service.erase(one.badge)
    bench.go_on.set()
    bench.run("count", to=1)

    assert bench.jobs.files(job.id) == []


def test_files_without_their_job_are_deleted(bench: Bench, service: RegistryService) -> None:
    bench.jobs._rows.keep_file("gone", "out.pdf", b"%PDF")
    bench.jobs.settle()

    assert bench.jobs.files("gone") == []


def test_jobs_over_a_file_are_there_for_the_next_process(
    new_service: Callable[..., RegistryService], event: object, tmp_path: Path
) -> None:
    service = new_service(tmp_path)
    service.init(event)  # type: ignore[arg-type]
    bench = Bench(service, lambda: service._clock().wall_ms)
    job = bench.run("count", to=5)
    bench.jobs.close()
    service.ledger.close()

    again = Bench(new_service(tmp_path), lambda: 0)
    assert [one.id for one in again.jobs.newest()] == [job.id]
