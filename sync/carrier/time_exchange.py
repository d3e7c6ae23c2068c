"""Filters the trusted times received from peers: which of them the door should record."""

from collections.abc import Callable

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, ClockSource
from access.state.time_repair import RANK
from sync.wire.messages import TimeWord

APART_MS = 500
"""Two words of one rank that differ by more than this and their error bounds are worth telling again."""

AGAIN_MS = 10 * 60_000
"""A word is passed on again after this long at the latest: the door may have had reason to let the first one fall."""

TOLD_BY: dict[str, tuple[str, ...]] = {
    "registry": ("registry",),
    "neighbour": ("registry", "supervisor", "kernel"),
}
"""What a word must rest on: the registry's on its own clock, a neighbour's on anything but another neighbour."""

LATEST_MS = 2**52
"""Beyond any date: what is told from it could not even be written down."""

MOST_ERROR_MS = 2**31
"""The largest error bound that an entry can hold."""


class TimeKeeper:
    """The trusted times heard in this boot. One belongs to one start of a carrier."""

    def __init__(self, registry: str) -> None:
        self._registry = registry
        self._best: dict[int, Clock] = {}

    def heard(
        self, word: TimeWord, device: str, asked_mono: int, answered_mono: int
    ) -> Clock | None:
        """The trusted time that an answer brought, or None where the door knows as much.

        The word was true at some instant between asking and being answered: half of that is its error.
        """
        source: ClockSource = "registry" if device == self._registry else "neighbour"
        if word.source not in TOLD_BY[source] or abs(word.at_ms) > LATEST_MS:
            return None
        half = -(-(answered_mono - asked_mono) // 2)
        error_ms = min(word.error_ms + half, MOST_ERROR_MS)
        clock = Clock(
            source=source,
            trusted_ms=word.at_ms + half,
            mono_ms=answered_mono,
            error_ms=error_ms,
            via=device,
        )
        rank = RANK[source]
        best = self._best.get(rank)
        if best is not None and not _tells_more(best, clock):
            return None
        self._best[rank] = clock
        return clock


def _tells_more(best: Clock, clock: Clock) -> bool:
    if clock.mono_ms - best.mono_ms >= AGAIN_MS:
        return True
    apart = abs((clock.trusted_ms - clock.mono_ms) - (best.trusted_ms - best.mono_ms))
    return clock.error_ms * 2 < best.error_ms or apart > clock.error_ms + best.error_ms + APART_MS


class BestTime:
    """The time with which a carrier signs how far its log goes. It never runs ahead of what is known.

    The registry's word, carried on by the steady clock; else the kernel's, while it calls its clock synchronised;
    else a lower bound, the newest word that the registry or this kiosk itself has signed: a kiosk that wakes up in
    2038 must not seem to have been heard from in 2038 for ever after.
    """

    def __init__(self, read: Callable[[], ClockReading]) -> None:
        self._read = read
        self._word: Clock | None = None
        self._floor: tuple[int, int] = (0, 0)

    @property
    def error_ms(self) -> int | None:
        """How far off the registry's word may be; None: none was heard in this boot."""
        return None if self._word is None else self._word.error_ms

    def trust(self, word: Clock) -> None:
        """The registry has told the time."""
        self._word = word

    def not_before(self, at_ms: int) -> None:
        """It is later than this."""
        mono_ms = self._read().mono_ms
        if at_ms > self._floor[0] + mono_ms - self._floor[1]:
            self._floor = (at_ms, mono_ms)

    def now_ms(self) -> int:
        reading = self._read()
        if self._word is not None:
            return self._word.trusted_ms + reading.mono_ms - self._word.mono_ms
        if reading.synced:
            return reading.wall_ms
        at_ms, mono_ms = self._floor
        return at_ms + reading.mono_ms - mono_ms
