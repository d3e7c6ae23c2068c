"""Who may ask the centre what: two accounts with passwords, and API tokens.

All of it lives among the registry's own values, in one row: passwords as scrypt hashes, tokens as SHA-256 of
16 random bytes. Nothing here is ever logged.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from registry.queries.shapes import Access
from registry.storage.ledger import Ledger

KEY = "accounts"
"""The row of `meta`."""

SCRYPT_N = 2**15
SCRYPT_R = 8
SCRYPT_P = 3
"""One of the equally strong settings of the OWASP Password Storage Cheat Sheet: 32 MiB and about a third of a second
for each try."""

_SCRYPT_MAXMEM = 2 * 128 * SCRYPT_N * SCRYPT_R
LEAST_PASSWORD = 10
TOKEN_MARK = "jmt_"  # noqa: S105 - the beginning of every token, so that people and scanners know one
SALT_BYTES = 16


class Password(msgspec.Struct, frozen=True):
    """A salted scrypt hash and its cost, and when it was set (ms): sessions of an older one are over."""

    salt: bytes
    hash: bytes
    set_ms: int
    cost: int


class TokenRow(msgspec.Struct, frozen=True):
    """An API token, by the hash of its text."""

    label: str
    access: Access
    made_ms: int


class _Book(msgspec.Struct, frozen=True):
    passwords: dict[Access, Password] = {}
    tokens: dict[str, TokenRow] = {}
    session_key: bytes = b""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a name for the registry's log ("admin", a token's label), and what they may see."""

    name: str
    access: Access
    by_cookie: bool = False

    @property
    def is_admin(self) -> bool:
        return self.access == "admin"


class PasswordError(ValueError):
    """A password that is too easily guessed."""


class Accounts:
    """Passwords and tokens. Every look-up reads the database: a token revoked in one worker is so in all."""

    def __init__(
        self,
        ledger: Ledger,
        now_ms: Callable[[], int],
        random: Callable[[int], bytes] = secrets.token_bytes,
        cost: int = SCRYPT_N,
    ) -> None:
        """`cost` is scrypt's N for passwords that are set from now on."""
        self._ledger = ledger
        self._now_ms = now_ms
        self._random = random
        self._cost = cost

    def _read(self) -> _Book:
        raw = self._ledger.value(KEY)
        return msgspec.msgpack.decode(raw, type=_Book) if raw else _Book()

    def _change(self, change: Callable[[_Book], _Book]) -> None:
        with self._ledger.transaction():
            self._ledger.set_value(KEY, msgspec.msgpack.encode(change(self._read())))

    def has_password(self, account: Access) -> bool:
        return account in self._read().passwords

    def set_password(self, account: Access, password: str) -> None:
        """Raises PasswordError for one of fewer than ten characters."""
        if len(password) < LEAST_PASSWORD:
            raise PasswordError(f"A password has {LEAST_PASSWORD} characters or more.")
        salt = self._random(SALT_BYTES)
        kept = Password(salt, _stretched(password, salt, self._cost), self._now_ms(), self._cost)
        self._change(
            lambda book: msgspec.structs.replace(book, passwords={**book.passwords, account: kept})
        )

    def log_in(self, account: str, password: str) -> Password | None:
        """The account's password row if this is its password. Takes as long for an account that is not there."""
        known = next((row for name, row in self._read().passwords.items() if name == account), None)
        salt, cost = (known.salt, known.cost) if known else (bytes(SALT_BYTES), self._cost)
        given = _stretched(password, salt, cost)
        return known if known is not None and hmac.compare_digest(given, known.hash) else None

    def still_good(self, account: str, set_ms: int) -> Visitor | None:
        """The visitor of a session that began under the password set then."""
        for name, row in self._read().passwords.items():
            if name == account and row.set_ms == set_ms:
                return Visitor(name, name, by_cookie=True)
        return None

    def session_key(self) -> bytes:
        """What signs session cookies; made when first asked."""
        key = self._read().session_key
        if not key:
            self._change(
                lambda book: (
                    book
                    if book.session_key
                    else msgspec.structs.replace(book, session_key=self._random(32))
                )
            )
            key = self._read().session_key
        return key

    def add_token(self, label: str, access: Access) -> tuple[str, str, TokenRow]:
        """A new token: its id, its text (shown once) and its row."""
        text = TOKEN_MARK + self._random(16).hex()
        row = TokenRow(label, access, self._now_ms())
        self._change(
            lambda book: msgspec.structs.replace(book, tokens={**book.tokens, _hash(text): row})
        )
        return _hash(text)[:12], text, row

    def tokens(self) -> dict[str, TokenRow]:
        """All tokens, by id."""
        return {digest[:12]: row for digest, row in self._read().tokens.items()}

    def drop_token(self, token_id: str) -> bool:
        """Whether there was such a token; it is none from now on."""
        found = token_id in self.tokens()
        self._change(
            lambda book: msgspec.structs.replace(
                book, tokens={d: row for d, row in book.tokens.items() if d[:12] != token_id}
            )
        )
        return found

    def by_token(self, text: str) -> Visitor | None:
        """Whose token this is."""
        row = self._read().tokens.get(_hash(text))
        return Visitor(row.label, row.access) if row is not None else None


def _stretched(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MAXMEM
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
