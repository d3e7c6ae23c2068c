"""The command as a whole: help that reads well, exit codes, and nothing loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from jianmen.cli.main import COMMANDS, main

HEAVY = ("cv2", "zxingcpp", "flask", "sqlalchemy", "numpy", "fpdf", "pypinyin", "gpiozero")


def every_command() -> Iterator[tuple[str, ...]]:
    """The names that lead to every command and group, `()` for `jianmen` itself."""

    def below(command: click.Command, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield names
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from below(found, (*names, name))

    yield from below(main, ())


@pytest.mark.parametrize("names", list(every_command()), ids=lambda names: " ".join(names) or "-")
def test_every_command_has_help_that_reads_well(names: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*names, "--help"], terminal_width=80)
    assert (result.exit_code, result.stderr) == (0, "")
    usage, blank, first, *rest = result.stdout.splitlines()
    assert usage.startswith("Usage: ")
    help_text = " ".join([blank, first, *rest])
    assert first.strip()[:1].isupper(), "it begins with a sentence"
    assert "." in help_text
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert "..." not in result.stdout.partition("Commands:")[2], "no summary is cut"


def options_of(names: tuple[str, ...]) -> list[click.Option]:
    command: click.Command = main
    for part in names:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), part)
        assert found is not None
        command = found
    return [option for option in command.params if isinstance(option, click.Option)]


@pytest.mark.parametrize("names", list(every_command()), ids=lambda names: " ".join(names) or "-")
def test_every_option_says_what_it_is_for(names: tuple[str, ...]) -> None:
    assert [option.name for option in options_of(names) if not option.help] == []


def test_the_first_page_lists_every_command_with_what_it_does() -> None:
    result = CliRunner().invoke(main, ["--help"])
    for name, (_, names) in COMMANDS.items():
        assert name in result.stdout
        assert names.split(":")[0].rstrip(".") in result.stdout
    assert "Exit status: 0 good, 1 a negative answer, 2 usage or configuration." in result.stdout


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith("jianmen, version ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["--dance"],
        ["journal"],
        ["journal", "dance"],
        ["journal", "show"],
        ["rehearse", "--people", "many"],
        ["decode"],
        ["sync", "run", "extra"],
        ["bench", "door", "--people", "many"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_where_help_is(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr


def test_help_needs_no_heavy_library() -> None:
    program = (
        "import sys\nfrom jianmen.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        f"print('loaded', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
