"""One door to a data folder, and the next start knows how the last one ended."""

from __future__ import annotations

import pytest

from kiosk.runtime.run_lock import AlreadyRunningError, RunningMark, why_started


def test_a_second_door_on_the_same_folder_is_refused_with_words(tmp_path):
    first = RunningMark(tmp_path)
    with pytest.raises(AlreadyRunningError, match="another door is running"):
        RunningMark(tmp_path)
    first.close(cleanly=True)
    RunningMark(tmp_path).close(cleanly=True)


@pytest.mark.parametrize("cleanly", [True, False])
def test_a_door_that_was_not_stopped_has_crashed(tmp_path, cleanly):
    first = RunningMark(tmp_path)
    assert first.begin() is False
    first.close(cleanly=cleanly)
    second = RunningMark(tmp_path)
    assert second.begin() is not cleanly
    assert second.begin() is not cleanly, "asked again, it must not take its own mark for another's"
    second.close(cleanly=True)


def test_looking_whether_a_door_runs_changes_nothing(tmp_path):
    crashed = RunningMark(tmp_path)
    crashed.begin()
    crashed.close(cleanly=False)
    RunningMark(tmp_path).close(cleanly=True)
    third = RunningMark(tmp_path)
    assert third.begin() is True
    third.close(cleanly=True)


def test_a_mark_that_cannot_be_written_is_tried_again(tmp_path):
    mark = RunningMark(tmp_path)
    in_the_way = tmp_path / "door.running"
    in_the_way.mkdir()
    with pytest.raises(IsADirectoryError):
        mark.begin()
    with pytest.raises(AlreadyRunningError):
        RunningMark(tmp_path)
    in_the_way.rmdir()
    assert mark.begin() is False
    in_the_way.unlink()
    in_the_way.mkdir()
    mark.close(cleanly=True)  # logs it, and releases the folder all the same
    RunningMark(tmp_path).close(cleanly=True)


@pytest.mark.parametrize(
    ("crashed", "last", "why"),
    [
        (False, "", "first start"),
        (True, "boot-1", "power"),
        (True, "boot-2", "crash"),
        (False, "boot-2", "restart"),
    ],
)
def test_the_log_says_why_a_door_starts(crashed, last, why):
    assert why_started(crashed, "boot-2", last) == why
