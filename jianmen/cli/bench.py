"""`jianmen bench`: performance on this machine, each figure beside a floor measured in the same run."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from bench.support.figure import Figure
from hardware.reader.opencv_settings import OPENCV_SETTINGS
from jianmen.cli.help_pages import WholeHelpGroup

Command = TypeVar("Command", bound=Callable[..., Any])

_json = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
_folder = click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Measure on the file system of this folder (default: the one for temporary files).",
)
_against = click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="CHECKOUT",
    help="Another checkout with its own .venv, run side by side for the lines that compare builds.",
)


def _count(name: str, default: int, help_text: str) -> Callable[[Command], Command]:
    """An option that is a number of things."""
    return click.option(
        name, type=click.IntRange(1), default=default, show_default=True, help=help_text
    )


LARGEST = 1_000_000
"""Entries of the largest event that is measured."""


@contextmanager
def _room(folder: Path | None) -> Iterator[Path]:
    """A folder for one measurement, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        yield Path(made)


@click.group(cls=WholeHelpGroup)
def bench() -> None:
    """Performance on this machine, each figure beside a named floor measured in the same run: a ratio of 2 means twice
    the time of the floor."""


def _show(figures: Iterable[Figure], *, as_json: bool) -> None:
    for line in figures:
        if as_json:
            fields = ("bench", "figure", "floor", "ratio", "unit", "note")
            click.echo(msgspec.json.encode({name: getattr(line, name) for name in fields}).decode())
            continue
        against = f"  floor {line.floor:.3f}  ratio {line.ratio:.2f}" if line.ratio else ""
        click.echo(f"{line.bench}: {line.figure:.3f} {line.unit}{against}\n    {line.note}")


@bench.command("all")
@click.argument("names", nargs=-1, metavar="[LINE]...")
@_json
@_against
@click.option(
    "--table",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with one table of all lines, too.",
)
@click.option("--short", is_flag=True, help="Small numbers: some minutes, for a first look.")
def everything(
    names: tuple[str, ...],
    against: Path | None,
    page: Path | None,
    *,
    short: bool,
    as_json: bool,
) -> None:
    """All of them, or those named, one after the other: some forty minutes."""
    from jianmen.cli.bench_table import BenchError, arguments_of, measured, table

    others = {name: command for name, command in bench.commands.items() if name != "all"}
    for name in names:
        if name not in others:
            raise click.BadParameter(f"{name!r} is none of: {', '.join(sorted(others))}")
    lines: list[Figure] = []
    failed: list[str] = []
    for name in names or sorted(others):
        try:
            for line in measured(name, arguments_of(others[name], against, short=short)):
                _show([line], as_json=as_json)
                lines.append(line)
        except BenchError as error:
            failed.append(str(error))
    if page is not None:
        page.write_text(table(lines, short=short), encoding="utf-8")
    if failed:
        raise click.ClickException("; ".join(failed))


