"""The keys that sign badges: several are good at once, the newest signs, and old ones are retired one by one.

Every key is an entry of the registry's log, and so is its retirement. A door that has not heard of the newest key yet
cannot prove its badges, and answers as the event's policy says of unknown ones.
"""

import hashlib
from typing import Literal

import msgspec

from access.badge.credential import Signed, read
from access.log.entry import Key
from access.state.log_state import LogState
from registry.devices.own_log import OwnLog
from registry.roster.keys.keyring import Keyring
from registry.roster.repository import People
from registry.storage.errors import RegistryError, UnknownError
from registry.storage.ledger import Ledger

MOST_KEYS = 256
"""A badge names its key in one byte."""


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key: `fingerprint` is the first 16 hex digits of the SHA-256 of its public half; `badges` how many badges
    that it has signed no newer issue replaces."""

    number: int
    fingerprint: str
    state: Literal["signs", "good", "retired"]
    badges: int


class SigningKeys:
    """Lists, adds and retires keys. Each method is one transaction; where it raises, nothing was stored."""

    def __init__(self, ledger: Ledger, log: OwnLog, people: People, keys: Keyring) -> None:
        self._ledger = ledger
        self._log = log
        self._people = people
        self._keys = keys

    def all(self, known: LogState) -> list[SigningKey]:
        """Every key that ever was, by number."""
        entry = self._keys.signing_keys()
        signs = max(entry, default=None)
        badges = self._badges()
        return [
            SigningKey(
                number=number,
                fingerprint=hashlib.sha256(public).hexdigest()[:16],
                state="signs" if number == signs else "good" if number in entry else "retired",
                badges=badges.get(number, 0),
            )
            for number, public in sorted(known.event_state.key_history.items())
        ]

    def rotate(self, known: LogState) -> int:
        """A new key, with which badges are signed from now on; its number. Raises RegistryError after 256, and
        after a purge."""
        with self._ledger.transaction():
            self._keys.badge_keys()
            number = (
                max({*known.event_state.key_history, *self._keys.signing_keys()}, default=-1) + 1
            )
            if number >= MOST_KEYS:
                raise RegistryError(f"This event has had {MOST_KEYS} keys, the most there can be.")
            self._keys.new_signing_key(number)
            self._log.append("key", Key(number=number, public=self._keys.signing_keys()[number]))
            return number

    def retire(self, number: int) -> int:
        """Retire a key: doors no longer accept what it has signed. Return how many badges are to be printed again.

        Raises UnknownError, and RegistryError for the key that signs.
        """
        with self._ledger.transaction():
            keys = self._keys.signing_keys()
            if number not in keys:
                raise UnknownError(f"There is no key {number} here, or it is retired already.")
            if number == max(keys):
                raise RegistryError(
                    f"Key {number} signs the badges of today; make a new key first."
                )
            self._keys.drop_signing_key(number)
            self._log.append("key", Key(number=number, public=keys[number], withdrawn=True))
            return self._badges().get(number, 0)

    def _badges(self) -> dict[int, int]:
        """How many people's newest printed texts each key has signed."""
        newest: dict[bytes, tuple[int, str]] = {}
        for badge, issue, text in self._people.texts():
            if issue > newest.get(badge, (0, ""))[0]:
                newest[badge] = issue, text
        counts: dict[int, int] = {}
        for _, text in newest.values():
            code = read(text)
            if isinstance(code, Signed):
                counts[code.key] = counts.get(code.key, 0) + 1
        return counts
