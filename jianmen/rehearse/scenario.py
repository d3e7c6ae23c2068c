"""Scenario files: JSON lines, the first naming the event, each further one a step. All mistakes are named by line."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec

from access.event.definition import Event
from config.errors import ConfigError
from config.event_file import load
from jianmen.rehearse.checks import Checker
from jianmen.rehearse.steps import AnyStep, ChangeEvent

FIRST_LINE = 'the first line must be {"event": "file.toml"}, and holds nothing else'
EXAMPLE = "2020-11-17T08:50:00+08:00"
YEARS = (1970, 9000)

FIELDS: dict[str, tuple[str, ...]] = {
    str(kind.__struct_config__.tag): kind.__struct_fields__ for kind in get_args(AnyStep)
}
"""The fields of each kind of step."""


class ScenarioError(Exception):
    """A scenario that cannot be run. Its text names the file, the line, and what would be right."""


class Planned(NamedTuple):
    """A step, the number of its line, its true time (ms), and whether its `at` has moved time on."""

    line: int
    at_ms: int
    moved: bool
    step: AnyStep


class Scenario:
    """A scenario read and checked: its file, the event, and the steps."""

    def __init__(
        self, path: Path, event: Event, steps: list[Planned], changed: dict[str, Event]
    ) -> None:
        """`changed` are the definitions that `event` steps put in force, by file."""
        self.path = path
        self.event = event
        self.steps = steps
        self.changed = changed


def read(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError naming all mistakes."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise ScenarioError(f"{path}: the file is empty; {FIRST_LINE}")
    mistakes: list[str] = []
    event = _event(path, *numbered[0], mistakes)
    steps = list(_steps(path, numbered[1:], mistakes))
    changed: dict[str, Event] = {}
    if event is not None:
        checker = Checker(event)
        for planned in steps:
            where = f"{path}: line {planned.line}"
            mistakes += [f"{where}: {wrong}" for wrong in checker.mistakes(planned.step)]
            if isinstance(planned.step, ChangeEvent):
                later = _loaded(path, planned.line, planned.step.file, mistakes)
                if later is not None:
                    changed[planned.step.file] = later
                    mistakes += [f"{where}: {wrong}" for wrong in checker.changes(later)]
    if mistakes or event is None:
        raise ScenarioError("\n".join(mistakes))
    return Scenario(path, event, steps, changed)


def _event(path: Path, number: int, line: str, mistakes: list[str]) -> Event | None:
    try:
        first = msgspec.json.decode(line, type=dict[str, str])
    except msgspec.DecodeError:
        first = {}
    if first.keys() != {"event"}:
        mistakes.append(f"{path}: line {number}: {FIRST_LINE}")
        return None
    return _loaded(path, number, first["event"], mistakes)


def _loaded(path: Path, number: int, file: str, mistakes: list[str]) -> Event | None:
    try:
        return load(path.parent / file)
    except ConfigError as error:
        mistakes.append(f"{path}: line {number}: the event cannot be used:\n{error}")
        return None


def _steps(path: Path, numbered: list[tuple[int, str]], mistakes: list[str]) -> Iterator[Planned]:
    """The steps; those that share a time happen a millisecond apart."""
    decoder = msgspec.json.Decoder(AnyStep)
    stated: int | None = None
    at_ms = 0
    for number, line in numbered:
        where = f"{path}: line {number}"
        try:
            step = decoder.decode(line)
            when = _instant(step.at)
        except (msgspec.DecodeError, ValueError) as error:
            mistakes.append(f"{where}: {_plainly(str(error), line)}")
            continue
        if when is None and stated is None:
            mistakes.append(f'{where}: the first step needs "at", a time such as {EXAMPLE}')
            continue
        if when is not None and stated is not None and when < stated:
            mistakes.append(f'{where}: "at" goes backwards; steps stand in order of time')
            continue
        moved = when is not None and when != stated
        at_ms = max(when or 0, at_ms + 1) if moved else at_ms + 1
        stated = when if moved else stated
        yield Planned(number, at_ms, moved, step)


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"at": {text!r} is no time; write it like {EXAMPLE}') from None
    if at.tzinfo is None:
        raise ValueError(f'"at": {text!r} lacks its offset; write it like {EXAMPLE}')
    if not YEARS[0] < at.year < YEARS[1]:
        raise ValueError(f'"at": {text!r} is not between the years {YEARS[0]} and {YEARS[1]}')
    return round(at.timestamp() * 1000)


def _plainly(error: str, line: str) -> str:
    """An error of the decoder as a message for people."""
    if "missing required field `do`" in error:
        return f'a step needs "do": one of {", ".join(FIELDS)}'
    if "Invalid value" in error and "$.do" in error:
        return f'"do" is one of {", ".join(FIELDS)}: {error}'
    if "unknown field" in error:
        kind = msgspec.json.decode(line)["do"]
        return f"{_named(error)}; the fields of {kind} are {', '.join(FIELDS[kind])}"
    return _named(error)


def _named(error: str) -> str:
    return error.replace("Object", "the step").replace("`$.", "`")
