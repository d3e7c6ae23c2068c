"""What kiosks said of themselves when they last called: how far their own logs go.

A call that broke off half-way leaves entries that the kiosk has and the registry lacks; so the number is known, and
said beside every count that it makes unsure. Kept in memory: after a restart the next call says it again.
"""

import threading
from collections.abc import Mapping, Sequence

from access.state.headcount import Quiet, Silence, silences
from access.state.log_state import LogState
from registry.storage.ledger import Ledger
from sync.wire.messages import Have


class Contacts:
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

    def missing(self, device: str, held: Mapping[str, int]) -> int:
        """Entries of a device's own logs that it has and that are not held, by log and last number."""
        with self._lock:
            own = dict(self._own.get(device, {}))
        return sum(max(0, seq - held.get(log, 0)) for log, seq in own.items())

    def added_to(
        self, silent: Sequence[Silence], log_state: LogState, ledger: Ledger, now_ms: int
    ) -> list[Silence]:
        """The silences, with what is known missing of each, and the kiosks that speak but are not through yet."""
        event_state = log_state.event_state
        found = {one.device: one for one in silent}
        quiet = []
        for device, kiosk in event_state.kiosks.items():
            missing = self.missing(device, event_state.last_seq)
            if not missing or kiosk.cut_off:
                continue
            known = found.get(device)
            since = known.since_ms if known is not None else ledger.heard_ms(device)
            if known is None or missing > (known.missing or 0):
                gate = event_state.gate_of(device)
                quiet.append(Quiet(device, gate, since, missing))
        found.update({one.device: one for one in silences(log_state, quiet, now_ms)})
        return [found[device] for device in sorted(found)]
