"""Staff mode: unlocked by a staff card and its owner's PIN, at staffed gates only, and locked again by itself.

Everything it knows is in memory: the card's text, with which deeds are signed off, and the desk key, with which names
are read. Locking forgets both.
"""

import hmac
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from access.badge import credential as badges
from access.badge.desk_key import KeyCard, WrappedKey, unwrap
from access.badge.name_card import Card, CardContent, open_with_desk
from access.event.definition import Role
from access.rules.overrides import roles
from kiosk.door.door import Door, NotReadyError
from kiosk.door.staff_actions import StaffDesk, StaffError
from kiosk.pages.staff_names import NamesClosedError, Results, StaffNames
from kiosk.runtime.scan_loop import CARD_S, ScanLoop

Result = TypeVar("Result")
Sealed = list[tuple[bytes, int, bytes]]

IDLE_S = 180.0
"""Staff who have gone to help somebody must not leave names open to whoever comes by."""

TRIES = 5
PAUSE_S = 60.0
"""After so many wrong PINs the next may be tried after a pause: a six digit PIN then holds for a year."""

LOOP_S = 5.0
"""How long the scan loop is waited for."""


@dataclass
class Session:
    """One unlocking."""

    card: str = field(repr=False)
    desk_key: bytes = field(repr=False)
    names: StaffNames = field(repr=False)
    roles: frozenset[Role]
    touched_s: float
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class StaffRoom:
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
        self._session: Session | None = None
        self._wrong = 0
        self._try_again_s = 0.0

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
        text = self.next_card()
        with self._lock:
            self._card = text

    def next_card(self) -> str:
        """The text of the next code held up. Raises StaffError when none comes."""
        card = self.do(ScanLoop.await_card)
        try:
            return card.result(CARD_S + 2)
        except (TimeoutError, CancelledError) as error:
            raise StaffError("no_card") from error

    def unlock(self, pin: str) -> Session:
        """Open staff mode with the card shown last. Raises StaffError; the PIN is kept nowhere."""
        with self._lock:
            card = self._card
        if card is None:
            raise StaffError("no_card")
        return self.unlock_with(card, pin)

    def unlock_with(self, card: str, pin: str) -> Session:
        """Open staff mode. One at a time: trying a PIN takes 32 MiB and up to a second of a Pi."""
        with self._unlocking:
            if self._now_s() < self._try_again_s:
                raise StaffError("too_many")
            held, wrapped = self.do(lambda loop: _staff_card(loop.door, card))
            if wrapped is None:
                raise StaffError("no_pin")
            code = badges.read(card) or badges.foreign(card)
            key = unwrap(wrapped, code.secret, pin)
            if key is None:
                self._wrong += 1
                if self._wrong % TRIES == 0:
                    self._try_again_s = self._now_s() + PAUSE_S
                raise StaffError("wrong_pin")
            self._wrong = 0
            names = StaffNames(self._replica, key, self._now_s)
            session = Session(card, key, names, held, self._now_s())
            with self._lock:
                before, self._session, self._card = self._session, session, None
            if before is not None:
                before.names.close()
            return session

    def lock(self) -> None:
        """Forget card and key."""
        with self._lock:
            session = self._session
            self._session = self._card = None
        if session is not None:
            session.names.close()

    def session(self, token: str, *, touch: bool = True) -> Session:
        """The session that a browser's token names. `touch`: somebody is at the screen, and not only the page itself.

        Raises StaffError where staff mode is locked.
        """
        with self._lock:
            session = self._session
            if session is not None and self._now_s() - session.touched_s > IDLE_S:
                session.names.close()
                session = self._session = None
            if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
                raise StaffError("locked")
            if touch:
                session.touched_s = self._now_s()
            return session

    @staticmethod
    def search(session: Session, query: str) -> Results:
        """People whom the query may mean, the best first. Raises StaffError."""
        try:
            return session.names.search(query)
        except NamesClosedError as error:
            raise StaffError("not_ready") from error

    def name_of(self, session: Session, badge: bytes | None) -> str:
        """The name on the newest card of a badge, or nothing."""
        if badge is None:
            return ""
        content = session.names.content(badge)
        if content is None:
            cards = self.do(lambda loop: _cards_of(loop.door, badge))
            content = _opened(cards, session.desk_key).get(badge)
        return content.name if content is not None else ""


def _staff_card(door: Door, text: str) -> tuple[frozenset[Role], WrappedKey | None]:
    """The roles of a staff card and the desk key it carries. Raises StaffError for any other badge."""
    if door.gate.mode != "staffed":
        raise StaffError("self_service")
    card, badge, issue = StaffDesk(door).card(text)
    held = roles(card, door.programme)
    # A typed code would do for the roster; to unlock, the card itself must be there.
    if not held or card.proof != "proven" or badge is None or issue is None:
        raise StaffError("not_staff")
    raw = door.name_card(badge, issue)
    if raw is None:
        return held, None
    try:
        return held, msgspec.msgpack.decode(raw, type=KeyCard).wrapped
    except msgspec.DecodeError:
        return held, None


def _cards_of(door: Door, badge: bytes) -> Sealed:
    newest = door.history(badge).newest()
    if newest is None:
        return []
    raw = door.name_card(badge, newest.issue)
    return [(badge, newest.issue, raw)] if raw is not None else []


def _opened(cards: Sealed, desk_key: bytes) -> dict[bytes, CardContent]:
    """What the cards say, by badge; of several issues the newest."""
    found: dict[bytes, CardContent] = {}
    for badge, _, raw in sorted(cards, key=lambda card: card[1]):
        try:
            content = open_with_desk(msgspec.msgpack.decode(raw, type=Card), desk_key)
        except msgspec.DecodeError:
            continue
        if content is not None:
            found[badge] = content
    return found
