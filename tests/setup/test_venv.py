"""`setup/venv` installs the lock and nothing but the lock, whatever the index holds and however old pip is."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.setup.conftest import INSTALLER, ROOT, Setup, World, empty_environment
from tests.setup.little_index import index, pins, wheel, write_lock

OLD_PIPS = {
    "23.0": "b5f88adff801f5ef052bcdef3daa31b55eb67b0fccd6d0106c206fa248e0463c",
    "25.0": "b6eb97a803356a52b2dd4bb73ba9e65b2ba16caa6bcb25a7497350a4e5859b65",
}
"""Debian 12's and Debian 13's, by the SHA-256 of their wheels."""


def installed(venv: Path) -> dict[str, str]:
    (site,) = venv.glob("lib/python*/site-packages")
    found = {
        each.metadata["Name"].lower().replace("_", "-"): each.version
        for each in distributions(path=[str(site)])
    }
    return {name: version for name, version in found.items() if name != INSTALLER}


@pytest.fixture(scope="module")
def old_pips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pips")
    for version, digest in OLD_PIPS.items():
        lock = folder / f"{version}.txt"
        lock.write_text(f"pip=={version} --hash=sha256:{digest}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--require-hashes", "--only-binary", ":all:", "--retries", "0"]
        done = subprocess.run(
            [*command, "--requirement", lock, "--dest", folder],
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode:
            pytest.skip(f"pip {version} cannot be had here: {done.stderr.splitlines()[-1]}")
    return folder


@pytest.mark.parametrize("version", OLD_PIPS)
def test_an_old_pip_installs_the_lock_although_the_index_has_newer_releases(
    tmp_path: Path, world: World, setup_venv: Setup, old_pips: Path, version: str
) -> None:
    if version == "23.0" and sys.version_info >= (3, 12):
        pytest.skip("pip 23.0 needs what left Python with 3.12; Debian 12 has it beside 3.11")
    site = empty_environment(tmp_path / "venv")
    zipfile.ZipFile(old_pips / f"pip-{version}-py3-none-any.whl").extractall(site)
    done = setup_venv()
    assert done.returncode == 0, done.stderr
    assert installed(tmp_path / "venv") == {**pins(world.lock), "jianmen": "0.1.0"}


@pytest.mark.usefixtures("pip_of_the_lock")
def test_the_newest_pip_installs_the_lock_although_the_index_has_newer_releases(
    tmp_path: Path, world: World, setup_venv: Setup
) -> None:
    done = setup_venv()
    assert done.returncode == 0, done.stderr
    assert installed(tmp_path / "venv") == {**pins(world.lock), "jianmen": "0.1.0"}


def test_the_pip_that_comes_with_this_python_needs_no_index_but_a_folder_of_wheels(
    tmp_path: Path, world: World, setup_venv: Setup
) -> None:
    done = setup_venv(
        WHEELS=str(world.wheels),
        PIP_INDEX_URL="http://127.0.0.1:9/simple",  # nobody answers there
        PIP_EXTRA_INDEX_URL="http://127.0.0.1:9/more",
    )
    assert done.returncode == 0, done.stderr
    assert installed(tmp_path / "venv") == {**pins(world.lock), "jianmen": "0.1.0"}


@pytest.mark.usefixtures("pip_of_the_lock")
def test_what_a_lock_forgot_is_named_with_who_needs_it(
    tmp_path: Path, world: World, setup_venv: Setup
) -> None:
    forgotten = {"markupsafe", "coverage"}
    wheels = [
        path
        for path in sorted(world.wheels.glob("*.whl"))
        if "post9999" not in path.name and path.name.split("-")[0] not in forgotten
    ]
    done = setup_venv(LOCK=str(write_lock(tmp_path / "short.lock", wheels)))
    assert done.returncode == 1
    assert "jinja2 requires markupsafe>=2.0, which is not here." in done.stderr.lower()
    assert "pytest-cov requires coverage>=" in done.stderr.lower()
    assert "make lock" in done.stderr


@pytest.mark.usefixtures("pip_of_the_lock")
def test_a_package_that_is_not_the_locked_file_is_refused(
    tmp_path: Path, world: World, setup_venv: Setup
) -> None:
    lock = tmp_path / "other.lock"
    lock.write_text(f"blinker==1.9.0 --hash=sha256:{'0' * 64}\n")
    done = setup_venv(LOCK=str(lock))
    assert done.returncode != 0
    assert "HASH" in done.stderr.upper()
    assert "blinker" not in installed(tmp_path / "venv")


def test_a_folder_of_wheels_that_is_not_there_is_named(tmp_path: Path, setup_venv: Setup) -> None:
    done = setup_venv(WHEELS=str(tmp_path / "stick"))
    assert done.returncode == 1
    assert f"make wheels WHEELS={tmp_path / 'stick'}" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.fixture
def checkout(tmp_path: Path, world: World) -> Path:
    """A checkout with the scripts of this one, and the world's locks and source."""
    folder = tmp_path / "checkout"
    shutil.copytree(world.source, folder)
    (folder / "setup").mkdir()
    for name in ("venv", "verify.py"):
        shutil.copy(ROOT / "setup" / name, folder / "setup")
    shutil.copy(world.lock, folder / "setup/all.lock")
    shutil.copy(world.run_lock, folder / "setup/run.lock")
    return folder


@pytest.mark.usefixtures("pip_of_the_lock")
def test_what_running_needs_and_what_tests_need_share_one_environment(
    tmp_path: Path, world: World, setup_venv: Setup, checkout: Path
) -> None:
    venv = tmp_path / "venv"

    def install(lock: str) -> str:
        done = setup_venv(checkout / "setup/venv", SOURCE="", LOCK=lock)
        assert done.returncode == 0, done.stderr
        return done.stderr

    install("setup/run.lock")
    assert installed(venv) == {**pins(world.run_lock), "jianmen": "0.1.0"}
    assert install("setup/run.lock") == ""
    install("setup/all.lock")
    assert installed(venv) == {**pins(world.lock), "jianmen": "0.1.0"}
    # The demo after the tests: nothing to install, and nothing is taken away.
    assert install("setup/run.lock") == ""
    assert install("setup/all.lock") == ""
    assert installed(venv) == {**pins(world.lock), "jianmen": "0.1.0"}


@pytest.mark.usefixtures("pip_of_the_lock")
def test_a_package_that_left_the_locks_goes_and_one_that_a_person_installed_stays(
    tmp_path: Path, world: World, setup_venv: Setup, checkout: Path
) -> None:
    venv = tmp_path / "venv"
    left = wheel(world.wheels, "once-needed", "1.0")
    index(Path(world.index.removeprefix("file://")), world.wheels)
    entry = write_lock(tmp_path / "entry", [left]).read_text(encoding="utf-8")
    lock = checkout / "setup/run.lock"
    lock.write_text(world.run_lock.read_text(encoding="utf-8") + entry, encoding="utf-8")
    setup_venv(checkout / "setup/venv", SOURCE="", LOCK="setup/run.lock")
    assert "once-needed" in installed(venv)
    own = wheel(tmp_path, "own-tool", "3.0")
    pip = [venv / "bin/python", "-m", "pip", "install", "--quiet", "--isolated", "--no-index", own]
    subprocess.run(pip, check=True, timeout=120)
    shutil.copy(world.run_lock, lock)
    setup_venv(checkout / "setup/venv", SOURCE="", LOCK="setup/run.lock")
    assert installed(venv) == {**pins(world.run_lock), "jianmen": "0.1.0", "own-tool": "3.0"}
