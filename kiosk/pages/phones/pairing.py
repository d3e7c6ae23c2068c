"""Phones and tablets of the staff at this kiosk: paired by a code on its own screen, each with its own lock.

Pairing lets a phone load the staff page and nothing else: what it may see and do is what a key card and a PIN unlock on
it, as at the kiosk itself. Everything is in memory, so a restart of the door unpairs all of them.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.pages.staff_session import StaffSessions

CODE_S = 120.0
"""How long a code that was shown can be used; it can be used once."""

IDLE_S = 12 * 3600.0
"""A phone that was not seen for so long is forgotten: its owner went home."""

MOST = 6
"""Phones at a time; one more takes the place of the one that was seen longest ago."""


class NotPairedError(Exception):
    """A browser that was not paired, or is no longer."""


@dataclass
class Phone:
    """One paired browser."""

    room: StaffSessions
    seen_s: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Phones:
    """Methods may be called from any thread."""

    def __init__(
        self, new_room: Callable[[], StaffSessions], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._new_room = new_room
        self._now_s = now_s
        self._lock = threading.Lock()
        self._code: tuple[str, float] | None = None
        self._phones: list[Phone] = []

    def new_code(self) -> str:
        """The code with which one phone can be paired from now on; it replaces the last one."""
        code = secrets.token_urlsafe(12)
        with self._lock:
            self._code = (code, self._now_s() + CODE_S)
        return code

    def pair(self, code: str) -> Phone:
        """Pair a browser. Raises NotPairedError for a code that was used, is too old, or was never shown."""
        now = self._now_s()
        with self._lock:
            shown = self._code
            if shown is None or now > shown[1] or not _same(shown[0], code):
                raise NotPairedError
            self._code = None
            phone = Phone(self._new_room(), now)
            self._phones.sort(key=lambda one: one.seen_s)
            gone = [self._phones.pop(0) for _ in range(len(self._phones) + 1 - MOST)]
            self._phones.append(phone)
        for one in gone:
            one.room.lock()
        return phone

    def room(self, token: str) -> StaffSessions:
        """The staff mode of the phone with this token. Raises NotPairedError."""
        now = self._now_s()
        with self._lock:
            for phone in self._phones:
                if _same(phone.token, token) and now - phone.seen_s <= IDLE_S:
                    phone.seen_s = now
                    return phone.room
        raise NotPairedError

    def close(self) -> None:
        """Lock and forget all of them."""
        with self._lock:
            gone, self._phones, self._code = self._phones, [], None
        for phone in gone:
            phone.room.lock()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
