"""`jianmen kiosk doctor` on a kiosk that is to speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import kiosk_settings
from jianmen.cli.kiosk.findings import findings


@pytest.mark.parametrize(("installed", "state"), [(True, "good"), (False, "mend")])
def test_what_speaks_is_looked_for_where_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, installed: bool, state: str
) -> None:
    program = tmp_path / "bin" / "espeak-ng"
    program.parent.mkdir()
    if installed:
        program.touch(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    settings = {"data": str(tmp_path), "camera.adapter": "", "scanner.adapter": ""}
    wanted = findings(kiosk_settings(None, {**settings, "pages.speech": True}))
    [found] = [one for one in wanted if one.check == "speech"]
    assert found.state == state
    assert "espeak-ng" in found.says
    without = findings(kiosk_settings(None, settings))
    assert [one for one in without if one.check == "speech"] == []
