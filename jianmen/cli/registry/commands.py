"""`jianmen registry`: the registry, and what an operator does at it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from access.badge.credential import read_human_code
from config import event_file
from config.errors import ConfigError
from jianmen.cli.help_pages import WholeHelpGroup
from jianmen.cli.options import counted, data_option, json_option
from jianmen.cli.registry.backups import backup, restore
from jianmen.cli.registry.badges import badges, test_badges
from jianmen.cli.registry.doctor import doctor
from jianmen.cli.registry.event import event
from jianmen.cli.registry.keys import keys, staff
from jianmen.cli.registry.lists import import_people
from jianmen.cli.registry.options import (
    as_given,
    asking,
    followed,
    is_there,
    quoted,
    read_settings,
    settings_option,
    show_result,
    stop,
)
from jianmen.cli.registry.reports import attendance, close, conflicts, export, headcount
from jianmen.cli.registry.serve import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from access.event.definition import Event
    from jianmen.cli.registry.client import Client
    from registry.service import RegistryService

RUNNING = (
    "a registry is running on this folder. A changed event definition is put in force while it runs by"
    " `jianmen registry event FILE`; passwords are changed on its Settings page."
)
NOBODY_TO_ASK = "There is nobody to ask for the admin's password; name a file: --password-file"


@click.group(cls=WholeHelpGroup)
@click.pass_context
def registry(context: click.Context) -> None:
    """The registry: roster, headcounts, conflicts, kiosks.

    Commands ask the server that is running on this data folder, or do the work themselves where none is.
    """
    before = os.umask(0o077)  # what they write contains keys and names
    context.call_on_close(lambda: os.umask(before))


for _command in (
    event,
    import_people,
    badges,
    test_badges,
    backup,
    restore,
    doctor,
    serve,
    headcount,
    attendance,
    conflicts,
    export,
    close,
    staff,
    keys,
):
    registry.add_command(_command)


@registry.command()
@click.argument("event", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The first admin's password, in the file's first line; asked for where left out.",
)
@click.option(
    "--account",
    default="admin",
    show_default=True,
    help="The first admin's account: somebody's own name. Later a new password of any admin.",
)
@json_option
def init(
    event: Path,
    settings_file: Path | None,
    data: Path | None,
    password_file: Path | None,
    account: str,
    *,
    as_json: bool,
) -> None:
    """Begin an event from its definition EVENT (TOML), or put a changed one in force.

    Makes the registry's key, the event's keys and the first admin's password. Of an event that is there already only
    the definition is changed; lists that printed badges point into may only grow.
    """
    from jianmen.cli.registry.client import opened, read_clock
    from registry.accounts.accounts import Accounts, check_account
    from registry.storage.errors import InUseError, RegistryError

    try:
        # Everything that can be wrong is looked at before anything is made.
        definition = event_file.load(event)
        password = _password(password_file) if password_file is not None else ""
        if password_file is not None:
            check_account(account, password)
        elif not (sys.stdin.isatty() or is_there(settings_file, data)):
            stop(2, NOBODY_TO_ASK)
        settings = read_settings(settings_file, data, begins=True)
        with opened(settings) as service:
            accounts = Accounts(service.ledger, lambda: read_clock()().wall_ms)
            if not password and not any(one.role == "admin" for one in accounts.all()):
                password = _password(None)
                check_account(account, password)

            def set_password(name: str = account, text: str = password) -> None:
                accounts.set_password(name, text, "admin")

            changed = _defined(service, definition, set_password if password else None)
            fingerprint = service.identity.fingerprint
    except InUseError:
        stop(2, f"{settings.data}: {RUNNING}")
    except (ConfigError, RegistryError) as error:
        stop(2, str(error))
    done = "in force" if changed else "the same as before"
    password_set = f"; the password of {account} is set" if password else ""
    show_result(
        {
            "event": definition.id,
            "fingerprint": fingerprint,
            "changed": changed,
            "account": account if password else None,
        },
        as_json=as_json,
        summary=f"{definition.id}: {done}{password_set}; registry {fingerprint}",
    )


def _defined(
    service: RegistryService, definition: Event, set_password: Callable[[], None] | None
) -> bool:
    """Put a definition in force and set the password, for a new event both or neither; whether it is new."""
    from registry.storage.errors import NotInitialisedError

    try:
        changed = service.event != definition
    except NotInitialisedError:
        with service.ledger.transaction():
            service.init(definition)
            if set_password is not None:
                set_password()
        return True
    if changed:
        _touch_no_door_in_use(service, definition)
        service.update_event(definition)
    if set_password is not None:
        set_password()
    return changed


def _touch_no_door_in_use(service: RegistryService, definition: Event) -> None:
    """Ends the command where the definition takes something from a door that is in use."""
    from access.state.event_changes import change_facts, event_change_effects

    with service.snapshot() as log_state:
        effects = event_change_effects(service.event, definition, change_facts(log_state))
    touched = [f"{one.id}: {one.detail}" for one in effects if one.asks]
    if touched:
        again = shlex.join(as_given("password_file", "account", "as_json"))
        lines = ["Nothing was changed. This touches doors in use:", *touched]
        stop(1, "\n".join([*lines, f"To do it all the same: jianmen registry event {again} --yes"]))


def _password(file: Path | None) -> str:
    """The password in a file, or one typed twice. Ends the command where there is neither."""
    if file is not None:
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    if not sys.stdin.isatty():
        stop(2, NOBODY_TO_ASK)
    typed: str = click.prompt(
        "Password of the first admin", hide_input=True, confirmation_prompt=True, err=True
    )
    return typed


@registry.command()
@settings_option
@data_option
@click.option("--gate", help="The gate that the kiosk is for.")
@click.option("--spare", is_flag=True, help="A kiosk without a gate, to be given one later.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=10,
    show_default=True,
    help="How long the code can be used.",
)
@click.option("--url", help="Where kiosks reach the registry, if not where it listens.")
@json_option
def enrol(
    settings_file: Path | None,
    data: Path | None,
    gate: str | None,
    minutes: int,
    url: str | None,
    *,
    spare: bool,
    as_json: bool,
) -> None:
    """Make a one-time code for a kiosk, as text and as a QR code to show to its camera.

    The code says JME1:<fingerprint of the registry's key>:<code>:<address>.
    """
    import segno

    if (gate is None) != spare:
        raise click.UsageError("Name the gate (--gate ID), or say that it is a --spare.")
    with asking(settings_file, data) as client:
        body: dict[str, object] = {"gate": gate, "minutes": minutes, "url": url or client.kiosk_url}
        code = client.post("/kiosks/code", body)
    if code["warning"]:
        click.echo(f"Warning: {code['warning']}", err=True)
    if as_json:
        click.echo(
            msgspec.json.encode({key: code[key] for key in ("code", "gate", "expires", "text")})
        )
        return
    segno.make(code["text"], error="m", micro=False).terminal(compact=True)
    click.echo(code["text"])
    click.echo(f"Good once, until {code['expires'][11:19]}.", err=True)


@registry.command()
@click.argument("badge")
@settings_option
@data_option
@click.option(
    "--why",
    default="revoked by the operator",
    show_default=True,
    help="The reason, which the log keeps for good: name nobody in it.",
)
@json_option
def revoke(
    badge: str, settings_file: Path | None, data: Path | None, why: str, *, as_json: bool
) -> None:
    """Make a badge invalid: BADGE is the code printed on it or the person's ref; BADGE#2 is its second print alone."""
    name, _, number = badge.partition("#")
    if number and not number.isdecimal():
        raise click.UsageError(f"{badge!r}: after # stands the number of a print, as in {name}#1")
    issue = int(number) if number else None
    with asking(settings_file, data) as client:
        person = _person_of(client, name)
        code = person["code"]
        already = person["revoked"] if issue is None else _is_print_revoked(person, issue)
        if not already:
            client.post(f"/registrants/{quoted(code)}/revoke", {"issue": issue, "why": why})
    done = "was revoked already" if already else "revoked"
    show_result(
        {"badge": code, "issue": issue, "already": already},
        as_json=as_json,
        summary=f"{code}: {done if issue is None else f'print {issue} {done}'}",
    )


