"""How many people are registered: those whose newest badge is good.

Erased people count, as their badges do; test badges are nobody's. Asking again costs only what has changed since.
"""

from access.rules.opening_check import opening_badges
from access.state.log_state import LogState


class Registered:
    """The fold. Not for several threads at once."""

    def __init__(self, log_state: LogState) -> None:
        self.log_state = log_state
        self._changed = log_state.watch()
        self._without: set[bytes | None] = set()
        """Badges without a good issue: presented by nobody registered, or revoked. They are few."""

    def count(self) -> int:
        """As far as the logs go. 0 without an event definition."""
        log_state = self.log_state
        programme = log_state.programme
        if programme is None:
            return 0
        log_state.settle()
        for badge in self._changed:
            if log_state.is_registered(badge):
                self._without.discard(badge)
            else:
                self._without.add(badge)
        self._changed.clear()
        trials = opening_badges(programme.event)
        return log_state.named - len(self._without) - sum(map(log_state.is_registered, trials))
