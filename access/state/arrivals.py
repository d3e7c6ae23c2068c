"""When people came and went: moves of one event day by minute, area and gate, folded from a set of logs.

Asking again costs only what has changed since. A person arrives in an area through one of its own gates, or, where they
came by an inner door, with their first visit of the day.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from access.event.programme import Programme
from access.state.badge_history import History
from access.state.log_state import LogState

MINUTE_MS = 60_000


class Arrival(NamedTuple):
    """A minute of the event day (from 0) in an area; `again`: they had been in it earlier that day."""

    area: str
    minute: int
    again: bool


@dataclass(frozen=True, slots=True)
class _Share:
    """The moves of one badge on the day."""

    arrivals: tuple[Arrival, ...]
    exits: tuple[tuple[str, int], ...]
    gates: tuple[tuple[str, int], ...]
    first: int | None
    """The minute in which they first came anywhere."""


@dataclass(slots=True)
class DayArrivals:
    """An event day that begins at `begins_ms`. By (area, minute): `entries`, of these `again`, and `exits`; `gates` by
    (gate, minute): moves in both directions; `came`: people who came."""

    begins_ms: int = 0
    entries: Counter[tuple[str, int]] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    exits: Counter[tuple[str, int]] = field(default_factory=Counter)
    gates: Counter[tuple[str, int]] = field(default_factory=Counter)
    came: int = 0

    def take(self, share: _Share, sign: int) -> None:
        """Add a badge's moves (sign 1), or take them off again (-1)."""
        for area, minute, again in share.arrivals:
            self.entries[area, minute] += sign
            if again:
                self.again[area] += sign
        for exit_at in share.exits:
            self.exits[exit_at] += sign
        for gate, minute in share.gates:
            self.gates[gate, minute] += sign
        self.came += sign * (share.first is not None)

    def within(
        self, counts: Counter[tuple[str, int]], name: str, from_min: int, to_min: int
    ) -> int:
        """Moves of an area or gate from one minute (included) to another (excluded)."""
        return sum(counts[name, minute] for minute in range(from_min, to_min))


class Arrivals:
    """The fold. Not for several threads at once."""

    def __init__(self, log_state: LogState) -> None:
        self.log_state = log_state
        self._changed = log_state.watch()
        self._shares: dict[bytes | None, _Share] = {}
        self._day = DayArrivals()
        self._key: tuple[object, int] | None = None

    def on_day_of(self, at_ms: int) -> DayArrivals:
        """The event day of an instant, as far as the logs go. Empty without an event definition."""
        programme = self.log_state.programme
        if programme is None:
            return self._day
        self.log_state.settle()
        key = (programme, programme.day_of(at_ms))
        if key != self._key:
            self._key = key
            self._shares = {}
            self._day = DayArrivals(programme.day_end_ms(key[1] - 1))
            self._changed.update(self.log_state.presented)
        ends_ms = programme.day_end_ms(key[1])
        for badge, history in self.log_state.histories(self._changed & self.log_state.presented):
            if (before := self._shares.get(badge)) is not None:
                self._day.take(before, -1)
            share = self._share(history, programme, ends_ms)
            self._shares[badge] = share
            self._day.take(share, 1)
        self._changed.clear()
        return self._day

    def _share(self, history: History, programme: Programme, ends_ms: int) -> _Share:
        begins_ms = self._day.begins_ms
        visited: set[str] = set()
        arrivals: list[Arrival] = []
        exits: list[tuple[str, int]] = []
        gates: list[tuple[str, int]] = []
        first = None
        for move in history.moves:
            if move.area is None or not begins_ms <= move.order.at_ms < ends_ms:
                continue
            minute = (move.order.at_ms - begins_ms) // MINUTE_MS
            gates.append((move.gate, minute))
            if move.direction == "out":
                exits.append((move.area, minute))
                continue
            first = minute if first is None else first
            around = programme.above.get(move.area, (move.area,))
            arrivals += [
                Arrival(area, minute, area in visited)
                for area in around
                if area == move.area or area not in visited
            ]
            visited.update(around)
        return _Share(tuple(arrivals), tuple(exits), tuple(gates), first)
