"""How many people are where, how sure that is, and as of when.

Counted from histories: who is inside now, who was let in today, what each gate did. The firm number never includes an
estimate; entries that kiosks may not have sent yet are a band beside it, from the rate of their last ten minutes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import Recount
from access.log.log_entry import Order
from access.state.badge_history import History
from access.state.log_state import LogState
from access.state.time_repair import FAR_MS

RATE_WINDOW_MS = 10 * 60_000
"""A silent kiosk is assumed to continue at the rate of its last ten known minutes."""

SAMPLES = 100
"""Of saved shares: how many are worked out again before the others are believed."""

LEAST_WINDOW_MS = 60_000
"""A rate is not taken from less than a minute."""


@dataclass(frozen=True, slots=True)
class Count:
    """One area: `inside` now and distinct `people` today (both in it or below it); `entries`, `exits` and `refused` at
    its own gates today. `by_hand` is what a recount added or took off `inside`."""

    inside: int = 0
    people: int = 0
    entries: int = 0
    exits: int = 0
    refused: int = 0
    capacity: int | None = None
    by_hand: int = 0


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


@dataclass(frozen=True, slots=True)
class _Share:
    """The contribution of one badge to the counts of one day, valid until `until_ms`, when time alone moves the
    person."""

    until_ms: int
    around: tuple[str, ...]
    """The area in which the person is, and those above it."""
    visited: frozenset[str]
    entries: tuple[str, ...]
    exits: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(slots=True)
class _Totals:
    """The shares of all badges, summed by area."""

    inside: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def take(self, share: _Share, sign: int) -> None:
        """Add a share (sign 1), or take it off again (-1)."""
        for area in share.around:
            self.inside[area] += sign
        for area in share.visited:
            self.people[area] += sign
        for area in share.entries:
            self.entries[area] += sign
        for area in share.exits:
            self.exits[area] += sign
        for area in share.refused:
            self.refused[area] += sign


class SavedCounts(msgspec.Struct, frozen=True, array_like=True):
    """What a headcount has worked out: for the day with this number, as of an instant, each badge's share. The shares
    are packed: those of 26,000 people repeat the same few areas."""

    day: int
    asked_ms: int
    shares: list[tuple[bytes | None, msgspec.Raw]]


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Share).decode


class Headcount:
    """The counts of every area, folded from a set of logs. Asking again costs only what has changed."""

    def __init__(self, log_state: LogState) -> None:
        self.log_state = log_state
        self._changed = log_state.watch()
        self._shares: dict[bytes | None, _Share] = {}
        self._values: dict[Any, Any] = {}
        self._totals = _Totals()
        self._key: tuple[object, int] | None = None
        self._asked_ms = 0
        self._next_ms = FAR_MS

    def areas(self, at_ms: int) -> dict[str, Count]:
        """The counts at an instant, by area id in file order, venues first. Empty without an event definition."""
        programme = self.log_state.programme
        if programme is None:
            return {}
        self._refresh(programme, at_ms)
        corrections = self._recounted(programme, at_ms)
        totals = self._totals
        return {
            area: Count(
                max(0, totals.inside[area] + corrections.get(area, 0)),
                totals.people[area],
                totals.entries[area],
                totals.exits[area],
                totals.refused[area],
                node.capacity,
                corrections.get(area, 0),
            )
            for area, node in programme.area_tree.items()
        }

    def saved(self) -> SavedCounts | None:
        """The counts as last computed, for the entries stored then; None: none yet."""
        if self._key is None:
            return None
        packed = [(badge, msgspec.Raw(_pack(share))) for badge, share in self._shares.items()]
        return SavedCounts(self._key[1], self._asked_ms, packed)

    def restore(self, saved: SavedCounts) -> bool:
        """Continue from saved counts if they match the entries stored now. False: they do not, and nothing of them is
        used."""
        programme = self.log_state.programme
        if programme is None:
            return False
        self.log_state.settle()
        try:
            shares = {badge: self._with_shared(_unpack(packed)) for badge, packed in saved.shares}
        except msgspec.DecodeError:
            return False
        for badge in list(shares)[:: max(1, len(shares) // SAMPLES)]:
            history = self.log_state.history(badge)
            if self._share(history, programme, saved.day, saved.asked_ms) != shares[badge]:
                return False
        self._key, self._asked_ms = (programme, saved.day), saved.asked_ms
        self._shares = shares
        self._totals = _Totals()
        for share in self._shares.values():
            self._totals.take(share, 1)
        self._next_ms = min((s.until_ms for s in self._shares.values()), default=FAR_MS)
        self._changed.clear()
        return True

    def _refresh(self, programme: Programme, at_ms: int) -> None:
        """Count again whom an entry, a repaired clock, or time alone has changed."""
        self.log_state.settle()
        day = programme.day_of(at_ms)
        key = (programme, day)
        if key != self._key or at_ms < self._asked_ms:
            self._key = key
            self._shares = {}
            self._totals = _Totals()
            self._next_ms = FAR_MS
            self._changed.update(self.log_state.presented)
        elif at_ms >= self._next_ms:
            self._changed.update(b for b, s in self._shares.items() if s.until_ms <= at_ms)
            self._next_ms = min(
                (s.until_ms for s in self._shares.values() if s.until_ms > at_ms), default=FAR_MS
            )
        self._asked_ms = at_ms
        for badge in self._changed & self.log_state.presented:
            before = self._shares.get(badge)
            if before is not None:
                self._totals.take(before, -1)
            history = self.log_state.history(badge)
            share = self._with_shared(self._share(history, programme, day, at_ms))
            self._shares[badge] = share
            self._totals.take(share, 1)
            self._next_ms = min(self._next_ms, share.until_ms)
        self._changed.clear()

    def _with_shared(self, share: _Share) -> _Share:
        """The same share, whose areas are one object with those of everybody who came the same way: of 26,000 people
        nearly all."""
        values = self._values
        areas = (share.visited, share.around, share.entries, share.exits, share.refused)
        visited, around, *rest = (values.setdefault(value, value) for value in areas)
        return _Share(share.until_ms, around, visited, *rest)

    def _share(self, history: History, programme: Programme, day: int, at_ms: int) -> _Share:
        """What one badge adds to the counts of a day."""
        above = self.log_state.event_state.above
        state = history.stands(at_ms)
        visited: set[tuple[str, ...]] = set()
        entries: list[str] = []
        exits: list[str] = []
        refused: list[str] = []
        until_ms = state.changes_ms()
        begins_ms, ends_ms = programme.day_end_ms(day - 1), programme.day_end_ms(day)
        for one in history.presentations:
            area = one.area
            if area is None or not begins_ms <= one.order.at_ms < ends_ms:
                continue
            if one.moved:
                if one.direction == "in":
                    entries.append(area)
                    visited.add(above(one.order, area))
                else:
                    exits.append(area)
            elif not one.opened and one.body.verdict == "refuse":
                refused.append(area)
        return _Share(
            FAR_MS if until_ms is None else until_ms,
            state.around,
            frozenset(chain.from_iterable(visited)),
            tuple(entries),
            tuple(exits),
            tuple(refused),
        )

    def _recounted(self, programme: Programme, at_ms: int) -> dict[str, int]:
        """The corrections by recounts: for each area the difference at its newest recount today."""
        event_state = self.log_state.event_state
        newest: dict[str, tuple[Order, Recount]] = {}
        for entry, recount in event_state.recounts:
            when = event_state.order(entry)
            if (
                event_state.believed(entry)
                and recount.area in programme.area_tree
                and programme.day_of(when.at_ms) == programme.day_of(at_ms)
                and when >= newest.get(recount.area, (when, recount))[0]
            ):
                newest[recount.area] = (when, recount)
        return {
            area: recount.inside - self._inside_then(area, when.at_ms)
            for area, (when, recount) in newest.items()
        }

    def _inside_then(self, area: str, at_ms: int) -> int:
        return sum(
            area in self.log_state.history(badge).stands(at_ms, at_ms).around
            for badge in self.log_state.presented
        )

    def by_gate(self, at_ms: int) -> dict[str, Counter[str]]:
        """Today's decisions at each gate, by reason."""
        programme = self.log_state.programme
        found: dict[str, Counter[str]] = {}
        if programme is None:
            return found
        day = programme.day_of(at_ms)
        for badge in self.log_state.presented:
            for one in self.log_state.history(badge).presentations:
                if programme.day_of(one.order.at_ms) == day:
                    found.setdefault(one.gate, Counter())[one.body.reason] += 1
        return found


