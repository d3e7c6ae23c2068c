"""Scenario files: JSON lines, the first naming the event, each further one a step. All mistakes are named by line."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from access.event import Direction, Event, Gate, Language
from access.programme import Programme
from config.errors import ConfigError
from config.event_file import load

Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Step(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What every step has: when it happens, and what its outcome must contain."""

    at: str | None = None
    expect: dict[str, Any] | None = None


class Register(Step, tag="register"):
    ref: Word
    ticket: Word
    venues: list[str] | None = None
    days: list[str] | None = None
    sessions: list[str] = []
    name: str = "Guest"
    lang: Language = "en"
    form: Literal["plain", "signed"] = "plain"


class Reissue(Step, tag="reissue"):
    ref: Word


class Revoke(Step, tag="revoke"):
    ref: Word
    why: str = ""


class Present(Step, tag="present"):
    gate: Word
    badge: Word | None = None
    code: str | None = None
    tamper: Literal["proof", "claims"] | None = None
    direction: Direction | None = None


class Override(Step, tag="override"):
    gate: Word
    badge: Word
    staff: Word
    why: str = ""


class Void(Step, tag="void"):
    gate: Word
    entry: Word
    staff: Word
    why: str = ""


class Cut(Step, tag="cut"):
    nodes: list[str] | None = None
    groups: list[list[str]] | None = None


class Heal(Step, tag="heal"):
    nodes: list[str] | None = None


class Sync(Step, tag="sync"):
    pass


class SetClock(Step, tag="clock"):
    gate: Word
    offset_s: float | None = None
    trusted: bool | None = None


class Restart(Step, tag="restart"):
    gate: Word


class Wipe(Step, tag="wipe"):
    gate: Word


class AskHeadcount(Step, tag="headcount"):
    node: str = "registry"


class AskConflicts(Step, tag="conflicts"):
    pass


AnyStep = (
    Register | Reissue | Revoke | Present | Override | Void | Cut | Heal | Sync | SetClock | Restart
    | Wipe | AskHeadcount | AskConflicts
)  # fmt: skip

KINDS = (
    "register, reissue, revoke, present, override, void, cut, heal, sync, clock, restart, wipe,"
    " headcount, conflicts"
)


class ScenarioError(Exception):
    """A scenario that cannot be run. Its text names the file, the line, and what would be right."""


class Scenario:
    """A scenario read and checked: the event, and its steps with line number and true time (ms)."""

    def __init__(self, event: Event, steps: list[tuple[int, int, AnyStep]]) -> None:
        self.event = event
        self.steps = steps


