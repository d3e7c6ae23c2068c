"""One door to a data folder, and the next start knows how the last one ended."""

from __future__ import annotations

import pytest

from kiosk.running import AlreadyRunningError, RunningMark, why_started


def test_a_second_door_on_the_same_folder_is_refused_with_words(tmp_path):
    first = RunningMark(tmp_path)
    with pytest.raises(AlreadyRunningError, match="another door is running"):
        RunningMark(tmp_path)
    first.close(cleanly=True)
    RunningMark(tmp_path).close(cleanly=True)


@pytest.mark.parametrize("cleanly", [True, False])
def test_a_door_that_was_not_stopped_has_crashed(tmp_path, cleanly):
    RunningMark(tmp_path).close(cleanly=cleanly)
    second = RunningMark(tmp_path)
    second.close(cleanly=True)

    assert second.crashed is not cleanly


@pytest.mark.parametrize(
    ("crashed", "last", "why"),
    [
        (False, None, "first start"),
        (True, "boot-1", "power"),
        (True, "boot-2", "crash"),
        (False, "boot-2", "restart"),
    ],
)
def test_the_log_says_why_a_door_starts(crashed, last, why):
    assert why_started(crashed, "boot-2", last) == why
