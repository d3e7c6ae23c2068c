"""The plan for people, as tables of at most 80 columns, and for programs, as objects."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from access.event.definition import Event
from jianmen.rehearse.plan.planner import (
    MORNINGS,
    Kind,
    Line,
    Wishes,
    crowded,
    over_the_morning,
    servers_by_kind,
    waits,
)
from jianmen.rehearse.plan.queue import Served, percentile

WIDTH = 80


class Clock:
    """Seconds after the doors open, as hours and minutes on a wall."""

    def __init__(self, opens_min: int) -> None:
        self._opens_min = opens_min

    def at(self, after_s: float) -> str:
        days, minutes = divmod(self._opens_min + int(after_s // 60), 1440)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f" +{days} d" if days else "")


def lasting(seconds: float) -> str:
    """A time that people wait: `45s`, `2m30s`, `3h20m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes}m{rest:02}s" if rest else f"{minutes}m"
    return f"{whole // 3600}h{whole % 3600 // 60:02}m"


def show(event: Event, lines: Sequence[Line], wishes: Wishes, opens_min: int) -> None:
    """Print assumptions, the lines, what a failure does, and the morning of each line."""
    console = Console(width=WIDTH, highlight=False)
    clock = Clock(opens_min)
    for paragraph in _assumptions(event, lines, wishes, clock):
        console.print(paragraph, markup=False)
    console.print(_summary(lines, wishes, clock))
    if wishes.fails:
        console.print(_failures(lines, wishes, clock))
    for line in lines:
        console.print(_morning(line, wishes, clock))


def name_of(line: Line) -> str:
    return f"{line.name} printing" if line.kind == "print" else line.name


def _assumptions(
    event: Event, lines: Sequence[Line], wishes: Wishes, clock: Clock
) -> Iterator[str]:
    people = sum(line.people for line in lines if line.kind == "gate")
    opens = clock.at(wishes.curve.opens_min * 60)
    half = wishes.curve.half_within_min()
    come = "1 person comes" if people == 1 else f"{people:,} people come"
    within = f"{half:.0f} minutes" if half > 1.5 else "a minute"
    yield f"{event.id}: {come} from {opens} on, half of them within {within}"
    yield (
        f"A person takes {_range(wishes.scan_s)} at a kiosk; {wishes.printed:.0%} have a badge printed first,"
    )
    yield f"{_range(wishes.printing_s)} each. {MORNINGS} drawn mornings, seed {wishes.seed}; waits of all together."
    servers = servers_by_kind(lines)
    yield f"Shown with {counted(servers['gate'], 'gate')} and {counted(servers['print'], 'print')}."


def counted(servers: int, kind: Kind) -> str:
    """So many of what serves such a line, in words."""
    what = "print station" if kind == "print" else "kiosk"
    return f"{servers} {what}" if servers == 1 else f"{servers} {what}s"


def _range(takes_s: tuple[float, float]) -> str:
    low, high = takes_s
    return f"{low:g} s" if low == high else f"{low:g} to {high:g} s"


def _table(title: str, first: str, *headings: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column(first, overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _summary(lines: Sequence[Line], wishes: Wishes, clock: Clock) -> Table:
    needed = f"for {lasting(wishes.wait_s)}"
    table = _table(
        f"Lines. Last column: how many keep 95 % of the waits within {lasting(wishes.wait_s)}",
        "at", "people", "open", "longest line", "wait 50 %", "wait 95 %", needed,
    )  # fmt: skip
    for line in lines:
        people, at_s = crowded(line)
        table.add_row(
            name_of(line), f"{line.people:,}", str(line.servers),
            f"{people:,} at {clock.at(at_s)}" if people else "none",
            *_waits(line.mornings), str(line.needed),
        )  # fmt: skip
    return table


def _waits(mornings: Sequence[Served]) -> tuple[str, str]:
    ordered = waits(mornings)
    return lasting(percentile(ordered, 50)), lasting(percentile(ordered, 95))


def _failures(lines: Sequence[Line], wishes: Wishes, clock: Clock) -> Table:
    table = _table(
        f"One fails at the worst minute, for {lasting(wishes.repair_s)}",
        "at", "fails at", "longest line", "wait 95 %", "before", f"for {lasting(wishes.wait_s)}",
    )  # fmt: skip
    for line in lines:
        if line.failure is not None:
            longest, _ = max(served.longest() for served in line.failure.mornings)
            table.add_row(
                name_of(line), clock.at(line.failure.at_s), f"{longest:,}",
                _waits(line.failure.mornings)[1], _waits(line.mornings)[1], str(line.failure.needed),
            )  # fmt: skip
    return table


def _morning(line: Line, wishes: Wishes, clock: Clock) -> Table:
    table = _table(
        f"{name_of(line)}: the morning with {counted(line.servers, line.kind)}",
        "from", "until", "came", "waiting then", "wait 50 %", "wait 95 %",
    )  # fmt: skip
    for step in over_the_morning(line, wishes.curve):
        table.add_row(
            clock.at(step.from_s), clock.at(step.until_s), f"{step.came:,.0f}",
            f"{step.waiting:,.0f}", lasting(step.wait_50_s), lasting(step.wait_95_s),
        )  # fmt: skip
    return table


def as_objects(
    event: Event, lines: Sequence[Line], wishes: Wishes, opens_min: int
) -> Iterator[dict[str, Any]]:
    """What is assumed, then an object for each line; times on the wall as HH:MM, durations in seconds."""
    clock = Clock(opens_min)
    yield {
        "event": event.id,
        "people": sum(line.people for line in lines if line.kind == "gate"),
        "opens": clock.at(0),
        "curve": [list(point) for point in wishes.curve.points],
        "scan_s": list(wishes.scan_s),
        "printing_s": list(wishes.printing_s),
        "printed": wishes.printed,
        "wait_s": wishes.wait_s,
        "mornings": MORNINGS,
        "seed": wishes.seed,
    }
    for line in lines:
        yield _object(line, wishes, clock)


def _object(line: Line, wishes: Wishes, clock: Clock) -> dict[str, Any]:
    failure = line.failure
    return {
        "at": line.name,
        "kind": line.kind,
        "people": line.people,
        "open": line.servers,
        "needed": line.needed,
        **_figures(line.mornings, clock),
        "failure": failure
        and {
            "fails_at": clock.at(failure.at_s),
            "repair_s": wishes.repair_s,
            "needed": failure.needed,
            **_figures(failure.mornings, clock),
        },
        "morning": [
            {
                "from": clock.at(step.from_s),
                "until": clock.at(step.until_s),
                "came": round(step.came, 1),
                "waiting": round(step.waiting, 1),
                "wait_50_s": round(step.wait_50_s, 1),
                "wait_95_s": round(step.wait_95_s, 1),
            }
            for step in over_the_morning(line, wishes.curve)
        ],
    }


def _figures(mornings: Sequence[Served], clock: Clock) -> dict[str, Any]:
    ordered = waits(mornings)
    longest, at_s = max(served.longest() for served in mornings)
    return {
        "longest_line": longest,
        "longest_line_at": clock.at(at_s),
        "wait_50_s": round(percentile(ordered, 50), 1),
        "wait_95_s": round(percentile(ordered, 95), 1),
        "longest_wait_s": round(ordered[-1], 1) if ordered else 0.0,
    }
