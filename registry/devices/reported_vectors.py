"""How far the own logs of each kiosk go, as it reported with its last request.

An exchange that broke off leaves entries that the kiosk has and the registry lacks; so their number is known, and shown
beside every count that it makes uncertain. What was reported is kept in memory; where something is missing after an
exchange it is written to the database, so that every process and machine of the registry shows the same.
"""

import threading
from collections.abc import Mapping

import msgspec
from sqlalchemy import func, select

from registry.storage import tables
from registry.storage.ledger import Ledger
from sync.wire.messages import Have

Own = dict[str, int]
"""The last number of each own log of a device."""


class ReportedVectors:
    """The newest own vector of each device. Threads may share it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._own: dict[str, Own] = {}
        self._digests: dict[str, bytes] = {}
        self._unshared: set[str] = set()

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
                self._unshared.add(device)

    def share(self, device: str) -> None:
        """After an exchange with a device: let other processes know what it has, if something of it is missing."""
        with self._lock:
            if device not in self._unshared:
                return
            self._unshared.remove(device)
            own = dict(self._own[device])
        if not missing(own, self._stored(device)):
            return
        values = {"own": msgspec.msgpack.encode(own)}
        insert = self._ledger.insert(tables.reported).values(device=device, **values)
        self._ledger.write(insert.on_conflict_do_update(index_elements=["device"], set_=values))

    def _stored(self, device: str) -> Own:
        tip = tables.tip.c
        newest = select(tip.log, func.max(tip.seq)).where(tip.log.startswith(device))
        return dict(map(tuple, self._ledger.read(newest.group_by(tip.log))))

    def all(self) -> dict[str, Own]:
        """The own vector of every device that has reported to any process: of each log the highest number."""
        found: dict[str, Own] = {
            row.device: msgspec.msgpack.decode(row.own, type=Own)
            for row in self._ledger.read(select(tables.reported))
        }
        with self._lock:
            here = [(device, dict(own)) for device, own in self._own.items()]
        for device, own in here:
            known = found.setdefault(device, {})
            known |= {log: max(seq, known.get(log, 0)) for log, seq in own.items()}
        return found


def missing(own: Mapping[str, int], stored: Mapping[str, int]) -> int:
    """How many entries of its own logs a device has that are not in the store, whose last numbers by log are
    `stored`."""
    return sum(max(0, seq - stored.get(log, 0)) for log, seq in own.items())
