"""How many people of each kind: what their badge may do, which sessions they were let in for, and at which venues on
which days. Whatever is told of an event's attendance in numbers is a sum over the kinds, of which there are few.

It follows the logs: only badges whose history has changed since the last time are looked at again.
"""

from collections import Counter
from itertools import islice
from typing import NamedTuple

from access.badge.credential import Claims
from access.event.programme import Programme
from access.rules.opening_check import opening_badges
from access.state.badge_history import History
from access.state.kept.entries import Badge
from access.state.log_state import LogState


class Kind(NamedTuple):
    """What counts of a person. `claims` None: their badge is revoked, or they never had one; `came`: they were let in
    somewhere; `sessions`: for these; `days`: venues, each with the event day (a proleptic ordinal)."""

    claims: Claims | None
    came: bool
    sessions: frozenset[str]
    days: frozenset[tuple[str, int]]


class AttendanceTally:
    """The kinds of everybody in the logs but test badges. Not for several threads at once."""

    def __init__(self, log_state: LogState) -> None:
        self._log_state = log_state
        self._stale = log_state.watch()
        self._definitions = -1
        self._kind_of: dict[bytes, Kind] = {}
        self._same: dict[Kind, Kind] = {}
        self.kinds: Counter[Kind] = Counter()
        """How many people there are of each kind; right once `catch_up` has nothing more to do."""

    def catch_up(self, at_most: int) -> bool:
        """Look at this many of the badges whose history has changed; whether there were any."""
        log_state = self._log_state
        log_state.settle()
        programme = log_state.programme
        if programme is None:
            return False
        if self._definitions != log_state.event_state.definitions_version:
            self._definitions = log_state.event_state.definitions_version
            self._kind_of.clear()
            self.kinds.clear()
            self._stale.update(log_state.badges)
        trials = opening_badges(programme.event)
        some: list[Badge] = list(islice(self._stale, at_most))
        for badge, history in log_state.histories(some):
            if badge is not None and badge not in trials:
                self._put(badge, self._kind(programme, history))
        self._stale.difference_update(some)
        return bool(some)

    def _put(self, badge: bytes, kind: Kind) -> None:
        before = self._kind_of.get(badge)
        if before is not None:
            self.kinds[before] -= 1
            if not self.kinds[before]:
                del self.kinds[before]
        kind = self._same.setdefault(kind, kind)
        self._kind_of[badge] = kind
        self.kinds[kind] += 1

    def _kind(self, programme: Programme, history: History) -> Kind:
        good = history.good()
        let_in = [one for one in history.moves if one.direction == "in"]
        above = self._log_state.event_state.above
        return Kind(
            good.claims if good is not None else None,
            bool(let_in),
            frozenset(one.body.session for one in let_in if one.body.session is not None),
            frozenset(
                (around[-1], programme.day_of(one.order.at_ms))
                for one in let_in
                if (around := above(one.order, one.area))
            ),
        )
