"""`jianmen demo`: the whole system on one machine."""

import logging
import sys
import tempfile
from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--data", type=_FOLDER, help="Folder of the demo (a new temporary one).")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.5),
    help="End this many minutes after the doors have opened.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    help="Another number: other people, other arrivals.",
)
@click.option(
    "--people",
    type=click.IntRange(20, 20_000),
    default=500,
    show_default=True,
    help="How many are registered.",
)
@click.option(
    "--camera", help="A real camera for the first kiosk: a number or a device such as /dev/video0."
)
@click.option(
    "--port", type=click.IntRange(1024, 65_000), help="The first of its ports (free ones)."
)
@click.option(
    "--print",
    "prints",
    is_flag=True,
    help="Add a kiosk at which people have their badges printed.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
@click.pass_context
def demo(
    context: click.Context,
    data: Path | None,
    minutes: float | None,
    seed: int,
    people: int,
    camera: str | None,
    port: int | None,
    *,
    prints: bool,
    as_json: bool,
) -> None:
    """A registry, five kiosks in three cities, and people who come to them.

    The kiosks' cameras are simulated by pictures of badges; everything after the camera is real. Keys: 1, 2 and 3 cut a
    venue's link and heal it (c: Meishan's), q ends; so does Ctrl-C, and a second Ctrl-C does not wait for the last
    numbers. The last line says how many people were let in at each venue, as simulated and as counted; where they
    differ the exit status is 1.
    """
    if context.invoked_subcommand is not None:
        context.obj = data
        return
    from hardware.system.stop_signal import Stop
    from jianmen.demo.control import FOLDER
    from jianmen.demo.run import Options
    from jianmen.demo.show import display_for, present

    stop = Stop()
    stop.on_signals()
    folder = data.resolve() if data is not None else Path(tempfile.mkdtemp(prefix=FOLDER))
    _require_empty(folder)
    logging.basicConfig(level=logging.WARNING, filename=folder / "demo.log")
    options = Options(
        data=folder, seed=seed, people=people, camera=camera, port=port, prints=prints
    )
    sys.exit(present(options, minutes, display_for(as_json=as_json), stop))


def _require_empty(folder: Path) -> None:
    """Exits with 2 for a folder that cannot be used."""
    from config.errors import ConfigError
    from config.settings import require_writable

    try:
        require_writable(folder)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if any(folder.iterdir()):
        click.echo(f"{folder} is not empty: name a new folder for the demo's data", err=True)
        sys.exit(2)


@demo.command()
@click.option(
    "--data", type=_FOLDER, help="Folder of the demo (the newest that runs in a temporary one)."
)
@click.argument("command", type=click.Choice(["cut", "heal", "end"]))
@click.argument("venue", required=False)
@click.pass_obj
def control(outer: Path | None, data: Path | None, command: str, venue: str | None) -> None:
    """Cut or heal a venue's link in a running demo, or end the demo."""
    from jianmen.demo.control import send
    from jianmen.demo.errors import DemoError

    try:
        click.echo(send(data or outer, [command, venue] if venue else [command]))
    except DemoError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