@bench.command()
@_json
@_folder
@_count("--people", 100_000, "People on the roster.")
@_count("--entries", 500_000, "Earlier entries held.")
def door(folder: Path | None, people: int, entries: int, *, as_json: bool) -> None:
    """From the text of a code to a durable decision."""
    from bench.door import door as measure

    with _room(folder) as made:
        _show(measure(made, people, entries), as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--kiosks", 30, "Kiosks that bring their logs.")
@_count("--entries", 5_000, "Entries that each brings.")
@_count("--people", 26_000, "People of the first sync.")
@_count("--trials", 200, "Entries carried to the next door, one by one.")
@click.option(
    "--cut",
    "cuts_s",
    type=click.FloatRange(0),
    multiple=True,
    default=(20.0, 40.0),
    show_default=True,
    metavar="SECONDS",
    help="Cut the link to the next door for so long; may be given more than once.",
)
@_against
@click.option(
    "--full",
    is_flag=True,
    help="Also the cost of an entry among 10,000, 100,000 and 1,000,000: five minutes more.",
)
def exchange(
    folder: Path | None,
    kiosks: int,
    entries: int,
    people: int,
    trials: int,
    cuts_s: tuple[float, ...],
    against: Path | None,
    *,
    full: bool,
    as_json: bool,
) -> None:
    """Logs carried between kiosks and registry: some five minutes.

    \b
    exchange bring          kiosks bring their logs to a registry
    exchange first sync     a new kiosk fetches people, name cards and entries
    exchange memory         what its carrier needs for that
    door during first sync  the answers of its door meanwhile
    exchange nothing new    what a kiosk without news costs each second,
                            beside --against
    exchange next door      from one door to the next without a registry: as a
                            rule, after a restart, after a cut of the link
    """
    from bench.exchange.bring import bring, bring_growing
    from bench.exchange.first_sync import first_sync, first_sync_growing
    from bench.exchange.idle import idle
    from bench.exchange.memory import memory
    from bench.exchange.next_door import next_door
    from bench.exchange.syncing import door_during_first_sync
    from bench.exchange.whole_event import whole_event

    with _room(folder) as made:
        _show(bring(made, kiosks, entries), as_json=as_json)
    with _room(folder) as made, whole_event(made / "registry", people, kiosks * entries) as event:
        _show(first_sync(event, made), as_json=as_json)
        _show(memory(event, made), as_json=as_json)
    with _room(folder) as made:
        _show(door_during_first_sync(made, people, kiosks * entries), as_json=as_json)
    with _room(folder) as made:
        _show(next_door(made, trials, cuts_s), as_json=as_json)
    if against is not None:
        with _room(folder) as made:
            _show(idle(made, against, kiosks), as_json=as_json)
    if not full:
        return
    with _room(folder) as made:
        _show(bring_growing(made), as_json=as_json)
    with _room(folder) as made, whole_event(made / "registry", 0, LARGEST) as event:
        _show(first_sync_growing(event, made), as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--people", 26_000, "People registered, and of the list.")
@_count("--entries", LARGEST, "Entries of the longest ledger.")
@_against
def centre(
    folder: Path | None, people: int, entries: int, against: Path | None, *, as_json: bool
) -> None:
    """The registry as everybody at an event uses it: some ten minutes.

    \b
    import             CPU time of a list taken in from a workbook
    … during import    how long an exchange, a walk-up and a headcount take
                       meanwhile (the slowest in a hundred)
    centre dashboards  until a new entry is on 200 open dashboards
    centre memory      what the server needs, without and with them
    centre start       until the counts are there, with and without those that
                       the last run saved
    centre headcount   a count after a new entry in a long and in a short ledger
    centre ingest      logs of 30 kiosks brought over HTTP to two workers
                       on PostgreSQL; left out where that is not installed
    """
    from bench.centre.dashboards import dashboards
    from bench.centre.growing import SHORT, growing
    from bench.centre.ingest import INGESTED, ingest
    from bench.importing import importing
    from bench.support.logs import DEVICES
    from jianmen.testing.postgres import NoPostgresError

    with _room(folder) as made:
        _show(importing(made, against, people), as_json=as_json)
    with _room(folder) as made:
        _show(dashboards(made, people), as_json=as_json)
    with _room(folder) as made:
        _show(growing(made, people, (SHORT, entries)), as_json=as_json)
    with _room(folder) as made:
        try:
            _show(ingest(made, DEVICES, max(1, min(INGESTED, entries // DEVICES))), as_json=as_json)
        except NoPostgresError as error:
            click.echo(f"centre ingest is left out. {error}", err=True)


@bench.command()
@_json
@_count("--entries", 1_000_000, "Entries folded at most.")
def rules(entries: int, *, as_json: bool) -> None:
    """Decisions per second, entries folded, conflicts found."""
    from bench.rules import conflicts, decisions, folds

    _show([decisions()], as_json=as_json)
    _show(folds((min(10_000, entries), entries)), as_json=as_json)
    _show([conflicts()], as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--entries", 2_000, "Check-ins.")
def wear(folder: Path | None, entries: int, *, as_json: bool) -> None:
    """What a check-in writes to the card, in bytes, with the settings of SQLite that were tried.

    \b
    wear check-in     the journal as it is
    wear page         with other page sizes
    wear checkpoint   with a write-ahead log that is folded back earlier or later
    """
    from bench.wear import wear as measure

    with _room(folder) as room:
        _show(measure(room, entries), as_json=as_json)


@bench.command()
@_json
@_count("--trials", 9, "PINs tried.")
def secrets(trials: int, *, as_json: bool) -> None:
    """What it costs to find a secret by trying, from a stolen disk.

    \b
    secrets code      codes of another system, by their number of digits
    secrets pin       the PIN of a key card
    secrets key card  the key card
    secrets badge     the secret of one badge
    """
    from bench.secrets import secrets as measure

    _show(measure(trials), as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--people", 26_000, "People registered.")
@click.option("--full", is_flag=True, help="Also a registry of 1,000,000 people: some minutes.")
def names(folder: Path | None, people: int, *, full: bool, as_json: bool) -> None:
    """People found by name: at a door and at the registry."""
    from bench.names import names as measure

    with _room(folder) as made:
        _show(measure(made, people, full=full), as_json=as_json)


PHOTOS = Path(__file__).parents[2] / "tests" / "samples" / "photos"
"""The photographs of a checked-out tree; an installed program has none."""


@bench.command()
@_json
@click.option(
    "--photos",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Photographs, each with its text in a .txt file beside it if it has a code (default: of the source tree).",
)
@_count("--presentations", 165, "Hard presentations; a third as many easy ones.")
@_count("--frames", 150, "Frames of an empty room.")
@click.option(
    "--factor",
    type=click.FloatRange(1),
    default=5.0,
    show_default=True,
    help="How many times slower the simulated machine is (a Raspberry Pi 4: about 5).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn.")
@click.option("--full", is_flag=True, help="Also the other libraries on the hard presentations.")
@_against
def eyes(
    photos: Path | None,
    presentations: int,
    frames: int,
    factor: float,
    seed: int,
    against: Path | None,
    *,
    full: bool,
    as_json: bool,
) -> None:
    """The camera's reader beside zxing-cpp, pyzbar and OpenCV, each alone: some four minutes.

    \b
    eyes still, eyes busy     CPU time of an empty frame
    eyes hard, eyes easy      drawn presentations: missed, first read, wrong
    eyes turns                badges that take turns at one place: read late
    eyes photos, eyes decode  photographs before the camera, as files, --against
    """
    for name, value in OPENCV_SETTINGS.items():
        os.environ.setdefault(name, value)  # before the imports below load OpenCV
    from bench.reader.eyes import everything

    folder = photos or (PHOTOS if PHOTOS.is_dir() else None)
    lines = everything(folder, presentations, frames, factor, seed, against, full=full)
    _show(lines, as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--people", 26_000, "People on the roster.")
@_count("--entries", 5_000, "Entries that the doors have written since the morning.")
def replacement(folder: Path | None, people: int, entries: int, *, as_json: bool) -> None:
    """How long a dead kiosk is missed: a spare one takes its gate with what a neighbour knows."""
    from bench.exchange.replacement import replacement as measure

    with _room(folder) as room:
        _show(measure(room, people, entries), as_json=as_json)


@bench.command()
@_json
@_folder
@_count("--trials", 40, "Badges held up to each camera.")
@_count("--answers", 10_000, "Answers of the door that must not grow.")
@_against
def screen(
    folder: Path | None, trials: int, answers: int, against: Path | None, *, as_json: bool
) -> None:
    """What people see at a door, in Chromium: some eight minutes.

    \b
    screen answer painted   from a badge before the camera to its answer
    screen first answer …   from the start of the door's program
    screen commit to paint  from a durable answer to its paint
    screen memory together  door, reader and pages, printing badges
    screen growth …         of door, page and open files with answers
    """
    from bench.screen.answering import builds_of, camera_to_paint, cold_start
    from bench.screen.browser import NoBrowserError, browser
    from bench.screen.committed import commit_to_paint
    from bench.screen.lasting import growth, together

    try:
        with browser() as started:
            with _room(folder) as made:
                builds = builds_of(against)
                _show(camera_to_paint(made, started, builds, trials), as_json=as_json)
            with _room(folder) as made:
                _show(cold_start(made, builds), as_json=as_json)
            with _room(folder) as made:
                _show(commit_to_paint(made, started, trials), as_json=as_json)
            with _room(folder) as made:
                _show(together(made, started, against), as_json=as_json)
            with _room(folder) as made:
                _show(growth(made, started, answers), as_json=as_json)
    except NoBrowserError as error:
        raise click.UsageError(str(error)) from None
