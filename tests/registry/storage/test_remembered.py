"""Cached results are dropped by the writes that can have changed them, and by no others."""

from __future__ import annotations

from registry.storage.remembered import Remembered


def test_a_result_is_asked_for_once_until_something_is_written() -> None:
    remembered, asked = Remembered(), iter(range(9))
    assert [remembered.get("q", lambda: next(asked)) for _ in range(3)] == [0, 0, 0]
    remembered.forget()
    assert remembered.get("q", lambda: next(asked)) == 1


def test_a_write_that_changes_one_result_leaves_the_others() -> None:
    remembered, asked = Remembered(), iter(range(9))
    remembered.get("heads", lambda: next(asked))
    remembered.get("vector", lambda: next(asked))
    remembered.forget("heads")
    assert remembered.get("vector", lambda: next(asked)) == 1
    assert remembered.get("heads", lambda: next(asked)) == 2


def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    remembered = Remembered()

    def read_while_somebody_writes() -> str:
        remembered.forget("heads")
        return "old"

    assert remembered.get("heads", read_while_somebody_writes) == "old"
    assert remembered.get("heads", lambda: "new") == "new"
