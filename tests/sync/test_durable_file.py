"""Files and folders that are whole or not there, whatever ends the process that writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.durable_file import PART, leftovers, remove_leftover, temporary_folder, whole_file


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("old")
    (tmp_path / f"list.csv{PART}").write_text("what a killed process has left")
    with pytest.raises(ZeroDivisionError), whole_file(path, 0o600) as file:
        file.write(b"%d" % (1 // file.write(b"")))
    assert (names(tmp_path), path.read_text()) == (["list.csv"], "old")
    with whole_file(path, 0o600) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert (names(tmp_path), path.read_text()) == (["list.csv"], "new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_being_written_is_no_leftover(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with whole_file(path, 0o600), temporary_folder(tmp_path, "restore") as folder:
        assert leftovers(tmp_path) == []
        assert not remove_leftover(folder)
        with pytest.raises(BlockingIOError), whole_file(path, 0o600):
            pass
        with pytest.raises(BlockingIOError), temporary_folder(tmp_path, "restore"):
            pass
    assert names(tmp_path) == ["list.csv"]
    folder.mkdir()
    assert leftovers(tmp_path) == [folder]
    assert remove_leftover(folder)
    assert names(tmp_path) == ["list.csv"]
