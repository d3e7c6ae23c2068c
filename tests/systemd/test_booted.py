"""The packages under a booted systemd, in a Debian tree without network: the services start and come back, whatever
ends or stops them; neither a full disk nor a clock that is pulled back stops one. Takes minutes.

A container shares the clock of its machine: what the services see of it goes through a small library. The screen, which
needs a display, cannot be tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jianmen.testing.waiting import until
from tests.systemd.booted import (
    CLOCK,
    DATA_FOLDER,
    HANG_S,
    MARKS,
    PATIENCE_S,
    SCANNER,
    SERVICES,
    Machine,
    use_settings,
)

pytestmark = MARKS


@pytest.fixture(scope="module")
def machine(tree: Path) -> Iterator[Machine]:
    """Booted, with every service at work on the data of an event."""
    use_settings(tree, camera="", scanner=True)
    found = Machine(tree, tree.parent / "boot.log")
    try:
        found.run("systemctl", "stop", *(f"jianmen-{service}" for service in SERVICES))
        found.run("sh", "-c", "cp /data/kiosk/* /var/lib/jianmen/kiosk/")
        found.run("sh", "-c", "cp /data/registry/* /var/lib/jianmen/registry/")
        found.run("chown", "-R", "jianmen-registry:", "/var/lib/jianmen/registry")
        found.run("mkfifo", SCANNER)
        found.run("sh", "-c", "chown jianmen-door:jianmen /var/lib/jianmen/kiosk/*")
        found.run("sh", "-c", "chmod 0660 /var/lib/jianmen/kiosk/*")
        found.run("systemctl", "start", *(f"jianmen-{service}" for service in SERVICES))
        until(lambda: all(map(found.works, SERVICES)), "the services to be up", PATIENCE_S)
        yield found
    finally:
        found.power_off()


def test_everything_is_up_after_the_boot(machine: Machine) -> None:
    assert machine.run("systemctl", "list-units", "--failed", "--plain", "--no-legend") == ""
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_killed_comes_back(machine: Machine, service: str) -> None:
    before = machine.property(service, "MainPID")
    machine.signal("KILL", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)


def test_after_the_door_its_pins_are_switched_off(machine: Machine) -> None:
    """By a program of its own, in the same sandbox; whether there are pins its settings say."""
    machine.run("systemctl", "stop", "jianmen-door")
    ended = machine.property("door", "ExecStopPost")
    machine.run("systemctl", "start", "jianmen-door")

    assert "kiosk.runtime.pins_off" in ended
    assert "code=exited ; status=0" in ended


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stands_still_is_ended_and_comes_back(
    machine: Machine, service: str
) -> None:
    before = machine.property(service, "MainPID")
    machine.signal("STOP", before)
    until(lambda: machine.works(service, before), f"the {service} to come back", PATIENCE_S)
    assert "Watchdog timeout" in machine.journal(service)


def test_a_clock_pulled_back_by_an_hour_ends_no_service_and_moves_no_entry(
    machine: Machine,
) -> None:
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    until(lambda: all(map(machine.works, SERVICES)), "the services to be up", PATIENCE_S)
    before = {service: machine.property(service, "MainPID") for service in SERVICES}
    machine.scan("before")
    shown = machine.door_status()["clock"]["lo_ms"]

    machine.run("sh", "-c", f"echo -3600 >{CLOCK}")
    machine.scan("after")
    fed = {service: machine.fed(service) for service in SERVICES}
    until(
        lambda: all(machine.fed(one) > fed[one] + 2 * HANG_S for one in SERVICES),
        "every service to feed its watchdog long after it would have been ended",
        PATIENCE_S,
    )
    machine.scan("long after")

    assert {service: machine.property(service, "MainPID") for service in SERVICES} == before
    first, second, third = machine.entries()[-3:]
    assert second["wall_ms"] < first["wall_ms"] - 3_000_000, "the clock was pulled back"
    assert [one["seq"] for one in (first, second, third)] == [
        first["seq"] + step for step in range(3)
    ]
    spans = [one["body"]["span"]["lo"] for one in (first, second, third)]
    assert spans == sorted(spans), "no entry is earlier than the one before it"
    assert machine.door_status()["clock"]["lo_ms"] >= shown
    verified = machine.as_user("jianmen-door", "jianmen", "journal", "verify", DATA_FOLDER)
    assert "every entry follows the one before it" in verified
    machine.run("sh", "-c", f"echo 0 >{CLOCK}")


def test_a_full_disk_ends_no_service_and_the_door_works_once_there_is_room(
    machine: Machine,
) -> None:
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    until(lambda: all(map(machine.works, SERVICES)), "the services to be up", PATIENCE_S)
    before = {service: machine.property(service, "MainPID") for service in SERVICES}
    machine.run("sh", "-c", "cat /dev/zero >/var/lib/jianmen/filling", check=False)
    # A door that starts while the disk is full waits for room, and answers on its page meanwhile.
    machine.signal("KILL", before["door"])
    until(lambda: machine.works("door", before["door"]), "the door to come back", PATIENCE_S)
    assert machine.door_status().get("state") != "working"
    assert machine.works("carrier")
    assert machine.works("registry")

    machine.run("rm", "/var/lib/jianmen/filling")
    until(lambda: machine.door_status().get("state") == "working", "the door to open", PATIENCE_S)
