"""Vectors sent as differences: two sides that know a vector by its digest need not send all of it again."""

import threading
from collections import deque
from collections.abc import Mapping
from hashlib import sha256

import msgspec

from access.log.entry import pack
from sync.wire.messages import Message, Point

Vector = dict[str, list[Point]]
"""The tips of every stored log."""

DIGEST_BYTES = 16
_unpacked = msgspec.msgpack.Decoder(dict[str, list[tuple[int, bytes]]]).decode
"""A delta of this store's own, without the checks of what others send."""

HISTORY = 4096
"""Earlier vectors that an answering side can go back to: some minutes of a busy event."""


def digest_of_vector(vector: Mapping[str, list[Point]]) -> bytes:
    """The name of a vector: two sides with the same entries have the same."""
    whole = [(log, sorted(points)) for log, points in sorted(vector.items())]
    return sha256(pack(whole)).digest()[:DIGEST_BYTES]


def delta(now: Mapping[str, list[Point]], before: Mapping[str, list[Point]]) -> Vector:
    """What turns `before` into `now`: the logs that differ; one that is gone has no points."""
    changed = {log: points for log, points in now.items() if before.get(log) != points}
    changed.update({log: [] for log in before if log not in now})
    return changed


def applied(changed: Mapping[str, list[Point]], before: Mapping[str, list[Point]]) -> Vector:
    """The vector that a delta makes of an earlier one."""
    vector = {**before, **changed}
    for log, points in changed.items():
        if not points:
            del vector[log]
    return vector


def completed(message: Message, basis: Vector) -> Message | None:
    """A message with its whole vector, where `have` is what differs from `basis`; None where that makes another vector
    than the sender's."""
    if not message.basis:
        return message
    have = applied(message.have, basis) if message.have else basis
    digest = digest_of_vector(have) if message.have else message.basis
    return msgspec.structs.replace(message, have=have) if digest == message.digest else None


class VectorHistory:
    """The vectors that a store has had lately, by digest. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Vector = {}
        self._digest = digest_of_vector({})
        self._earlier: deque[bytes] = deque(maxlen=HISTORY)
        """Earlier vectors, oldest first: the digest of each, then the delta to it from the one after, packed. Objects
        would take four times the memory, and a vector follows with nearly every entry."""

    def note(self, vector: Vector) -> bytes:
        """Remember the store's present vector. Return its digest."""
        with self._lock:
            if vector is not self._now and vector != self._now:
                self._earlier.append(self._digest + pack(delta(self._now, vector)))
                self._now, self._digest = vector, digest_of_vector(vector)
            return self._digest

    def at(self, digest: bytes) -> Vector | None:
        """The vector of this digest, not to be changed; None where it is not remembered."""
        with self._lock:
            if digest == self._digest:
                return self._now
            if not any(earlier[:DIGEST_BYTES] == digest for earlier in self._earlier):
                return None
            vector = self._now
            for earlier in reversed(self._earlier):
                vector = applied(_unpacked(earlier[DIGEST_BYTES:]), vector)
                if earlier[:DIGEST_BYTES] == digest:
                    break
            return vector
