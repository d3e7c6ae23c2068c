"""A kiosk that was enrolled after its neighbours lost the uplink: real carriers, and no registry to vouch for it."""

from __future__ import annotations

from collections.abc import Callable

from jianmen.testing.waiting import until
from tests.faults.machines import Kiosk, Registry
from tests.faults.open_door import door_of


def test_neighbours_that_have_not_heard_of_a_new_kiosk_exchange_with_it_at_once(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    settled, newcomer = kiosk_at("east-1"), kiosk_at("east-2")
    with registry.here() as service:
        settled.enrol_with(service, registry.url, registry.pin)
        settled.sync()
        with door_of(settled, registry) as door:
            there = [door.present(text)[1] for text in registry.texts[:3]]
        newcomer.enrol_with(service, registry.url, registry.pin)
        newcomer.sync()
        with door_of(newcomer, registry) as door:
            here = [door.present(text)[1] for text in registry.texts[3:6]]
    carriers = [settled.carry(), newcomer.carry()]  # the registry is gone

    until(lambda: set(here) <= set(settled.replica()), "the settled kiosk to hear the newcomer")
    until(lambda: set(there) <= set(newcomer.replica()), "the newcomer to hear the settled kiosk")
    for carrier in carriers:
        carrier.stop()


def test_a_kiosk_wiped_and_enrolled_again_gets_its_own_entries_back_from_a_neighbour(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    wiped, neighbour, enrolled_again = kiosk_at("east-1"), kiosk_at("east-2"), kiosk_at("east-1")
    with registry.here() as service:
        for kiosk in (wiped, neighbour):
            kiosk.enrol_with(service, registry.url, registry.pin)
            kiosk.sync()
        neighbour.sync()
        wiped.sync()
        with door_of(wiped, registry) as door:
            green = [door.present(text)[1] for text in registry.texts[:3]]
    carriers = [wiped.carry(), neighbour.carry()]
    until(lambda: set(green) <= set(neighbour.replica()), "the neighbour to hear it")
    for carrier in carriers:
        carrier.stop()

    with registry.here() as service:
        enrolled_again.enrol_with(service, registry.url, registry.pin)
        enrolled_again.sync()
        assert not set(green) & set(registry.marks()), "the registry has not heard of them yet"
    carriers = [enrolled_again.carry(), neighbour.carry()]
    until(lambda: set(green) <= set(enrolled_again.replica()), "the kiosk to have them again")
    for carrier in carriers:
        carrier.stop()
