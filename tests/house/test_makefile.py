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
    "target", ["setup", "demo", "test", "bench", "soak", "coverage", "install"]
)
def test_the_menu_names_what_there_is(target: str) -> None:
    assert f"make {target} " in make()


def test_the_suite_installs_then_checks_style_types_and_imports_and_then_runs_the_tests() -> None:
    steps = make("--dry-run", "test")
    order = ["setup/venv", "ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"]
    assert sorted(order, key=steps.index) == order


@pytest.mark.parametrize("target", ["demo", "bench", "soak"])
def test_whatever_is_run_is_installed_first(target: str) -> None:
    assert make("--dry-run", target).startswith("setup/debian run\nsetup/venv\n")
