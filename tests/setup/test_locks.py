"""The promises of `make`: what it installs is exact, complete, and says so when it cannot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from jianmen.own_packages import PACKAGES

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "setup/all.lock", ROOT / "setup/run.lock"]
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return dict(PIN.findall(lock.read_text(encoding="utf-8")))


def plain_name(requirement: str) -> str:
    """A requirement's package name, spelt as the locks spell it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-|--(?:index|extra-index|find-links|trusted)", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_and_hashes_every_package(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(lock))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_locks_agree_with_each_other() -> None:
    everything, running = (pins(lock) for lock in LOCKS)
    assert running.items() <= everything.items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    to_run = {plain_name(requirement) for requirement in project["dependencies"]}
    to_test = {plain_name(requirement) for requirement in project["optional-dependencies"]["dev"]}
    everything, running = (pins(lock) for lock in LOCKS)
    assert to_run <= running.keys()
    assert to_run | to_test <= everything.keys()
    assert not to_test & running.keys()


def test_every_dependency_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert [requirement for requirement in asked if ">=" not in requirement] == []


def test_an_installed_copy_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    copy = tmp_path / "source"
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=unwanted)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, copy)
    expected = {
        str(path.relative_to(copy))
        for package in PACKAGES
        for path in (copy / package).rglob("*")
        if path.is_file()
    }
    build = "from setuptools.build_meta import build_wheel; build_wheel('../wheel')"
    subprocess.run(
        [sys.executable, "-c", build], cwd=copy, check=True, capture_output=True, timeout=120
    )
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    assert expected - set(zipfile.ZipFile(wheel).namelist()) == set()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize(
    "script",
    [
        *("setup/check", "setup/debian", "setup/lock", "setup/venv", "setup/wheels"),
        *("systemd/install.sh", ".ci/run"),
    ],
)
def test_shell_scripts_are_sound(script: str) -> None:
    done = subprocess.run(
        ["shellcheck", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_python_that_is_too_old_is_named_with_what_would_do(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *version_info\\ \\<*) exit 1;; *) echo 3.9;; esac\n')
    old.chmod(0o755)
    done = run_setup("setup/venv", PYTHON=str(old), VENV=str(tmp_path / "venv"))
    assert done.returncode == 1
    assert "Python 3.9" in done.stderr
    assert "3.11 or newer" in done.stderr


def test_without_rights_the_missing_packages_and_the_command_are_named(tmp_path: Path) -> None:
    # A machine without libzbar, and someone on it who may install nothing.
    for program, script in {"ldconfig": "exit 0", "id": "echo 1000", "sudo": "exit 1"}.items():
        fake = tmp_path / program
        fake.write_text(f"#!/bin/sh\n{script}\n")
        fake.chmod(0o755)
    done = run_setup("setup/debian", "run", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert re.search(r"sudo apt-get install .*libzbar0", done.stderr)


def run_setup(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
