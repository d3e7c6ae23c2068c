"""`jianmen registry`: the centre, and what an operator does at it."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

import click
import msgspec

from config import event_file
from config.errors import ConfigError
from config.settings import RegistrySettings, registry_settings, require_writable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from jianmen.registry_client import Client

ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to

_settings = click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings file of the registry (TOML).",
)
_data = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Another data folder."
)
_json = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


@click.group()
def registry() -> None:
    """The centre: roster, headcounts, conflicts, kiosks.

    Commands ask the server that is running on this data folder, or do the work themselves where none is.
    """


def _read(settings_file: Path | None, data: Path | None, **overrides: object) -> RegistrySettings:
    """The settings, with a data folder that can be written; exits with 2 where they cannot be used."""
    overrides["data"] = str(data) if data is not None else None
    try:
        settings = registry_settings(settings_file, overrides)
        require_writable(settings.data)
    except ConfigError as error:
        _stop(2, str(error))
    return settings


def _stop(status: int, words: str) -> Any:
    click.echo(words, err=True)
    sys.exit(status)


@contextmanager
def _asking(settings_file: Path | None, data: Path | None) -> Iterator[Client]:
    """The registry; what it refuses ends the command with 1, what keeps it from being asked with 2."""
    from jianmen.registry_client import RefusedError, connected
    from registry.authority import CertificateError
    from registry.errors import RegistryError

    settings = _read(settings_file, data)
    try:
        with connected(settings, _kiosk_url(settings)) as client:
            yield client
    except RefusedError as error:
        _stop(1, str(error))
    except (RegistryError, CertificateError) as error:
        _stop(2, str(error))


def _kiosk_url(settings: RegistrySettings, port: int | None = None) -> str:
    """Where kiosks reach the registry."""
    from registry.authority import certificate_of

    scheme = "https" if certificate_of(settings) else "http"
    host = _outward() if settings.host in ANYWHERE else settings.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or settings.port}"


def _outward() -> str:
    """This machine's own address towards the network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def _say(value: object, *, as_json: bool, words: str) -> None:
    click.echo(msgspec.json.encode(value).decode() if as_json else words)


