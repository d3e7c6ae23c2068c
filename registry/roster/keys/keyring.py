"""The event's secret keys, which never leave the registry's database."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.name_card import DESK_KEY_BYTES
from registry.storage.errors import NotInitialisedError, RegistryError
from registry.storage.ledger import Ledger
from registry.storage.log_store import PUBLIC_KEY
from sync.wire.device_key import DeviceKey

SEED_BYTES = 32

_SEED = "seed"
_MASTER = "master"
_DESK = "desk"
_SIGNING = "signing"


@dataclass(frozen=True, slots=True)
class BadgeKeys:
    """What badges are made with: the master key of plain secrets, the desk key of name cards, and the newest key that
    signs, with its number."""

    master: bytes = field(repr=False)
    desk: bytes = field(repr=False)
    number: int
    signing: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half of the key that signs."""
        return self.signing.public_key().public_bytes_raw()


class Keyring:
    """The registry's own key, the master key of plain badges, the desk key of name cards, and the keys that sign
    badges."""

    def __init__(self, ledger: Ledger, random: Callable[[int], bytes]) -> None:
        self._ledger = ledger
        self._random = random

    def make(self) -> DeviceKey:
        """Make all keys, for a new event; gives the registry's own."""
        seed = self._random(SEED_BYTES)
        identity = DeviceKey.from_seed(seed)
        self._ledger.set_value(PUBLIC_KEY, identity.public)
        self._ledger.set_value(_SEED, seed)
        self._ledger.set_value(_MASTER, self._random(SEED_BYTES))
        self.set_desk_key(self.drawn_desk_key())
        self._ledger.set_value(_SIGNING, msgspec.msgpack.encode({0: self._random(SEED_BYTES)}))
        return identity

    @property
    def identity(self) -> DeviceKey | None:
        """The registry's own key; None before there is an event."""
        seed = self._ledger.value(_SEED)
        return DeviceKey.from_seed(seed) if seed is not None else None

    def badge_keys(self) -> BadgeKeys:
        """The keys of today. Raises NotInitialisedError, RegistryError after a purge."""
        known = self._ledger.values()
        if _SEED not in known:
            raise NotInitialisedError
        if not {_MASTER, _DESK, _SIGNING} <= known.keys():
            raise RegistryError("This event's people and keys were deleted; no badge can be made.")
        seeds = _seeds(known[_SIGNING])
        number = max(seeds)
        key = Ed25519PrivateKey.from_private_bytes(seeds[number])
        return BadgeKeys(known[_MASTER], known[_DESK], number, key)

    def signing_keys(self) -> dict[int, bytes]:
        """The public halves of the keys that sign badges, by number; the highest signs, the others are still good."""
        packed = self._ledger.value(_SIGNING)
        seeds = _seeds(packed) if packed is not None else {}
        return {
            number: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
            for number, seed in sorted(seeds.items())
        }

    def new_signing_key(self, number: int) -> None:
        """A key that signs badges from now on, under a number that was never used."""
        seeds = _seeds(self._ledger.value(_SIGNING) or b"\x80")
        self._ledger.set_value(
            _SIGNING, msgspec.msgpack.encode({**seeds, number: self._random(SEED_BYTES)})
        )

    def drop_signing_key(self, number: int) -> None:
        """Delete a key; nothing can be signed with it any more."""
        seeds = _seeds(self._ledger.value(_SIGNING) or b"\x80")
        seeds.pop(number, None)
        self._ledger.set_value(_SIGNING, msgspec.msgpack.encode(seeds))

    def drawn_desk_key(self) -> bytes:
        """A new desk key, which is not used yet."""
        return self._random(DESK_KEY_BYTES)

    def set_desk_key(self, key: bytes) -> None:
        """The desk key under which name cards are sealed from now on."""
        self._ledger.set_value(_DESK, key)

    def forget(self) -> None:
        """Delete the keys with which badges are made and names read; the registry's own key stays."""
        for key in (_MASTER, _DESK, _SIGNING):
            self._ledger.set_value(key, None)


def _seeds(packed: bytes) -> dict[int, bytes]:
    """The seeds of the keys that sign badges, by number."""
    return msgspec.msgpack.decode(packed, type=dict[int, bytes])
