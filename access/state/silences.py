"""What kiosks may have done that are not heard, or whose entries have not all arrived: a band beside the firm count,
from the rate of their last ten minutes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from access.event.definition import Direction
from access.event.programme import Programme
from access.state.headcount import Count
from access.state.log_state import LogState

RATE_WINDOW_MS = 10 * 60_000
"""A silent kiosk is assumed to continue at the rate of its last ten known minutes."""

LEAST_WINDOW_MS = 60_000
"""A rate is not taken from less than a minute."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A kiosk with entries missing: its gate, since when (ms; None: never heard), the number of missing entries (None:
    unknown), and the people it may have let in and out since, at its last known rate."""

    device: str
    gate: str | None
    since_ms: int | None
    missing: int | None
    may_enter: int = 0
    may_leave: int = 0


def band(
    counts: Mapping[str, Count], silences: Iterable[Silence], programme: Programme
) -> dict[str, tuple[int, int]]:
    """The low and high number of people inside each area, if the silent kiosks went on as before."""
    low: Counter[str] = Counter()
    high: Counter[str] = Counter()
    for silence in silences:
        gate = programme.gates.get(silence.gate or "")
        for area in programme.above[gate.area] if gate else ():
            low[area] += silence.may_leave
            high[area] += silence.may_enter
    return {
        area: (max(0, count.inside - low[area]), count.inside + high[area])
        for area, count in counts.items()
    }


class Quiet(NamedTuple):
    """A kiosk with entries missing: its gate, when it was last heard (ms; None: never), and their number (None:
    unknown)."""

    device: str
    gate: str | None
    since_ms: int | None
    missing: int | None


class _Pace(NamedTuple):
    """The moves of a kiosk in and out in so many milliseconds before it was heard last."""

    entered: int = 0
    left: int = 0
    within_ms: int = RATE_WINDOW_MS


class Silences:
    """Estimates. It remembers the pace of each kiosk: one that is silent keeps it."""

    def __init__(self) -> None:
        self._paces: dict[str, tuple[LogState, tuple[object, ...], _Pace]] = {}

    def of(self, log_state: LogState, quiet: Iterable[Quiet], at_ms: int) -> list[Silence]:
        """What silent kiosks may have done since, each at the rate of the ten minutes before it fell silent."""
        found = []
        for device, gate, since_ms, missing in quiet:
            share = 0.0
            pace = _Pace()
            if since_ms is not None:
                pace = self._pace(log_state, device, since_ms)
                share = max(0, at_ms - since_ms) / pace.within_ms
            may_enter, may_leave = round(pace.entered * share), round(pace.left * share)
            found.append(Silence(device, gate, since_ms, missing, may_enter, may_leave))
        return found

    def _pace(self, log_state: LogState, device: str, since_ms: int) -> _Pace:
        asked = (since_ms, log_state.state_of(device))
        known = self._paces.get(device)
        if known is not None and known[0] is log_state and known[1] == asked:
            return known[2]
        moves = list(_last_moves(log_state, device, since_ms))
        entered = moves.count("in")
        # A kiosk that has worked for a minute only has its rate from that minute.
        worked_ms = max(LEAST_WINDOW_MS, since_ms - _first_move_ms(log_state, device, since_ms))
        pace = _Pace(entered, len(moves) - entered, min(RATE_WINDOW_MS, worked_ms))
        self._paces[device] = (log_state, asked, pace)
        return pace


def _last_moves(log_state: LogState, device: str, since_ms: int) -> Iterator[Direction]:
    """The directions of a kiosk's moves in the last ten minutes that are known: all of them, of a million that day."""
    for log in log_state.logs_of(device):
        for entry in log_state.newest_first(log):
            at_ms = log_state.event_state.at_ms(entry)
            if at_ms <= since_ms - RATE_WINDOW_MS:
                if log_state.is_forked(log):
                    continue
                break
            if at_ms <= since_ms and (move := log_state.move(entry)) is not None:
                yield move


def _first_move_ms(log_state: LogState, device: str, since_ms: int) -> int:
    """When somebody moved at a kiosk for the first time, at the latest at the instant `since_ms`."""
    first = since_ms
    for log in log_state.logs_of(device):
        for entry in log_state.oldest_first(log):
            at_ms = log_state.event_state.at_ms(entry)
            if at_ms >= first:
                if log_state.is_forked(log):
                    continue
                break
            if log_state.move(entry) is not None:
                first = at_ms
    return first