@registry.command()
@click.argument("event", type=click.Path(dir_okay=False, path_type=Path))
@_settings
@_data
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The first admin's password, in the file's first line; asked for where left out.",
)
@_json
def init(
    event: Path,
    settings_file: Path | None,
    data: Path | None,
    password_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Begin an event from its definition EVENT (TOML), or put a changed one in force.

    Makes the registry's key, the event's keys and the first admin's password. Of an event that is there already only
    the definition is changed; lists that printed badges point into may only grow.
    """
    from jianmen.registry_client import opened, read_clock
    from registry.accounts import Accounts, PasswordError
    from registry.errors import NotInitialisedError, RegistryError

    settings = _read(settings_file, data)
    try:
        definition = event_file.load(event)
        with opened(settings) as centre:
            accounts = Accounts(centre.ledger, lambda: read_clock()().wall_ms)
            known = accounts.has_password("admin")
            password = "" if known and password_file is None else _password(password_file)
            try:
                changed = centre.event != definition
                if changed:
                    centre.update_event(definition)
            except NotInitialisedError:
                changed = True
                centre.init(definition)
            if password:
                accounts.set_password("admin", password)
            fingerprint = centre.identity.fingerprint
    except (ConfigError, PasswordError) as error:
        _stop(2, str(error))
    except RegistryError as error:
        _stop(2, str(error))
    _say(
        {"event": definition.id, "fingerprint": fingerprint, "changed": changed},
        as_json=as_json,
        words=f"{definition.id}: {'in force' if changed else 'nothing new'}; registry {fingerprint}",
    )


def _password(file: Path | None) -> str:
    """The password in a file, or one typed twice. Ends the command where there is neither."""
    if file is not None:
        return (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    if not sys.stdin.isatty():
        _stop(2, "There is nobody to ask for the admin's password; name a file: --password-file")
    typed: str = click.prompt(
        "Password of the first admin", hide_input=True, confirmation_prompt=True, err=True
    )
    return typed


@registry.command()
@_settings
@_data
@click.option("--host", help="Address to listen at; 0.0.0.0 for every network.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any free one.")
@click.option("--tls", is_flag=True, help="Speak TLS; a certificate is made in the data folder.")
@click.option(
    "--trust-clock",
    is_flag=True,
    help="This machine's clock is right, although its kernel cannot say so (in a container).",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; on SQLite one, on PostgreSQL three."
)
@_json
def serve(
    settings_file: Path | None,
    data: Path | None,
    host: str | None,
    port: int | None,
    workers: int | None,
    *,
    tls: bool,
    trust_clock: bool,
    as_json: bool,
) -> None:
    """Serve kiosks, dashboard and public interface until stopped."""
    from hardware.notify import Notifier
    from jianmen.registry_client import Note
    from registry.app import WebSettings
    from registry.authority import CertificateError, certificate_of
    from registry.serving import AddressError, Serving, listen
    from registry.serving import serve as run

    settings = _read(settings_file, data, host=host, port=port)
    if settings.database_url is None and (workers or 1) > 1:
        _stop(2, "On SQLite one process alone may write; leave --workers out, or set database_url")
    _check(settings)
    try:
        certificate = certificate_of(settings, make=tls)
        sock = listen(settings.host, settings.port)
    except (AddressError, CertificateError) as error:
        _stop(2, str(error))
    bound = sock.getsockname()[1]
    kiosk_url = _kiosk_url(settings, bound)
    here = _kiosk_url(msgspec.structs.replace(settings, host=_local(settings.host)), bound)
    note = Note(
        here,
        kiosk_url,
        token_urlsafe(24),
        os.getpid(),
        certificate.fingerprint if certificate else None,
    )

    def make_app(stopping: Callable[[], bool]) -> Flask:
        return _application(
            settings,
            WebSettings(
                trust_clock=trust_clock,
                control=note.token,
                pin=note.certificate,
                stopping=stopping,
            ),
        )

    note.write(settings.data)
    _say(
        {"url": here, "kiosk_url": kiosk_url},
        as_json=as_json,
        words=f"Dashboard: {here}/\nKiosks:    {kiosk_url}",
    )
    sys.stdout.flush()
    count = workers or (1 if settings.database_url is None else 3)
    try:
        run(sock, make_app, Serving(count, certificate), Notifier())
    finally:
        if Note.read(settings.data) == note:
            Note.remove(settings.data)


def _local(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0") else "::1" if host == "::" else host  # noqa: S104


def _check(settings: RegistrySettings) -> None:
    """Ends the command, with 2, where the database cannot be used or holds no event."""
    from jianmen.registry_client import opened
    from registry.errors import RegistryError

    try:
        with opened(settings) as centre:
            _ = centre.event
    except RegistryError as error:
        _stop(2, str(error))


def _application(settings: RegistrySettings, web: Any) -> Flask:
    """The application of one worker, which keeps its database for as long as it lives."""
    from jianmen.registry_client import read_clock
    from kiosk.versions import BUILT_MS
    from registry.app import create_app
    from registry.centre import Centre
    from registry.ledger import Ledger

    clock = read_clock()
    ledger = Ledger(settings.database_url, settings.data)
    return create_app(Centre(ledger, clock, earliest_ms=BUILT_MS), clock, web)


@registry.command("import")
@click.argument("people", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_settings
@_data
@click.option("--update", is_flag=True, help="Change people who are registered already.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of the file.")
@_json
def import_people(
    people: Path,
    settings_file: Path | None,
    data: Path | None,
    encoding: str,
    *,
    update: bool,
    as_json: bool,
) -> None:
    """Register the people of the CSV file PEOPLE: all of them, or, where anything is wrong, nobody.

    Columns: ref,name,organisation,language,ticket,venues,days,sessions and, if wanted, code,form; several ids in one
    cell are parted by semicolons.
    """
    with _asking(settings_file, data) as client:
        done = client.post_file(
            "/import",
            people.read_bytes(),
            file=people.name,
            encoding=encoding,
            update=int(update),
        )
    for line in done["warnings"]:
        click.echo(line, err=True)
    _say(done, as_json=as_json, words=f"{done['added']} added, {done['updated']} changed")


@registry.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@_settings
@_data
@click.option(
    "--ref", "refs", multiple=True, help="Whose; several may be named. Left out: everybody's."
)
@_json
def badges(
    out: Path,
    settings_file: Path | None,
    data: Path | None,
    refs: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Write badges to print into the PDF file OUT."""
    with _asking(settings_file, data) as client:
        pages = client.raw(
            "GET",
            "/badges" + "".join(f"{'&' if n else '?'}ref={_quoted(r)}" for n, r in enumerate(refs)),
        )
    try:
        out.write_bytes(pages)
    except OSError as error:
        _stop(2, f"{out}: cannot be written ({error.strerror})")
    _say({"file": str(out), "bytes": len(pages)}, as_json=as_json, words=f"{out} written")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


@registry.command()
@_settings
@_data
@click.option("--gate", help="The gate that the kiosk is for.")
@click.option("--spare", is_flag=True, help="A kiosk without a gate, to be given one later.")
@click.option("--minutes", type=click.IntRange(1, 1440), default=10, show_default=True)
@click.option("--url", help="Where kiosks reach the registry, if not where it listens.")
@_json
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
    with _asking(settings_file, data) as client:
        body: dict[str, object] = {"gate": gate, "minutes": minutes, "url": url or client.kiosk_url}
        code = client.post("/kiosks/code", body)
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
@_settings
@_data
@click.option("--why", default="revoked by the operator", show_default=True)
@_json
def revoke(
    badge: str, settings_file: Path | None, data: Path | None, why: str, *, as_json: bool
) -> None:
    """Make a badge invalid: BADGE is the code printed on it or the person's ref; BADGE#2 is its second print alone."""
    name, _, number = badge.partition("#")
    if number and not number.isdecimal():
        raise click.UsageError(f"{badge!r}: after # stands the number of a print, as in {name}#1")
    issue = int(number) if number else None
    with _asking(settings_file, data) as client:
        code = _code_of(client, name)
        client.post(f"/registrants/{_quoted(code)}/revoke", {"issue": issue, "why": why})
    _say(
        {"badge": code, "issue": issue},
        as_json=as_json,
        words=f"{code}: {'revoked' if issue is None else f'print {issue} revoked'}",
    )


def _code_of(client: Client, name: str) -> str:
    """The human code of a badge named by code or ref."""
    found = client.get("/registrants", q=name)["registrants"]
    exact = [one["code"] for one in found if name in (one["code"], one["ref"])]
    if exact:
        return str(exact[0])
    if len(found) == 1 and found[0]["code"].replace("-", "") == name.replace("-", "").upper():
        return str(found[0]["code"])
    return _stop(1, f"{name!r} is nobody's ref, and no badge's code here")  # type: ignore[no-any-return]


@registry.command()
@_settings
@_data
@_json
def headcount(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Who is where, as of when, and which kiosks have not reported."""
    with _asking(settings_file, data) as client:
        said = client.get("/headcount")
    if as_json:
        click.echo(msgspec.json.encode(said))
        return
    click.echo(f"as of {said['as_of'][:19].replace('T', ' ')}")
    click.echo(
        f"{'':28}{'inside':>8}{'people':>8}{'in':>8}{'out':>8}{'refused':>9}{'left':>7}  between"
    )
    for area in said["areas"]:
        name = ("" if area["parent"] is None else "  ") + area["name"]["en"]
        left = "" if area["places_left"] is None else area["places_left"]
        sure = area["low"] == area["inside"] == area["high"]
        between = "" if sure else f"{area['low']} to {area['high']}"
        click.echo(
            f"{name:28}{area['inside']:>8}{area['people']:>8}{area['entries']:>8}{area['exits']:>8}"
            f"{area['refused']:>9}{left:>7}  {between}".rstrip()
        )
    for kiosk in said["silent"]:
        since = f"since {kiosk['since'][11:19]}" if kiosk["since"] else "never heard"
        missing = f", {kiosk['missing']} entries missing" if kiosk["missing"] else ""
        click.echo(f"not heard from: {kiosk['gate'] or kiosk['device']} ({since}{missing})")


@registry.command()
@_settings
@_data
@_json
def conflicts(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The partition report. Exit 1 while a line of it has no answer."""
    with _asking(settings_file, data) as client:
        said = client.get("/conflicts")
    for line in said["conflicts"]:
        if as_json:
            click.echo(msgspec.json.encode(line))
            continue
        where = " -> ".join(line["gates"]) or line["gate"] or "-"
        answer = line["ruling"] or f"unanswered; probably {line['reading']}"
        what = line["kind"] + (f" ({line['reason']})" if line["reason"] else "")
        click.echo(f"{line['at'][:19]}  {where}  {line['code'] or '-'}  {what}: {answer}")
    sys.exit(1 if said["open"] else 0)


@registry.command()
@_settings
@_data
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File; standard output if left out.",
)
@_json
def export(
    settings_file: Path | None, data: Path | None, out: Path | None, *, as_json: bool
) -> None:
    """Every attempt at every door, as CSV, or with --json as JSON lines."""
    with _asking(settings_file, data) as client:
        table = client.raw("GET", "/export")
    if as_json:
        import csv
        import io

        rows = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
        table = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    if out is None:
        click.get_binary_stream("stdout").write(table)
        return
    try:
        out.write_bytes(table)
    except OSError as error:
        _stop(2, f"{out}: cannot be written ({error.strerror})")


@registry.command()
@click.argument("day")
@_settings
@_data
@_json
def close(day: str, settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """End the event day DAY (2026-11-22). Exit 1 while kiosks have not told everything of it."""
    with _asking(settings_file, data) as client:
        said = client.post("/days/close", {"day": day})
    waiting = ", ".join(one["gate"] or one["device"] for one in said["silent"])
    words = f"{day} is closed" + (f"; not everything is here yet from {waiting}" if waiting else "")
    _say(said, as_json=as_json, words=words)
    sys.exit(0 if said["drained"] else 1)


@registry.command()
@_settings
@_data
@click.option("--early", is_flag=True, help="Before the retention days of the event are over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
def purge(
    settings_file: Path | None, data: Path | None, *, early: bool, yes: bool, as_json: bool
) -> None:
    """Erase all persons. The counts stay; names cannot be had back."""
    if not yes:
        click.confirm("Erase every person of this event?", abort=True, err=True)
    with _asking(settings_file, data) as client:
        said = client.post("/purge", {"early": early})
    _say(said, as_json=as_json, words=f"{said['persons']} persons erased")
