"""What is run after every end of the door."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.runtime.pins_off import main


def settings(folder: Path, adapter: str) -> Path:
    file = folder / "kiosk.toml"
    file.write_text(f'[kiosk.signals]\nadapter = "{adapter}"\n')
    return file


def test_a_door_without_pins_has_nothing_to_switch_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(settings(tmp_path, "simulated")) == 0
    assert capsys.readouterr() == ("", "")


def test_pins_that_cannot_be_had_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """This machine has none."""
    assert main(settings(tmp_path, "gpio")) == 1
    assert "apt install python3-lgpio" in capsys.readouterr().err


def test_settings_that_cannot_be_read_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(settings(tmp_path, "strings")) == 1
    assert "strings" in capsys.readouterr().err
    assert main(tmp_path / "none.toml") == 1
    assert "none.toml" in capsys.readouterr().err
