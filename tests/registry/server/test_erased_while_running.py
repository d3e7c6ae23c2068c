"""Erased means gone in the files of a registry that runs, was stopped, or was killed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from registry.storage.database import FILE

JIANMEN = Path(sys.executable).with_name("jianmen")
PEOPLE = ("陳大文".encode(), b"Jane Smith", b"jane smith")


def in_files(folder: Path, *texts: bytes) -> set[str]:
    """The files of a folder in which one of the texts stands."""
    return {
        file.name
        for file in folder.iterdir()
        if file.is_file() and any(text in file.read_bytes() for text in texts)
    }


def test_an_orderly_stop_leaves_no_write_ahead_log(data: Path, serve: Callable[..., Any]) -> None:
    server = serve(data)
    assert in_files(data, *PEOPLE)
    assert server.stop(signal.SIGTERM) == (0, "")
    assert {file.name for file in data.iterdir()} & {f"{FILE}-wal", f"{FILE}-shm"} == set()


def test_after_a_purge_nobody_is_in_the_files_of_a_running_registry_nor_of_one_that_was_killed(
    data: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    server = serve(data)
    done = subprocess.run(
        [JIANMEN, "registry", "purge", "--early", "--yes", "--json", "--data", data],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["persons"] == 2
    assert in_files(data, *PEOPLE) == set()
    copy = shutil.copytree(data, tmp_path / "copy")
    server.stop(signal.SIGKILL)
    assert in_files(copy, *PEOPLE) == set()
    assert in_files(data, *PEOPLE) == set()
