"""Guessing gets slower and slower, for an account and for a network, and never for its owner's own browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.accounts.throttle import (
    FREE_TRIES,
    Throttle,
    enrol_limits,
    login_limits,
    network_of,
)
from registry.storage.ledger import Ledger

HOUR_MS = 3_600_000


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger("sqlite://", None)
    yield ledger
    ledger.close()


@pytest.fixture
def throttle(ledger: Ledger, clock: Any) -> Throttle:
    return Throttle(ledger, lambda: clock.now_ms)


def tried(throttle: Throttle, clock: Any, hours: int, *attempt: Any) -> int:
    """How many attempts are let through in some hours to whoever tries every second."""
    done = 0
    for _ in range(hours * 3600):
        done += throttle.attempt(login_limits(*attempt)) == 0
        clock.wait(1000)
    return done


def test_a_few_tries_are_free_and_then_one_waits_up_to_an_hour(
    throttle: Throttle, clock: Any
) -> None:
    limits = login_limits("admin", "192.0.2.7", None)
    waits = [throttle.attempt(limits) for _ in range(FREE_TRIES + 1)]
    assert waits[:FREE_TRIES] == [0] * FREE_TRIES
    assert 0 < waits[-1] <= 60
    longest = 0
    for _ in range(60):
        clock.wait(60_000)
        while (wait_s := throttle.attempt(limits)) == 0:
            pass
        longest = max(longest, wait_s)
    assert longest > 900


def test_a_guesser_has_some_twenty_tries_an_hour(throttle: Throttle, clock: Any) -> None:
    assert tried(throttle, clock, 1, "admin", "192.0.2.7", None) <= 20


def test_many_addresses_share_what_an_account_takes(throttle: Throttle) -> None:
    done = sum(
        throttle.attempt(login_limits("admin", f"192.0.2.{host}", None)) == 0 for host in range(200)
    )
    assert done <= 15


def test_many_accounts_share_what_a_network_takes(throttle: Throttle) -> None:
    limits = [login_limits(f"name{n}", "192.0.2.7", None) for n in range(200)]
    assert sum(throttle.attempt(one) == 0 for one in limits) <= 30


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_strangers_who_guess_do_not_slow_a_known_browser_down(throttle: Throttle) -> None:
    while throttle.attempt(login_limits("admin", "192.0.2.7", None)) == 0:
        pass
    assert throttle.attempt(login_limits("admin", "192.0.2.7", "its own mark")) == 0


def test_a_known_browser_does_not_guess_for_ever_either(throttle: Throttle) -> None:
    limits = login_limits("admin", "192.0.2.7", "stolen")
    assert [throttle.attempt(limits) == 0 for _ in range(FREE_TRIES + 1)].count(True) == FREE_TRIES


def test_what_worked_costs_nothing(throttle: Throttle) -> None:
    limits = login_limits("admin", "192.0.2.7", None)
    for _ in range(100):
        assert throttle.attempt(limits) == 0
        throttle.worked(limits)


def test_workers_share_the_counts(tmp_path: Path, clock: Any) -> None:
    ledger = Ledger(None, tmp_path)
    one, other = (Throttle(ledger, lambda: clock.now_ms) for _ in range(2))
    limits = enrol_limits("192.0.2.7")
    done = sum(
        throttle.attempt(limits) == 0 for _ in range(FREE_TRIES) for throttle in (one, other)
    )
    ledger.close()
    assert done == FREE_TRIES


def test_old_counts_are_deleted(throttle: Throttle, ledger: Ledger, clock: Any) -> None:
    for host in range(50):
        throttle.attempt(enrol_limits(f"192.0.2.{host}"))
    clock.wait(2 * HOUR_MS)
    throttle.attempt(enrol_limits("198.51.100.1"))
    with ledger.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM attempt").scalar()
    assert rows == 2
