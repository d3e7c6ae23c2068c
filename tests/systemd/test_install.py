"""What an installation lays out, and the accounts, folders and device rules that come with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"


def lay_out(role: str, root: Path) -> set[str]:
    subprocess.run(
        [UNITS / "install.sh", role],
        env={**os.environ, "DESTDIR": str(root)},
        check=True,
        timeout=60,
    )
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")


def accounts(root: Path, role: str) -> dict[str, set[str]]:
    """The groups that systemd-sysusers makes in `root`, each with its members."""
    (root / "etc").mkdir(exist_ok=True)
    subprocess.run(
        ["systemd-sysusers", f"--root={root}", f"jianmen-{role}.conf"],
        check=True,
        timeout=60,
    )
    lines = (root / "etc/group").read_text(encoding="utf-8").splitlines()
    return {
        fields[0]: set(filter(None, fields[3].split(",")))
        for fields in (line.split(":") for line in lines)
    }


def test_a_kiosk_gets_door_carrier_and_screen(tmp_path: Path) -> None:
    assert lay_out("kiosk", tmp_path) == {
        "etc/systemd/system/jianmen-door.service",
        "etc/systemd/system/jianmen-carrier.service",
        "etc/systemd/system/jianmen-browser.service",
        "etc/systemd/system/jianmen-network.path",
        "etc/systemd/system/jianmen-network.service",
        "etc/systemd/journald.conf.d/90-jianmen.conf",
        "etc/sysusers.d/jianmen-kiosk.conf",
        "etc/tmpfiles.d/jianmen-kiosk.conf",
        "etc/udev/rules.d/99-jianmen.rules",
        "etc/pam.d/jianmen-browser",
        "etc/chromium/policies/managed/jianmen.json",
    }


def test_a_registry_gets_nothing_of_a_kiosk(tmp_path: Path) -> None:
    assert lay_out("registry", tmp_path) == {
        "etc/systemd/system/jianmen-registry.service",
        "etc/systemd/journald.conf.d/90-jianmen.conf",
        "etc/sysusers.d/jianmen-registry.conf",
    }


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    first = lay_out("kiosk", tmp_path)
    assert lay_out("kiosk", tmp_path) == first


def test_an_unknown_role_is_told_what_there_is() -> None:
    done = subprocess.run(
        [UNITS / "install.sh", "fridge"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "kiosk" in done.stderr
    assert "registry" in done.stderr


@needs("systemd-sysusers")
@needs_root
def test_door_and_carrier_share_a_group_and_only_the_door_reaches_devices(tmp_path: Path) -> None:
    lay_out("kiosk", tmp_path)
    groups = accounts(tmp_path, "kiosk")
    assert groups["jianmen"] == {"jianmen-door", "jianmen-carrier"}
    assert {group for group, members in groups.items() if "jianmen-door" in members} == {
        *("jianmen", "video", "gpio", "dialout"),
    }
    assert {group for group, members in groups.items() if "jianmen-carrier" in members} == {
        "jianmen"
    }


@needs("systemd-sysusers")
@needs_root
def test_every_user_and_group_that_a_unit_names_is_made(tmp_path: Path) -> None:
    for role in ("kiosk", "registry"):
        root = tmp_path / role
        lay_out(role, root)
        groups = accounts(root, role)
        users = (root / "etc/passwd").read_text(encoding="utf-8")
        for unit in root.glob("etc/systemd/system/*.service"):
            text = unit.read_text(encoding="utf-8")
            for user in re.findall(r"^User=(.+)$", text, re.MULTILINE):
                assert user == "root" or f"{user}:" in users
            for group in re.findall(r"^(?:Supplementary)?Groups?=(.+)$", text, re.MULTILINE):
                assert group in groups


@needs("systemd-tmpfiles")
@needs("systemd-sysusers")
@needs_root
def test_what_is_made_in_the_data_folder_belongs_to_both(tmp_path: Path) -> None:
    lay_out("kiosk", tmp_path)
    accounts(tmp_path, "kiosk")
    subprocess.run(
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", "jianmen-kiosk.conf"],
        check=True,
        timeout=60,
    )
    folder = (tmp_path / "var/lib/jianmen/kiosk").stat()
    assert stat.S_IMODE(folder.st_mode) == 0o2770


@needs("systemd-tmpfiles")
@needs("systemd-sysusers")
@needs_root
def test_a_networks_code_is_left_where_root_and_the_door_alone_can_look(tmp_path: Path) -> None:
    lay_out("kiosk", tmp_path)
    groups = accounts(tmp_path, "kiosk")
    subprocess.run(
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", "jianmen-kiosk.conf"],
        check=True,
        timeout=60,
    )
    folder = (tmp_path / "run/jianmen-network").stat()
    assert (stat.S_IMODE(folder.st_mode), folder.st_uid) == (0o2770, 0)
    assert groups["jianmen-door"] == set()  # its own member alone


def test_the_browser_can_go_nowhere_but_the_page_of_its_own_door() -> None:
    policy = json.loads((UNITS / "jianmen-browser.policy.json").read_text(encoding="utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    unit = (UNITS / "jianmen-browser.service").read_text(encoding="utf-8")
    assert all(f"{url}/" in unit for url in policy["URLAllowlist"])


def test_udev_understands_the_device_rules() -> None:
    if shutil.which("udevadm") is None or "verify" not in udevadm_help():
        pytest.skip("udevadm verify is not to be had (systemd before 254)")
    # The groups that the rules name come with an installation, not with this machine.
    command = ["udevadm", "verify", "--resolve-names=never", UNITS / "99-jianmen.rules"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def udevadm_help() -> str:
    return subprocess.run(
        ["udevadm", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
