"""`jianmen bench wear`: what a check-in writes, beside a file that it is added to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jianmen.cli.main import main


def test_each_setting_that_was_tried_has_its_line(tmp_path: Path) -> None:
    if "write_bytes" not in Path("/proc/self/io").read_text():
        pytest.skip("this kernel does not count what is written")
    run = CliRunner().invoke(
        main, ["bench", "wear", "--json", "--entries", "30", "--folder", str(tmp_path)]
    )
    assert (run.exit_code, run.stderr) == (0, ""), run.exception
    lines = {line["bench"]: line for line in map(json.loads, run.stdout.splitlines())}
    assert list(lines) == [
        "wear check-in",
        *(f"wear page {size}" for size in (512, 2048, 4096)),
        *(f"wear checkpoint {pages}" for pages in (400, 4000)),
    ]
    assert all(line["unit"] == "kB" for line in lines.values())
