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

pytestmark = pytest.mark.both_stores

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


def test_a_flood_from_elsewhere_does_not_keep_a_new_browser_out(
    throttle: Throttle, clock: Any
) -> None:
    """The owner at a browser that nobody knows yet, while strangers guess at the account from many networks."""
    for _ in range(2):
        for host in range(40):
            throttle.attempt(login_limits("admin", f"192.0.2.{host}", None))
            throttle.attempt(login_limits("admin", f"2001:db8:7:{host:x}::1", None))
        owner = login_limits("admin", "198.51.100.9", None)
        assert throttle.attempt(owner) == 0
        throttle.worked(owner)
        # Their success lets none of those in who wait.
        assert throttle.attempt(login_limits("admin", "192.0.2.250", None)) > 0
        clock.wait(20 * 60_000)


def test_guesses_from_ever_new_networks_are_bounded(throttle: Throttle, clock: Any) -> None:
    done = 0
    for number in range(360):
        address = f"10.{number >> 8}.{number & 255}.1"
        done += throttle.attempt(login_limits("admin", address, None)) == 0
        clock.wait(10_000)
    assert done <= 60 + 120


def test_one_site_has_few_tries_at_an_account_that_is_flooded(throttle: Throttle) -> None:
    while any(throttle.attempt(login_limits("admin", f"192.0.2.{n}", None)) == 0 for n in range(9)):
        pass
    for site in ("198.51.100.{}", "2001:db8:9:{}::1"):
        tries = [throttle.attempt(login_limits("admin", site.format(n), None)) for n in range(10)]
        assert tries.count(0) == 3


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
    def rows() -> Any:
        with ledger.database.reading() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM attempt").scalar()

    throttle.attempt(enrol_limits("192.0.2.1"))
    of_one_attempt = rows()
    for host in range(2, 50):
        throttle.attempt(enrol_limits(f"192.0.2.{host}"))
    clock.wait(2 * HOUR_MS)
    throttle.attempt(enrol_limits("198.51.100.1"))
    assert rows() == of_one_attempt


def test_a_flood_of_wrong_codes_keeps_no_kiosk_out(throttle: Throttle) -> None:
    for number in range(320):
        throttle.attempt(enrol_limits(f"10.{number >> 8}.{number & 255}.1"))
    kiosk = enrol_limits("198.51.100.9", "AB")
    assert throttle.crowded(kiosk)
    assert throttle.attempt(kiosk) == 0


def test_a_flood_of_wrong_codes_slows_every_site_down(throttle: Throttle) -> None:
    for number in range(320):
        throttle.attempt(enrol_limits(f"10.{number >> 8}.{number & 255}.1"))
    tries = [throttle.attempt(enrol_limits(f"198.51.100.{n}", "AB")) for n in range(20)]
    assert tries.count(0) == 3


def test_a_network_that_tried_other_codes_has_its_tries_at_one_that_is_open(
    throttle: Throttle,
) -> None:
    while throttle.attempt(enrol_limits("192.0.2.7")) == 0:
        pass
    tries = [throttle.attempt(enrol_limits("192.0.2.7", "AB")) for _ in range(FREE_TRIES + 1)]
    assert [wait_s == 0 for wait_s in tries] == [True] * FREE_TRIES + [False]
