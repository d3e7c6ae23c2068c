"""What is asked is done once and answered once, and lies nowhere afterwards."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hardware.system.errand import LARGEST, Errand


def test_what_is_asked_is_taken_once_and_answered_once(tmp_path: Path) -> None:
    asker, doer = Errand(tmp_path, "network"), Errand(tmp_path, "network")
    assert doer.take() is None

    asker.ask("WIFI:S:场馆;;")
    assert doer.take() == "WIFI:S:场馆;;"
    assert doer.take() is None
    assert asker.answer() is None

    doer.say("joined")
    assert asker.answer() == "joined"
    assert asker.answer() is None
    assert list(tmp_path.iterdir()) == []


def test_the_answer_to_an_earlier_question_is_none_to_this_one(tmp_path: Path) -> None:
    errand = Errand(tmp_path, "network")
    errand.say("joined")

    errand.ask("another")

    assert errand.answer() is None


def test_only_the_folders_group_can_read_what_is_asked(tmp_path: Path) -> None:
    Errand(tmp_path, "network").ask("with a password")

    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_without_the_other_side_there_is_no_folder_and_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Errand(tmp_path / "none", "network").ask("anything")


def test_what_no_errand_leaves_is_thrown_away_unread(tmp_path: Path) -> None:
    """Whoever may write in the folder must not make a process with more rights read, or wait, elsewhere."""
    secret, doer = tmp_path / "secret", Errand(tmp_path, "network")
    secret.write_text("not for the door")
    asked = tmp_path / "network.asked"
    strange = (
        lambda: asked.symlink_to(secret),
        lambda: os.mkfifo(asked),
        lambda: asked.write_bytes(b"\xff\xfe"),
        lambda: asked.write_text("x" * (LARGEST + 1)),
    )
    for leave in strange:
        leave()
        assert doer.take() is None
        assert not asked.exists()
    assert secret.read_text() == "not for the door"


def test_an_answer_follows_no_link(tmp_path: Path) -> None:
    outside, doer = tmp_path / "outside", Errand(tmp_path, "network")
    outside.write_text("as it was")
    (tmp_path / "network.answer").symlink_to(outside)
    (tmp_path / ".network.answer").symlink_to(outside)

    doer.say("joined")

    assert outside.read_text() == "as it was"
    assert doer.answer() == "joined"
