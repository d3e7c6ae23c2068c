"""Which of the times that other devices tell are worth the door's while."""

from access.clocks import RANK
from access.entry import Clock, ClockSource
from sync.messages import TimeWord

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
        clock = Clock(source, word.at_ms + half, answered_mono, error_ms, device)
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
