"""A source of the door's inputs: nudges when the carrier may have written to the replica, so that what another door did
is folded at once. A nudge that is lost costs one idle wait of the scan loop."""

from pathlib import Path

from kiosk.runtime.inputs import ReplicaWritten
from sync.store.file_watch import FileWatch

SETTLE_S = 0.01
"""Writes within this are one nudge; it is also time for the commit that they belong to."""


class ReplicaWatch:
    """Watches the replica's file, whether it is there yet or not."""

    def __init__(self, path: Path) -> None:
        self._watch = FileWatch(path)

    def next(self, timeout: float) -> ReplicaWritten | None:
        """A nudge, or None when `timeout` seconds pass without one."""
        if not self._watch.wait(timeout):
            return None
        self._watch.settle(SETTLE_S)
        return ReplicaWritten()

    def close(self) -> None:
        """Safe to repeat."""
        self._watch.close()
