"""A command that is pointed at the wrong data folder says so, and leaves nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from jianmen.cli.main import main

BEGINNERS = {
    ("kiosk", "run"),
    ("kiosk", "enrol"),
    ("registry", "init"),
    ("registry", "restore"),
    ("demo", "control"),
}
"""Those that make what is in a folder, and one whose folder is of another kind."""

EVENT = Path(__file__).parents[2] / "scenarios" / "smarthk.toml"

GIVEN = {
    ("kiosk", "doctor"): ["--camera", "none"],
    ("registry", "enrol"): ["--spare"],
    ("registry", "staff", "card"): ["--draw-pin"],
}
"""What else a command wants to know before it looks into the folder."""


def _commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from _commands(found, (*path, name))
    elif any("--data" in parameter.opts for parameter in command.params):
        yield path, command


@pytest.mark.parametrize(
    ("path", "command"),
    [
        pytest.param(path, command, id=" ".join(path))
        for path, command in _commands(main)
        if path not in BEGINNERS
    ],
)
def test_nothing_is_made_in_a_wrong_folder(
    tmp_path: Path, path: tuple[str, ...], command: click.Command
) -> None:
    arguments = [
        "1" if isinstance(parameter.type, click.IntRange) else str(EVENT)
        for parameter in command.params
        if isinstance(parameter, click.Argument) and parameter.required
    ]
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "missing", tmp_path / "empty"):
        run = CliRunner().invoke(
            main, [*path, *arguments, *GIVEN.get(path, ()), "--data", str(folder)], input="y\n"
        )
        assert run.exit_code in (1, 2), run.output
    assert sorted(one.name for one in tmp_path.iterdir()) == ["empty"]
    assert list((tmp_path / "empty").iterdir()) == []
