"""What `make` offers, and what `make test` runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str) -> str:
    # Without the flags of a make that runs this suite.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


@pytest.mark.parametrize(
    "target",
    ["setup", "demo", "test", "check", "bench", "soak", "coverage", "wheels", "install"],
)
def test_the_menu_names_what_there_is(target: str) -> None:
    assert f"make {target} " in make()


def test_the_suite_installs_then_checks_style_types_and_imports_and_then_runs_the_tests() -> None:
    steps = make("--dry-run", "test")
    order = [
        "LOCK=setup/all.lock setup/venv",
        "own_packages.py",
        "ruff check",
        "ruff format --check",
    ]
    order += ["deptry", "dead_code", "mypy", "lint-imports", "--cov-fail-under=100 tests/access"]
    order += ["--ignore=tests/access"]
    assert sorted(order, key=steps.index) == order


@pytest.mark.parametrize("target", ["demo", "bench"])
def test_whatever_is_run_gets_what_running_needs_first(target: str) -> None:
    steps = make("--dry-run", target)
    assert steps.startswith("setup/debian run\nLOCK=setup/run.lock setup/venv\n")


@pytest.mark.parametrize("target", ["test", "check", "soak", "lint", "types", "imports", "pytest"])
def test_whatever_is_checked_gets_the_tools_first(target: str) -> None:
    steps = make("--dry-run", target)
    assert steps.startswith("setup/debian run test\nLOCK=setup/all.lock setup/venv\n")


def test_a_folder_is_filled_from_the_index_and_not_from_itself() -> None:
    steps = make("--dry-run", "wheels", "WHEELS=/media/stick")
    assert "WHEELS= LOCK=setup/run.lock setup/venv\n" in steps
    assert 'setup/wheels "/media/stick"' in steps
