"""Sessions of browsers, kept at the registry: a cookie names one, and ends with it."""

import hashlib
import secrets
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import delete, select, update

from registry.accounts.accounts import Visitor
from registry.queries.shapes import Access
from registry.storage import tables
from registry.storage.ledger import Ledger

MOST_MS = 16 * 3_600_000
"""A session lasts a long event day at most."""

IDLE_MS: dict[Access, int] = {"viewer": MOST_MS, "desk": 2 * 3_600_000, "admin": 2 * 3_600_000}
"""How long a session may be idle, by role (ms): shorter for roles that see persons."""

NOTE_MS = 60_000
"""How often a session's last use is stored (ms)."""

SESSION_ID = 12
"""How many hex digits of a session's digest name it on the settings page."""


class Login(NamedTuple):
    """A session: SHA-256 of the id in its cookie, whose, since when, and where it was last used."""

    digest: str
    account: str
    made_ms: int
    seen_ms: int
    address: str
    browser: str


class Logins:
    """The open sessions."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms

    def begin(self, account: str, address: str, browser: str) -> str:
        """A new session: the id for its cookie. Sessions that are over are deleted."""
        session_id = secrets.token_hex(16)
        now = self._now_ms()
        row = Login(_digest(session_id), account, now, now, address[:64], browser[:200])
        with self._ledger.transaction():
            self._ledger.write(delete(tables.login).where(tables.login.c.made_ms < now - MOST_MS))
            self._ledger.write(tables.login.insert().values(**row._asdict()))
        return session_id

    def visitor(self, session_id: str, *, active: bool) -> Visitor | None:
        """Whose session this is, if it is still good. `active`: somebody does something, a page does not ask by
        itself."""
        digest = _digest(session_id)
        login, account = tables.login.c, tables.account.c
        row = self._ledger.first(
            select(login.account, login.made_ms, login.seen_ms, account.role)
            .join_from(tables.login, tables.account, account.name == login.account)
            .where(login.digest == digest)
        )
        now = self._now_ms()
        if row is None or now - row.made_ms > MOST_MS or now - row.seen_ms > IDLE_MS[row.role]:
            return None
        if active and now - row.seen_ms > NOTE_MS:
            self._ledger.write(
                update(tables.login).where(login.digest == digest).values(seen_ms=now)
            )
        return Visitor(row.account, row.role, by_cookie=True, login=digest)

    def all(self, account: str | None = None) -> list[Login]:
        """The sessions of an account, or (None) of everybody, the newest first; those that are over left out."""
        login = tables.login.c
        question = (
            select(tables.login, tables.account.c.role)
            .join_from(tables.login, tables.account, tables.account.c.name == login.account)
            .order_by(login.made_ms.desc(), login.digest)
        )
        if account is not None:
            question = question.where(login.account == account)
        now = self._now_ms()
        return [
            Login(*row[:6])
            for row in self._ledger.read(question)
            if now - row.made_ms <= MOST_MS and now - row.seen_ms <= IDLE_MS[row.role]
        ]

    def end(self, digest: str) -> None:
        """End a session, by its digest."""
        self._ledger.write(delete(tables.login).where(tables.login.c.digest == digest))

    def end_id(self, session_id: str) -> None:
        """End the session with this id in its cookie."""
        self.end(_digest(session_id))


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
