"""`jianmen bench eyes`: which lines it gives, and that what is drawn is drawn alike every time."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bench.reader.eyes import empty
from bench.reader.photos import decoded_by_builds, photos_below
from bench.reader.presentations import HARD_KINDS, easy, hard, taking_turns
from bench.rooms import empty_frames
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.camera import Gray
from hardware.ports.decoder import Sight
from jianmen.cli import bench
from jianmen.cli.main import main

PHOTOS = Path(__file__).parents[1] / "samples" / "photos"
OTHERS = ("pyzbar", "OpenCV", "OpenCV Aruco")
LINES = [
    *("eyes still", *(f"eyes still, {other}" for other in OTHERS)),
    *("eyes busy", *(f"eyes busy, {other}" for other in OTHERS)),
    *("eyes hard missed", "eyes hard first read", "eyes hard wrong"),
    *("eyes easy missed", "eyes easy first read", "eyes easy wrong"),
    *("eyes turns late", "eyes turns wrong", "eyes photos missed", "eyes photos false"),
    *("eyes decode missed", "eyes decode time"),
    *(f"eyes decode missed, {other}" for other in OTHERS),
]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photographs with a code, and one without."""
    for name in ("1.png", "1.txt", "2.png", "2.txt", "3.png", "3.txt"):
        (tmp_path / name).write_bytes((PHOTOS / "qrcode-1" / name).read_bytes())
    blank = np.full((200, 300), 200, np.uint8)
    cv2.imwrite(str(tmp_path / "none.png"), blank)
    return tmp_path


def test_every_line_is_there_with_its_floor_and_says_what_it_is(photos: Path) -> None:
    run = CliRunner().invoke(
        main,
        ["bench", "eyes", "--json", "--photos", str(photos), "--presentations", "2", "--frames", "8",
         "--factor", "1"],
    )  # fmt: skip
    assert (run.exit_code, run.stderr) == (0, ""), run.exception
    lines = {line["bench"]: line for line in map(json.loads, run.stdout.splitlines())}
    # A set that zxing-cpp cannot read at all has no line about the first read.
    assert set(LINES) - {"eyes hard first read"} <= set(lines) <= set(LINES)
    for line in lines.values():
        assert list(line) == ["bench", "figure", "floor", "ratio", "unit", "note"]
        assert "floor: zxing-cpp alone" in line["note"] or line["note"].endswith("wanted: 0")
    assert lines["eyes still"]["ratio"] == pytest.approx(
        lines["eyes still"]["figure"] / lines["eyes still"]["floor"]
    )
    assert lines["eyes photos false"]["figure"] == 0
    assert (lines["eyes photos missed"]["figure"], lines["eyes decode missed"]["figure"]) == (0, 0)


def test_the_same_build_beside_itself_reads_the_same_photographs(
    photos: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A checkout that is another one's for the bench: it has its own `.venv`."""
    other = tmp_path_factory.mktemp("other")
    (other / ".venv" / "bin").mkdir(parents=True)
    program = other / ".venv" / "bin" / "jianmen"
    program.symlink_to(Path(sys.executable).parent / "jianmen")

    cost, missed = decoded_by_builds(photos, other, turns=1)

    assert cost.figure > 0
    assert cost.floor is not None
    assert cost.floor > 0
    assert "4 photographs" in cost.note
    assert (missed.figure, missed.floor) == (0, 0)
    assert "of 3 (3 read)" in missed.note


def test_a_build_that_cannot_decode_is_an_error_and_no_figure(photos: Path, tmp_path: Path) -> None:
    program = tmp_path / ".venv" / "bin" / "jianmen"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)

    with pytest.raises(RuntimeError, match="ended with status 3"):
        list(decoded_by_builds(photos, tmp_path, turns=1))


def test_a_read_in_an_empty_room_is_an_error_and_no_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    badge = list(easy(0).shots())[20].gray

    def haunted(count: int, seed: int, *, busy: bool) -> Iterator[Gray]:
        return iter([badge] * count)

    monkeypatch.setattr("bench.reader.eyes.empty_frames", haunted)
    with pytest.raises(RuntimeError, match="in a room without a code"):
        list(empty(5))


def test_a_photograph_without_a_text_beside_it_has_no_code(photos: Path) -> None:
    texts = {photo.path.name: photo.text for photo in photos_below(photos)}
    assert texts["none.png"] is None
    assert texts["1.png"] == (PHOTOS / "qrcode-1" / "1.txt").read_bytes().decode()


@pytest.mark.parametrize("number", range(len(HARD_KINDS)))
def test_a_presentation_shows_its_own_text_once_the_hardship_is_taken_away(number: int) -> None:
    presentation = hard(number)
    plain = replace(presentation, how=easy(0).how)
    found = {
        code.text
        for shot in list(plain.shots())[20:30]
        for code in ZxingDecoder().decode(shot.gray).codes
    }
    assert found == set(presentation.texts)


def test_the_same_number_is_drawn_alike_every_time() -> None:
    first, again = (next(hard(3, seed=5).shots()).gray for _ in range(2))
    assert np.array_equal(first, again)


def test_badges_that_take_turns_say_which_one_is_in_the_frame() -> None:
    presentation = taking_turns(0)
    shown = [shot.text for shot in presentation.shots()]
    assert set(shown[10:]) == set(presentation.texts)
    assert shown[10:15] == [shown[10]] * 5
    assert shown[15] != shown[10]


@pytest.mark.parametrize("busy", [False, True])
def test_there_is_no_code_in_an_empty_room(busy: bool) -> None:
    assert all(ZxingDecoder().decode(gray) == Sight() for gray in empty_frames(10, 1, busy=busy))


def test_a_checked_out_tree_brings_its_photographs() -> None:
    assert bench.PHOTOS == PHOTOS
    assert bench.PHOTOS.is_dir()
