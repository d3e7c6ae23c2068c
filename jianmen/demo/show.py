"""Running a demo before somebody's eyes, from its start to its last line: a live table, plain lines, or JSON."""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

import click
import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hardware.system.stop_signal import Stop
from jianmen.demo.control import Keys
from jianmen.demo.errors import DemoError, PortTakenError, StoppedError
from jianmen.demo.registry_client import SilentError
from jianmen.demo.run import Demo, Options
from jianmen.demo.watch import GateState, Result, State, VenueState
from jianmen.testing.processes import ProgramError

PLAIN_EVERY_S = 5
JSON_EVERY_S = 2

VERDICTS = ("admit", "admit_flagged", "ask_staff", "refuse")
OLD_S = 10.0
"""A number older than this is shown as one to be careful with."""


class Display(Protocol):
    """Where the demo is shown. `close` is safe to repeat."""

    def show_message(self, message: str) -> None:
        """Something for people to read."""

    def state(self, state: State) -> None: ...

    def result(self, result: Result) -> None: ...

    def close(self) -> None: ...


def display_for(*, as_json: bool) -> Display:
    """The one that fits."""
    if as_json:
        return JsonLines()
    return LiveTable() if sys.stdout.isatty() else PlainLines()


class JsonLines:
    """States and the result on standard output, messages on standard error."""

    def __init__(self) -> None:
        self._due = 0

    def show_message(self, message: str) -> None:
        click.echo(message, err=True)

    def state(self, state: State) -> None:
        if state.seconds >= self._due:
            self._due = state.seconds + JSON_EVERY_S
            self._line("state", state)

    def result(self, result: Result) -> None:
        self._line("result", result)

    def close(self) -> None:
        """Nothing is open."""

    @staticmethod
    def _line(kind: str, value: msgspec.Struct) -> None:
        click.echo(msgspec.json.encode({kind: value}))


class PlainLines:
    """A few lines every few seconds, for a log."""

    def __init__(self) -> None:
        self._due = 0

    def show_message(self, message: str) -> None:
        click.echo(message)

    def state(self, state: State) -> None:
        if state.seconds < self._due:
            return
        self._due = state.seconds + PLAIN_EVERY_S
        venues = "; ".join(_venue_text(venue) for venue in state.venues)
        behind = ", ".join(f"{one.gate} {one.backlog}" for one in state.gates if one.backlog)
        tail = f"; not yet at the registry: {behind}" if behind else ""
        click.echo(f"{_clock(state.seconds)} {venues}{tail}")

    def result(self, result: Result) -> None:
        for line in result_lines(result):
            click.echo(line)

    def close(self) -> None:
        """Nothing is open."""


