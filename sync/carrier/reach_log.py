"""Which kiosks can be reached: those whose newest head has changed within the last seconds."""

from collections.abc import Iterable

from access.log.chain import Head, device_of

REACHED_MS = 10_000
"""A kiosk that was heard, directly or through another, less than this ago can be reached: seats may be passed to it."""


class ReachLog:
    """When the newest head of each device last changed, by this kiosk's steady clock."""

    def __init__(self, own: tuple[str, ...]) -> None:
        """`own` are devices that do not count: this kiosk, the registry."""
        self._own = own
        self._last: dict[str, tuple[int, int, int]] = {}

    def reached(self, heads: Iterable[Head], mono_ms: int) -> list[str]:
        """The devices heard lately. `heads` are the newest of each device."""
        found = []
        for head in heads:
            device = device_of(head.log)
            at_ms, seq, heard = self._last.get(device, (-1, -1, mono_ms - REACHED_MS))
            if (at_ms, seq) != (head.at_ms, head.seq):
                first = device not in self._last  # what the replica had at the start is not new
                heard = mono_ms - REACHED_MS if first else mono_ms
                self._last[device] = (head.at_ms, head.seq, heard)
            if mono_ms - heard < REACHED_MS and device not in self._own:
                found.append(device)
        return found
