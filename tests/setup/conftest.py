"""A stand-in for the package index: all packages of the real lock, without contents, and newer releases of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.setup.little_index import index, pins, wheel, write_lock

ROOT = Path(__file__).parents[2]
INSTALLER = "pip"
"""Left out of the index: it does the work."""

BACKEND = """
import shutil
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    (built,) = Path(__file__).parent.glob("*.whl")
    return Path(shutil.copy(built, folder)).name

build_editable = build_wheel
"""


@dataclass(frozen=True, slots=True)
class World:
    """`wheels` holds each package of the lock twice: as locked, and in a newer release that fits every requirement."""

    wheels: Path
    lock: Path
    run_lock: Path
    source: Path
    index: str


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    locked: dict[str, Path] = {}
    to_run = pins(ROOT / "setup/run.lock")
    for name, version in pins(ROOT / "setup/all.lock").items():
        if name == INSTALLER:
            continue
        metadata = distribution(name).metadata
        requires = metadata.get_all("Requires-Dist", [])
        extras = metadata.get_all("Provides-Extra", [])
        locked[name] = wheel(folder / "wheels", name, version, requires, extras)
        wheel(folder / "wheels", name, f"{version}.post9999", requires, extras)
    source = folder / "source"
    project = distribution("jianmen").metadata
    wheel(source, "jianmen", "0.1.0", project.get_all("Requires-Dist", []), ["dev"])
    (source / "backend.py").write_text(BACKEND)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    build = text[: text.index("[project]")]
    own = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n'
    (source / "pyproject.toml").write_text(text.replace(build, own))
    return World(
        folder / "wheels",
        write_lock(folder / "all.lock", locked.values()),
        write_lock(folder / "run.lock", [locked[name] for name in locked if name in to_run]),
        source,
        index(folder / "simple", folder / "wheels"),
    )


Setup = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def setup_venv(tmp_path: Path, world: World) -> Setup:
    """Runs setup/venv on the world's index, with none of this machine's settings of pip unless a test gives them."""

    def run(
        script: Path = ROOT / "setup/venv", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        chosen = {
            "PYTHON": sys.executable,
            "VENV": str(tmp_path / "venv"),
            "LOCK": str(world.lock),
            "SOURCE": str(world.source),
            "WHEELS": "",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_CACHE_DIR": str(tmp_path / "cache"),
            "PIP_INDEX_URL": world.index,
        }
        return subprocess.run(
            [script],
            env={**kept, **chosen, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture
def pip_of_the_lock(tmp_path: Path) -> None:
    """An environment with the newest pip that we know: the one that runs this test."""
    site = empty_environment(tmp_path / "venv")
    here = Path(str(distribution("pip").locate_file("")))
    for name in ("pip", f"pip-{distribution('pip').version}.dist-info"):
        shutil.copytree(here / name, site / name)


def empty_environment(venv: Path) -> Path:
    """Make an environment without pip; answer with its folder of packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    (site,) = venv.glob("lib/python*/site-packages")
    return site
