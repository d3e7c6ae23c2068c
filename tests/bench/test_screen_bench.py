"""What people see at a door, measured: real doors, a real browser, and no figure where either is missing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench.screen.answering import camera_to_paint
from bench.screen.build_kiosk import OURS
from bench.screen.committed import commit_to_paint
from jianmen.cli.bench import bench


def test_without_a_browser_that_can_be_driven_it_says_what_installs_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    done = CliRunner().invoke(bench, ["screen"])
    assert done.exit_code == 2
    assert "make check" in done.output


def test_an_answer_is_followed_from_its_commit_to_its_paint(tmp_path: Path, browser: Any) -> None:
    [line] = commit_to_paint(tmp_path, browser, 3)
    assert line.floor is not None
    assert 0 < line.figure < 60_000


def test_a_badge_is_followed_from_the_camera_to_the_screen(tmp_path: Path, browser: Any) -> None:
    [line] = camera_to_paint(tmp_path, browser, [OURS], 1)
    assert line.floor is None
    assert 0 < line.figure < 60_000
