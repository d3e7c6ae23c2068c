"""Slows down those who guess: every attempt is counted before any work is done for it.

What an attempt costs is counted for the network that it comes from and for everybody together, in the database, so that
all workers and machines of a registry share the counts. Where everybody together has tried too often, whoever comes
from a site that has hardly tried yet is still let through, up to a bound: a flood of guesses from elsewhere keeps
nobody out. A browser that somebody logged in with before carries a device cookie
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies): its attempts have counts of
their own, so strangers who guess cannot keep its owner out.
"""

import hashlib
import ipaddress
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from limits import (
    RateLimitItem,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    strategies,
)
from limits.storage import Storage
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from registry.storage import tables
from registry.storage.ledger import Ledger

FREE_TRIES = 5
"""Attempts at one account from one network that need not wait."""


class Limit(NamedTuple):
    """At most so many attempts of this kind in a time, for whoever these names name."""

    item: RateLimitItem
    names: tuple[str, ...]


class Limits(NamedTuple):
    """What an attempt costs. It has to be within all limits of `own`, and within all of `shared` or all of `fresh`;
    `counted` are counted, and looked at by nobody here."""

    own: Sequence[Limit]
    shared: Sequence[Limit] = ()
    fresh: Sequence[Limit] = ()
    counted: Sequence[Limit] = ()


_EACH = (
    RateLimitItemPerMinute(FREE_TRIES),
    RateLimitItemPerMinute(10, 15),
    RateLimitItemPerHour(20),
)
_NETWORK = (RateLimitItemPerMinute(30, 10),)
_ACCOUNT = (RateLimitItemPerMinute(15, 5), RateLimitItemPerHour(60))
_SITE = RateLimitItemPerHour(3)
_FRESH = RateLimitItemPerHour(120)
"""Attempts at an account that is flooded: of one site, and of all that have hardly tried yet."""

_ENROL = (RateLimitItemPerMinute(FREE_TRIES), RateLimitItemPerHour(20))
_ENROL_ALL = (RateLimitItemPerHour(300),)


def login_limits(account: str, address: str, device: str | None) -> Limits:
    """What a login costs. `device`: the browser's own mark, where somebody logged in to this account with it."""
    who = _short(account)
    if device is not None:
        return Limits([Limit(item, ("device", who, device)) for item in _EACH])
    network = network_of(address)
    return Limits(
        own=[
            *(Limit(item, ("login", who, network)) for item in _EACH),
            *(Limit(item, ("network", network)) for item in _NETWORK),
        ],
        shared=[Limit(item, ("account", who)) for item in _ACCOUNT],
        fresh=[Limit(_SITE, ("site", who, site_of(address))), Limit(_FRESH, ("fresh", who))],
    )


def enrol_limits(address: str, handle: str | None = None) -> Limits:
    """What an attempt to enrol a kiosk costs. `handle`: the beginning of its code, where a code that is open begins so:
    a network that has tried many others still has its tries at this one."""
    network = network_of(address)
    of_network = [Limit(item, ("enrol", network)) for item in _ENROL]
    own = [Limit(item, ("code", handle, network)) for item in _ENROL] if handle else of_network
    return Limits(
        own=own,
        shared=[Limit(item, ("enrol-all",)) for item in _ENROL_ALL],
        fresh=[Limit(_SITE, ("enrol-site", site_of(address)))],
        counted=of_network if handle else (),
    )


