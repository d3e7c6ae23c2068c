"""`jianmen sync`: the carrier of a kiosk."""

import logging
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from zeroconf import NonUniqueNameException

from config.errors import ConfigError
from config.settings import KioskSettings, kiosk_settings, require_writable
from hardware.clock import SystemClock
from hardware.notify import Notifier
from sync.carrier import Carrier
from sync.certificate import certificate_at
from sync.enrolment import Enrolment, EnrolmentError
from sync.identity import Identity
from sync.journal import Reading
from sync.lan import LanServer
from sync.peers import Hints, lan_host
from sync.replica import ReplicaReader

_settings = click.option(
    "--settings", type=click.Path(path_type=Path), help="Settings file of the kiosk (TOML)."
)
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder of the kiosk.")
_json = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")


@click.group()
def sync() -> None:
    """The carrier: brings the door's log to the registry, and back what others have."""


def _settings_of(settings: Path | None, data: Path | None) -> KioskSettings:
    try:
        found = kiosk_settings(settings, {"data": str(data) if data else None})
        require_writable(found.data)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return found


def _read() -> Reading:
    now = SystemClock().read()
    return Reading(now.mono_ms, now.wall_ms, now.synced)


def _carrier(folder: Path, hints: Callable[[], dict[str, str]] = dict) -> Carrier:
    try:
        enrolment = Enrolment.load(folder)
        identity = Identity.at(folder / "device.key")
        return Carrier(folder, enrolment, identity, _read, hints)
    except FileNotFoundError:
        click.echo(f"{folder}: this kiosk is not enrolled yet; run: jianmen kiosk enrol", err=True)
        sys.exit(2)
    except (OSError, ValueError, EnrolmentError, sqlite3.Error) as error:
        click.echo(f"{folder}: {error}", err=True)
        sys.exit(2)


@contextmanager
def _listening(carrier: Carrier, settings: KioskSettings) -> Iterator[None]:
    """Let the venue's other kiosks exchange with this one directly, where its LAN can be used."""
    host = settings.lan_host or lan_host()
    if host is None:
        yield
        return
    certificate = certificate_at(settings.data)
    try:
        server = LanServer(host, settings.lan_port, certificate, carrier.answer)
    except OSError as error:
        click.echo(
            f"{host}:{settings.lan_port}: cannot be listened on ({error.strerror});"
            " another carrier is running here, or lan_port is to be changed",
            err=True,
        )
        sys.exit(2)
    carrier.be_reached_at(f"{host}:{server.port}", certificate.fingerprint)
    try:
        yield
    finally:
        server.close()


@sync.command()
@_settings
@_data
def run(settings: Path | None, data: Path | None) -> None:
    """Carry until stopped."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    found = _settings_of(settings, data)
    hints: list[Hints] = []
    carrier = _carrier(found.data, lambda: hints[0].heard() if hints else {})
    notifier = Notifier()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with _listening(carrier, found):
            if found.mdns and carrier.reach[0]:
                hints += _announce(carrier)
            notifier.ready()
            carrier.run(stop, notifier.watchdog, time.monotonic)
    finally:
        notifier.stopping()
        for hint in hints:
            hint.close()
        carrier.close()


def _announce(carrier: Carrier) -> list[Hints]:
    host, _, port = carrier.reach[0].rpartition(":")
    try:
        return [Hints(carrier.device, host, int(port))]
    except (OSError, NonUniqueNameException) as error:
        logging.getLogger(__name__).warning("no mDNS here: %s", error)
        return []


@sync.command()
@_settings
@_data
@_json
def once(settings: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Exchange with every target once. Exit 1 if any could not be reached."""
    carrier = _carrier(_settings_of(settings, data).data)
    try:
        carrier.look()
        carrier.find_peers()
        good = [carrier.step(target) for target in carrier.targets]
        for target in carrier.targets:
            _show(target.name, msgspec.to_builtins(target.state), as_json=as_json)
    finally:
        carrier.close()
    sys.exit(0 if all(good) else 1)


@sync.command()
@_settings
@_data
@_json
def status(settings: Path | None, data: Path | None, *, as_json: bool) -> None:
    """How things stand with each target. Exit 1 if any is failing."""
    folder = _settings_of(settings, data).data
    try:
        replica = ReplicaReader.at(folder / "replica.db")
    except sqlite3.OperationalError:
        click.echo(f"{folder}: the carrier has not run here yet", err=True)
        sys.exit(1)
    targets = replica.targets()
    replica.close()
    for name, state in targets.items():
        _show(name, state, as_json=as_json)
    sys.exit(1 if any(state["failures"] for state in targets.values()) else 0)


def _show(name: str, state: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"target": name, **state}).decode())
        return
    if state["why"]:
        click.echo(f"{name}: {state['why']} ({state['failures']} tries)")
    else:
        ahead = "nothing" if not state["ahead"] else f"{state['ahead']} entries"
        click.echo(f"{name}: in touch; {ahead} still to bring, {state['received']} received")
