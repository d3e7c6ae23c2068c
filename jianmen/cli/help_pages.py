"""Help pages on which nothing is cut off."""

import click

WHOLE = 1000
"""Characters of a summary: all of its first sentence."""


class WholeHelpGroup(click.Group):
    """A group of commands whose page has the whole first sentence of each."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        found = [(name, self.get_command(ctx, name)) for name in names]
        rows = [
            (name, command.get_short_help_str(WHOLE))
            for name, command in found
            if command is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
