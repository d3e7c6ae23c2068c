"""Another project's `config` imported instead of ours is named, with what to do about it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest

from jianmen.own_packages import PACKAGES
from tests.setup.little_index import wheel

ROOT = Path(__file__).parents[2]
STRANGER = {"config/__init__.py": "'''Somebody else's configuration.'''\n"}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A real environment's Python. Nothing is installed in it; libraries come from the one that runs the tests."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    (site,) = venv.glob("lib/python*/site-packages")
    libraries = Path(str(distribution("click").locate_file("")))
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return venv / "bin/python"


def pip(python: Path, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--python", python, "--isolated", "--quiet"]
    subprocess.run([*command, *arguments], check=True, timeout=120)


def install(python: Path, package: Path) -> None:
    pip(python, "install", "--no-index", "--no-deps", "--no-compile", "--force-reinstall", package)


def uninstall(python: Path, name: str) -> None:
    pip(python, "uninstall", "--yes", name)


def run(python: Path, *arguments: str | Path, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-I", *arguments], cwd=at, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of Jianmen, as `make install` builds one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", *PACKAGES):
        subprocess.run(["cp", "-r", ROOT / name, source], check=True, timeout=60)
    subprocess.run(
        [sys.executable, "-c", build, folder],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    return wheel(tmp_path, "configuration-of-another", "5.1", files=STRANGER)


def test_every_package_of_ours_is_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert sorted(name.removesuffix("*") for name in packed) == list(PACKAGES)


def test_a_healthy_installation_has_nothing_to_report(
    environment: Path, copy: Path, tmp_path: Path
) -> None:
    install(environment, copy)
    done = run(environment, "-m", "jianmen.own_packages", at=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stranger_in_front_of_a_checkout_is_named_by_every_command(
    environment: Path, stranger: Path, tmp_path: Path
) -> None:
    # As an installation for editing: the checkout comes after the installed packages.
    (site,) = environment.parents[1].glob("lib/python*/site-packages")
    (site / "zz-checkout.pth").write_text(f"{ROOT}\n")
    install(environment, stranger)
    start = "from jianmen.cli.main import main; main(['kiosk', 'doctor'])"
    done = run(environment, "-c", start, at=tmp_path)
    assert done.returncode == 2
    assert f"package config: Python finds {site / 'config/__init__.py'}" in done.stderr
    assert "project configuration-of-another" in done.stderr
    assert f"{environment} -m pip uninstall configuration-of-another" in done.stderr
    # And without the command, as `make test` asks.
    done = run(environment, ROOT / "jianmen/own_packages.py", at=tmp_path)
    assert done.returncode == 1
    assert "package config" in done.stderr
    uninstall(environment, "configuration-of-another")
    assert run(environment, ROOT / "jianmen/own_packages.py", at=tmp_path).returncode == 0


def test_a_stranger_that_has_overwritten_ours_is_named_by_its_project(
    environment: Path, copy: Path, stranger: Path, tmp_path: Path
) -> None:
    install(environment, copy)
    install(environment, stranger)
    done = run(environment, "-m", "jianmen.own_packages", at=tmp_path)
    assert done.returncode == 1
    assert "overwritten by the project configuration-of-another" in done.stderr
    assert "pip uninstall configuration-of-another" in done.stderr


def test_ours_over_a_strangers_is_noted_before_its_removal_takes_ours_away(
    environment: Path, copy: Path, stranger: Path, tmp_path: Path
) -> None:
    install(environment, stranger)
    install(environment, copy)
    done = run(environment, "-m", "jianmen.own_packages", at=tmp_path)
    assert done.returncode == 1
    assert "shared with the project configuration-of-another" in done.stderr
    uninstall(environment, "configuration-of-another")
    done = run(environment, "-m", "jianmen.own_packages", at=tmp_path)
    assert done.returncode == 1
    assert "package config: is missing. Install Jianmen again" in done.stderr


def test_a_file_on_the_path_that_belongs_to_nobody_is_named(
    environment: Path, copy: Path, tmp_path: Path
) -> None:
    install(environment, copy)
    (tmp_path / "front").mkdir()
    (tmp_path / "front/sync.py").write_text("")
    (site,) = environment.parents[1].glob("lib/python*/site-packages")
    (site / "front.pth").write_text(f"import sys; sys.path.insert(0, {str(tmp_path / 'front')!r})")
    done = run(environment, "-m", "jianmen.own_packages", at=tmp_path)
    assert done.returncode == 1
    assert f"package sync: Python finds {tmp_path / 'front/sync.py'} in its place" in done.stderr
    assert "Move that file away" in done.stderr
