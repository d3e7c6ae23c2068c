"""How many people are where, how sure that is, and as of when.

Counted from histories: who is inside now, who was let in today, what each gate did, who came to each session. The firm
number never includes an estimate; what kiosks may not have sent yet is a band beside it (`access.state.coverage`).
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import msgspec

from access.event.programme import Programme
from access.log.entry import Recount
from access.log.log_entry import LogEntry, Order
from access.state.badge_history import History
from access.state.kept.shares import Names, SavedCounts, Share, packed, unpacked
from access.state.log_state import LogState
from access.state.time_repair import FAR_MS

SAMPLES = 100
"""Of saved shares: how many are worked out again before the others are believed."""


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


@dataclass(slots=True)
class _Totals:
    """The shares of all badges, summed: by area, by gate and reason, by session."""

    inside: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    sessions: Counter[str] = field(default_factory=Counter)

    def take(self, share: Share, sign: int) -> None:
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
        for one in share.reasons:
            self.reasons[one] += sign
        for session in share.sessions:
            self.sessions[session] += sign


class Headcount:
    """The counts of every area, folded from a set of logs. Asking again costs only what has changed."""

    def __init__(self, log_state: LogState) -> None:
        self.log_state = log_state
        self._latest = log_state.latest_entries()
        self._shares: dict[bytes | None, Share] = {}
        self._values: dict[Any, Any] = {}
        self._totals = _Totals()
        self._recounts: dict[tuple[str, int], _InsideThen] = {}
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
        names = Names()
        shares = [(badge, packed(share, names)) for badge, share in self._shares.items()]
        return SavedCounts(self._key[1], self._asked_ms, names.all, shares)

    def restore(self, saved: SavedCounts) -> bool:
        """Continue from saved counts if they match the entries stored now. False: they do not, and nothing of them is
        used."""
        programme = self.log_state.programme
        if programme is None:
            return False
        self.log_state.settle()
        try:
            shares = {
                badge: self._with_shared(unpacked(raw, saved.names)) for badge, raw in saved.shares
            }
        except (msgspec.DecodeError, IndexError, ValueError):
            return False
        if shares.keys() != self.log_state.presented:
            return False
        samples = list(shares)[:: max(1, len(shares) // SAMPLES)]
        for badge, history in self.log_state.histories(samples):
            if self._share(history, programme, saved.day, saved.asked_ms) != shares[badge]:
                return False
        self._begin(programme, saved.day, shares)
        self._asked_ms = saved.asked_ms
        self._latest.clear()
        return True

    def _refresh(self, programme: Programme, at_ms: int) -> None:
        """Count again whom an entry, a repaired clock, or time alone has changed."""
        self.log_state.settle()
        day = programme.day_of(at_ms)
        if (programme, day) != self._key or at_ms < self._asked_ms:
            self._values = {}
            self._begin(programme, day, self._of_yesterday(programme, day, at_ms))
        elif at_ms >= self._next_ms:
            self._latest.update([b for b, s in self._shares.items() if s.until_ms <= at_ms])
            self._next_ms = min(
                (s.until_ms for s in self._shares.values() if s.until_ms > at_ms), default=FAR_MS
            )
        self._asked_ms = at_ms
        changed, entries = self._latest.among(self.log_state.presented)
        for badge, entry in entries.items():
            share = self._gone_on(badge, entry, programme, at_ms)
            if share is None:
                changed.add(badge)
            else:
                self._replace(badge, share)
        for badge, history in self.log_state.histories(changed):
            self._replace(badge, self._share(history, programme, day, at_ms))
        self._latest.clear()  # only now: what fails above is counted next time

    def _gone_on(
        self, badge: bytes | None, entry: LogEntry, programme: Programme, at_ms: int
    ) -> Share | None:
        """The share of a badge after one more presentation, from its share before; None: its history must be read."""
        before = self._shares.get(badge)
        if before is None or self._key is None:
            return None
        history = History(self.log_state.event_state, (entry,))
        if not history.presentations:  # of a test, or not believed
            return before
        later = self._share(history, programme, self._key[1], at_ms)
        if later.last_ms <= before.last_ms:
            return None
        moved = bool(history.moves)
        if moved and not history.last_is_all(history.moves):
            return None
        return before.then(later, moved=moved)

    def _replace(self, badge: bytes | None, share: Share) -> None:
        """Count this share of a badge instead of the one before."""
        before = self._shares.get(badge)
        if before is not None:
            self._totals.take(before, -1)
        share = self._shares[badge] = self._with_shared(share)
        self._totals.take(share, 1)
        self._next_ms = min(self._next_ms, share.until_ms)

    def _begin(self, programme: Programme, day: int, shares: dict[bytes | None, Share]) -> None:
        """Begin to count a day; these shares are known."""
        self._key = (programme, day)
        self._totals = _Totals()
        self._shares = shares
        for share in self._shares.values():
            self._totals.take(share, 1)
        self._next_ms = min((share.until_ms for share in shares.values()), default=FAR_MS)
        self._latest.update(self.log_state.presented - shares.keys())

    def _of_yesterday(
        self, programme: Programme, day: int, at_ms: int
    ) -> dict[bytes | None, Share]:
        """On a new day, the shares of those who were last presented on an earlier one: they went out at its end."""
        definitions = self.log_state.event_state.definitions()
        ends = {(one.event.day_ends_min, one.event.timezone) for _, one in definitions}
        if (
            self._key is None
            or self._key[0] is not programme
            or at_ms < self._asked_ms
            or len(ends) != 1
        ):
            return {}
        begins_ms = programme.day_end_ms(day - 1)
        return {
            badge: Share(FAR_MS, (), frozenset(), (), (), (), (), share.sessions, share.last_ms)
            for badge, share in self._shares.items()
            if share.last_ms < begins_ms and badge not in self._latest
        }

    def presented_since(self, at_ms: int) -> set[bytes | None]:
        """The badges presented from an instant on, and those not counted yet."""
        recent = {badge for badge, share in self._shares.items() if share.last_ms >= at_ms}
        return recent | set(self._latest) | (self.log_state.presented - self._shares.keys())

    def _with_shared(self, share: Share) -> Share:
        """The same share, whose areas are one object with those of everybody who came the same way: of 26,000 people
        nearly all."""
        values = self._values
        areas = (share.around, share.visited, share.entries, share.exits, share.refused)
        around, visited, entries, exits, refused = (values.setdefault(one, one) for one in areas)
        reasons = tuple([values.setdefault(one, one) for one in share.reasons])
        sessions = values.setdefault(share.sessions, share.sessions)
        return Share(
            share.until_ms,
            around,
            visited,
            entries,
            exits,
            refused,
            reasons,
            sessions,
            share.last_ms,
        )

    def _share(self, history: History, programme: Programme, day: int, at_ms: int) -> Share:
        """What one badge adds to the counts of a day."""
        event_state = self.log_state.event_state
        redefined = len(event_state.definitions()) > 1
        state = history.stands(at_ms)
        came_to: set[str] = set()
        visited: set[tuple[str, ...]] = set()
        entries: list[str] = []
        exits: list[str] = []
        refused: list[str] = []
        reasons: list[tuple[str, str]] = []
        sessions: set[str] = set()
        until_ms = state.changes_ms()
        begins_ms, ends_ms = programme.day_end_ms(day - 1), programme.day_end_ms(day)
        for one in history.presentations:
            area, session = one.area, one.body.session
            if session is not None and one.moved and one.direction == "in":
                sessions.add(session)
            if not begins_ms <= one.order.at_ms < ends_ms:
                continue
            reasons.append((one.gate, one.body.reason))
            if area is None:
                continue
            if one.moved:
                if one.direction == "in":
                    entries.append(area)
                    if redefined or area not in came_to:
                        came_to.add(area)
                        visited.add(event_state.above(one.order, area))
                else:
                    exits.append(area)
            elif not one.opened and one.body.verdict == "refuse":
                refused.append(area)
        return Share(
            FAR_MS if until_ms is None else until_ms,
            state.around,
            frozenset(chain.from_iterable(visited)),
            tuple(sorted(entries)),
            tuple(sorted(exits)),
            tuple(sorted(refused)),
            tuple(reasons),
            frozenset(sessions),
            history.presentations[-1].order.at_ms if history.presentations else -FAR_MS,
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
        self._forget_recounts({(area, when.at_ms) for area, (when, _) in newest.items()})
        return {
            area: recount.inside - self._inside_then(area, when.at_ms)
            for area, (when, recount) in newest.items()
        }

    def _forget_recounts(self, wanted: AbstractSet[tuple[str, int]]) -> None:
        for gone in self._recounts.keys() - wanted:
            self.log_state.unwatch(self._recounts.pop(gone).changed)

    def _inside_then(self, area: str, at_ms: int) -> int:
        known = self._recounts.get((area, at_ms))
        if known is None:
            changed = self.log_state.watch()
            known = self._recounts[area, at_ms] = _InsideThen(area, at_ms, changed)
        return known.count(self.log_state)

    def by_gate(self, at_ms: int) -> dict[str, Counter[str]]:
        """Today's decisions at each gate, by reason."""
        found: dict[str, Counter[str]] = {}
        programme = self.log_state.programme
        if programme is not None:
            self._refresh(programme, at_ms)
            for (gate, reason), count in sorted(self._totals.reasons.items()):
                if count:
                    found.setdefault(gate, Counter())[reason] = count
        return found

    def attendance(self, at_ms: int) -> dict[str, int]:
        """Distinct people let in for each session, by session id, as of an instant."""
        programme = self.log_state.programme
        if programme is None:
            return {}
        self._refresh(programme, at_ms)
        people = self._totals.sessions
        nobody = self._shares.get(None)
        unnamed = nobody.sessions if nobody is not None else frozenset()
        return {one: people[one] - (one in unnamed) for one in programme.sessions}


@dataclass(slots=True)
class _InsideThen:
    """Who was in an area at an instant. `changed` is a watch of the folds."""

    area: str
    at_ms: int
    changed: set[bytes | None]
    inside: set[bytes | None] = field(default_factory=set)

    def count(self, log_state: LogState) -> int:
        """How many, by all that is known now."""
        changed = self.changed & log_state.presented
        self.changed.clear()
        self.inside -= changed
        for badge, history in log_state.histories(changed):
            if self.area in history.stands(self.at_ms, self.at_ms).around:
                self.inside.add(badge)
        return len(self.inside)
