"""Lines that lose, double, delay and alter what passes: every entry arrives once, and nothing false is believed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from jianmen.testing.fault_proxy import FAULTS, Fault, FaultProxy
from tests.faults.machines import Kiosk, Registry
from tests.faults.open_door import door_of

SHORT = 60
SOAK = 300


def _enrolled(registry: Registry, kiosk: Kiosk, url: str) -> None:
    with registry.opened() as service:
        kiosk.enrol_with(service, url, None)


def _bad_lines(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], requests: int, seed: int
) -> None:
    """People come at two doors of different venues, whose lines are as bad as lines can be, and good in the end."""
    random = Random(seed)
    good = False
    bag: list[Fault] = []

    def choose() -> Fault:
        if good:
            return "pass"
        if not bag:
            bag.extend([*FAULTS, *["pass"] * (len(FAULTS) // 2)])
            random.shuffle(bag)
        return bag.pop()

    east, west = kiosk_at("east-1"), kiosk_at("west-1")
    registry.choose_port()
    with FaultProxy(registry.port, choose) as proxy:
        for kiosk in (east, west):
            _enrolled(registry, kiosk, proxy.url)
        registry.serve("--trust-clock", tls=False)
        with (
            closing(east.carrier()) as one, closing(west.carrier()) as two,
            door_of(east, registry) as first, door_of(west, registry) as second,
        ):  # fmt: skip
            while not (first.ready() and second.ready()):
                one.step(one.registry)
                two.step(two.registry)
            seen: set[str] = set()
            while sum(proxy.done.values()) < requests:
                for carrier, door in ((one, first), (two, second)):
                    for text in random.sample(registry.texts, 3):
                        door.present(text)
                        seen.add(text)
                    carrier.look()
                    carrier.step(carrier.registry)
            good = True
            for carrier in (one, two, one):
                carrier.look()
                assert carrier.step(carrier.registry), carrier.registry.state.why
            _same_everywhere(registry, [east, west])
            assert set(proxy.done) == set(FAULTS)
    people = registry.headcount()
    assert people["east"]["people"] + people["west"]["people"] >= len(seen)


def _same_everywhere(registry: Registry, kiosks: list[Kiosk]) -> None:
    there = registry.marks()
    assert len(there) == len(set(there))
    for kiosk in kiosks:
        assert set(kiosk.marks()) <= set(there)
        assert set(kiosk.replica()) == set(there)


def test_every_entry_arrives_once_over_the_worst_of_lines(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _bad_lines(registry, kiosk_at, SHORT, seed=4)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_every_entry_arrives_once_over_the_worst_of_lines_for_long(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], seed: int
) -> None:
    _bad_lines(registry, kiosk_at, SOAK, seed)


def test_the_carrier_says_what_answered_in_the_place_of_the_registry(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], tmp_path: Path
) -> None:
    kiosk = kiosk_at("east-1")
    causes: list[str] = []
    faults: list[Fault] = ["html", "error", "garbage", "refuse"]
    with FaultProxy(9, lambda: faults[len(causes)]) as proxy:
        _enrolled(registry, kiosk, proxy.url)
        with closing(kiosk.carrier()) as carrier:
            for _ in faults:
                assert not carrier.step(carrier.registry)
                causes.append(str(kiosk.target()["why"]))
    assert "login page" in causes[0]
    assert "503" in causes[1]
    assert "not a message" in causes[2]
    assert "cannot be reached" in causes[3]
