"""Jobs and their files in the database."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update

from registry.jobs.model import ENDED, Job, State
from registry.storage import tables
from registry.storage.ledger import Ledger

PIECE_BYTES = 1_000_000
"""Of a file: how much one short transaction writes."""

_SHOWN = [tables.job.c[name] for name in Job.__struct_fields__]


class JobRows:
    """The tables `job` and `job_file`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(self, job: Job, owner: str, params: dict[str, Any]) -> None:
        values = msgspec.structs.asdict(job) | {
            "owner": owner,
            "cancelled": 0,
            "params": msgspec.json.encode(params),
            "result": None,
        }
        self._ledger.write(tables.job.insert().values(**values))

    def find(self, job_id: str) -> Job | None:
        row = self._ledger.first(select(*_SHOWN).where(tables.job.c.id == job_id))
        return _job(row) if row else None

    def newest(self, limit: int, kind: str | None = None) -> list[Job]:
        chosen = select(*_SHOWN).order_by(tables.job.c.made_ms.desc(), tables.job.c.id).limit(limit)
        if kind is not None:
            chosen = chosen.where(tables.job.c.kind == kind)
        return [_job(row) for row in self._ledger.read(chosen)]

    def params(self, job_id: str) -> dict[str, Any]:
        row = self._ledger.first(select(tables.job.c.params).where(tables.job.c.id == job_id))
        found: dict[str, Any] = msgspec.json.decode(row[0]) if row else {}
        return found

    def change(self, job_id: str, **values: Any) -> None:
        self._ledger.write(update(tables.job).where(tables.job.c.id == job_id).values(**values))

    def is_cancelled(self, job_id: str) -> bool:
        row = self._ledger.first(select(tables.job.c.cancelled).where(tables.job.c.id == job_id))
        return row is None or bool(row[0])

    def going_on(self) -> dict[str, tuple[str, str]]:
        """The owner and kind of every job that has not ended, by id."""
        job = tables.job.c
        rows = self._ledger.read(select(job.id, job.owner, job.kind).where(job.state.not_in(ENDED)))
        return {job_id: (owner, kind) for job_id, owner, kind in rows}

    def interrupt(self, job_id: str, now_ms: int) -> bool:
        """Call a job interrupted; whether it had not ended."""
        job = tables.job.c
        change = update(tables.job).where(job.id == job_id, job.state.not_in(ENDED))
        return self._ledger.write(change.values(state="interrupted", touched_ms=now_ms)) > 0

    def forget_before(self, before_ms: int) -> None:
        """Delete the files and results of jobs that ended before an instant, and files that a process has left whose
        job was deleted while it ran; they may name people."""
        job = tables.job.c
        left = tables.job_file.c.job.not_in(select(job.id))
        if self._ledger.read(select(tables.job_file.c.job).where(left).limit(1)):
            self._ledger.write(delete(tables.job_file).where(left))
        old = select(job.id).where(job.touched_ms < before_ms, job.state.in_(ENDED))
        if not self._ledger.read(
            old.where(job.result.is_not(None)).limit(1)
        ) and not self._ledger.read(
            select(tables.job_file.c.job).where(tables.job_file.c.job.in_(old)).limit(1)
        ):
            return
        self._ledger.write(delete(tables.job_file).where(tables.job_file.c.job.in_(old)))
        self._ledger.write(
            update(tables.job)
            .where(job.touched_ms < before_ms, job.state.in_(ENDED))
            .values(result=None)
        )

    # Files.

    def keep_file(self, job_id: str, name: str, data: bytes) -> None:
        """Store a file, replacing one of the same name, a piece in each transaction."""
        starts = range(0, len(data), PIECE_BYTES)
        self.keep_pieces(job_id, name, (data[start : start + PIECE_BYTES] for start in starts))

    def keep_pieces(self, job_id: str, name: str, pieces: Iterable[bytes]) -> None:
        """Store a file that comes in pieces of any size, as `keep_file` does. Of one that does not come to its end
        nothing stays."""
        file = tables.job_file
        self._ledger.write(delete(file).where(file.c.job == job_id, file.c.name == name))
        try:
            for number, data in enumerate(_in_equal_pieces(pieces)):
                self._ledger.write(
                    file.insert().values(job=job_id, name=name, piece=number, data=data)
                )
        except BaseException:
            self._ledger.write(delete(file).where(file.c.job == job_id, file.c.name == name))
            raise

    def drop_earlier_files(self, job_id: str, before_ms: int) -> None:
        """Delete the files of other jobs of the same kind that ended before an instant."""
        job, file = tables.job.c, tables.job_file
        kind = select(job.kind).where(job.id == job_id).scalar_subquery()
        earlier = select(job.id).where(job.kind == kind, job.id != job_id, job.state.in_(ENDED))
        earlier = earlier.where(job.touched_ms < before_ms)
        self._ledger.write(delete(file).where(file.c.job.in_(earlier)))

    def drop_files(self, job_id: str) -> None:
        """Delete the files of a job."""
        self._ledger.write(delete(tables.job_file).where(tables.job_file.c.job == job_id))

    def file(self, job_id: str, name: str) -> bytes | None:
        file = tables.job_file.c
        rows = self._ledger.read(
            select(file.data).where(file.job == job_id, file.name == name).order_by(file.piece)
        )
        return b"".join(data for (data,) in rows) if rows else None

    def pieces(self, job_id: str, name: str) -> tuple[int, Iterator[bytes]] | None:
        """The size of a file, and its pieces one after another, so that it need not be in memory whole."""
        file = tables.job_file.c
        here = (file.job == job_id, file.name == name)
        sizes = self._ledger.read(
            select(file.piece, func.length(file.data)).where(*here).order_by(file.piece)
        )
        if not sizes:
            return None

        def read() -> Iterator[bytes]:
            for piece, _ in sizes:
                row = self._ledger.first(select(file.data).where(*here, file.piece == piece))
                if row is None:  # somebody was erased meanwhile; whoever reads notices by the size
                    return
                yield row[0]

        return sum(size for _, size in sizes), read()

    def files(self, job_id: str) -> Sequence[str]:
        """The names of a job's files."""
        file = tables.job_file.c
        rows = self._ledger.read(
            select(file.name, func.count()).where(file.job == job_id).group_by(file.name)
        )
        return sorted(name for name, _ in rows)


def _in_equal_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Joined and parted again, at least one."""
    waiting = bytearray()
    empty = True
    for piece in pieces:
        waiting += piece
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            del waiting[:PIECE_BYTES]
            empty = False
    if waiting or empty:
        yield bytes(waiting)


def _job(row: Any) -> Job:
    values = row._asdict()
    raw = values["result"]
    state: State = values["state"]
    return Job(**(values | {"state": state, "result": msgspec.Raw(raw) if raw else None}))
