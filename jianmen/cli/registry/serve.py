"""`jianmen registry serve`: the registry as a server."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING

import click
import msgspec

from config.settings import RegistrySettings
from hardware.system.heap import one_heap
from hardware.system.systemd import Notifier
from jianmen.cli.options import data_option, json_option
from jianmen.cli.registry.options import (
    kiosk_url,
    read_settings,
    settings_option,
    show_result,
    stop,
)

if TYPE_CHECKING:
    from flask import Flask

    from jianmen.cli.registry.client import Note
    from registry.server.app import WebSettings
    from sync.transport.tls_certificate import Certificate


ORPHANS_S = 15.0
ORPHANS_LOOK_S = 0.1
"""How long a start waits for workers of a server that was killed, and how often it looks."""


@click.command()
@settings_option
@data_option
@click.option("--host", help="Address to listen at; 0.0.0.0 for every network.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any free one.")
@click.option("--tls", is_flag=True, help="Speak TLS; a certificate is made in the data folder.")
@click.option(
    "--trust-clock",
    is_flag=True,
    help="This machine's clock is right, although its kernel cannot say so (in a container).",
)
@click.option(
    "--plain-http",
    is_flag=True,
    help="Let other machines connect without TLS: passwords and names can be read on the way.",
)
@click.option(
    "--open-here", is_flag=True, help="A browser of this machine sees counts without logging in."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; on SQLite one, on PostgreSQL three."
)
@json_option
def serve(
    settings_file: Path | None,
    data: Path | None,
    host: str | None,
    port: int | None,
    workers: int | None,
    *,
    tls: bool,
    trust_clock: bool,
    plain_http: bool,
    open_here: bool,
    as_json: bool,
) -> None:
    """Serve kiosks, dashboard and public interface until stopped."""
    from jianmen.cli.registry.client import LAYOUTS, Note
    from registry.http.resources.kiosks import unreachable
    from registry.server.app import WebSettings
    from registry.server.server import Serving
    from registry.server.server import serve as run

    one_heap()
    settings = read_settings(settings_file, data, host=host, port=port)
    _check(settings, workers)
    certificate, sock = _listening(settings, tls=tls, plain_http=plain_http)
    note = _note(settings, sock.getsockname()[1], certificate)

    def make_app(stopping: Callable[[], bool]) -> Flask:
        return _application(
            settings,
            WebSettings(
                trust_clock=trust_clock,
                control=note.token,
                pin=note.certificate,
                open_here=open_here or settings.open_here,
                kiosk_url=note.kiosk_url,
                layouts=settings.data / LAYOUTS,
                trusted_proxies=settings.trusted_proxies,
                stopping=stopping,
            ),
        )

    def show_addresses() -> None:
        note.write(settings.data)
        _show_addresses(note, unreachable(note.kiosk_url), as_json=as_json)

    try:
        run(
            sock,
            make_app,
            Serving(
                workers or (1 if settings.database_url is None else 3),
                certificate,
                settings.trusted_proxies,
            ),
            _Supervisor(Notifier(), show_addresses),
        )
    finally:
        if Note.read(settings.data) == note:
            Note.remove(settings.data)


def _listening(
    settings: RegistrySettings, *, tls: bool, plain_http: bool
) -> tuple[Certificate | None, socket.socket]:
    """The certificate to serve with (None: plain HTTP) and the socket. Ends the command, with 2, without."""
    from registry.server.server import AddressError, listen
    from registry.server.tls import CertificateError, certificate_of

    try:
        certificate = certificate_of(settings, make=tls)
        if certificate is None and not (plain_http or settings.plain_http):
            _refuse_plain(settings.host)
        return certificate, listen(settings.host, settings.port)
    except (AddressError, CertificateError) as error:
        stop(2, str(error))


def _show_addresses(note: Note, warning: str | None, *, as_json: bool) -> None:
    summary = f"Dashboard: {note.url}/\nKiosks:    {note.kiosk_url}"
    addresses = {"url": note.url, "kiosk_url": note.kiosk_url, "warning": warning}
    show_result(
        addresses,
        as_json=as_json,
        summary=f"{summary}\nWarning:   {warning}" if warning else summary,
    )
    sys.stdout.flush()


class _Supervisor:
    """The service manager, and whoever started the server by hand: both hear when it is ready."""

    def __init__(self, notifier: Notifier, show_addresses: Callable[[], None]) -> None:
        self._show_addresses = show_addresses
        self._notifier = notifier
        self.watchdog = notifier.watchdog
        self.stopping = notifier.stopping

    def ready(self) -> None:
        self._show_addresses()
        self._notifier.ready()


def _note(settings: RegistrySettings, port: int, certificate: Certificate | None) -> Note:
    """What the server writes about itself for the commands on this machine."""
    from jianmen.cli.registry.client import Note

    here = msgspec.structs.replace(settings, host=_local(settings.host), public_url=None)
    return Note(
        kiosk_url(here, port),
        kiosk_url(settings, port),
        token_urlsafe(24),
        os.getpid(),
        certificate.fingerprint if certificate is not None else None,
    )


def _refuse_plain(host: str) -> None:
    """End the command where other machines could come without TLS."""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here:
        stop(
            2,
            f"Without TLS, passwords and names could be read on the way to {host or 'this machine'}. Add --tls, or name"
            " a certificate in the settings, or put a proxy in front (docs/deploying.md). If the network between is"
            " yours alone: --plain-http",
        )


def _local(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0") else "::1" if host == "::" else host  # noqa: S104


def _check(settings: RegistrySettings, workers: int | None) -> None:
    """End the command, with 2, where the database cannot be used (by so many workers) or has no event."""
    from jianmen.cli.registry.client import opened
    from registry.storage.errors import InUseError, RegistryError

    if settings.database_url is None and (workers or 1) > 1:
        stop(2, "On SQLite one process alone may write; leave --workers out, or set database_url")
    give_up = time.monotonic() + ORPHANS_S
    while True:
        try:
            with opened(settings) as service:
                # Written with the first definition; to look for that would take all entries.
                _ = service.identity
            return
        except InUseError as error:
            if time.monotonic() > give_up or not _left_behind(settings.data):
                stop(2, str(error))
            time.sleep(ORPHANS_LOOK_S)
        except RegistryError as error:
            stop(2, str(error))


def _left_behind(data: Path) -> bool:
    """Whether the server that left its note here was killed: its workers are about to end."""
    from jianmen.cli.registry.client import Note

    note = Note.read(data)
    if note is None:
        return False
    try:
        os.kill(note.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _application(settings: RegistrySettings, web: WebSettings) -> Flask:
    """The application of one worker, which keeps its database for as long as it lives."""
    from hardware.system.version import BUILT_MS
    from jianmen.cli.registry.client import read_clock
    from registry.server.app import create_app
    from registry.service import RegistryService
    from registry.storage.ledger import Ledger

    clock = read_clock()
    ledger = Ledger(settings.database_url, settings.data)
    return create_app(RegistryService(ledger, clock, earliest_ms=BUILT_MS), clock, web)