def read(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError naming all mistakes."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise ScenarioError(f'{path}: the file is empty; line 1 must be {{"event": "file.toml"}}')
    event = _event(path, *numbered[0])
    mistakes: list[str] = []
    steps = list(_steps(numbered[1:], mistakes))
    known = set(Programme(event).gates) | {"registry"}
    refs: set[str] = set()
    for number, _, step in steps:
        mistakes += [
            f"line {number}: {wrong}" for wrong in _unknown_names(step, event, known, refs)
        ]
    if mistakes:
        raise ScenarioError("\n".join(f"{path}: {mistake}" for mistake in mistakes))
    return Scenario(event, steps)


def _event(path: Path, number: int, line: str) -> Event:
    try:
        first = msgspec.json.decode(line, type=dict[str, str])
        name = first["event"]
    except (msgspec.DecodeError, KeyError) as error:
        raise ScenarioError(
            f'{path}: line {number}: the first line must be {{"event": "file.toml"}}'
        ) from error
    if len(first) > 1:
        raise ScenarioError(f'{path}: line {number}: the first line holds "event" alone')
    try:
        return load(path.parent / name)
    except ConfigError as error:
        raise ScenarioError(str(error)) from error


def _steps(
    numbered: list[tuple[int, str]], mistakes: list[str]
) -> Iterator[tuple[int, int, AnyStep]]:
    """Each step with its line and true time; steps that share a time happen a millisecond apart."""
    decoder = msgspec.json.Decoder(AnyStep)
    stated: int | None = None
    at_ms = 0
    for number, line in numbered:
        try:
            step = decoder.decode(line)
            when = _instant(step.at)
        except msgspec.DecodeError as error:
            mistakes.append(f"line {number}: {_plainly(str(error))}")
            continue
        except ValueError as error:
            mistakes.append(f"line {number}: {error}")
            continue
        if when is None and stated is None:
            mistakes.append(f'line {number}: the first step needs "at", a time such as {EXAMPLE}')
            continue
        if when is not None and stated is not None and when < stated:
            mistakes.append(f'line {number}: "at" goes backwards; steps stand in order of time')
            continue
        at_ms = at_ms + 1 if when is None or when == stated else max(when, at_ms + 1)
        stated = stated if when is None else when
        yield number, at_ms, step


EXAMPLE = "2020-11-17T08:50:00+08:00"


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"at": {text!r} is no time; write it like {EXAMPLE}') from None
    if at.tzinfo is None:
        raise ValueError(f'"at": {text!r} lacks its offset; write it like {EXAMPLE}')
    return round(at.timestamp() * 1000)


def _plainly(error: str) -> str:
    if "Invalid value" in error and "$.do" in error:
        return f'{error}; "do" is one of {KINDS}'
    if "missing required field `do`" in error:
        return f'a step needs "do": one of {KINDS}'
    return error.replace("Object", "the step").replace("`$.", "`")


def _unknown_names(step: AnyStep, event: Event, nodes: set[str], refs: set[str]) -> Iterator[str]:
    """What a step names that does not exist (yet)."""
    gates = {gate.id: gate for gate in event.gates}
    gate = getattr(step, "gate", None)
    if gate is not None and gate not in gates:
        yield f'gate "{gate}" is not in the event; its gates are {", ".join(gates)}'
    groups: list[list[str]] = getattr(step, "groups", None) or []
    named = [*(getattr(step, "nodes", None) or ()), *(name for group in groups for name in group)]
    for name in named:
        if name not in nodes:
            yield f'node "{name}" is neither a gate nor "registry"'
    match step:
        case Register():
            yield from _registration(step, event)
            if step.ref in refs or "#" in step.ref:
                yield f'ref "{step.ref}" is taken already, or has a "#" in it'
            refs.add(step.ref)
        case Present():
            yield from _presentation(step, gates.get(step.gate))
        case AskHeadcount() if step.node not in nodes:
            yield f'node "{step.node}" is neither a gate nor "registry"'
        case Cut() if (step.nodes is None) == (step.groups is None):
            yield 'a cut names either "nodes" or "groups"'
        case Override() if gate in gates and not gates[gate].lets_in:
            yield f'gate "{gate}" leads out only: nobody can be let in there by hand'
    for field in ("badge", "staff", "ref"):
        ref = getattr(step, field, None)
        if ref is not None and not isinstance(step, Register) and ref.split("#")[0] not in refs:
            yield f'{field} "{ref}" is registered by no step before this one'


def _registration(step: Register, event: Event) -> Iterator[str]:
    known = {
        "venues": {venue.id for venue in event.venues},
        "days": set(event.days),
        "sessions": {session.id for session in event.sessions},
    }
    if step.ticket not in {ticket.id for ticket in event.tickets}:
        tickets = ", ".join(ticket.id for ticket in event.tickets)
        yield f'ticket "{step.ticket}" is not in the event; its tickets are {tickets}'
    for field, right in known.items():
        for word in getattr(step, field) or ():
            if word not in right:
                yield f'{field}: "{word}" is not in the event; there are {", ".join(sorted(right))}'


def _presentation(step: Present, gate: Gate | None) -> Iterator[str]:
    if (step.badge is None) == (step.code is None):
        yield 'a presentation has either "badge" or "code"'
    if step.tamper is not None and step.badge is None:
        yield '"tamper" needs a "badge"'
    if (
        gate is not None
        and step.direction is not None
        and gate.direction not in ("both", step.direction)
    ):
        yield f'gate "{gate.id}" does not lead {step.direction}'
