"""`jianmen rehearse`: what will the doors say?"""

import sys
from pathlib import Path

import click
import msgspec


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def rehearse(file: Path) -> None:
    """Run a scenario through the real rule book, journals and exchange, without hardware or sockets.

    FILE holds JSON lines: the first names the event definition, each further one is a step. The outcome of each step
    is printed as one JSON line. Exit 1 if an "expect" of a step is not met, 2 if the scenario cannot be run.
    """
    from jianmen.rehearse.run import Rehearsal
    from jianmen.rehearse.scenario import ScenarioError, read

    failed = 0
    try:
        for outcome in Rehearsal(read(file)).run():
            sys.stdout.write(msgspec.json.encode(outcome.result).decode() + "\n")
            if outcome.failed is not None:
                failed += 1
                sys.stdout.flush()
                click.echo(f"{file}: line {outcome.line}: {outcome.failed}", err=True)
    except ScenarioError as error:
        sys.stdout.flush()
        text = str(error)
        click.echo(text if text.startswith(str(file)) else f"{file}: {text}", err=True)
        sys.exit(2)
    sys.exit(1 if failed else 0)
