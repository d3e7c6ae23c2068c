"""The Debian packages, built from a small tree in place of the programs: what they lay out, and how they say it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEBIAN = Path(__file__).parents[2] / "systemd" / "debian"
PACKAGES = ("jianmen", "jianmen-kiosk", "jianmen-registry")
SCRIPTS = sorted(path for path in DEBIAN.glob("*/p*") if path.is_file())

pytestmark = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed"
)


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    site = folder / "site"
    (site / "jianmen" / "__pycache__").mkdir(parents=True, exist_ok=True)
    (site / "jianmen" / "__init__.py").write_text('"""Programs."""\n')
    (site / "jianmen" / "__pycache__" / "left.pyc").write_bytes(b"of the build machine")
    settings = {"SITE": str(site), "VERSION": "1.2+3", "SOURCE_DATE_EPOCH": "1600000000"}
    return subprocess.run(
        [DEBIAN / "build", folder / "out"],
        env={**os.environ, **settings, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debian")
    done = build(folder, FOR="3.11 x86_64")
    assert done.returncode == 0, done.stderr
    return folder / "out"


def package(built: Path, name: str) -> Path:
    (found,) = built.glob(f"{name}_*.deb")
    return found


def field(deb: Path, name: str) -> str:
    return subprocess.run(
        ["dpkg-deb", "--field", deb, name], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def contents(deb: Path) -> dict[str, tuple[str, str]]:
    """Each file with its mode and its owner, links as `path -> target`."""
    listing = subprocess.run(
        ["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    rows = [line.split(maxsplit=5) for line in listing.splitlines()]
    return {row[5].removeprefix("."): (row[0], row[1]) for row in rows if row[0][0] != "d"}


def conffiles(deb: Path) -> set[str]:
    done = subprocess.run(
        ["dpkg-deb", "--info", deb, "conffiles"], capture_output=True, text=True, timeout=60
    )
    return set(done.stdout.split())


def test_each_role_is_a_package_that_needs_the_programs_of_its_own_version(built: Path) -> None:
    for role in ("jianmen-kiosk", "jianmen-registry"):
        deb = package(built, role)
        assert field(deb, "Version") == "1.2+3"
        assert "jianmen (= 1.2+3)" in field(deb, "Depends")
        assert field(deb, "Architecture") == "all"
    assert field(package(built, "jianmen"), "Architecture") == "amd64"


def test_the_programs_are_bound_to_the_python_that_their_wheels_are_for(built: Path) -> None:
    depends = field(package(built, "jianmen"), "Depends")
    assert "python3 (>= 3.11~), python3 (<< 3.12~)" in depends


def test_the_command_is_there_by_both_its_names(built: Path) -> None:
    files = contents(package(built, "jianmen"))
    assert "/opt/jianmen/bin/jianmen -> ../.venv/bin/jianmen" in files
    assert "/usr/bin/jianmen -> /opt/jianmen/bin/jianmen" in files
    assert files["/opt/jianmen/.venv/bin/jianmen"][0] == "-rwxr-xr-x"
    assert "/opt/jianmen/.venv/bin/python -> /usr/bin/python3.11" in files


def test_nothing_of_the_build_machine_is_in_it(built: Path) -> None:
    for name in PACKAGES:
        files = contents(package(built, name))
        assert not [path for path in files if "__pycache__" in path or path.endswith(".pyc")]
        assert {owner for _, owner in files.values()} == {"root/root"}


def test_a_kiosk_gets_the_files_of_an_installation_by_hand(built: Path, tmp_path: Path) -> None:
    subprocess.run(
        [DEBIAN.parent / "install.sh", "kiosk"],
        env={**os.environ, "DESTDIR": str(tmp_path)},
        check=True,
        timeout=60,
    )
    files = {Path(path).name for path in contents(package(built, "jianmen-kiosk"))}
    files |= {Path(path).name for path in contents(package(built, "jianmen"))}
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= files


def test_what_a_person_may_change_is_never_overwritten_unasked(built: Path) -> None:
    assert conffiles(package(built, "jianmen-kiosk")) == {
        "/etc/chromium/policies/managed/jianmen.json",
        "/etc/jianmen/kiosk.toml",
        "/etc/pam.d/jianmen-browser",
    }
    assert conffiles(package(built, "jianmen-registry")) == {"/etc/jianmen/registry.toml"}
    for role in ("kiosk", "registry"):
        files = contents(package(built, f"jianmen-{role}"))
        assert files[f"/etc/jianmen/{role}.toml"][0] == "-rw-r-----"


def test_the_units_start_programs_that_the_package_brings(built: Path) -> None:
    programs = contents(package(built, "jianmen"))
    for name in ("jianmen-kiosk", "jianmen-registry"):
        for path in contents(package(built, name)):
            if path.endswith(".service") and "browser" not in path:
                unit = (DEBIAN.parent / Path(path).name).read_text(encoding="utf-8")
                start = unit.split("\nExecStart=")[1].split()[0]
                assert start in programs


def test_an_arm_package_takes_pins_and_camera_from_the_system(tmp_path: Path) -> None:
    done = build(tmp_path, FOR="3.13 aarch64")
    assert done.returncode == 0, done.stderr
    deb = package(tmp_path / "out", "jianmen")
    assert field(deb, "Architecture") == "arm64"
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path / "tree"], check=True, timeout=60)
    venv = (tmp_path / "tree/opt/jianmen/.venv/pyvenv.cfg").read_text()
    assert "include-system-site-packages = true" in venv


def test_the_same_sources_give_the_same_package(built: Path, tmp_path: Path) -> None:
    assert build(tmp_path, FOR="3.11 x86_64").returncode == 0
    for name in PACKAGES:
        again = package(tmp_path / "out", name)
        assert again.read_bytes() == package(built, name).read_bytes()


def test_without_wheels_it_says_how_to_get_them(tmp_path: Path) -> None:
    done = build(tmp_path, SITE="", WHEELS=str(tmp_path / "none"))
    assert done.returncode == 2
    assert "make wheels" in done.stderr


def test_a_machine_without_wheels_is_refused(tmp_path: Path) -> None:
    done = build(tmp_path, FOR="3.11 armv7l")
    assert done.returncode == 2
    assert "aarch64" in done.stderr


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_scripts_are_sound() -> None:
    assert len(SCRIPTS) == 11
    done = subprocess.run(
        ["shellcheck", DEBIAN / "build", DEBIAN / "try", *SCRIPTS],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


def test_what_reads_pdf_files_is_recommended_and_not_needed(built: Path) -> None:
    deb = package(built, "jianmen")

    assert "poppler-utils" in field(deb, "Recommends")
    assert "poppler-utils" not in field(deb, "Depends")
