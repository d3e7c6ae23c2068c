"""The tests' own PostgreSQL server: nothing of it stays behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jianmen.testing.postgres import NoPostgresError, PostgresServer
from jianmen.testing.waiting import until

HOLDS_ONE = """
from jianmen.testing.postgres import PostgresServer
print(PostgresServer.new().folder, flush=True)
input()
"""


@pytest.fixture(scope="module", autouse=True)
def _where_there_is_one() -> None:
    try:
        PostgresServer.new().remove()
    except NoPostgresError as error:
        pytest.skip(str(error))


def runs(folder: Path) -> bool:
    """Whether a process works on this folder."""
    found = subprocess.run(["pgrep", "-f", str(folder)], stdout=subprocess.DEVNULL)
    return found.returncode == 0


def test_a_server_that_is_removed_leaves_neither_process_nor_folder() -> None:
    server = PostgresServer.new()
    assert server.run("SELECT 1") == [1]
    assert runs(server.folder)
    server.remove()
    assert not server.folder.exists()
    assert not runs(server.folder)


def test_a_server_ends_with_a_process_that_is_killed() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    assert (folder / "data" / "postmaster.pid").exists()
    process.kill()
    process.communicate()
    until(lambda: not folder.exists() and not runs(folder), "the server to end")
