"""When somebody who holds up a code that cannot be read is helped, and with which hint.

Most codes read while they still come nearer: a hint at once would only distract. Two causes may take turns from frame
to frame: the one seen most often of late is shown, and stands long enough to be followed.
"""

from collections import Counter, deque

from hardware.ports.events import Hint

AFTER_S = 2.0
"""A code must be seen and not read for so long."""

STANDS_S = 2.5
"""A hint is shown at least this long before another replaces it."""

GAP_S = 1.2
"""Hints come twice a second; after a pause of this length somebody else may be there."""


class HintTiming:
    """Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Hint]] = deque()
        self._since = 0.0
        self._shown: Hint | None = None
        self._shown_since = 0.0

    def seen(self, hint: Hint, now: float) -> Hint | None:
        """The reader could not read a code, for this cause: the hint to show now, if any."""
        if not self._seen or now - self._seen[-1][0] > GAP_S:
            self.forget()
            self._since = now
        self._seen.append((now, hint))
        while now - self._seen[0][0] > AFTER_S:
            self._seen.popleft()
        if now - self._since < AFTER_S:
            return None
        if self._shown is None or now - self._shown_since >= STANDS_S:
            self._show(Counter(cause for _, cause in self._seen).most_common(1)[0][0], now)
        return self._shown

    def forget(self) -> None:
        """Begin again: a code was read, or nobody shows one."""
        self._seen.clear()
        self._shown = None

    def _show(self, hint: Hint, now: float) -> None:
        if hint is not self._shown:
            self._shown, self._shown_since = hint, now
