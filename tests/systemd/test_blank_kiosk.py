"""A kiosk on which nothing is but the packages, booted in a Debian tree without network, is set up by codes alone.

No radio is here: NetworkManager takes the profile of a network, and finds nothing to join it with. Takes minutes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

import pytest

from jianmen.testing.waiting import until
from tests.systemd.booted import (
    DRAW,
    EVENT,
    MARKS,
    PATIENCE_S,
    PROFILE,
    PROFILES,
    SPOOL,
    Machine,
    use_settings,
)

pytestmark = MARKS


@pytest.fixture
def blank(tree: Path) -> Iterator[Machine]:
    """Booted as a card makes it: installed, and nothing more."""
    use_settings(tree, camera=SPOOL, scanner=False)
    found = Machine(tree, tree.parent / "blank.log")
    try:
        found.as_user("jianmen-door", "mkdir", SPOOL)
        yield found
    finally:
        found.power_off()


def test_a_blank_kiosk_is_made_a_door_by_codes_alone(blank: Machine) -> None:
    def says(text: str) -> None:
        until(lambda: blank.door_status().get("says") == text, text, PATIENCE_S)

    def hold_up(name: str, text: str) -> None:
        python = "/opt/jianmen/.venv/bin/python"
        blank.as_user("jianmen-door", python, "-c", DRAW, f"{SPOOL}/{name}.png", text)

    says("本机尚未联网")
    hold_up("wifi", "WIFI:T:WPA;S:venue;P:only for kiosks;;")
    says("本机没有 Wi-Fi 功能")
    assert "only for kiosks" not in blank.journal()
    assert blank.run("ls", "-A", "/run/jianmen-network", PROFILES) == (
        f"{PROFILES}:\n\n/run/jianmen-network:"
    )

    registry = ("jianmen", "registry")
    settings = ("--settings", "/etc/jianmen/registry.toml")
    blank.run("sh", "-c", "umask 022; echo a password for this test >/run/password")
    password = ("--password-file", "/run/password")
    blank.as_user("jianmen-registry", *registry, "init", *settings, *password, EVENT)
    until(lambda: blank.works("registry"), "the registry to be up", PATIENCE_S)
    made = blank.as_user(
        "jianmen-registry", *registry, "enrol", *settings, "--gate", "chengdu-main-1", "--json"
    )
    hold_up("enrol", json.loads(made)["text"])
    until(lambda: blank.door_status().get("state") == "working", "the door to open", PATIENCE_S)
    until(lambda: blank.works("carrier"), "the carrier to be up", PATIENCE_S)


@pytest.mark.parametrize(
    ("text", "name", "password"),
    [
        (r"WIFI:T:WPA;S:a\;b\\ 场馆;P: le\\ad\; \"x ;H:true;;", "a;b\\ 场馆", ' le\\ad; "x '),
        ('WIFI:T:SAE;S:"12";P:#密碼=$x;;', "12", "#密碼=$x"),
    ],
)
def test_networkmanager_reads_a_profile_as_it_was_meant(
    blank: Machine, text: str, name: str, password: str
) -> None:
    uuid = str(uuid5(NAMESPACE_DNS, name))
    path = f"{PROFILES}/{uuid}.nmconnection"
    blank.run("/opt/jianmen/.venv/bin/python", "-c", PROFILE, path, text, uuid)
    blank.run("nmcli", "connection", "load", path)
    fields = "802-11-wireless.ssid,802-11-wireless.hidden,802-11-wireless-security.psk"
    shown = blank.run(
        "nmcli", "-s", "-e", "no", "-g", fields, "connection", "show", uuid, stripped=False
    )
    blank.run("nmcli", "connection", "delete", "uuid", uuid)
    hidden = "yes" if "H:true" in text else "no"
    assert shown.split("\n") == [name, hidden, password, ""]