def _is_print_revoked(person: dict[str, Any], issue: int) -> bool:
    return any(one["issue"] == issue and one["revoked"] for one in person["issues"])


@registry.command()
@click.argument("badge")
@settings_option
@data_option
@json_option
def unrevoke(badge: str, settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Let a person in again whose badge was revoked: BADGE is the code printed on it or the person's ref.

    They get a new badge, to be printed; the old one stays revoked, since doors that are cut off could not be told.
    """
    with asking(settings_file, data) as client:
        person = _person_of(client, badge)
        answer = client.post(f"/registrants/{quoted(person['code'])}/unrevoke", {})
    again = shlex.join(["badge.pdf", "--ref", person["ref"], *as_given("badge", "as_json")])
    show_result(
        {"badge": answer["code"], "issue": answer["issue"]},
        as_json=as_json,
        summary=f"{answer['code']}: print {answer['issue']} is good; print it with: jianmen registry badges {again}",
    )
    if person["roles"] and answer["code"] != person["code"]:
        click.echo(
            f"If {person['ref']} had a key card, it opens nothing any more; make a new one with:"
            f" jianmen registry staff card {shlex.join([person['ref'], *as_given('badge', 'as_json')])}",
            err=True,
        )


def _person_of(client: Client, name: str) -> dict[str, Any]:
    """The person of a badge named by code or ref."""
    found = client.get("/registrants", q=name)["registrants"]
    bare = name.replace("-", "").upper()
    for one in found:
        if one["ref"] == name or one["code"].replace("-", "") == bare:
            return dict(one)
    if read_human_code(name) is not None and len(found) == 1:
        now = found[0]
        stop(1, f"{name} is revoked for good; {now['ref']} has the badge {now['code']} instead")
    return stop(1, f"{name!r} is nobody's ref, and no badge's code here")


@registry.command()
@settings_option
@data_option
@click.option("--early", is_flag=True, help="Before the retention days of the event are over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def purge(
    settings_file: Path | None, data: Path | None, *, early: bool, yes: bool, as_json: bool
) -> None:
    """Erase all persons, here and at every kiosk in touch. The counts stay; the names cannot be recovered.

    A kiosk that is not in touch deletes them when it hears of it, or by itself after the event's retention days.
    """
    if not yes:
        click.confirm("Erase every person of this event?", abort=True, err=True)
    with asking(settings_file, data) as client:
        job = followed(client, client.post("/purge/jobs", {"early": early}), quiet=as_json)
        if job["state"] != "done":
            stop(1, job["error"] or f"The purge is {job['state']}; nothing was erased.")
        answer = job["result"]
    for kiosk in answer["silent"]:
        where = kiosk["gate"] or kiosk["device"]
        click.echo(f"not in touch, and still has the sealed names: {where}", err=True)
    show_result(answer, as_json=as_json, summary=f"{counted(answer['persons'], 'person')} erased")
