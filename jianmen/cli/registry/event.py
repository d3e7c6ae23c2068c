"""`jianmen registry event`: a changed event definition, checked and put in force."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from config import event_file
from config.errors import ConfigError
from jianmen.cli.options import data_option, json_option
from jianmen.cli.registry.options import asking, settings_option, show_result, stop

KINDS = {
    "gate_added": "gate {id} is added",
    "gate_removed": "gate {id} is removed",
    "gate_moved": "gate {id} is moved",
    "gate_changed": "gate {id} changes",
    "session_added": "session {id} is added",
    "session_moved": "session {id} is moved",
    "session_cancelled": "session {id} is cancelled",
    "session_restored": "session {id} is held after all",
    "capacity_changed": "{id} has other seats",
    "area_added": "area {id} is added",
    "area_removed": "area {id} is removed",
    "text_changed": "{id} has another name",
    "policy_changed": "the policy changes",
    "other_changed": "{id} changes",
}
"""What each kind of effect means; an id stands in it."""


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option("--check", is_flag=True, help="Only say what would change; nothing is put in force.")
@click.option(
    "--yes",
    is_flag=True,
    help="Do not ask before a change that touches a gate with a kiosk or scans.",
)
@json_option
def event(
    file: Path,
    settings_file: Path | None,
    data: Path | None,
    *,
    check: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Put the changed event definition FILE (TOML) in force, whether the server runs or not.

    Says first what the change does: gates with a kiosk or with scans, sessions moved or cancelled, seats dealt. What
    happened before stays as it is counted. Doors in touch go by it within seconds, others as soon as they hear of it.
    A session is cancelled by `cancelled = true`; its place in the list stays. Lists that printed badges point into may
    only grow. Exit 1 where the registry refuses, or nobody confirmed a change that asks.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        event_file.parse(text, str(file))
    except OSError as error:
        stop(2, f"{file}: cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        stop(2, f"{file}: byte {error.start} is not UTF-8; save it as UTF-8")
    except ConfigError as error:
        stop(2, str(error))
    body: dict[str, object] = {"toml": text, "file": str(file)[:200]}
    with asking(settings_file, data) as client:
        answer = client.post("/event", {**body, "check": True})
        if answer["changed"] and not check:
            for line in _lines(answer):
                click.echo(line, err=True)
            if answer["asks"] and not yes:
                _confirm()
            sure = {"confirmed": True, "expect": answer["mark"]}
            answer = client.post("/event", {**body, **sure})
    lines = _lines(answer) if check else []
    if not answer["changed"]:
        lines = [f"{answer['event']}: nothing new"]
    elif answer["applied"]:
        lines.append(f"{answer['event']}: in force")
    show_result(answer, as_json=as_json, summary="\n".join(lines))


def _lines(answer: dict[str, Any]) -> list[str]:
    """One line for each effect; those that ask have a mark in front."""
    return [
        f"{'!' if effect['asks'] else ' '} {KINDS[effect['kind']].format(id=effect['id'])}: {effect['detail']}"
        for effect in answer["effects"]
    ] or ["  nothing that a door goes by changes"]


def _confirm() -> None:
    """End the command with 1 unless somebody answers yes."""
    if not sys.stdin.isatty():
        stop(
            1, "Nothing was changed. Lines with ! touch doors in use: look at them, then say --yes."
        )
    if not click.confirm("Lines with ! touch doors in use. Put it in force?", err=True):
        stop(1, "Nothing was changed.")
