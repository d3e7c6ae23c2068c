"""Filters the trusted times received from peers: which of them the door should record."""

from collections.abc import Callable

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, ClockSource
from access.state.time_repair import RANK
from sync.wire.messages import TimeReport

APART_MS = 500
"""A time report that differs from the last one of its rank by more than this and both error bounds is recorded (ms)."""

AGAIN_MS = 10 * 60_000
"""A report is recorded again after this long at the latest (ms): the door may have dropped the first one."""

TRUSTED_SOURCES: dict[str, tuple[str, ...]] = {
    "registry": ("registry",),
    "neighbour": ("registry", "supervisor", "kernel"),
}
"""The sources a report may have: the registry's only its own clock, a neighbour's anything but another neighbour."""

LATEST_MS = 2**52
"""Beyond any date (ms): a time from then could not even be encoded in an entry."""

MOST_ERROR_MS = 2**31
"""The largest error bound that an entry can have (ms)."""


class TimeKeeper:
    """The trusted times received in this boot: one for each start of a carrier."""

    def __init__(self, registry: str) -> None:
        self._registry = registry
        self._best: dict[int, Clock] = {}

    def heard(
        self, report: TimeReport, device: str, asked_mono: int, answered_mono: int
    ) -> Clock | None:
        """The trusted time to record from an answer, or None where the door knows as much.

        `asked_mono` and `answered_mono` are of the steady clock (ms). The report was true at some instant between them:
        half of the round trip is added to its error.
        """
        source: ClockSource = "registry" if device == self._registry else "neighbour"
        if report.source not in TRUSTED_SOURCES[source] or abs(report.at_ms) > LATEST_MS:
            return None
        half = -(-(answered_mono - asked_mono) // 2)
        error_ms = min(report.error_ms + half, MOST_ERROR_MS)
        clock = Clock(
            source=source,
            trusted_ms=report.at_ms + half,
            mono_ms=answered_mono,
            error_ms=error_ms,
            via=device,
        )
        rank = RANK[source]
        best = self._best.get(rank)
        if best is not None and not _is_better(best, clock):
            return None
        self._best[rank] = clock
        return clock


def _is_better(best: Clock, clock: Clock) -> bool:
    if clock.mono_ms - best.mono_ms >= AGAIN_MS:
        return True
    apart = abs((clock.trusted_ms - clock.mono_ms) - (best.trusted_ms - best.mono_ms))
    return clock.error_ms * 2 < best.error_ms or apart > clock.error_ms + best.error_ms + APART_MS


class BestTime:
    """The time with which a carrier signs how far its log goes. It never runs ahead of what is known.

    The registry's time, continued by the steady clock; else the kernel's, while it calls its clock synchronised;
    else a lower bound, the newest head that the registry or this kiosk itself has signed: a kiosk that wakes up in
    2038 must not seem to have been heard from in 2038 for ever after.
    """

    def __init__(self, read: Callable[[], ClockReading]) -> None:
        self._read = read
        self._registry_time: Clock | None = None
        self._floor: tuple[int, int] = (0, 0)

    @property
    def error_ms(self) -> int | None:
        """How far off the registry's time may be (ms); None: none was received in this boot."""
        return None if self._registry_time is None else self._registry_time.error_ms

    def trust(self, report: Clock) -> None:
        """Use a time that the registry has sent."""
        self._registry_time = report

    def not_before(self, at_ms: int) -> None:
        """Raise the lower bound: it is later than `at_ms`."""
        mono_ms = self._read().mono_ms
        if at_ms > self._floor[0] + mono_ms - self._floor[1]:
            self._floor = (at_ms, mono_ms)

    def now_ms(self) -> int:
        """The best known time (ms)."""
        reading = self._read()
        if self._registry_time is not None:
            return self._registry_time.trusted_ms + reading.mono_ms - self._registry_time.mono_ms
        if reading.synced:
            return reading.wall_ms
        at_ms, mono_ms = self._floor
        return at_ms + reading.mono_ms - mono_ms
