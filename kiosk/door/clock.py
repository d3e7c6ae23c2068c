"""The time of a kiosk, as an interval that contains the true time."""

from collections.abc import Callable

from access.log.clock_reading import ClockReading
from access.log.entry import Clock, Span
from access.log.log_entry import LogEntry
from access.state.event_state import EventState
from access.state.facts import Moment
from access.state.time_repair import DRIFT_PPM, RANK, UNKNOWN

STEP_MS = 500
"""Trusted times of one source closer together than this are not worth another entry."""


class KioskClock:
    """The present time, from the kernel's steady clock and everything that the logs record about time."""

    def __init__(self, event_state: EventState, read: Callable[[], ClockReading]) -> None:
        self._event_state = event_state
        self.read = read
        self._floor: int | None = None

    def heard(self, log_entry: LogEntry, reading: ClockReading) -> None:
        """Note that an entry exists: the present is not before it. A boot without trusted time knows no more."""
        at_ms = self._event_state.at_ms(log_entry) - reading.mono_ms
        if self._floor is None or at_ms > self._floor:
            self._floor = at_ms

    def now(self, log: str, reading: ClockReading) -> Moment:
        """This instant, as an interval; `log` is the kiosk's own."""
        clocks = self._event_state.clocks
        line = clocks.line(log)
        if line.rank != UNKNOWN:
            return Moment(line.span(reading.mono_ms), line.sorts_at(reading.mono_ms), line.sure)
        floor = self._floor if self._floor is not None else line.lo
        lo = max(line.span(reading.mono_ms).lo, floor + reading.mono_ms, clocks.earliest_ms)
        return Moment(Span(lo, max(lo, clocks.event_end_ms)), lo, sure=False)

    def worth_writing(self, log: str, clock: Clock) -> bool:
        """Whether to record a trusted time: it has a better source, half the error, or contradicts what the log has."""
        clocks = self._event_state.clocks
        if not clocks.earliest_ms <= clock.trusted_ms <= clocks.latest_ms:
            return False
        line = clocks.line(log)
        rank = RANK[clock.source]
        if rank != line.rank:
            return rank < line.rank
        if line.disagree:
            return False  # the interval spans both; only a better source helps
        span = line.span(clock.mono_ms)
        if clock.error_ms * 2 < (span.hi - span.lo) // 2:
            return True
        slack = STEP_MS + clock.mono_ms * DRIFT_PPM // 1_000_000
        apart = max(span.lo - clock.trusted_ms, clock.trusted_ms - span.hi)
        return apart > clock.error_ms + slack
