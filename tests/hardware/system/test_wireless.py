"""Joining a network by NetworkManager's command, of which a program that writes down what it is asked takes the place.

What NetworkManager itself makes of the profiles is tried with the real one in tests/systemd/test_booted.py.
"""

from __future__ import annotations

import configparser
import re
import stat
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.text.wifi_code import WifiCode
from hardware.system.wireless import NetworkManager, has_network, profile

PASSWORD = 'le\\ad; "x" $HOME '
CODE = WifiCode("venue's: 场馆", PASSWORD, hidden=True)

ANSWERS = {
    "joined": ("", 0),
    "wrong_password": ("Connection activation failed: Secrets were required, but not provided.", 4),
    "not_found": ("Connection activation failed: The Wi-Fi network could not be found", 4),
    "no_adapter": ("Connection activation failed: No suitable device found for this connection", 4),
    "failed": ("Timeout expired (45 seconds)", 3),
}
"""What nmcli says of `connection up`, and its exit status."""


class Nmcli:
    """The program in nmcli's place, and the folder of its profiles."""

    def __init__(self, folder: Path) -> None:
        self.profiles = folder / "system-connections"
        self.profiles.mkdir()
        self.program = folder / "nmcli"
        self.asked = folder / "asked"
        self.answers("joined")

    def answers(self, outcome: str) -> None:
        said, status = ANSWERS[outcome]
        self.script(f'case "$*" in *" up "*) echo "Error: {said}" >&2; exit {status} ;; esac')

    def script(self, body: str) -> None:
        self.program.write_text(f'#!/bin/sh\necho "$*" >>{self.asked}\n{body}\n')
        self.program.chmod(0o755)

    @property
    def manager(self) -> NetworkManager:
        return NetworkManager(self.profiles, str(self.program))

    @property
    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.profiles.iterdir()}


@pytest.fixture
def nmcli(tmp_path: Path) -> Nmcli:
    return Nmcli(tmp_path)


def test_a_network_is_joined_by_a_profile_that_root_alone_may_read(nmcli: Nmcli) -> None:
    assert nmcli.manager.join_by(CODE.text()) == "joined"

    (path,) = nmcli.profiles.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert nmcli.asked.read_text().splitlines() == [
        "--terse radio wifi on",
        f"--terse connection load {path}",
        f"--terse --wait 45 connection up uuid {path.stem.removeprefix('jianmen-')}",
    ]


def test_the_password_is_in_no_argument_and_no_message(
    nmcli: Nmcli, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for outcome in ANSWERS:
        nmcli.answers(outcome)
        nmcli.manager.join_by(CODE.text())

    told = nmcli.asked.read_text() + caplog.text + "".join(capfd.readouterr())
    assert "le\\ad" not in told
    assert "$HOME" not in told


@pytest.mark.parametrize("outcome", [one for one in ANSWERS if one != "joined"])
def test_why_a_network_was_not_joined_is_told_and_its_profile_is_gone(
    nmcli: Nmcli, outcome: str
) -> None:
    nmcli.answers(outcome)

    assert nmcli.manager.join_by(CODE.text()) == outcome
    assert nmcli.files == {}


def test_a_wrong_password_does_not_cost_the_network_that_worked(nmcli: Nmcli) -> None:
    assert nmcli.manager.join(CODE) == "joined"
    before = nmcli.files
    nmcli.answers("wrong_password")

    assert nmcli.manager.join(WifiCode(CODE.name, "another one")) == "wrong_password"
    assert nmcli.files == before


def test_the_same_network_shown_again_has_one_profile(nmcli: Nmcli) -> None:
    assert nmcli.manager.join(CODE) == "joined"
    assert nmcli.manager.join(WifiCode(CODE.name, "another one")) == "joined"

    (text,) = nmcli.files.values()
    assert "another\\sone" in text


def test_without_networkmanager_it_says_so_and_leaves_nothing(nmcli: Nmcli) -> None:
    missing = NetworkManager(nmcli.profiles, str(nmcli.program.with_name("none")))
    assert missing.join(CODE) == "no_manager"

    nmcli.script("exit 8")
    assert nmcli.manager.join(CODE) == "no_manager"
    assert nmcli.files == {}


def test_a_code_that_is_of_no_use_reaches_nobody(nmcli: Nmcli) -> None:
    assert nmcli.manager.join_by("WIFI:T:WEP;S:venue;P:12345;;") == "unsupported"
    assert nmcli.manager.join_by("nothing of the kind") == "damaged"
    assert not nmcli.asked.exists()


@pytest.mark.parametrize(("security", "keys"), [("wpa", "wpa-psk"), ("sae", "sae"), ("open", None)])
def test_a_profile_names_what_protects_the_network(security: str, keys: str | None) -> None:
    password = "" if security == "open" else "long enough"
    found = parsed(WifiCode("venue", password, security))  # type: ignore[arg-type]

    assert found.get("wifi-security", "key-mgmt", fallback=None) == keys


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30))
def test_whatever_the_password_it_stays_in_its_line(password: str) -> None:
    usual = profile(WifiCode("venue", "x", "sae"), uuid.UUID(int=1)).decode().split("\n")

    written = profile(WifiCode("venue", password, "sae"), uuid.UUID(int=1)).decode().split("\n")

    (line,) = set(written) - set(usual) or {"psk=x"}
    assert len(written) == len(usual)
    escaped = line.removeprefix("psk=")
    assert re.sub(r"\\(.)", lambda one: {"s": " "}.get(one[1], one[1]), escaped) == password


def parsed(code: WifiCode) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(delimiters="=", comment_prefixes="#", strict=True)
    found.read_string(profile(code, uuid.UUID(int=1)).decode())
    return found


FOUR = "Iface\tDestination\tGateway\n"
LO = "00000000000000000000000000000001 80 0 00 0 00000000 4 0 80200001 lo\n"
LINK = "fe800000000000000000000000000000 40 0 00 0 00000100 2 0 00000001 eth0\n"
MANY = "ff000000000000000000000000000000 08 0 00 0 00000100 3 0 00000001 eth0\n"
REST = "00000000000000000000000000000000 00 0 00 0 ffffffff 1 0 00200200 lo\n"


@pytest.mark.parametrize(
    ("four", "six", "connected"),
    [
        (FOUR, LO + REST, False),
        (FOUR, LO + LINK + MANY + REST, False),
        (FOUR + "eth0\t00000000\t010200C0\n", LO + REST, True),
        (FOUR, LO + LINK + "fd000000000000000000000000000000 40 0 00 0 1 1 0 1 eth0\n", True),
        (None, None, False),
    ],
)
def test_a_machine_has_a_network_once_a_route_leads_beyond_itself(
    tmp_path: Path, four: str | None, six: str | None, connected: bool
) -> None:
    paths = tmp_path / "route", tmp_path / "ipv6_route"
    for path, text in zip(paths, (four, six), strict=True):
        if text is not None:
            path.write_text(text)

    assert has_network(paths) is connected
