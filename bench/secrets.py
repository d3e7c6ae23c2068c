"""What it costs to find a secret by trying, with a stolen kiosk's disk on the table.

Each line is one trial, in CPU time of one core, beside the bare primitive in it; its note gives what all trials cost.
Whoever tries has better programs than these, so trials that are only hashes are counted as fast as this processor
hashes at all: that is their floor. A graphics card is thousands of times faster at those, and some tens of times at
scrypt, which needs 32 MiB a trial.
"""

import hashlib
import os
import time
from collections.abc import Callable

from access.badge.credential import SECRET_BYTES as BADGE_SECRET_BYTES
from access.badge.credential import foreign, verifier
from access.badge.desk_key import SCRYPT_N, SCRYPT_P, SCRYPT_R, unwrap, wrap
from access.badge.key_card import SECRET_BYTES, KeyCard, key_card_verifier
from access.badge.secret_strength import LEAST_PIN_DIGITS, STRONG_BITS
from bench.support.figure import Figure, median

MANY_CORES = 64
"""What anybody rents for a few coins an hour."""

BLOCK_BYTES = 64
"""SHA-256 hashes so much at a time."""

HASHED_BYTES = 4_000_000
HKDF_BLOCKS = 9
"""Blocks of SHA-256 in a verifier: two HMACs of four each, and one more."""

CODE_DIGITS = (6, 8, 10, 12)
"""Lengths of other systems' codes."""

YEAR_HOURS = 24 * 365.25


def secrets(trials: int = 9) -> list[Figure]:
    """The lines, in the order of what a thief would try first."""
    block_s = _hashing_s() / (HASHED_BYTES / BLOCK_BYTES)
    return [
        *(_code(digits, block_s) for digits in CODE_DIGITS),
        _pin(trials),
        _hashed(
            "secrets key card",
            f"the {8 * SECRET_BYTES} random bits of a key card, without which no PIN can be tried",
            8 * SECRET_BYTES,
            lambda: key_card_verifier(KeyCard(bytes(5), bytes(SECRET_BYTES))),
            block_s,
        ),
        _hashed(
            "secrets badge",
            f"the {8 * BADGE_SECRET_BYTES} random bits of a badge, which open one name",
            8 * BADGE_SECRET_BYTES,
            lambda: verifier(bytes(BADGE_SECRET_BYTES)),
            block_s,
        ),
    ]


def _code(digits: int, block_s: float) -> Figure:
    """A code of another system: the badge id in the log is a hash of it."""
    code = "7" * digits
    one_s = _cpu_s(lambda: foreign(code), 2000)
    what = f"every code of {digits} digits at once, from the badge ids in the log"
    return Figure(
        f"secrets code {digits} digits",
        one_s * 1e6,
        block_s * 1e6,
        "µs",
        f"{what}: {_cost(10**digits * block_s)}; floor: one block of SHA-256",
    )


def _pin(trials: int) -> Figure:
    """The PIN of a key card, once its QR code is known."""
    card, salt, nonce = KeyCard(b"badge", bytes(SECRET_BYTES)), os.urandom(16), os.urandom(12)
    wrapped = wrap(bytes(32), card, "60221407", salt, nonce)
    ours, floor = [], []
    for _ in range(trials):
        ours.append(_cpu_s(lambda: unwrap(wrapped, card, "00000000")))
        floor.append(_cpu_s(lambda: _scrypt(salt)))
    one_s = median(ours)
    return Figure(
        "secrets pin",
        one_s * 1000,
        median(floor) * 1000,
        "ms",
        f"the PIN ({LEAST_PIN_DIGITS} digits) of a key card in the thief's hand: {_cost(10**LEAST_PIN_DIGITS * one_s)};"
        f" six digits of a badge from before there were key cards: {_cost(10**6 * one_s)}; floor: scrypt alone",
    )


def _scrypt(salt: bytes) -> bytes:
    memory = 2 * 128 * SCRYPT_N * SCRYPT_R
    return hashlib.scrypt(b"00000000", salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=memory)


def _hashed(name: str, what: str, bits: int, trial: Callable[[], object], block_s: float) -> Figure:
    one_s = _cpu_s(trial, 500)
    note = f"{what}: {_cost(2**bits * HKDF_BLOCKS * block_s)}; at least {STRONG_BITS} bits are asked for"
    return Figure(name, one_s * 1e6, HKDF_BLOCKS * block_s * 1e6, "µs", note)


def _hashing_s() -> float:
    data = bytes(HASHED_BYTES)
    return min(_cpu_s(lambda: hashlib.sha256(data).digest()) for _ in range(5))


def _cpu_s(work: Callable[[], object], times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def _cost(all_s: float) -> str:
    """What all trials cost: CPU hours, then the time that it takes here and on rented cores. Half of it on average."""
    hours, cores = all_s / 3600, os.cpu_count() or 1
    return f"{_hours(hours)} of CPU, {_hours(hours / cores)} here, {_hours(hours / MANY_CORES)} on {MANY_CORES} cores"


def _hours(hours: float) -> str:
    if hours < 1 / 60:
        return f"{hours * 3600:.2g} s"
    if hours < 2 * YEAR_HOURS:
        return f"{hours:,.3g} h" if hours < 1000 else f"{hours:,.0f} h"
    return f"{hours / YEAR_HOURS:.2g} years"
