"""The `jianmen` command: one group, each subcommand in a module of its own that is loaded when it is asked for."""

from importlib import import_module

import click

COMMANDS = {
    "demo": ("jianmen.cli.demo", "The whole system on one machine."),
    "decode": ("jianmen.cli.decode", "Read the codes in pictures and videos."),
    "rehearse": ("jianmen.cli.rehearse", "Run a scenario: what will the doors say?"),
    "kiosk": (
        "jianmen.cli.kiosk.commands",
        "The door: run, enrol, network, status, doctor, opening, headcount.",
    ),
    "sync": ("jianmen.cli.sync", "The carrier: run, once, status, export and import."),
    "journal": ("jianmen.cli.journal", "Read and check a kiosk's log, offline."),
    "registry": (
        "jianmen.cli.registry.commands",
        "The centre: serve, import, badges, headcount, attendance and more.",
    ),
    "bench": ("jianmen.cli.bench", "Performance on this machine, against named floors."),
}


class _NotOursError(click.ClickException):
    exit_code = 2


class _Commands(click.Group):
    """Loads a subcommand's module only when it is used: `jianmen --help` needs neither OpenCV nor Flask."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        try:
            command: click.Command = getattr(import_module(module), cmd_name)
        except ImportError as error:
            # Another project's `config` or `sync` imported instead of ours is the likeliest cause, and hard to see.
            from jianmen.own_packages import clashes

            found = list(clashes())
            if not found:
                raise
            raise _NotOursError("\n".join(map(str, found))) from error
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in COMMANDS.items()])


@click.command(cls=_Commands)
@click.version_option(package_name="jianmen", prog_name="jianmen")
def main() -> None:
    """Jianmen: check-in at the doors of an event that runs in several cities at once.

    Exit status: 0 good, 1 a negative answer, 2 usage or configuration.
    """
