"""Two venues and a registry on networks of their own: links are cut, healed, slow and lossy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jianmen.testing.processes import JIANMEN, Programs
from jianmen.testing.waiting import until
from tests.faults.machines import Kiosk, Registry
from tests.faults.namespaces import REGISTRY, Networks, NoNetworksError
from tests.faults.open_door import door_of

PORT = 8743
LAN_PORT = 8744


@pytest.fixture
def networks() -> Iterator[Networks]:
    """Removed at the end, whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    try:
        made = Networks()
    except NoNetworksError as error:
        pytest.skip(f"no network namespaces here: {error}")
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def at(
    networks: Networks, registry: Registry, programs: Programs, tmp_path: Path
) -> Callable[[str, str, int], Kiosk]:
    """Enrols a kiosk (gate, network, last byte of its address) before the registry serves."""

    def make(gate: str, net: str, last: int) -> Kiosk:
        number = {"east": 1, "west": 2}[net]
        kiosk = Kiosk(
            tmp_path / gate, programs, gate, f"10.77.{number}.{last}", LAN_PORT,
            networks.host(net, last),
        )  # fmt: skip
        with registry.opened() as service:
            kiosk.enrol_with(service, f"https://{REGISTRY}:{PORT}", registry.pin)
        return kiosk

    return make


def _serve(networks: Networks, registry: Registry) -> str:
    space = networks.host("centre", 2)
    registry.port = PORT
    registry.serve("--trust-clock", host=REGISTRY, netns=space)
    return space


def _revoke(programs: Programs, registry: Registry, space: str, ref: str) -> None:
    arguments = [*JIANMEN, "registry", "revoke", ref, "--data", str(registry.data)]
    program = programs.start("revoke", arguments, space)
    assert program.process.wait(60) == 0, program.log_tail


def test_doors_of_a_venue_know_of_each_other_without_uplink_and_carry_for_each_other(
    networks: Networks,
    registry: Registry,
    programs: Programs,
    at: Callable[[str, str, int], Kiosk],
) -> None:
    first, second = at("east-1", "east", 11), at("east-2", "east", 12)
    west = at("west-1", "west", 11)
    space = _serve(networks, registry)
    for kiosk in (first, second, west):
        kiosk.carry()
    for kiosk in (first, second, west):
        until(lambda kiosk=kiosk: kiosk.has_roster_of(registry), "the roster")
    anna, ben, cleo, dora = registry.texts[:4]
    with ExitStack() as opened:
        one, two, far = (
            opened.enter_context(door_of(kiosk, registry)) for kiosk in (first, second, west)
        )
        # The whole venue is cut off: its doors still know of each other.
        networks.cut("east")
        reason, mark = one.present(anna)
        assert reason == "ok"
        until(lambda: second.has_mark(mark), "the next door to know")
        assert two.present(anna)[0] == "reentry"
        assert mark not in registry.marks()

        # One of them has its uplink back: it carries the other's log, and brings back what the registry has written.
        networks.cut("east", 12)
        networks.heal("east")
        _, mark = two.present(ben)
        until(lambda: mark in registry.marks(), "the log of a door without uplink to arrive")
        _revoke(programs, registry, space, "p2")
        until(lambda: second.has_roster_of(registry), "word of the revocation")
        assert two.present(cleo)[0] == "revoked"

        # The other venue has a thin line all this while.
        assert networks.slow(west.netns or ""), "this kernel has no token bucket (sch_tbf)"
        _, mark = far.present(dora)
        until(lambda: mark in registry.marks(), "what crept over a thin line")

        networks.heal("east", 12)
        _all_have_the_same(registry, [first, second, west])


def _all_have_the_same(registry: Registry, kiosks: list[Kiosk]) -> None:
    def same() -> bool:
        there = set(registry.marks())
        return all(set(kiosk.marks()) <= there for kiosk in kiosks) and all(
            set(kiosk.replica()) == there for kiosk in kiosks
        )

    until(same, "all to hold the same")
    assert len(registry.marks()) == len(set(registry.marks()))


def test_entries_arrive_once_over_a_line_that_loses_doubles_and_reorders(
    networks: Networks, registry: Registry, at: Callable[[str, str, int], Kiosk]
) -> None:
    kiosk = at("west-1", "west", 11)
    if not networks.lossy(kiosk.netns or ""):
        pytest.skip("this kernel has no netem (sch_netem); the fault proxy tests the same claim")
    _serve(networks, registry)
    kiosk.carry()
    until(lambda: kiosk.has_roster_of(registry), "the roster")
    with door_of(kiosk, registry) as door:
        marks = [door.present(text)[1] for text in registry.texts]
    until(lambda: set(marks) <= set(registry.marks()), "everybody to arrive")
    assert len(registry.marks()) == len(set(registry.marks()))
