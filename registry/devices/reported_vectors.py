"""How far the own logs of each kiosk go, as it reported with its last request.

An exchange that broke off leaves entries that the kiosk has and the registry lacks; so their number is known, and shown
beside every count that it makes uncertain. Kept in memory: after a restart the next request reports it again.
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
        """Note the vector of a device's request, and its digest. Only its own logs count: other devices report
        theirs."""
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
        """How many entries of its own logs a device has that are not in the store, whose last numbers by log are
        `stored`."""
        with self._lock:
            own = dict(self._own.get(device, {}))
        return sum(max(0, seq - stored.get(log, 0)) for log, seq in own.items())
