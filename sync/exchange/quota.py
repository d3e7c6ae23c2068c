"""Quotas for each device, so that a stolen kiosk that is not cut off yet cannot fill storage or have-vectors."""

from collections import Counter
from collections.abc import Iterable, Iterator

from access.log.chain import device_of
from sync.wire.messages import Batch, MessageError, Point

MAX_DEVICE_LOGS = 2000
"""Logs taken of one device: a start every minute for a day."""

MAX_DEVICE_ENTRIES = 500_000
"""Entries taken of one device: one every second for nearly six days. At some 300 bytes each, 150 MB."""

MAX_DEVICE_ENTRY_BYTES = 4096
"""Of one entry of a kiosk: a reason of 500 Chinese characters is the longest that one writes, at 2 KB. So even nonsense
ends at 2 GB a device."""


class Quota:
    """How much a store has of each device, the registry excepted. Made for every message or bundle."""

    def __init__(self, stored: dict[str, list[Point]], registry: str) -> None:
        """`stored` are the tips of every log in the store; the `registry` (its fingerprint) has no quota."""
        self._stored = dict(stored)
        self._registry = registry
        self._logs = Counter(device_of(log) for log in self._stored)
        self._entries: Counter[str] = Counter()
        for log, tips in self._stored.items():
            self._entries[device_of(log)] += sum(seq for seq, _ in tips)

    def admitted(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches, each counted before it is handed on. Raises MessageError, as `admit` does."""
        for batch in batches:
            self.admit(batch)
            yield batch

    def admit(self, batch: Batch) -> None:
        """Count a batch. Raises MessageError where it exceeds the quota of its device."""
        log, device = batch.log, device_of(batch.log)
        if device == self._registry:
            return
        if max(map(len, batch.raws), default=0) > MAX_DEVICE_ENTRY_BYTES:
            raise MessageError(f"log {log}: an entry of over {MAX_DEVICE_ENTRY_BYTES} bytes")
        if self._entries[device] + len(batch.raws) > MAX_DEVICE_ENTRIES:
            raise MessageError(
                f"log {log}: {MAX_DEVICE_ENTRIES} entries of a device are stored, no more"
            )
        if log not in self._stored:
            if self._logs[device] >= MAX_DEVICE_LOGS:
                raise MessageError(
                    f"log {log}: {MAX_DEVICE_LOGS} logs of a device are stored, no more"
                )
            self._stored[log] = []
            self._logs[device] += 1
        self._entries[device] += len(batch.raws)
