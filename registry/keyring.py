"""The event's secret keys, which never leave the centre's database."""

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.card import DESK_KEY_BYTES
from registry.errors import NotInitialisedError
from registry.ledger import PUBLIC_KEY, Ledger
from sync.identity import Identity

SEED_BYTES = 32

_SEED = "seed"
_MASTER = "master"
_DESK = "desk"
_SIGNING = "signing"


class Keyring:
    """The registry's own key, the master key of plain badges, the desk key of name cards, and the keys that sign
    badges."""

    def __init__(self, ledger: Ledger, random: Callable[[int], bytes]) -> None:
        self._ledger = ledger
        self._random = random

    def make(self) -> None:
        """Make all keys, for a new event."""
        seed = self._random(SEED_BYTES)
        self._ledger.set_value(PUBLIC_KEY, Identity.from_seed(seed).public)
        self._ledger.set_value(_SEED, seed)
        self._ledger.set_value(_MASTER, self._random(SEED_BYTES))
        self.new_desk_key()
        self._new_signing_key()

    @property
    def identity(self) -> Identity | None:
        """The registry's own key; None before there is an event."""
        seed = self._ledger.value(_SEED)
        return Identity.from_seed(seed) if seed is not None else None

    @property
    def master(self) -> bytes:
        """The key from which plain secrets are derived. Raises NotInitialisedError, after a purge too."""
        return self._value(_MASTER)

    @property
    def desk(self) -> bytes:
        """The key under which staff read name cards. Raises NotInitialisedError."""
        return self._value(_DESK)

    def _value(self, key: str) -> bytes:
        value = self._ledger.value(key)
        if value is None:
            raise NotInitialisedError
        return value

    def new_desk_key(self) -> None:
        self._ledger.set_value(_DESK, self._random(DESK_KEY_BYTES))

    def signing(self) -> tuple[int, Ed25519PrivateKey]:
        """The newest key that signs badges, and its number. Raises NotInitialisedError."""
        seeds = self._seeds()
        if not seeds:
            raise NotInitialisedError
        number = max(seeds)
        return number, Ed25519PrivateKey.from_private_bytes(seeds[number])

    def _new_signing_key(self) -> None:
        seeds = self._seeds()
        number = max(seeds, default=-1) + 1
        seeds[number] = self._random(SEED_BYTES)
        self._ledger.set_value(_SIGNING, msgspec.msgpack.encode(seeds))

    def _seeds(self) -> dict[int, bytes]:
        packed = self._ledger.value(_SIGNING)
        return msgspec.msgpack.decode(packed, type=dict[int, bytes]) if packed else {}

    def forget(self) -> None:
        """Delete the keys with which badges are made and names read; the registry's own key stays."""
        for key in (_MASTER, _DESK, _SIGNING):
            self._ledger.set_value(key, None)