def site_of(address: str) -> str:
    """Who may have many networks: an IPv4 /24, or the IPv6 /48 of one customer."""
    network = network_of(address)
    try:
        ip = ipaddress.ip_address(network.partition("/")[0])
    except ValueError:
        return network
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def network_of(address: str) -> str:
    """Whom an address belongs to: one IPv4 address, or the /64 that an IPv6 subscriber has at least."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


class Throttle:
    """Counts attempts against limits."""

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        self._storage = _Counts(ledger, now_ms)
        self._windows = strategies.FixedWindowRateLimiter(self._storage)

    def attempt(self, limits: Limits) -> int:
        """Count an attempt: 0. Or, where a limit is reached, count nothing: the seconds to wait."""
        wait_s, _ = self._look(limits)  # whoever hammers costs a read, not a write
        if wait_s:
            return wait_s
        with self._ledger.transaction():
            wait_s, counts = self._look(limits)
            for limit in () if wait_s else counts:
                self._windows.hit(limit.item, *limit.names)
            return wait_s

    def worked(self, limits: Limits) -> None:
        """Take back a counted attempt: it succeeded."""
        with self._ledger.transaction():
            # Where the shared limits are reached, it was let through as a fresh one, and takes nothing back from them.
            together = limits.fresh if self.crowded(limits) else (*limits.shared, *limits.fresh[:1])
            for limit in (*limits.own, *limits.counted, *together):
                self._storage.decr(limit.item.key_for(*limit.names))

    def wait_s(self, limits: Limits) -> int:
        """How many seconds an attempt would have to wait now."""
        return self._look(limits)[0]

    def crowded(self, limits: Limits) -> bool:
        """Whether everybody together has reached what they share."""
        return self._wait_s(limits.shared) > 0

    def _look(self, limits: Limits) -> tuple[int, list[Limit]]:
        """The seconds to wait, and what an attempt counts for where there are none."""
        wait_s = self._wait_s(limits.own)
        if wait_s:
            return wait_s, []
        counts = [*limits.own, *limits.counted]
        shared_s = self._wait_s(limits.shared)
        if not shared_s:
            # The site is counted also while nobody waits: it has tried, and is not fresh later.
            return 0, [*counts, *limits.shared, *limits.fresh[:1]]
        fresh_s = self._wait_s(limits.fresh) if limits.fresh else shared_s
        return min(fresh_s, shared_s), [*counts, *limits.fresh]

    def _wait_s(self, limits: Sequence[Limit]) -> int:
        wait_s = 0
        for limit in limits:
            if not self._windows.test(limit.item, *limit.names):
                until_s = self._windows.get_window_stats(limit.item, *limit.names).reset_time
                wait_s = max(wait_s, math.ceil(until_s - self._now_ms() / 1000), 1)
        return wait_s


class _Counts(Storage):
    """Where `limits` keeps its counts: the table `attempt`."""

    STORAGE_SCHEME = None

    def __init__(self, ledger: Ledger, now_ms: Callable[[], int]) -> None:
        super().__init__()
        self._ledger = ledger
        self._now_ms = now_ms

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, which is forgotten `expiry` seconds after its first attempt."""
        column = tables.attempt.c
        now = self._now_ms()
        with self._ledger.transaction():
            self._ledger.write(delete(tables.attempt).where(column.until_ms <= now))
            insert = self._ledger.insert(tables.attempt).values(
                key=key, count=amount, until_ms=now + expiry * 1000
            )
            self._ledger.write(
                insert.on_conflict_do_update(
                    index_elements=["key"], set_={"count": column["count"] + amount}
                )
            )
            return self.get(key)

    def decr(self, key: str) -> None:
        """Take one attempt back."""
        column = tables.attempt.c
        self._ledger.write(
            tables.attempt.update()
            .where(column.key == key, column["count"] > 0)
            .values(count=column["count"] - 1)
        )

    def get(self, key: str) -> int:
        row = self._row(key)
        return row.count_ if row else 0

    def get_expiry(self, key: str) -> float:
        """When the count is forgotten, in seconds since 1970."""
        row = self._row(key)
        return (row.until_ms if row else self._now_ms()) / 1000

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        return self._ledger.write(delete(tables.attempt))

    def clear(self, key: str) -> None:
        self._ledger.write(delete(tables.attempt).where(tables.attempt.c.key == key))

    def _row(self, key: str) -> Any:
        column = tables.attempt.c
        return self._ledger.first(
            select(column["count"].label("count_"), column.until_ms).where(
                column.key == key, column.until_ms > self._now_ms()
            )
        )
