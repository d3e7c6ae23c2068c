"""What `jianmen rehearse --plan` is asked, and its answer."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from config.errors import ConfigError, Mistake

Command = TypeVar("Command", bound=Callable[..., Any])

_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "": 1}


class Lasting(click.ParamType[float]):
    """A time such as 90s, 3m or 1h; a number alone is seconds. Its value is seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|m|min|h|)", value)
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no time; should be such as 90s, 3m or 1h", param, ctx)
        return float(found[1]) * _UNITS_S[found[2]]


MOST_PEOPLE = 200_000
"""At one place: the plan for so many takes some ten seconds."""


class Spread(click.ParamType[tuple[float, float]]):
    """Seconds, or from the fewest to the most seconds: 10, 5-15. Its value is both."""

    name = "SECONDS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", value)
        if found is None or not 0 < float(found[1]) <= float(found[2] or found[1]):
            self.fail(f"{value!r} is no time; should be seconds such as 10 or 5-15", param, ctx)
        return float(found[1]), float(found[2] or found[1])


class Crowded(click.ParamType[tuple[str, int]]):
    """People at a gate, or at what gates lead into: `chengdu=20000`."""

    name = "PLACE=PEOPLE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        area, _, people = value.rpartition("=")
        if not area or not people.isdecimal() or not 0 < int(people) <= MOST_PEOPLE:
            right = f"a place and 1 to {MOST_PEOPLE:,} people, such as chengdu=20000"
            self.fail(f"{value!r} should be {right}", param, ctx)
        return area, int(people)


class WallTime(click.ParamType[int]):
    """A time of day; its value is minutes after midnight."""

    name = "HH:MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)
        if found is None:
            self.fail(f"{value!r} is no time of day; should be such as 08:00", param, ctx)
        return int(found[1]) * 60 + int(found[2])


_path = click.Path(path_type=Path)
_SHARE = click.FloatRange(0, 1)
OPTIONS = (
    click.option("--list", "people_list", type=_path, metavar="LIST", help="Who comes: the list of people."),
    click.option("--at", "crowd", type=Crowded(), multiple=True, help="So many come to a gate, area or venue."),
    click.option("--opens", type=WallTime(), help="When the doors open: minute 0 of the curve.  [08:00]"),
    click.option("--curve", type=_path, metavar="FILE", help="Lines minute,share: how many have come by then."),
    click.option("--wait", type=Lasting(), help="95 in 100 should wait no longer.  [3m]"),
    click.option("--kiosks", type=click.IntRange(1, 1000), help="Kiosks at each gate.  [as many as --wait needs]"),
    click.option("--stations", type=click.IntRange(1, 1000), help="Print stations at each venue.  [as --wait needs]"),
    click.option("--scan", type=Spread(), help="What a person takes at a kiosk.  [5-15]"),
    click.option("--printed", type=_SHARE, metavar="SHARE", help="Share who need a badge printed.  [0.1]"),
    click.option("--printing", type=Spread(), help="What a person takes at a print station.  [20-30]"),
    click.option("--fail", is_flag=True, help="One kiosk or print station of each line fails at the worst minute."),
    click.option("--repair", type=Lasting(), help="How long it is missing.  [10m]"),
    click.option("--seed", type=int, help="Of the mornings that are drawn.  [1]"),
    click.option("--picture", type=_path, metavar="SVG", help="Draw the lines of people into this file, too."),
)  # fmt: skip
NAMES = (
    "people_list", "crowd", "opens", "curve", "wait", "kiosks", "stations", "scan", "printed", "printing", "fail",
    "repair", "seed", "picture",
)  # fmt: skip


def plan_options(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


class GroupedCommand(click.Command):
    """A command whose help lists the options of `--plan` apart."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        planning: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                (planning if parameter.name in NAMES else own).append(record)
        with formatter.section("Options"):
            formatter.write_dl(own)
        with formatter.section("With --plan"):
            formatter.write_dl(planning)


def given(asked: dict[str, Any]) -> list[str]:
    """The options of `--plan` that were given, as they are written."""
    written = {"people_list": "--list", "crowd": "--at"}
    return [
        written.get(name, f"--{name}") for name in NAMES if asked[name] not in (None, False, ())
    ]


def check(people: int | None, asked: dict[str, Any]) -> None:
    """Raise click.UsageError for options that do not go together."""
    if sum((people is not None, bool(asked["crowd"]), asked["people_list"] is not None)) > 1:
        raise click.UsageError("--people, --at and --list each say who comes; give one of them")
    if asked["repair"] is not None and not asked["fail"]:
        raise click.UsageError("--repair goes with --fail")


def plan(file: Path | None, people: int | None, asked: dict[str, Any], *, as_json: bool) -> None:
    """Print the plan of an event. Raises ConfigError for what cannot be read or is not in the event."""
    from config import event_file
    from jianmen.rehearse.plan import crowd, report
    from jianmen.rehearse.plan.curve import ArrivalCurve, read_curve
    from jianmen.rehearse.plan.picture import draw
    from jianmen.rehearse.plan.planner import Wishes
    from jianmen.rehearse.plan.planner import plan as planned

    event = event_file.load(file or Path(event_file.__file__).with_name("events") / "smarthk.toml")
    if asked["people_list"] is not None:
        comes = crowd.listed(event, asked["people_list"])
    elif asked["crowd"]:
        comes = crowd.named(event, asked["crowd"])
    else:
        comes = crowd.assumed(event, people or 26_000)
    options = {
        "scan_s": asked["scan"], "printing_s": asked["printing"], "printed": asked["printed"],
        "wait_s": asked["wait"], "kiosks": asked["kiosks"], "stations": asked["stations"],
        "repair_s": asked["repair"], "seed": asked["seed"],
    }  # fmt: skip
    wishes = Wishes(
        curve=ArrivalCurve() if asked["curve"] is None else read_curve(asked["curve"]),
        fails=asked["fail"],
        **{name: value for name, value in options.items() if value is not None},
    )
    opens_min = 480 if asked["opens"] is None else asked["opens"]
    lines = planned(event, comes, wishes)
    if asked["picture"] is not None:
        _write(asked["picture"], draw(event, lines, wishes, opens_min))
    if not as_json:
        report.show(event, lines, wishes, opens_min)
        return
    for line in report.as_objects(event, lines, wishes, opens_min):
        click.echo(msgspec.json.encode(line).decode())


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        wrong = f"cannot be written: {error.strerror or error}"
        right = "name a file in a folder that exists"
        raise ConfigError([Mistake(str(file), "", wrong, right)]) from error
