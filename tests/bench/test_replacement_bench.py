"""`jianmen bench replacement`: a spare kiosk beside the same programs where nothing is lacking."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from jianmen.cli.main import main


def test_a_small_venue_is_measured_from_start_to_the_first_person_let_in(tmp_path: Path) -> None:
    arguments = ["bench", "replacement", "--json", "--people", "50", "--entries", "60"]
    run = CliRunner().invoke(main, [*arguments, "--folder", str(tmp_path)])

    assert (run.exit_code, run.stderr) == (0, ""), run.exception
    works, let_in = map(json.loads, run.stdout.splitlines())
    assert works["bench"] == "replacement: the spare kiosk works at the gate"
    assert works["figure"] <= let_in["figure"]
    assert (works["unit"], works["floor"]) == ("s", let_in["floor"])
