"""What kiosks said of themselves when they last called: how far their own logs go.

A call that broke off half-way leaves entries that the kiosk has and the registry lacks; so the number is known, and
said beside every count that it makes unsure. Kept in memory: after a restart the next call says it again.
"""

import threading
from collections.abc import Mapping

from sync.wire.messages import Have


class ReportedVectors:
    """The newest own vector of each device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own: dict[str, dict[str, int]] = {}
        self._digests: dict[str, bytes] = {}

    def heard(self, device: str, have: Have, digest: bytes = b"") -> None:
        """A device called and has this, which has that digest; of others' logs it is not asked, they speak for
        themselves."""
        if digest and self._digests.get(device) == digest:
            return
        self._digests[device] = digest
        own = {
            log: max(seq for seq, _ in tips)
            for log, tips in have.items()
            if log.startswith(device) and tips
        }
        if own:
            with self._lock:
                self._own[device] = own

    def missing(self, device: str, stored: Mapping[str, int]) -> int:
        """Entries of a device's own logs that it has and that are not held, by log and last number."""
        with self._lock:
            own = dict(self._own.get(device, {}))
        return sum(max(0, seq - stored.get(log, 0)) for log, seq in own.items())
