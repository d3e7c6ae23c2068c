"""`jianmen bench`: performance on this machine, each figure beside a floor measured in the same run."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from bench.figure import Figure

_json = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Measure on the file system of this folder (default: the one for temporary files).",
)


@click.group()
def bench() -> None:
    """Performance on this machine, each figure beside a named floor measured in the same run.

    A ratio of 2 means twice the time of the floor.
    """


def _show(figures: Iterable[Figure], *, as_json: bool) -> None:
    for line in figures:
        if as_json:
            fields = ("bench", "figure", "floor", "ratio", "unit", "note")
            click.echo(msgspec.json.encode({name: getattr(line, name) for name in fields}).decode())
            continue
        against = f"  floor {line.floor:.3f}  ratio {line.ratio:.2f}" if line.ratio else ""
        click.echo(f"{line.bench}: {line.figure:.3f} {line.unit}{against}\n    {line.note}")


@bench.command()
@_json
@_folder
@click.option("--people", default=100_000, show_default=True, help="People on the roster.")
@click.option("--entries", default=500_000, show_default=True, help="Earlier entries held.")
def door(folder: Path | None, people: int, entries: int, *, as_json: bool) -> None:
    """From the text of a code to a durable decision."""
    from bench.door import door as measure

    with tempfile.TemporaryDirectory(dir=folder) as made:
        _show(measure(Path(made), people, entries), as_json=as_json)


@bench.command()
@_json
@_folder
@click.option("--kiosks", default=30, show_default=True, help="Kiosks that bring their logs.")
@click.option("--entries", default=5_000, show_default=True, help="Entries that each brings.")
@click.option("--people", default=26_000, show_default=True, help="People of the first sync.")
def exchange(folder: Path | None, kiosks: int, entries: int, people: int, *, as_json: bool) -> None:
    """Logs brought to a registry, a new kiosk's first sync, and a door at work during one."""
    from bench.exchange import bring, first_sync
    from bench.syncing import door_during_first_sync

    with tempfile.TemporaryDirectory(dir=folder) as made:
        _show(bring(Path(made), kiosks, entries), as_json=as_json)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        _show(first_sync(Path(made), people, kiosks * entries), as_json=as_json)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        _show(door_during_first_sync(Path(made), people, kiosks * entries), as_json=as_json)


@bench.command()
@_json
@click.option("--entries", default=1_000_000, show_default=True, help="Entries folded at most.")
def rules(entries: int, *, as_json: bool) -> None:
    """Decisions per second, entries folded, conflicts found."""
    from bench.rules import conflicts, decisions, folds

    _show([decisions()], as_json=as_json)
    _show(folds((min(10_000, entries), entries)), as_json=as_json)
    _show([conflicts()], as_json=as_json)
