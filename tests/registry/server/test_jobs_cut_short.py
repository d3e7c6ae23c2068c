"""A registry that is killed or stopped in the middle of a job: nothing half done is there afterwards."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jianmen.testing.waiting import until
from printing.fonts import FONT_ROOT
from registry.storage.database import FILE
from tests.registry.server.conftest import PATIENCE_S

PEOPLE = 3000
ROWS = "".join(f"R{n},王小{chr(0x4E00 + n)},zh-Hans,delegate\n" for n in range(PEOPLE))
LIST = f"ref,name,language,ticket\n{ROWS}".encode()


class Centre:
    """A running registry, with an admin's rights."""

    def __init__(self, data: Path, server: Any) -> None:
        self.server = server
        self._token = json.loads((data / "serving.json").read_text())["token"]

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/octet-stream",
        }
        url = f"{self.server.url}/api/v1{path}"
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def begin(self, path: str, body: bytes, *, stage: str) -> None:
        """Begin a job, and wait until it is in the middle of a stage."""
        job = self.call("POST", path, body)["id"]

        def midway() -> bool:
            now = self.call("GET", f"/jobs/{job}")
            assert now["state"] in ("waiting", "running"), now
            return now["stage"] == stage and now["done"] > 0

        until(midway, f"the stage {stage}")

    def people(self) -> int:
        return int(self.call("GET", "/registrants")["total"])

    def kill(self) -> None:
        """As when the power fails: the main process and its worker, at once."""
        main = self.server.process
        workers = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split()
        os.kill(main.pid, signal.SIGKILL)
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        main.communicate(timeout=PATIENCE_S)


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
