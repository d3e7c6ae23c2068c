"""The thread that does jobs, one after another, and writes their progress."""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from registry.jobs.model import Do, Job, State, Stopped
from registry.jobs.rows import JobRows
from registry.jobs.turns import TurnLostError, Turns
from registry.storage.errors import NotScrubbedError, RegistryError, UnknownError
from registry.storage.ledger import Ledger

log = logging.getLogger(__name__)

WRITE_PROGRESS_S = 0.5
"""How often progress is stored while the work runs (s); within the process it is known exactly."""

SETTLE_S = 2.0
"""How often a question about another process's job looks whether that process is alive."""

KEPT_MS = 24 * 3_600_000
FETCHED_MS = 3_600_000
"""How long a file made in pieces stays after a newer one of its kind: somebody may be fetching it."""
"""How long files and results are kept."""

STOP_S = 10.0
"""How long closing waits for the work to notice."""


class Jobs:
    """The jobs of one process over the shared table. Threads may share it; the thread runs while there is work."""

    def __init__(
        self,
        ledger: Ledger,
        now_ms: Callable[[], int],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` returns whether the server is shutting down: what runs is then interrupted."""
        self._ledger = ledger
        self._rows = JobRows(ledger)
        self._now_ms = now_ms
        self._owner = secrets.token_hex(8)
        self._turns = Turns(ledger.database, self._owner)
        self._mine: set[str] = set()
        self._settled = 0.0
        self._kinds: dict[str, tuple[Do, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._waiting: deque[_Work] = deque()
        self._current: _Work | None = None
        self._thread: threading.Thread | None = None
        self._stopping = stopping
        self._closed = False

    def is_closing(self) -> bool:
        """Whether the process is going down."""
        return self._closed or self._stopping()

    def kind(self, name: str, do: Do, recover: Callable[[], None] = lambda: None) -> None:
        """Register the function that does a kind of job. `recover` removes what a crash has left of one."""
        self._kinds[name] = (do, recover)

    def settle(self) -> None:
        """Find the jobs that a dead process has left, call them interrupted and recover; forget what is old."""
        self._settled = time.monotonic()
        left = {
            job_id: kind
            for job_id, (owner, kind) in self._rows.going_on().items()
            if job_id not in self._mine
            and (owner == self._owner or not self._turns.is_alive(owner))
        }
        for job_id, kind in left.items():
            if self._rows.interrupt(job_id, self._now_ms()):
                self._rows.drop_files(job_id)  # what it was given, and half of what it made
                log.warning("job %s (%s) was left by a process that is gone", job_id, kind)
            # Where another process has begun one meanwhile, its work has cleared up already.
            with self._turns.between() as free:
                if free and kind in self._kinds:
                    self._kinds[kind][1]()
        self._rows.forget_before(self._now_ms() - KEPT_MS)

    def _look_after(self, job: Job) -> Job:
        """The job, once more if another process has it and that may be gone."""
        if job.has_ended or job.id in self._mine or not self._ledger.database.is_postgres:
            return job
        if time.monotonic() - self._settled < SETTLE_S:
            return job
        self.settle()
        return self._rows.find(job.id) or job

    def start(
        self, kind: str, params: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> Job:
        """Begin a job, or let it wait for the one that is going on. `params` are JSON. Raises KeyError for no kind."""
        do, _ = self._kinds[kind]
        self.settle()
        now_ms = self._now_ms()
        job = Job(
            id=secrets.token_hex(8),
            kind=kind,
            state="waiting",
            stage="",
            done=0,
            total=0,
            made_ms=now_ms,
            touched_ms=now_ms,
        )
        self._turns.enter()
        self._mine.add(job.id)
        self._rows.add(job, self._owner, dict(params))
        for name, data in (files or {}).items():
            self._rows.keep_file(job.id, name, data)
        with self._lock:
            if self.is_closing():
                raise RegistryError("The registry is stopping; try again when it is back.")
            self._waiting.append(_Work(self, job.id, params, do))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
                self._thread.start()
        return job

    def find(self, job_id: str) -> Job:
        """The present state of a job. Raises UnknownError."""
        job = self._rows.find(job_id)
        if job is None:
            raise UnknownError(f"There is no job {job_id[:20]!r}.")
        with self._lock:
            current = self._current
        if current is not None and current.id == job_id and not job.has_ended:
            stage, done, total = current.progress
            return msgspec.structs.replace(job, stage=stage, done=done, total=total)
        return self._look_after(job)

    def params(self, job_id: str) -> dict[str, Any]:
        """What a job was asked for; empty where there is none, or its files were deleted with somebody's name."""
        return self._rows.params(job_id)

    def newest(self, limit: int = 20, kind: str | None = None) -> list[Job]:
        """The jobs that were begun last, the newest in front."""
        return [self._look_after(job) for job in self._rows.newest(limit, kind)]

    def file(self, job_id: str, name: str) -> bytes:
        """A file of a job. Raises UnknownError."""
        data = self._rows.file(job_id, name)
        if data is None:
            raise UnknownError(
                f"Job {job_id[:20]} has no file {name[:60]!r}; files are kept for a day."
            )
        return data

    def pieces(self, job_id: str, name: str) -> tuple[int, Iterator[bytes]]:
        """The size and the pieces of a file of a job that is done. Raises UnknownError."""
        found = self._rows.pieces(job_id, name) if self.find(job_id).has_ended else None
        if found is None:
            raise UnknownError(
                f"Job {job_id[:20]} has no file {name[:60]!r}; files are kept for a day."
            )
        return found

    def files(self, job_id: str) -> list[str]:
        """The names of a job's files."""
        return list(self._rows.files(job_id))

    def cancel(self, job_id: str) -> Job:
        """Stop a job at its next step, in whatever process it runs; one that has ended stays. Raises UnknownError."""
        job = self.find(job_id)
        if not job.has_ended:
            self._rows.change(job_id, cancelled=1)
            with self._lock:
                if self._current is not None and self._current.id == job_id:
                    self._current.cancelled = True
        return self.find(job_id)

    def wait(self, job_id: str, timeout_s: float) -> Job:
        """A job when it has ended, or as it stands after so many seconds. For jobs of this process."""
        until = time.monotonic() + timeout_s
        while not (job := self.find(job_id)).has_ended:
            with self._ended:
                left = until - time.monotonic()
                if left <= 0:
                    return job
                self._ended.wait(min(left, 1.0))
        return job

    def close(self) -> None:
        """Stop what is going on, which is then interrupted, and wait for the thread. May be called again."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            thread.join(STOP_S)
        self._turns.close()

    # In the thread.

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                work = self._current = self._waiting.popleft()
            try:
                self._do(work)
            except Exception:
                log.exception("job %s", work.id)
                with suppress(Exception):
                    self._end(
                        work, "failed", error="The registry failed at this; its log says why."
                    )
            finally:
                self._turns.give()
                self._mine.discard(work.id)
                with self._ended:
                    self._current = None
                    self._ended.notify_all()

    def _do(self, work: "_Work") -> None:
        if self.is_closing() or self._rows.is_cancelled(work.id):
            self._end(work, "interrupted" if self.is_closing() else "cancelled")
            return
        try:
            self._turns.take(lambda: self._wait_on(work))
            self._rows.change(work.id, state="running", touched_ms=self._now_ms())
            result = work.do(work)
        except Stopped:
            self._end(
                work, "interrupted" if self.is_closing() and not work.cancelled else "cancelled"
            )
            self._scrub_after(work)
        except TurnLostError:
            self._end(work, "interrupted")
        except RegistryError as error:
            self._end(work, "failed", error=str(error))
            self._scrub_after(work)
        else:
            self._end_well(work, msgspec.json.encode(result) if result is not None else None)

    def _end_well(self, work: "_Work", result: bytes | None) -> None:
        """The work is done. Where it was cancelled too late to notice, or a person or everybody was erased meanwhile,
        no file of it may stay, nor an answer unless the work has changed something: they may name them."""
        with self._ledger.transaction():
            if dropped := self._rows.is_cancelled(work.id):
                self._rows.drop_files(work.id)
            if dropped and not work.is_certain:
                self._end(work, "cancelled")
            else:
                self._end(work, "done", result=result)
        if dropped:
            self._ledger.database.scrub()

    def _scrub_after(self, work: "_Work") -> None:
        """What work has stored for itself and deleted again may name somebody who was erased meanwhile."""
        if self._rows.is_cancelled(work.id):
            with suppress(NotScrubbedError):  # somebody reads; the next checkpoint does it
                self._ledger.database.scrub()

    def _wait_on(self, work: "_Work") -> None:
        work.check()
        if self._rows.is_cancelled(work.id):
            raise Stopped

    def _end(
        self, work: "_Work", state: State, error: str = "", result: bytes | None = None
    ) -> None:
        stage, done, total = work.progress
        self._rows.change(
            work.id, state=state, error=error, result=result, touched_ms=self._now_ms(),
            stage=stage, done=done, total=total,
        )  # fmt: skip


class _Work:
    """One job in the thread."""

    def __init__(self, jobs: Jobs, job_id: str, params: Mapping[str, Any], do: Do) -> None:
        self.id = job_id
        self.params = params
        self.do = do
        self.cancelled = False
        self._jobs = jobs
        self._written_s = time.monotonic()
        self.is_certain = False
        self.progress: tuple[str, int, int] = ("", 0, 0)

    def stage(self, key: str, total: int = 0) -> None:
        self.progress = (key, 0, total)
        self.check()
        self._write_progress()

    def step(self, done: int) -> None:
        key, _, total = self.progress
        self.progress = (key, done, total)
        self.check()
        if time.monotonic() - self._written_s >= WRITE_PROGRESS_S:
            self._write_progress()

    def last_chance(self) -> None:
        self.check()
        if self._jobs._rows.is_cancelled(self.id):
            raise Stopped
        self._jobs._turns.check()
        self.is_certain = True

    def file(self, name: str) -> bytes:
        return self._jobs.file(self.id, name)

    def keep(self, name: str, data: bytes) -> None:
        self._jobs._rows.keep_file(self.id, name, data)

    def keep_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        self._jobs._rows.keep_pieces(self.id, name, pieces)
        self._jobs._rows.drop_earlier_files(self.id, self._jobs._now_ms() - FETCHED_MS)

    def check(self) -> None:
        """Raises Stopped where the job is to end."""
        if (self.cancelled or self._jobs.is_closing()) and not self.is_certain:
            raise Stopped

    def _write_progress(self) -> None:
        self._written_s = time.monotonic()
        if self._jobs._ledger.database.writer is not None:
            return  # inside a transaction: nobody could see it, and it might be undone
        if not self.is_certain:
            self._jobs._turns.check()
        stage, done, total = self.progress
        rows = self._jobs._rows
        rows.change(self.id, stage=stage, done=done, total=total, touched_ms=self._jobs._now_ms())
        if not self.is_certain and rows.is_cancelled(self.id):
            self.cancelled = True
            raise Stopped
