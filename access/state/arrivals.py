"""When people came and went: moves of one event day by minute, area and gate, folded from a set of logs.

Asking again costs only what has changed since. A person arrives in an area through one of its own gates, or, where they
came by an inner door, with their first visit of the day.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from access.event.programme import Programme
from access.state.badge_history import History
from access.state.log_state import LogState

MINUTE_MS = 60_000

SAMPLES = 100
"""Of saved moves: those of how many badges are worked out again before the others are believed."""


class _Move(NamedTuple):
    """Into an area or out of it, in a minute of the event day (from 0)."""

    area: str
    gate: str
    minute: int
    out: bool


class SavedArrivals(msgspec.Struct, frozen=True, array_like=True):
    """What the fold has worked out of the day with this number: the names of areas and gates, and each badge's moves in
    which they are numbered."""

    day: int
    names: list[str]
    moves: list[tuple[bytes | None, bytes]]


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

    def take(self, moves: Iterable[_Move], programme: Programme, sign: int) -> None:
        """Add a badge's moves (sign 1), or take them off again (-1)."""
        visited: set[str] = set()
        for move in moves:
            self.gates[move.gate, move.minute] += sign
            if move.out:
                self.exits[move.area, move.minute] += sign
                continue
            if not visited:
                self.came += sign
            around = programme.above.get(move.area, (move.area,))
            for area in around:
                if area not in visited:
                    self.entries[area, move.minute] += sign
                elif area == move.area:
                    self.entries[area, move.minute] += sign
                    self.again[area] += sign
            visited.update(around)

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
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._moves: dict[bytes | None, bytes] = {}
        """Of each badge on the day, four numbers to a move: a large event has half a million of them."""
        self._day = DayArrivals()
        self._key: tuple[Programme, int] | None = None

    def on_day_of(
        self,
        at_ms: int,
        presented_since: Callable[[int], Iterable[bytes | None]] | None = None,
    ) -> DayArrivals:
        """The event day of an instant, as far as the logs go. Empty without an event definition. `presented_since`
        names at least all badges presented from an instant on."""
        programme = self.log_state.programme
        if programme is None:
            return self._day
        self.log_state.settle()
        key = (programme, programme.day_of(at_ms))
        if key != self._key:
            self._begin(*key)
            begins_ms = self._day.begins_ms
            every = presented_since(begins_ms) if presented_since else self.log_state.presented
            self._changed.update(every)
        changed = self._changed & self.log_state.presented
        for badge, history in self.log_state.histories(changed):
            self._day.take(self._read(self._moves.get(badge, b"")), programme, -1)
            self._moves[badge] = self._packed(history, *key)
            self._day.take(self._read(self._moves[badge]), programme, 1)
        self._changed.clear()
        return self._day

    def _begin(self, programme: Programme, day: int) -> None:
        self._key = (programme, day)
        self._moves = {}
        self._day = DayArrivals(programme.day_end_ms(day - 1))

    def saved(self) -> SavedArrivals | None:
        """The moves as last worked out, for the entries stored then; None: none yet."""
        if self._key is None:
            return None
        return SavedArrivals(self._key[1], list(self._names), list(self._moves.items()))

    def restore(self, saved: SavedArrivals) -> bool:
        """Continue from saved moves if they match the entries stored now. False: they do not, and nothing of them is
        used."""
        programme = self.log_state.programme
        if programme is None:
            return False
        self._names = list(saved.names)
        self._numbers = {name: number for number, name in enumerate(saved.names)}
        moves = dict(saved.moves)
        self.log_state.settle()
        samples = list(moves)[:: max(1, len(moves) // SAMPLES)]
        for badge, history in self.log_state.histories(samples):
            if self._packed(history, programme, saved.day) != moves[badge]:
                return False
        self._begin(programme, saved.day)
        self._moves = moves
        for packed in moves.values():
            self._day.take(self._read(packed), programme, 1)
        self._changed.clear()
        return True

    def _packed(self, history: History, programme: Programme, day: int) -> bytes:
        begins_ms, ends_ms = programme.day_end_ms(day - 1), programme.day_end_ms(day)
        packed = array("H")
        for move in history.moves:
            if move.area is not None and begins_ms <= move.order.at_ms < ends_ms:
                minute = (move.order.at_ms - begins_ms) // MINUTE_MS
                area, gate = self._number(move.area), self._number(move.gate)
                packed.extend((area, gate, minute, move.direction == "out"))
        return packed.tobytes()

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._names)
            self._names.append(name)
        return number

    def _read(self, packed: bytes) -> Iterator[_Move]:
        numbers = array("H", packed)
        names = self._names
        for at in range(0, len(numbers), 4):
            area, gate, minute, out = numbers[at : at + 4]
            yield _Move(names[area], names[gate], minute, bool(out))
