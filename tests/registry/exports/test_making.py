"""Exports as jobs: the same files as at once, for those who may, and of one that is stopped nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from registry.jobs import Jobs
from registry.roster.model import IssuedBadge
from registry.service import RegistryService
from registry.storage.errors import UnknownError

pytestmark = pytest.mark.both_stores

WAIT_S = 30.0
WHERE = "venue=chengdu&day=2020-11-17"


@pytest.fixture
def came(new_kiosk: Callable[[str], Any], delegates: list[IssuedBadge]) -> list[IssuedBadge]:
    """Two people who show their badges."""
    kiosk = new_kiosk("chengdu-main-1")
    for badge in delegates[:2]:
        kiosk.show(badge.text)
    kiosk.exchange()
    return delegates


def file_of(api: Any, path: str) -> tuple[str, bytes, dict[str, Any]]:
    job = api.ended(api.post(path, {}))
    [name] = job["files"]
    answer = api.call("GET", f"/jobs/{job['id']}/files/{name}")
    assert answer.headers["Content-Length"] == str(len(answer.data))
    return name, answer.data, job


def test_every_attempt_is_the_file_that_is_given_at_once(came: object, api: Any) -> None:
    name, data, job = file_of(api, "/export/jobs")
    assert (name, data) == ("attempts.csv", api.call("GET", "/export").data)
    assert job["result"] == {"rows": 2}
    assert job["done"] == job["total"] > 0


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_attendance_is_the_file_that_is_given_at_once(came: object, api: Any, kind: str) -> None:
    name, data, job = file_of(api, f"/attendance/people/jobs?{WHERE}&format={kind}")
    at_once = api.call("GET", f"/attendance/people?{WHERE}&format={kind}")
    assert (name, data) == (f"attendance-chengdu-2020-11-17.{kind}", at_once.data)
    assert job["result"]["rows"] > 0


def test_a_workbook_is_made_too(came: object, api: Any) -> None:
    name, data, _ = file_of(api, "/attendance/people/jobs?session=5g&format=xlsx")
    assert name == "attendance-5g.xlsx"
    assert data.startswith(b"PK")


@pytest.mark.parametrize(
    ("query", "status"), [("", 400), ("session=6g", 404), ("session=5g&format=pdf", 400)]
)
def test_what_cannot_be_made_is_refused_before_it_is_begun(
    api: Any, query: str, status: int
) -> None:
    assert api.call("POST", f"/attendance/people/jobs?{query}", {}).status_code == status
    assert api.get("/jobs")["jobs"] == []


def test_the_help_desk_gets_no_attempts(came: object, api: Any, app: Any) -> None:
    job = api.ended(api.post("/export/jobs", {}))
    token = api.post("/tokens", {"label": "desk", "access": "desk"})["token"]
    for path in (f"/jobs/{job['id']}", f"/jobs/{job['id']}/files/attempts.csv"):
        answer = app.test_client().get(
            f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 403


class Midway:
    """A job of every attempt that stands still in the middle, when a part of its file is written."""

    def __init__(self, service: RegistryService, clock: Any) -> None:
        self.ledger = service.ledger
        self.jobs = Jobs(service.ledger, lambda: clock.now_ms)
        self.began, self.go_on = threading.Event(), threading.Event()
        self.jobs.kind("attempts", self._attempts)

    def _attempts(self, work: Any) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"x" * 2_500_000
            self.began.set()
            assert self.go_on.wait(WAIT_S)
            work.step(1)
            yield b"y"

        work.stage("export.reading", 2)
        work.keep_pieces("attempts.csv", pieces())

    def begin(self) -> str:
        job = self.jobs.start("attempts", {})
        assert self.began.wait(WAIT_S)
        return job.id


@pytest.fixture
def midway(service: RegistryService, clock: Any) -> Iterator[Midway]:
    made = Midway(service, clock)
    yield made
    made.go_on.set()
    made.jobs.close()


def test_half_a_file_is_given_to_nobody(midway: Midway) -> None:
    job = midway.begin()
    assert midway.jobs.files(job) == ["attempts.csv"]
    with pytest.raises(UnknownError):
        midway.jobs.pieces(job, "attempts.csv")
    midway.go_on.set()
    midway.jobs.wait(job, WAIT_S)
    size, pieces = midway.jobs.pieces(job, "attempts.csv")
    assert size == len(b"".join(pieces)) == 2_500_001


def test_a_file_of_every_attempt_goes_an_hour_after_it_when_there_is_a_newer_one(
    came: object, api: Any, clock: Any
) -> None:
    def made() -> Any:
        return api.ended(api.post("/export/jobs", {}))

    def files(*jobs: Any) -> list[Any]:
        return [api.get(f"/jobs/{job['id']}")["files"] for job in jobs]

    attendance = api.ended(api.post(f"/attendance/people/jobs?{WHERE}", {}))
    first, second = made(), made()
    assert files(first, second) == [["attempts.csv"], ["attempts.csv"]]
    clock.now_ms += 3_600_001
    third = made()
    assert files(first, second, third) == [[], [], ["attempts.csv"]]
    assert files(attendance) == [["attendance-chengdu-2020-11-17.csv"]]


def test_one_that_is_cancelled_leaves_no_file(midway: Midway) -> None:
    job = midway.begin()
    midway.jobs.cancel(job)
    midway.go_on.set()
    assert midway.jobs.wait(job, WAIT_S).state == "cancelled"
    assert midway.jobs.files(job) == []


@pytest.mark.sqlite_alone  # for PostgreSQL: tests/contract/test_jobs_of_several_processes.py
def test_of_one_whose_process_died_no_file_is_left(
    midway: Midway, service: RegistryService, clock: Any
) -> None:
    job = midway.begin()
    after = Jobs(service.ledger, lambda: clock.now_ms)
    after.settle()  # as a new process would, over the same database
    assert after.find(job).state == "interrupted"
    assert after.files(job) == []
    after.close()
