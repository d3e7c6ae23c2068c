"""Accounts of people, with passwords and roles, and API tokens.

Passwords are kept as scrypt hashes, tokens as SHA-256 of 16 random bytes. Nothing here is ever logged.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args

from sqlalchemy import delete, func, select, update

from registry.queries.shapes import Access
from registry.storage import tables
from registry.storage.errors import ChangedError, RegistryError, UnknownError
from registry.storage.ledger import Ledger

SCRYPT_N = 2**15
SCRYPT_R = 8
SCRYPT_P = 3
"""One of the equally strong settings of the OWASP Password Storage Cheat Sheet: 32 MiB and about a third of a second
for each try."""

_SCRYPT_MAXMEM = 2 * 128 * SCRYPT_N * SCRYPT_R
LEAST_PASSWORD = 10
TOKEN_MARK = "jmt_"  # noqa: S105 - the beginning of every token, so that people and scanners know one
SALT_BYTES = 16
NAME = r"[\w.@-]{1,64}"
"""What an account may be called: letters of any script, digits, and . @ - _."""

RESERVED = frozenset({"command"})
"""What the trail calls somebody else: the command on the registry's own machine."""

RANKS: tuple[Access, ...] = get_args(Access)
"""The roles, from the one that may do least; each may do what those before it may."""

COOKIE_KEY = "cookies"
"""The registry's own value whose bytes sign cookies."""

TOKEN_ID = 12
"""How many hex digits of a token's digest name it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who logs in. `salt`, `hash` and `cost` are those of scrypt; `set_ms`: when the password was set. Each
    password has a salt of its own."""

    name: str
    role: Access
    salt: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    cost: int
    set_ms: int

    @property
    def version(self) -> str:
        """Stands for the password that is set, and says nothing of it."""
        return hashlib.sha256(b"password version" + self.salt).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An API token, by the hash of its text."""

    label: str
    access: Access
    made_ms: int


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a name for the log and the trail (an account, or a token's label), and their role. `login` is the
    digest of their session, where they logged in."""

    name: str
    access: Access
    by_cookie: bool = False
    login: str | None = None

    def may(self, access: Access) -> bool:
        """Whether their role includes this one."""
        return RANKS.index(self.access) >= RANKS.index(access)

    @property
    def is_admin(self) -> bool:
        return self.may("admin")


class PasswordError(RegistryError):
    """A password that is too easily guessed."""


