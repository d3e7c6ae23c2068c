"""What a job is, and the interface that its work uses."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Protocol

import msgspec

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")


class Stopped(Exception):  # noqa: N818 - no error: somebody wanted it
    """The job was cancelled, or the server is stopping. Work lets it through, after undoing what must not stay."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. `stage` is a key of the texts, `done` of `total` (0: not known) how far that stage is;
    `result` is JSON; `error` is the reason of a failure, for people. Times are milliseconds since 1970."""

    id: str
    kind: str
    state: State
    stage: str
    done: int
    total: int
    made_ms: int
    touched_ms: int
    result: msgspec.Raw | None = None
    error: str = ""

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


class Work(Protocol):
    """One job, for the function that does it."""

    id: str
    params: Mapping[str, Any]

    def stage(self, key: str, total: int = 0) -> None:
        """Begin a stage, of which there are `total` to do. Raises Stopped."""

    def step(self, done: int) -> None:
        """So many of the stage are done. Cheap enough for every item. Raises Stopped."""

    def last_chance(self) -> None:
        """From here on the job cannot be cancelled any more. Raises Stopped where it was before."""

    def file(self, name: str) -> bytes:
        """A file that the job was given."""

    def keep(self, name: str, data: bytes) -> None:
        """Keep a file that the job has made."""

    def keep_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """Keep a file that is made piece by piece, and need never be in memory whole. Files of earlier jobs of its kind
        are deleted: they are large, and this one is newer."""


Do = Callable[[Work], msgspec.Struct | None]
"""The function that does a kind of job: its struct is the result. Raises RegistryError with a text for people."""
