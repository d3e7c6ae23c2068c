"""The import law is held by a check that bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("access", "config", "hardware", "sync", "kiosk", "registry", "jianmen", "bench")


def check_imports(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def empty_house(tmp_path: Path) -> Path:
    """The rooms without their furniture, under the real law."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    for module in ("journal", "replica", "carrier"):
        (tmp_path / "sync" / f"{module}.py").touch()
    return tmp_path


def test_a_house_that_keeps_the_law_passes(empty_house: Path) -> None:
    (empty_house / "kiosk/door/door.py").write_text(
        "import access, config, hardware, sync.journal, sync.replica\n"
    )
    (empty_house / "registry/storage/ledger.py").write_text(
        "import access, config, sync, sqlalchemy\n"
    )
    (empty_house / "jianmen/demo.py").write_text("import kiosk, registry, hardware\n")
    done = check_imports(empty_house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("access/rules/decide.py", "time"),
        ("access/rules/decide.py", "config"),
        ("config/event.py", "sync"),
        ("hardware/ports/camera.py", "access"),
        ("sync/exchange/exchange.py", "kiosk"),
        ("kiosk/door/door.py", "sync.carrier.carrier"),
        ("kiosk/door/door.py", "requests"),
        ("kiosk/door/door.py", "cv2"),
        ("registry/storage/ledger.py", "hardware"),
        ("sync/exchange/exchange.py", "sqlalchemy"),
        ("registry/storage/ledger.py", "jianmen"),
    ],
)
def test_a_wrong_import_is_found(empty_house: Path, module: str, wrong: str) -> None:
    (empty_house / module).write_text(f"import {wrong}\n")
    done = check_imports(empty_house)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout


def test_what_the_door_imports_does_not_lead_to_the_network_either(empty_house: Path) -> None:
    (empty_house / "kiosk/door/door.py").write_text("import sync.journal\n")
    (empty_house / "sync/store/journal.py").write_text("import sync.carrier\n")
    (empty_house / "sync/carrier/carrier.py").write_text("import requests\n")
    assert check_imports(empty_house).returncode == 1
