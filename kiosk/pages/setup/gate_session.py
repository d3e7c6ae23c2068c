"""Which supervisor is at this kiosk's gate page."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.door.gate_assignment import GateAssignment
from kiosk.door.staff_actions import StaffError
from kiosk.pages.staff_session import StaffSessions

IDLE_S = 120.0
"""A supervisor who was called away must not leave the gates to whoever comes by."""


@dataclass
class GateSession:
    """A supervisor's card was held up; `text` signs off the action."""

    text: str = field(repr=False)
    touched_s: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class GateSessions:
    """Which supervisor is at this kiosk's screen: one at a time. Methods may be called from any thread."""

    def __init__(self, room: StaffSessions, now_s: Callable[[], float] = time.monotonic) -> None:
        self.do = room.do
        self._next_card = room.next_card
        self._now_s = now_s
        self._lock = threading.Lock()
        self._visit: GateSession | None = None

    def admit(self) -> GateSession:
        """Wait for a supervisor's card. Raises StaffError for any other, or where none comes."""
        text = self._next_card()
        self.do(lambda loop: GateAssignment(loop.door).supervisor(text))
        visit = GateSession(text, self._now_s())
        with self._lock:
            self._visit = visit
        return visit

    def card(self, token: str) -> str:
        """The card of the visit that a browser's token names. Raises StaffError where it is over."""
        with self._lock:
            visit = self._visit
            if visit is not None and self._now_s() - visit.touched_s > IDLE_S:
                visit = self._visit = None
            if visit is None or not hmac.compare_digest(visit.token.encode(), token.encode()):
                raise StaffError("gate_locked")
            visit.touched_s = self._now_s()
            return visit.text

    def leave(self) -> None:
        """Forget the card."""
        with self._lock:
            self._visit = None
