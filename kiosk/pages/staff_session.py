"""Staff mode: unlocked by a key card and its owner's PIN, and locked again by itself.

Everything it knows is in memory: who unlocked it, which signs off what they do, and the desk key, with which names are
read, at staffed gates and where badges are printed. Locking forgets both. At a self-service gate a supervisor alone
unlocks it, and no name is read.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from access.badge.key_card import read_human_key
from access.badge.name_card import Card, CardContent, open_with_desk
from access.event.definition import Role
from kiosk.door.door import Door, NotReadyError
from kiosk.door.staff_actions import StaffError
from kiosk.door.staff_unlock import StaffUnlock, begin_pin_try, end_pin_tries, staff_unlock
from kiosk.runtime.scan_loop import CARD_S, ScanLoop
from kiosk.screen.attendee_screen import Notice

if TYPE_CHECKING:
    from kiosk.pages.staff_names import Results, StaffNames

Result = TypeVar("Result")
Sealed = list[tuple[bytes, int, bytes]]

IDLE_S = 180.0
"""Staff who have gone to help somebody must not leave names open to whoever comes by."""

LOOP_S = 5.0
"""How long the scan loop is waited for."""


@dataclass
class StaffSession:
    """One unlocking. `signs` names the card in what its owner does (as `StaffUnlock.signs`); `desk_key` and `names` are
    None at a self-service gate, where no name is read; `outdated`: this staff member should be given a key card."""

    signs: str | bytes = field(repr=False)
    desk_key: bytes | None = field(repr=False)
    names: StaffNames | None = field(repr=False)
    roles: frozenset[Role]
    outdated: bool
    touched_s: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def close(self) -> None:
        """Forget every name."""
        if self.names is not None:
            self.names.close()


class StaffSessions:
    """Who of the staff is at this door's screen: one at a time. Methods may be called from any thread."""

    def __init__(
        self,
        loop: Callable[[], ScanLoop | None],
        replica: Path,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`loop` gives None while the door is not open; `replica` is the carrier's file."""
        self._loop = loop
        self._replica = replica
        self._now_s = now_s
        self._lock = threading.Lock()
        self._unlocking = threading.Lock()
        self._card: str | None = None
        self._awaited: Future[str] | None = None
        self._session: StaffSession | None = None

    def do(self, work: Callable[[ScanLoop], Result]) -> Result:
        """Have the scan loop do something. Raises StaffError where it cannot."""
        loop = self._loop()
        if loop is None:
            raise StaffError("not_ready")
        try:
            return loop.submit(lambda: work(loop)).result(LOOP_S)
        except (TimeoutError, CancelledError, NotReadyError, sqlite3.Error) as error:
            raise StaffError("not_ready") from error

    def wait_for_card(self) -> None:
        """Take the next code held up as a staff card. Raises StaffError when none comes."""
        self.take_card(self.next_card())

    def take_card(self, text: str) -> None:
        """Take this text as that of the card shown."""
        with self._lock:
            self._card = text

    def type_card(self, code: str) -> None:
        """Take a key card's code that was typed in for the card; none is waited for any more. Raises StaffError."""
        if read_human_key(code) is None:
            raise StaffError("bad_code")
        self._stop_waiting()
        self.take_card(code)

    def next_card(self, what: Notice = "staff_card") -> str:
        """The text of the next code held up; `what` is asked for. Raises StaffError when none comes."""
        card = self.do(lambda loop: loop.await_card(what))
        self._awaited = card
        try:
            return card.result(CARD_S + 2)
        except (TimeoutError, CancelledError) as error:
            raise StaffError("no_card") from error

    def _stop_waiting(self) -> None:
        """No card is waited for here any more: the next code held up is a badge at the door again."""
        if self._awaited is not None and not self._awaited.done():
            with suppress(StaffError):
                self.do(ScanLoop.stop_awaiting_card)

    def unlock(self, pin: str) -> StaffSession:
        """Open staff mode with the card shown last. Raises StaffError; the PIN is kept nowhere."""
        with self._lock:
            card = self._card
        if card is None:
            raise StaffError("no_card")
        return self.unlock_with(card, pin)

    def unlock_with(self, card: str, pin: str) -> StaffSession:
        """Open staff mode. One at a time: trying a PIN takes 32 MiB and up to a second of a Pi."""
        with self._unlocking:
            shown, staffed = self.do(lambda loop: _begin(loop.door, card))
            key = shown.open(pin)
            if key is None:
                raise StaffError("wrong_pin")
            self.do(lambda loop: end_pin_tries(loop.door, shown.badge))
            names = self._names(key) if staffed else None
            session = StaffSession(
                signs=shown.signs,
                desk_key=key if staffed else None,
                names=names,
                roles=shown.roles,
                outdated=shown.outdated,
                touched_s=self._now_s(),
            )
            with self._lock:
                before, self._session, self._card = self._session, session, None
            if before is not None:
                before.close()
            return session

    def _names(self, key: bytes) -> StaffNames:
        from kiosk.pages.staff_names import (
            StaffNames,  # with numpy: 16 MB that most kiosks never need
        )

        return StaffNames(self._replica, key, self._now_s)

    def lock(self) -> None:
        """Forget card and key."""
        self._stop_waiting()
        with self._lock:
            session = self._session
            self._session = self._card = None
        if session is not None:
            session.close()

    def session(self, token: str, *, touch: bool = True) -> StaffSession:
        """The session that a browser's token names. `touch`: somebody is at the screen, and not only the page itself.

        Raises StaffError where staff mode is locked.
        """
        with self._lock:
            session = self._session
            if session is not None and self._now_s() - session.touched_s > IDLE_S:
                session.close()
                session = self._session = None
            if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
                raise StaffError("locked")
            if touch:
                session.touched_s = self._now_s()
            return session

    @staticmethod
    def search(session: StaffSession, query: str) -> Results:
        """People whom the query may mean, the best first. Raises StaffError."""
        if session.names is None:
            raise StaffError("self_service")
        from kiosk.pages.staff_names import NamesClosedError

        try:
            return session.names.search(query)
        except NamesClosedError as error:
            raise StaffError("not_ready") from error

    def name_of(self, session: StaffSession, badge: bytes | None) -> str:
        """The name on the newest card of a badge, or nothing."""
        if badge is None or session.names is None or session.desk_key is None:
            return ""
        content = session.names.content(badge)
        if content is None:
            cards = self.do(lambda loop: _cards_of(loop.door, badge))
            content = _opened(cards, session.desk_key).get(badge)
        return content.name if content is not None else ""


def _begin(door: Door, text: str) -> tuple[StaffUnlock, bool]:
    """What the card unlocks, and whether names may be read here; one more try of its PIN is counted. Raises
    StaffError."""
    mode = door.gate.mode
    staffed = mode in ("staffed", "print")
    shown = staff_unlock(door, text)
    if mode == "self" and "supervisor" not in shown.roles:
        raise StaffError("self_service")
    begin_pin_try(door, shown.badge)
    return shown, staffed


def _cards_of(door: Door, badge: bytes) -> Sealed:
    newest = door.history(badge).newest()
    if newest is None:
        return []
    raw = door.name_card(badge, newest.issue)
    return [(badge, newest.issue, raw)] if raw is not None else []


def _opened(cards: Sealed, desk_key: bytes) -> dict[bytes, CardContent]:
    """The contents of the name cards, by badge; of several issues the newest."""
    found: dict[bytes, CardContent] = {}
    for badge, _, raw in sorted(cards, key=lambda card: card[1]):
        try:
            content = open_with_desk(msgspec.msgpack.decode(raw, type=Card), desk_key)
        except msgspec.DecodeError:
            continue
        if content is not None:
            found[badge] = content
    return found