def attendance(log_state: LogState) -> dict[str, int]:
    """Distinct people let in for each session, by session id."""
    programme = log_state.programme
    if programme is None:
        return {}
    people: Counter[str] = Counter()
    for badge in log_state.presented:
        if badge is not None:
            let_in = [one for one in log_state.history(badge).moves if one.direction == "in"]
            people.update({one.body.session for one in let_in if one.body.session is not None})
    return {session: people[session] for session in programme.sessions}


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


def silences(log_state: LogState, quiet: Iterable[Quiet], at_ms: int) -> list[Silence]:
    """What silent kiosks may have done since, each at the rate of the ten minutes before it fell silent."""
    asked = list(quiet)
    found = []
    for device, gate, since_ms, missing in asked:
        share = 0.0
        entered = left = 0
        if since_ms is not None:
            moves = list(_last_moves(log_state, device, since_ms))
            entered = moves.count("in")
            left = len(moves) - entered
            # A kiosk that has worked for a minute only has its rate from that minute.
            worked_ms = max(LEAST_WINDOW_MS, since_ms - _first_move_ms(log_state, device, since_ms))
            share = max(0, at_ms - since_ms) / min(RATE_WINDOW_MS, worked_ms)
        may_enter, may_leave = round(entered * share), round(left * share)
        found.append(Silence(device, gate, since_ms, missing, may_enter, may_leave))
    return found


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
