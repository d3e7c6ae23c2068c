"""`jianmen kiosk network`: joins the network of a code that the door has read."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

NETWORK = Path("/run/jianmen-network")
"""Where the door leaves a network's code for the one service of a kiosk that runs as root."""


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=NETWORK,
    show_default=True,
    help="Where the door leaves the code, and is told what came of it.",
)
def network(folder: Path) -> None:
    """Join the network of a Wi-Fi code that the door has read.

    Started by jianmen-network.path, as root. The code is gone from the folder at once; its password is in no argument
    and no message. Exit 1 if the network was not joined.
    """
    from hardware.system.errand import Errand
    from hardware.system.wireless import NetworkManager

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    errand = Errand(folder, "network")
    text = errand.take()
    if text is None:
        click.echo(f"{folder}: the door has left no code", err=True)
        sys.exit(1)
    outcome = NetworkManager().join_by(text)
    errand.say(outcome)
    click.echo(outcome)
    sys.exit(0 if outcome == "joined" else 1)
