from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from hardware.cameras.badge_scene import draw_badge_scene
from hardware.files.picture_file import write_whole
from jianmen.cli.decode import decode

Gray = NDArray[np.uint8]
PHOTOS = Path(__file__).parents[1] / "samples" / "photos"


def run(*paths: Path | str) -> Result:
    return CliRunner().invoke(decode, [str(path) for path in paths])


def texts(result: Result) -> dict[str, list[str]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {
        Path(line["path"]).name: [payload["text"] for payload in line["payloads"]] for line in lines
    }


@pytest.fixture
def video(tmp_path: Path, badge: Callable[[str], str]) -> Path:
    """A second of badge A, one of badge B, and A again."""
    path = tmp_path / "queue.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (1280, 720), False)
    for letter in "AAABBBA":
        writer.write(draw_badge_scene(badge(letter), seed=ord(letter)))
    writer.release()
    return path


def test_each_picture_gives_one_line_with_what_was_read_how_long_it_took_and_by_whom() -> None:
    photo = PHOTOS / "qrcode-1" / "1.png"

    result = run(photo)

    assert result.exit_code == 0
    (line,) = [json.loads(line) for line in result.stdout.splitlines()]
    (payload,) = line["payloads"]
    assert line["path"] == str(photo)
    assert set(payload) == {"text", "ms", "decoder"}
    assert payload["text"] == photo.with_suffix(".txt").read_text()
    assert payload["ms"] > 0
    assert payload["decoder"].startswith("zxing-cpp")


def test_a_picture_without_a_code_is_an_answer_too() -> None:
    result = run(PHOTOS / "falsepositives-2" / "01.png")

    assert result.exit_code == 0
    assert texts(result) == {"01.png": []}
    assert result.stderr == ""


def test_all_codes_of_a_picture_are_listed(tmp_path: Path, print_code: Callable[..., Gray]) -> None:
    both = np.hstack([print_code("ONE"), print_code("TWO")])
    path = write_whole(tmp_path / "both.png", both)

    assert sorted(texts(run(path))["both.png"]) == ["ONE", "TWO"]


def test_a_video_gives_one_line_with_each_payload_once_in_order_of_first_sight(
    video: Path, badge: Callable[[str], str]
) -> None:
    assert texts(run(video)) == {"queue.avi": [badge("A"), badge("B")]}


def test_a_folder_is_searched_for_pictures_and_videos(
    video: Path, print_code: Callable[..., Gray], badge: Callable[[str], str]
) -> None:
    (video.parent / "deeper").mkdir()
    write_whole(video.parent / "deeper" / "one.png", print_code("ONE"))
    (video.parent / "notes.txt").write_text("not looked at")

    assert texts(run(video.parent)) == {
        "one.png": ["ONE"],
        "queue.avi": [badge("A"), badge("B")],
    }


def test_bad_files_are_named_with_what_is_wrong_and_the_others_are_read(
    tmp_path: Path, print_code: Callable[..., Gray]
) -> None:
    good = write_whole(tmp_path / "good.png", print_code("GOOD"))
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:-20])
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "story.txt").write_text("once upon a time")
    (tmp_path / "film.mp4").write_text("silent")
    (tmp_path / "nothing").mkdir()
    names = ["cut.png", "empty.jpg", "missing.png", "story.txt", "film.mp4", "nothing", "good.png"]

    result = run(*(tmp_path / name for name in names))

    assert result.exit_code == 1
    assert texts(result) == {"good.png": ["GOOD"]}
    complaints = result.stderr.splitlines()
    wrong = ["cut short", "empty", "no such file", "not a picture", "not a video", "no picture or"]
    assert len(complaints) == len(wrong)
    for complaint, name, what in zip(complaints, names, wrong, strict=False):
        assert complaint.startswith(f"{tmp_path / name}: ")
        assert what in complaint


def test_without_a_path_the_usage_is_shown() -> None:
    result = run()

    assert result.exit_code == 2
    assert "Usage:" in result.stderr


def test_a_picture_that_promises_more_than_the_machine_has_is_refused(tmp_path: Path) -> None:
    header = b"P5\n60000 60000\n255\n"
    bomb = tmp_path / "bomb.pgm"
    bomb.write_bytes(header + b"\0" * 1000)
    command = "import sys; from jianmen.cli.decode import decode; decode(sys.argv[1:])"

    done = subprocess.run(
        [sys.executable, "-c", command, str(bomb)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{bomb}: damaged or far too large; give a smaller picture\n"
