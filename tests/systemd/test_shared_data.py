"""Door and carrier are two users on the same files, as the units run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GROUP, DOOR, CARRIER = 61000, 61001, 61002
BECOME = f"""
import os, sys
from pathlib import Path
from sync.store.sqlite import Steps
from sync.store.sqlite import open_reader, open_writer
tables = Steps("shared")
@tables()
def first(db): db["entry"].create({{"number": int}}, pk="number")
open_writer(":memory:", tables).close()  # imports what it needs while it still may
path, user = Path(sys.argv[1]), int(sys.argv[2])
os.setgroups([]); os.setresgid({GROUP}, {GROUP}, {GROUP}); os.setresuid(user, user, user)
os.umask(0o007)
"""
WRITE = """
connection = open_writer(path, tables)
connection.execute("INSERT INTO entry DEFAULT VALUES")
"""
CLOSE = "connection.close()\n"
POWER_CUT = "os._exit(0)\n"
READ = """
connection = open_reader(path)
assert connection.execute("SELECT count(*) FROM entry").fetchone()[0] > 0
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two users")


@pytest.fixture
def journal() -> Iterator[Path]:
    """A file in a folder like /var/lib/jianmen/kiosk; pytest's own folders let no other user in."""
    folder = Path(tempfile.mkdtemp(prefix="jianmen-"))
    os.chown(folder, DOOR, GROUP)
    folder.chmod(0o2770)
    yield folder / "journal.db"
    shutil.rmtree(folder)


def run(user: int, journal: Path, *steps: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BECOME + "".join(steps), journal, str(user)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("end", [CLOSE, POWER_CUT], ids=["closed", "power cut"])
def test_the_door_can_write_again_after_the_carrier_has_read(journal: Path, end: str) -> None:
    run(DOOR, journal, WRITE, end)
    run(CARRIER, journal, READ)
    run(DOOR, journal, WRITE, CLOSE)
    run(CARRIER, journal, READ, CLOSE)
    run(DOOR, journal, WRITE, CLOSE)
