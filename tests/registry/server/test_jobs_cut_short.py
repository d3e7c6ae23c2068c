"""A registry that is killed or stopped in the middle of a job: nothing half done is there afterwards."""

from __future__ import annotations

import http.client
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from jianmen.testing.waiting import until
from printing.fonts import FONT_ROOT
from registry.storage.database import FILE
from tests.registry.server.conftest import PATIENCE_S, Centre

PEOPLE = 3000
ROWS = "".join(f"R{n},王小{chr(0x4E00 + n)},zh-Hans,delegate\n" for n in range(PEOPLE))
BADGE_KEYS = {"master", "desk", "signing"}
"""Among the registry's own values."""

LIST = f"ref,name,language,ticket\n{ROWS}".encode()


def left_in(data: Path) -> tuple[list[str], int]:
    """The states of all jobs, the first in front, and how many people are staged for one."""
    with closing(sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)) as database:
        states = [state for (state,) in database.execute("SELECT state FROM job ORDER BY made_ms")]
        [(staged,)] = database.execute("SELECT count(*) FROM staged_person")
        return states, staged


def named_in(folder: Path) -> list[str]:
    """The files below a folder that are badges."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if file.read_bytes()[:4] in (b"PK\x03\x04", b"%PDF")]


@pytest.mark.skipif(
    not (FONT_ROOT / "opentype/noto/NotoSansCJK-Bold.ttc").exists(),
    reason="fonts are not installed",
)
def test_a_registry_killed_in_an_import_and_in_badges_has_nothing_half_done(
    data: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    centre = Centre(data, serve(data))
    centre.begin("/imports?file=people.csv", LIST, stage="import.preparing")
    centre.kill()
    assert left_in(data)[1] > 0

    centre = Centre(data, serve(data, TMPDIR=str(scratch)))
    assert left_in(data) == (["done", "interrupted"], 0)
    assert centre.people() == 2
    assert centre.call("POST", "/import?file=people.csv", LIST)["added"] == PEOPLE
    centre.begin("/badges/jobs?pictures=svg", b"{}", stage="badges.drawing")
    centre.kill()
    assert named_in(scratch) == []


def test_a_registry_stopped_in_an_import_calls_it_interrupted_and_clears_up(
    data: Path, serve: Callable[..., Any]
) -> None:
    centre = Centre(data, serve(data))
    centre.begin("/imports?file=people.csv", LIST, stage="import.preparing")

    assert centre.server.stop(signal.SIGTERM) == (0, "")
    assert left_in(data) == (["done", "interrupted"], 0)


def people_in(data: Path) -> tuple[int, int, bool]:
    """How many people and name cards there are, and whether badges can still be made."""
    with closing(sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)) as database:
        [(people,)] = database.execute("SELECT count(*) FROM person")
        [(cards,)] = database.execute("SELECT count(*) FROM card WHERE raw IS NOT NULL")
        keys = {key for (key,) in database.execute("SELECT key FROM meta")}
        return people, cards, bool(keys & BADGE_KEYS)


def while_it_writes(centre: Centre, data: Path, path: str, body: bytes = b"{}") -> None:
    """Ask for something that takes one long transaction, and kill the registry in the middle of it."""
    asked = threading.Thread(target=_asked, args=(centre, path, body), daemon=True)
    asked.start()
    until(lambda: not asked.is_alive() or _is_written(data), "a long transaction")
    centre.kill()
    asked.join(PATIENCE_S)


def _is_written(data: Path) -> bool:
    """Whether a transaction is going on, and not a short one."""
    busy = 0
    with closing(sqlite3.connect(data / FILE, timeout=0, isolation_level=None)) as database:
        while busy < 5:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                busy += 1
                time.sleep(0.01)
            else:
                database.execute("ROLLBACK")
                return False
    return True


def _asked(centre: Centre, path: str, body: bytes) -> None:
    with suppress(OSError, http.client.HTTPException):  # it is killed under the request
        centre.call("POST", path, body)


def test_a_registry_killed_in_a_purge_or_a_new_desk_key_has_done_all_of_it_or_nothing(
    data: Path, serve: Callable[..., Any]
) -> None:
    some = 600
    few = b"".join(LIST.splitlines(keepends=True)[: 1 + some])
    centre = Centre(data, serve(data))
    centre.call("POST", "/import?file=people.csv", few)
    while_it_writes(centre, data, "/desk-key")

    centre = Centre(data, serve(data))
    assert people_in(data) == (some + 2, some + 2, True)
    assert centre.call("POST", "/desk-key", b"{}")["cards"] == some + 2
    while_it_writes(centre, data, "/purge", b'{"early": true}')

    centre = Centre(data, serve(data))
    assert people_in(data) in ((some + 2, some + 2, True), (0, 0, False))
    centre.call("POST", "/purge", b'{"early": true}')
    assert people_in(data) == (0, 0, False)
    assert centre.people() == 0
    names = "王小".encode()
    assert [file.name for file in data.iterdir() if names in file.read_bytes()] == []
