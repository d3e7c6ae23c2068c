"""The commands of the registry that people and scripts rely on are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jianmen.cli.registry.commands import registry

EVENT = Path(__file__).parents[2] / "scenarios" / "smarthk.toml"

COMMANDS = (
    "attendance", "backup", "badges", "close", "conflicts", "doctor", "enrol", "event", "export", "headcount", "import",
    "init", "purge", "restore", "revoke", "serve", "unrevoke",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(name: str) -> None:
    answer = CliRunner().invoke(registry, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_a_backup_is_restored_and_the_doctor_looks_at_it(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a password of mine\n")
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "backup"

    def run(*args: object) -> str:
        answer = CliRunner().invoke(registry, [str(arg) for arg in args])
        assert answer.exit_code in (0, 1), answer.output
        return answer.stdout

    run("init", EVENT, "--data", here, "--password-file", password)
    run("backup", file, "--data", here)
    run("restore", file, "--data", there)
    found = [json.loads(line) for line in run("doctor", "--data", there, "--json").splitlines()]
    states = {one["check"]: one["state"] for one in found}
    assert states["server"] == "note"
    assert states["log"] == states["kiosks"] == "good"
    assert {"disk", "clock"} <= states.keys()
