"""What one message of an exchange carries, and which logs are not sent again."""

from collections.abc import Iterable, Mapping

from sync.store.log_store import LogStore
from sync.wire.messages import MAX_BATCHES, MAX_MESSAGE_BYTES, Batch, Point


class Load:
    """Collects the batches of one message, within its bounds."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._size = 0
        self._largest = 0
        self.batches: list[Batch] = []

    def fill(self, log: str, at: Point, tip: Point) -> bool:
        """Add the entries between a point of a log and a tip. Return whether all of them fitted."""
        while at != tip:
            # What would hardly fit is not even read.
            if self._size + self._largest > MAX_MESSAGE_BYTES or len(self.batches) >= MAX_BATCHES:
                return False
            batch = self._store.batch(log, at, tip)
            if batch is None:
                break
            size = sum(map(len, batch.raws))
            if self.batches and self._size + size > MAX_MESSAGE_BYTES:
                return False
            self.batches.append(batch)
            self._size += size
            self._largest = max(self._largest, size)
            at = (batch.head.seq, batch.head.digest)
        return True


class Refusals:
    """Logs of which one side has refused what the other sent. It is not sent again until either has other entries of
    that log."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._as_it_was: dict[str, tuple[list[Point], list[Point]]] = {}

    def note(self, logs: Iterable[str], theirs: Mapping[str, list[Point]]) -> None:
        for log in logs:
            self._as_it_was[log] = (theirs.get(log, []), self._store.tips(log))

    def still(self, theirs: Mapping[str, list[Point]]) -> list[str]:
        """The logs whose refusal still applies, given the other side's vector."""
        return [
            log
            for log, was in self._as_it_was.items()
            if was == (theirs.get(log, []), self._store.tips(log))
        ]

    def clear(self) -> None:
        self._as_it_was.clear()