class LiveTable:
    """A table that is redrawn on the terminal."""

    def __init__(self) -> None:
        self._console = Console()
        self._live: Live | None = None

    def show_message(self, message: str) -> None:
        self._console.print(message, highlight=False, markup=False)

    def state(self, state: State) -> None:
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, screen=False)
            self._live.start()
        self._live.update(drawn(state), refresh=True)

    def result(self, result: Result) -> None:
        self.close()
        for line in result_lines(result):
            self._console.print(line, highlight=False, markup=False)

    def close(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            with suppress(BrokenPipeError):
                live.stop()


def drawn(state: State) -> Group:
    """The whole table."""
    head = Text.assemble(
        ("Jianmen demo ", "bold"),
        _clock(state.seconds),
        "   dashboard ",
        (state.dashboard, "bold cyan"),
        "\n",
        (f"data and logs in {state.data}", "dim"),
    )
    keys = [
        f"{number} {'heals' if venue.link == 'cut' else 'cuts'} {venue.name['en']}"
        for number, venue in enumerate(state.venues, 1)
    ]
    foot = Text("   ".join([*keys, "c Meishan", "q ends"]), "dim")
    return Group(head, _venue_table(state), _gate_table(state), foot)


def _venue_table(state: State) -> Table:
    table = Table(title="Venues, as the registry counts", title_justify="left", expand=False)
    for name in ("venue", "link"):
        table.add_column(name)
    for name in ("inside", "let in today", "number is", "truly inside", "truly let in"):
        table.add_column(name, justify="right")
    for venue in state.venues:
        link = Text("cut", "bold red") if venue.link == "cut" else Text("up", "green")
        table.add_row(
            f"{venue.name['en']} {venue.name.get('zh-Hans', '')}",
            link,
            _number(venue.inside),
            _number(venue.people),
            _age(venue),
            Text(str(venue.truly_inside), "dim"),
            Text(str(venue.truly_let_in), "dim"),
        )
    return table


def _age(venue: VenueState) -> Text:
    if venue.age_s is None:
        return Text("no answer" if venue.people is None else "never heard", "bold red")
    style = "bold yellow" if venue.age_s > OLD_S else "green"
    return Text(f"{venue.age_s:.0f} s old", style)


def _gate_table(state: State) -> Table:
    table = Table(title="Gates, as their doors answered", title_justify="left", expand=False)
    table.add_column("gate")
    for name in ("in/out", "flagged", "ask staff", "refused"):
        table.add_column(name, justify="right")
    table.add_column("reasons other than ok", overflow="fold", ratio=1)
    table.add_column("backlog", justify="right")
    table.add_column("screen", style="cyan", no_wrap=True)
    for gate in state.gates:
        counts = [str(sum(gate.answers.get(verdict, {}).values())) for verdict in VERDICTS]
        table.add_row(gate.gate, *counts, _reasons(gate), _backlog(gate), gate.screen)
    return table


def _backlog(gate: GateState) -> Text:
    if gate.backlog is None:
        return Text("?", "bold red")
    return Text(str(gate.backlog), "bold yellow" if gate.backlog else "green")


def _reasons(gate: GateState) -> str:
    """Everything but a plain `ok`."""
    found: dict[str, int] = {}
    for reasons in gate.answers.values():
        for reason, count in reasons.items():
            if reason != "ok":
                found[reason] = found.get(reason, 0) + count
    return _tally(found)


def _tally(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ranked)


def _number(value: int | None) -> Text:
    return Text("?", "bold red") if value is None else Text(str(value), "bold")


def _venue_text(venue: VenueState) -> str:
    link = " (link cut)" if venue.link == "cut" else ""
    if venue.people is None:
        return f"{venue.name['en']}{link}: the registry does not answer"
    age = "never heard" if venue.age_s is None else f"{venue.age_s:.0f} s old"
    return f"{venue.name['en']}{link}: {venue.inside} inside, {venue.people} let in, {age}"


def _clock(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}"


def result_lines(result: Result) -> list[str]:
    """The last lines: where the data is, what differs if anything does, and the comparison as the very last line."""
    lines = [f"The data and logs are in {result.data}"]
    if not result.drained:
        lines.append(
            "Not everything has reached the registry: the numbers below are not the last word."
        )
    lines += [
        f"{gate}: {reason} {simulated} times as simulated, {counted} as counted"
        for gate, reason, simulated, counted in result.differences
    ]
    venues = "; ".join(
        f"{one.venue} {one.let_in} as simulated, {one.counted} as counted"
        + ("" if one.checked else " (real people came too)")
        for one in result.venues
    )
    verdict = "equal" if result.equal else "NOT EQUAL"
    return [*lines, f"People let in: {venues}: {verdict}"]


LOOK_S = 0.5
"""How often the numbers are made again."""

ENDING_S = 10.0
"""So long before the end of its minutes nobody comes any more: the last numbers have to arrive."""

LAST_ANSWERS_S = 40.0
"""Whoever stands before a door is answered first."""

DRAIN_S = 150.0
"""A carrier whose link was cut for long tries again every twenty seconds or so, and the machine may be busy."""

SETTLE_S = 10.0
"""The registry works its counts out once a second; a busy machine gets some more."""

CUT_KEY, CUT_KEY_VENUE = "c", "meishan"


def present(options: Options, minutes: float | None, display: Display, stop: Stop) -> int:
    """Run a demo, for so many minutes from when its doors are open.

    Returns the exit status: 0 when all that was simulated was counted, 1 when not, 2 when it cannot run here.
    """
    message, status = "", 0
    try:
        with Demo(options, stop, display.show_message) as demo:
            demo.open()
            _show_addresses(demo, display)
            show = _Show(demo, display, stop)
            show.watch(None if minutes is None else minutes * 60 - ENDING_S)
            result = show.finish()
    except StoppedError:
        message = "Stopped before it was open."
    except (DemoError, ProgramError, SilentError) as error:
        message, status = f"{error}\nThe demo has ended early.", 1
    except (PortTakenError, OSError) as error:
        message, status = f"The demo cannot run here: {error}.", 2
    finally:
        display.close()
    if message:
        display.show_message(f"{message} The data and logs are in {options.data}")
        return status
    display.result(result)
    return 0 if result.equal and result.drained else 1


def _show_addresses(demo: Demo, display: Display) -> None:
    display.show_message(f"Dashboard  {demo.registry.url}/   to log in: admin, {demo.password}")
    for one in demo.sites:
        display.show_message(f"Screen     {one.screen}   {one.gate}")


class _Show:
    """An open demo and those who watch it."""

    def __init__(self, demo: Demo, display: Display, stop: Stop) -> None:
        self._demo = demo
        self._display = display
        self._stop = stop

    def watch(self, seconds: float | None) -> None:
        """People come for so long, or (None) until somebody has seen enough."""
        began = time.monotonic()
        with Keys() as keys:
            while seconds is None or time.monotonic() - began < seconds:
                for key in keys.pressed():
                    self._press(key)
                self._look()
                if self._stop.wait(LOOK_S):
                    return

    def finish(self) -> Result:
        """Let those before the doors through, heal every link, wait until everything has arrived, and compare."""
        demo = self._demo
        demo.close_doors()
        self._wait_until(lambda: demo.people_gone, LAST_ANSWERS_S)
        for link in demo.links.values():
            link.heal()
        drained = self._wait_until(lambda: self._look().drained, DRAIN_S)
        result = demo.watch.result(drained=drained)
        settled = time.monotonic() + SETTLE_S
        while not result.equal and time.monotonic() < settled:
            time.sleep(LOOK_S)
            result = demo.watch.result(drained=drained)
        return result

    def _wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Whether it came to be; somebody who asks twice for the end does not wait for it."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until or self._stop.asked_again:
                return False
            time.sleep(LOOK_S)
        return True

    def _look(self) -> State:
        self._demo.check()
        state = self._demo.watch.state()
        self._display.state(state)
        return state

    def _press(self, key: str) -> None:
        venues = list(self._demo.links)
        if key == "q":
            self._stop.ask()
        elif key == CUT_KEY:
            self._demo.toggle(CUT_KEY_VENUE)
        elif key.isdecimal() and 1 <= int(key) <= len(venues):
            self._demo.toggle(venues[int(key) - 1])
