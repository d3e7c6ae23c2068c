"""`jianmen rehearse`: what will the doors say?"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from config.errors import ConfigError
from jianmen.cli import plan_options


@click.command(cls=plan_options.GroupedCommand)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--explain", is_flag=True, help="Say why, on standard error, after each presentation."
)
@click.option("--table", is_flag=True, help="Of the event file FILE: who may enter where, when.")
@click.option(
    "--invent", type=int, metavar="SEED", help="Make a scenario up instead of running one."
)
@click.option(
    "--plan",
    is_flag=True,
    help="Of the event FILE: the queues at its gates over a morning, and the kiosks they need.",
)
@click.option(
    "--people",
    type=click.IntRange(1, 100_000),
    help="How many come, with --invent [100] or --plan [26000].",
)
@click.option("--event", type=click.Path(path_type=Path), help="The event file, with --invent.")
@click.option("--json", "as_json", is_flag=True, help="Table and plan, too, as JSON lines.")
@plan_options.plan_options
def rehearse(
    file: Path | None,
    invent: int | None,
    people: int | None,
    event: Path | None,
    *,
    explain: bool,
    table: bool,
    plan: bool,
    as_json: bool,
    **planning: Any,
) -> None:
    """Run a scenario through the real rule book, journals and exchange, without hardware or sockets.

    FILE holds JSON lines: the first names the event definition, each further one is a step. The outcome of each step
    is printed as one JSON line. Exit 1 if an "expect" of a step is not met, 2 if the scenario cannot be run.

    Besides the steps of people, badges, links and machines there are:

    \b
    event       file: a changed definition is in force
    passed      gate, entry: the turnstile says that somebody went through
    not_passed  gate, entry: it opened, and nobody did
    recount     gate, area, inside, staff: people counted by eye
    set_time    gate, staff, off_s: the time by a supervisor's watch
    cut_off     gate: the registry accepts nothing more from its kiosk
    spare       kiosk: one without a gate is set up, under this name
    give_gate   kiosk, gate, staff, beside: a supervisor puts the spare one there
    clone       gate, kiosk: a copy of its card runs in another machine, under
                this name; it can be named wherever a gate can

    A badge of another system is registered with "form": "foreign" and its "code". Examples: tests/scenarios.

    \b
    jianmen rehearse day.jsonl                 what the doors will say
    jianmen rehearse --explain day.jsonl       and which rule said it
    jianmen rehearse --table event.toml        who may enter where, when
    jianmen rehearse --invent 7 > day.jsonl    a day as it may come
    jianmen rehearse --plan event.toml         how many kiosks it needs
    """
    if not plan and (alone := plan_options.given(planning)):
        raise click.UsageError(f"{alone[0]} goes with --plan")
    if plan:
        if invent is not None or table or explain or event is not None:
            raise click.UsageError("--plan goes with an event FILE and with no other such option")
        plan_options.check(people, planning)
        _or_exit(lambda: plan_options.plan(file, people, planning, as_json=as_json))
        return
    if (file is None) == (invent is None):
        raise click.UsageError("name a scenario FILE to run, or --invent SEED to make one up")
    if invent is None and (people is not None or event is not None):
        raise click.UsageError("--people and --event go with --invent")
    if table and (file is None or explain):
        raise click.UsageError("--table goes with an event FILE alone")
    if file is None:
        _or_exit(lambda: _invent(invent or 0, people or 100, event))
    elif table:
        _or_exit(lambda: _table(file, as_json=as_json))
    else:
        _or_exit(lambda: sys.exit(_run(file, explain=explain)))


def _or_exit(work: Callable[[], None]) -> None:
    """Do something; exit 2 with every mistake of a file that it cannot use."""
    try:
        work()
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _run(file: Path, *, explain: bool) -> int:
    from jianmen.rehearse.explaining import explanation_lines
    from jianmen.rehearse.run import Rehearsal
    from jianmen.rehearse.scenario import ScenarioError, read

    failed = False
    try:
        with Rehearsal(read(file), explain=explain) as rehearsal:
            for outcome in rehearsal.run():
                sys.stdout.write(msgspec.json.encode(outcome.result).decode() + "\n")
                messages = [f"{file}: line {outcome.line}:"] if outcome.why else []
                messages += explanation_lines(outcome.why)
                if outcome.failed is not None:
                    failed = True
                    messages.append(f"{file}: line {outcome.line}: {outcome.failed}")
                if messages:
                    sys.stdout.flush()
                    click.echo("\n".join(messages), err=True)
    except ScenarioError as error:
        sys.stdout.flush()
        click.echo(str(error), err=True)
        return 2
    return 1 if failed else 0


def _table(file: Path, *, as_json: bool) -> None:
    from rich.console import Console

    from config.event_file import load
    from jianmen.rehearse import table

    event = load(file)
    if not as_json:
        table.show(event, Console())
        return
    for row in table.as_objects(event):
        click.echo(msgspec.json.encode(row).decode())


def _invent(seed: int, people: int, event: Path | None) -> None:
    from config import event_file
    from jianmen.rehearse.invent import Inventor

    path = event or Path(event_file.__file__).with_name("events") / "smarthk.toml"
    path = path.resolve()
    for line in Inventor(event_file.load(path), seed, people).lines(str(path)):
        click.echo(line)
