"""The commands of the centre that people and scripts rely on are there."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from jianmen.cli.registry.commands import registry

COMMANDS = (
    "attendance", "backup", "badges", "close", "conflicts", "enrol", "event", "export", "headcount", "import", "init",
    "purge", "restore", "revoke", "serve", "unrevoke",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(name: str) -> None:
    answer = CliRunner().invoke(registry, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output
