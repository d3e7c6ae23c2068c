"""The queue beside queueing theory: stationary load has formulas, overload has its fluid limit. Seeds are fixed."""

from __future__ import annotations

from itertools import accumulate
from math import factorial, log
from random import Random

import pytest

from jianmen.rehearse.plan.queue import Outage, percentile, serve

PEOPLE = 200_000
WITHIN = 0.04
"""Of a formula: some four standard errors of these numbers of people at these loads."""


def poisson(per_s: float, seed: int) -> list[float]:
    random = Random(seed)
    return list(accumulate(random.expovariate(per_s) for _ in range(PEOPLE)))


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_one_server_with_equal_services_waits_as_pollaczek_and_khinchine_say(load: float) -> None:
    waits = serve(poisson(load, seed=7), [1.0] * PEOPLE, 1).waits_s()
    assert sum(waits) / PEOPLE == pytest.approx(load / (2 * (1 - load)), rel=WITHIN)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (2, 0.8), (5, 0.8), (14, 0.9)])
def test_several_servers_wait_as_erlang_c_says(servers: int, load: float) -> None:
    random = Random(11)
    services = [random.expovariate(1.0) for _ in range(PEOPLE)]
    waits = serve(poisson(servers * load, seed=3), services, servers).waits_s()
    waits_at_all, drains = erlang_c(servers, load), servers * (1 - load)
    assert sum(wait > 0 for wait in waits) / PEOPLE == pytest.approx(waits_at_all, rel=WITHIN)
    assert sum(waits) / PEOPLE == pytest.approx(waits_at_all / drains, rel=2 * WITHIN)
    longest_of_95 = log(waits_at_all / 0.05) / drains
    assert percentile(sorted(waits), 95) == pytest.approx(longest_of_95, rel=2 * WITHIN)


def erlang_c(servers: int, load: float) -> float:
    """The share of people who wait at all, with exponential gaps and services."""
    offered = servers * load
    full = offered**servers / factorial(servers) / (1 - load)
    return full / (sum(offered**n / factorial(n) for n in range(servers)) + full)


def test_an_overload_fills_and_drains_as_a_fluid_would() -> None:
    """Two people a second for 1,000 s before 10 servers that take 10 s each: one a second leaves."""
    random = Random(5)
    arrivals = sorted(random.uniform(0, 1000) for _ in range(2000))
    services = [random.uniform(5, 15) for _ in arrivals]
    served = serve(arrivals, services, 10)
    longest, at_s = served.longest()
    assert longest == pytest.approx(1000, rel=0.05)
    assert at_s == pytest.approx(1000, rel=0.05)
    assert served.left_s[-1] == pytest.approx(2000, rel=0.05)
    waits = served.waits_s()
    assert max(waits) == pytest.approx(1000, rel=0.05)
    assert percentile(sorted(waits), 50) == pytest.approx(500, rel=0.08)
    assert served.waiting_at(500) == pytest.approx(500, rel=0.08)


def test_a_server_that_fails_takes_nobody_until_it_is_back() -> None:
    served = serve([0.0, 1.0, 2.0], [5.0, 5.0, 5.0], 1, Outage(1.0, 60.0))
    assert served.began_s == [0.0, 60.0, 65.0]
    assert served.left_s == [5.0, 65.0, 70.0]


def test_the_other_server_goes_on_when_one_fails() -> None:
    served = serve([0.0, 0.0, 0.0], [10.0, 10.0, 10.0], 2, Outage(1.0, 60.0))
    assert sorted(served.began_s) == [0.0, 0.0, 10.0]


def test_nobody_overtakes_and_no_server_idles_while_people_wait() -> None:
    random = Random(1)
    arrivals = sorted(random.uniform(0, 300) for _ in range(400))
    services = [random.uniform(1, 5) for _ in arrivals]
    served = serve(arrivals, services, 3, Outage(100, 200))
    assert served.began_s == sorted(served.began_s)
    for arrived, began in zip(arrivals, served.began_s, strict=True):
        if began > arrived and not 95 <= began <= 205:
            busy = sum(
                start < began <= end
                for start, end in zip(served.began_s, served.left_s, strict=True)
            )
            assert busy >= 2 if 100 <= began < 200 else busy == 3


def test_percentiles_are_values_that_occur() -> None:
    assert percentile([], 95) == 0.0
    assert percentile([4.0], 95) == 4.0
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0
    assert percentile([1.0, 2.0], 50) == 1.0
