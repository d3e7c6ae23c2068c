"""The import law is held by a check that bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jianmen.own_packages import PACKAGES

ROOT = Path(__file__).parents[2]


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
    """The modules of every room without their contents, under the real law."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            empty = tmp_path / file.relative_to(ROOT)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    return tmp_path


def test_a_house_that_keeps_the_law_passes(empty_house: Path) -> None:
    (empty_house / "kiosk/door/door.py").write_text(
        "import access, config, hardware, sync.store.journal, sync.store.replica\n"
    )
    (empty_house / "registry/storage/ledger.py").write_text(
        "import access, config, sync, sqlalchemy\n"
    )
    (empty_house / "jianmen/demo/run.py").write_text("import kiosk, registry, hardware\n")
    done = check_imports(empty_house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("access/rules/decide.py", "time"),
        ("access/rules/decide.py", "config"),
        ("access/rules/decide.py", "web"),
        ("config/event_file.py", "sync"),
        ("config/event_file.py", "printing"),
        ("hardware/ports/camera.py", "access"),
        ("sync/exchange/exchange.py", "kiosk"),
        ("kiosk/door/door.py", "sync.carrier.carrier"),
        ("kiosk/door/door.py", "requests"),
        ("kiosk/door/door.py", "cv2"),
        ("registry/storage/ledger.py", "hardware"),
        ("sync/exchange/exchange.py", "sqlalchemy"),
        ("sync/exchange/exchange.py", "printing"),
        ("web/addresses.py", "printing"),
        ("printing/document.py", "kiosk"),
        ("printing/document.py", "jianmen"),
        ("registry/storage/ledger.py", "jianmen"),
        ("access/badge/credential.py", "access.rules.decide"),
        ("sync/wire/messages.py", "sync.store.journal"),
        ("kiosk/door/door.py", "kiosk.pages.app"),
        ("registry/storage/ledger.py", "registry.service"),
    ],
)
def test_a_wrong_import_is_found(empty_house: Path, module: str, wrong: str) -> None:
    (empty_house / module).write_text(f"import {wrong}\n")
    done = check_imports(empty_house)
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout


def test_what_the_door_imports_does_not_lead_to_the_network_either(empty_house: Path) -> None:
    (empty_house / "kiosk/door/door.py").write_text("import sync.store.journal\n")
    (empty_house / "sync/store/journal.py").write_text("import sync.carrier.carrier\n")
    (empty_house / "sync/carrier/carrier.py").write_text("import requests\n")
    assert check_imports(empty_house).returncode == 1
