"""A folder of wheels is filled from a lock, and is complete for the Python and the machine that it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.setup.little_index import index, wheel, write_lock

ROOT = Path(__file__).parents[2]
PROJECT = """
[build-system]
requires = []

[project]
name = "jianmen"
dependencies = ["door[steel]>=2"]
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Wheels of a small graph: an extra, and requirements that hold for one Python or one machine alone."""
    folder = tmp_path / "shelf"
    steel = ['hinge>=1; extra == "steel"', 'bolt; extra == "oak"']
    wheel(folder, "door", "2.0", [*steel, 'lamp; python_version >= "3.13"'], ["steel", "oak"])
    wheel(folder, "hinge", "1.4", ['spring; platform_machine == "aarch64"'])
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")

    def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        own = {"PROJECT": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
        return subprocess.run(
            command,
            env={**kept, **own, **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.mark.parametrize(
    ("python", "machine", "missing"),
    [
        ("3.11", "x86_64", []),
        ("3.13", "x86_64", ["door requires lamp, which is not here."]),
        ("3.11", "aarch64", ["hinge requires spring, which is not here."]),
    ],
)
def test_what_only_another_python_or_machine_needs_is_missed_for_that_one(
    tmp_path: Path, shelf: Path, run: Run, python: str, machine: str, missing: list[str]
) -> None:
    lock = write_lock(tmp_path / "lock", sorted(shelf.glob("*.whl")))
    done = run(sys.executable, ROOT / "setup/verify.py", lock, shelf, python, machine)
    assert done.stderr.splitlines() == missing
    assert done.returncode == (1 if missing else 0)


def test_a_wheel_for_another_machine_does_not_count(tmp_path: Path, shelf: Path, run: Run) -> None:
    lock = write_lock(tmp_path / "lock", sorted(shelf.glob("*.whl")))
    (hinge,) = shelf.glob("hinge-*.whl")
    hinge.rename(shelf / "hinge-1.4-cp311-cp311-manylinux_2_17_aarch64.whl")
    done = run(sys.executable, ROOT / "setup/verify.py", lock, shelf, "3.11", "x86_64")
    assert "door requires hinge>=1, which is not here." in done.stderr.splitlines()


def test_a_version_that_does_not_do_is_named_with_the_one_that_is_there(
    tmp_path: Path, shelf: Path, run: Run
) -> None:
    (door,) = shelf.glob("door-*.whl")
    door.unlink()
    wheel(shelf, "door", "1.9", ["hinge"])
    lock = write_lock(tmp_path / "lock", sorted(shelf.glob("*.whl")))
    done = run(sys.executable, ROOT / "setup/verify.py", lock, shelf, "3.11", "x86_64")
    assert "the project requires door>=2, which is 1.9 here." in done.stderr.splitlines()


@pytest.mark.skipif(not (ROOT / ".venv/bin/python").exists(), reason="there is no .venv here")
def test_a_folder_is_filled_with_the_lock_alone(tmp_path: Path, shelf: Path, run: Run) -> None:
    lock = write_lock(tmp_path / "lock", sorted(shelf.glob("*.whl")))
    wheel(shelf, "hinge", "1.5")
    address = index(tmp_path / "simple", shelf)
    done = run(
        ROOT / "setup/wheels",
        tmp_path / "stick",
        LOCK=str(lock),
        FOR="3.11 x86_64",
        PIP_INDEX_URL=address,
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "stick").iterdir()} == {
        "door-2.0-py3-none-any.whl",
        "hinge-1.4-py3-none-any.whl",
    }
    assert "make setup WHEELS=" in done.stderr