class Accounts:
    """Accounts and tokens. Every look-up reads the database: a token revoked in one worker is so in all."""

    def __init__(
        self,
        ledger: Ledger,
        now_ms: Callable[[], int],
        random: Callable[[int], bytes] = secrets.token_bytes,
        cost: int = SCRYPT_N,
    ) -> None:
        """`cost` is scrypt's N for passwords that are set from now on."""
        self.ledger = ledger
        self._now_ms = now_ms
        self._random = random
        self._cost = cost

    # People.

    def all(self) -> list[Account]:
        """All accounts, by name."""
        found = self.ledger.read(select(tables.account).order_by(tables.account.c.name))
        return [Account(*row) for row in found]

    def find(self, name: str) -> Account | None:
        row = self.ledger.first(select(tables.account).where(tables.account.c.name == name))
        return Account(*row) if row else None

    def set_password(
        self,
        name: str,
        password: str,
        role: Access | None = None,
        keep: str | None = None,
        version: str | None = None,
    ) -> None:
        """Set a password, and the role if one is given; the account's sessions end, but for the one with the digest
        `keep`. An account that is not there is made: it needs a role, or the name of one. `version`: that of the
        password that the asker means to replace.

        Raises PasswordError, UnknownError, RegistryError (the last admin's role), ChangedError.
        """
        check_password(name, password)
        salt = self._random(SALT_BYTES)
        digest = _stretched(password, salt, self._cost)
        with self.ledger.transaction():
            known = self.find(name)
            named = next((one for one in RANKS if one == name), None)
            kept = role or (known.role if known else named)
            if kept is None:
                raise UnknownError(
                    f"There is no account {name[:64]!r}. Make it first, with a role."
                )
            if known is None:
                self._require_free(name)
            if version is not None and (known is None or known.version != version):
                raise _changed("password")
            if known is not None:
                self._keep_an_admin(known, kept)
            values = {
                "role": kept, "salt": salt, "hash": digest, "cost": self._cost, "set_ms": self._now_ms()
            }  # fmt: skip
            insert = self.ledger.insert(tables.account).values(name=name, **values)
            self.ledger.write(insert.on_conflict_do_update(index_elements=["name"], set_=values))
            self._end_sessions(name, keep)

    def add(self, name: str, role: Access, password: str) -> None:
        """A new account. Raises PasswordError; RegistryError where there is one, or for a name that cannot be."""
        check_account(name, password)
        with self.ledger.transaction():
            self._require_free(name)
            self.set_password(name, password, role)

    def _require_free(self, name: str) -> None:
        """Raises RegistryError for a name that people would take for another account's, or for somebody else's."""
        for one in self.all():
            if _folded(one.name) == _folded(name):
                raise RegistryError(f"There is an account {one.name!r} already.")
        require_unreserved(name)

    def set_role(self, name: str, role: Access, was: Access | None = None) -> None:
        """`was`: what the asker has seen. Raises UnknownError, RegistryError (the last admin), ChangedError."""
        with self.ledger.transaction():
            known = self._known(name)
            if was is not None and known.role != was:
                raise _changed("role")
            self._keep_an_admin(known, role)
            account = tables.account
            self.ledger.write(update(account).where(account.c.name == name).values(role=role))

    def remove(self, name: str) -> None:
        """Delete an account and its sessions. Raises UnknownError, RegistryError (the last admin)."""
        with self.ledger.transaction():
            self._keep_an_admin(self._known(name), None)
            self.ledger.write(delete(tables.account).where(tables.account.c.name == name))
            self._end_sessions(name)

    def log_in(self, name: str, password: str) -> Account | None:
        """The account if this is its password, else None. Takes as long for an account that does not exist."""
        known = self.find(name)
        salt, cost = (known.salt, known.cost) if known else (bytes(SALT_BYTES), self._cost)
        given = _stretched(password, salt, cost)
        return known if known is not None and hmac.compare_digest(given, known.hash) else None

    def _known(self, name: str) -> Account:
        found = self.find(name)
        if found is None:
            raise UnknownError(f"There is no account {name[:64]!r}.")
        return found

    def _keep_an_admin(self, account: Account, role: Access | None) -> None:
        if account.role != "admin" or role == "admin":
            return
        others = select(func.count()).where(
            tables.account.c.role == "admin", tables.account.c.name != account.name
        )
        if not self.ledger.first(others)[0]:
            raise RegistryError(f"{account.name!r} is the only admin. Make another one first.")

    def _end_sessions(self, name: str, keep: str | None = None) -> None:
        login = tables.login.c
        self.ledger.write(
            delete(tables.login).where(login.account == name, login.digest != (keep or ""))
        )

    def cookie_key(self) -> bytes:
        """The key that signs cookies; made at the first call."""
        key = self.ledger.value(COOKIE_KEY)
        if key:
            return key
        with self.ledger.transaction():
            key = self.ledger.value(COOKIE_KEY) or self._random(32)
            self.ledger.set_value(COOKIE_KEY, key)
        return key

    # Tokens.

    def add_token(self, label: str, access: Access) -> tuple[str, str, TokenRow]:
        """A new token: its id, its text (shown once) and its row. Raises RegistryError for a label that is reserved."""
        require_unreserved(label)
        text = TOKEN_MARK + self._random(16).hex()
        row = TokenRow(label, access, self._now_ms())
        digest = _hash(text)
        insert = self.ledger.insert(tables.token)
        self.ledger.write(
            insert.values(digest=digest, label=label, access=access, made_ms=row.made_ms)
        )
        return digest[:TOKEN_ID], text, row

    def tokens(self) -> dict[str, TokenRow]:
        """All tokens, by id, the oldest first."""
        token = tables.token.c
        found = self.ledger.read(select(tables.token).order_by(token.made_ms, token.digest))
        return {row.digest[:TOKEN_ID]: TokenRow(*row[1:]) for row in found}

    def drop_token(self, token_id: str) -> bool:
        """Delete a token. Return whether there was one."""
        digest = tables.token.c.digest
        if not re.fullmatch("[0-9a-f]{12}", token_id):
            return False
        return self.ledger.write(delete(tables.token).where(digest.startswith(token_id))) > 0

    def by_token(self, text: str) -> Visitor | None:
        """Whose token this is."""
        row = self.ledger.first(select(tables.token).where(tables.token.c.digest == _hash(text)))
        return Visitor(row.label, row.access) if row is not None else None


def _changed(field_name: str) -> ChangedError:
    return ChangedError(
        [field_name],
        "Somebody else has changed this account meanwhile; nothing was changed. Look, and try again.",
    )


def check_account(name: str, password: str) -> None:
    """Raises RegistryError for a name that cannot be, PasswordError for a password that is too easily guessed."""
    if not re.fullmatch(NAME, name):
        raise RegistryError(
            f"{name[:64]!r} cannot be the name of an account; use letters, digits and . @ - _"
        )
    require_unreserved(name)
    check_password(name, password)


def require_unreserved(name: str) -> None:
    """Raises RegistryError for a name under which the trail notes what nobody with an account did."""
    if _folded(name) in RESERVED:
        raise RegistryError(
            f"{name[:64]!r} is what the trail calls the command on the registry's machine; take another name."
        )


def _folded(name: str) -> str:
    """The same for names that look the same: Chan, chan and ｃｈａｎ."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def check_password(name: str, password: str) -> None:
    """Raises PasswordError for one of fewer than ten characters, or that is the account's name over again."""
    if len(password) < LEAST_PASSWORD:
        raise PasswordError(f"A password has {LEAST_PASSWORD} characters or more.")
    if len(set(password)) < 3 or (name and not password.lower().replace(name.lower(), "")):
        raise PasswordError("This password is too easily guessed; take another one.")


def _stretched(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MAXMEM
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
