"""`jianmen sync`: the carrier of a kiosk."""

import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import click
import msgspec

from config.errors import ConfigError
from config.settings import kiosk_settings, require_writable
from hardware.clock import SystemClock
from hardware.notify import Notifier
from sync.carrier import Carrier
from sync.enrolment import Enrolment
from sync.identity import Identity
from sync.journal import Reading
from sync.replica import ReplicaReader

_settings = click.option(
    "--settings", type=click.Path(path_type=Path), help="Settings file of the kiosk (TOML)."
)
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder of the kiosk.")
_json = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")


@click.group()
def sync() -> None:
    """The carrier: brings the door's log to the registry, and back what others have."""


def _folder(settings: Path | None, data: Path | None) -> Path:
    try:
        folder = kiosk_settings(settings, {"data": str(data) if data else None}).data
        require_writable(folder)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return folder


def _carrier(folder: Path) -> Carrier:
    clock = SystemClock()

    def read() -> Reading:
        now = clock.read()
        return Reading(now.mono_ms, now.wall_ms, now.synced)

    try:
        enrolment = Enrolment.load(folder)
        identity = Identity.at(folder / "device.key")
        return Carrier(folder, enrolment, identity, read)
    except FileNotFoundError:
        click.echo(f"{folder}: this kiosk is not enrolled yet; run: jianmen kiosk enrol", err=True)
    except (OSError, ValueError, sqlite3.Error) as error:
        click.echo(f"{folder}: {error}", err=True)
    sys.exit(2)


@sync.command()
@_settings
@_data
def run(settings: Path | None, data: Path | None) -> None:
    """Carry until stopped."""
    carrier = _carrier(_folder(settings, data))
    notifier = Notifier()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    notifier.ready()
    try:
        carrier.run(stop.wait, notifier.watchdog)
    finally:
        notifier.stopping()
        carrier.close()


@sync.command()
@_settings
@_data
@_json
def once(settings: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Exchange with every target once. Exit 1 if any could not be reached."""
    carrier = _carrier(_folder(settings, data))
    try:
        carrier.look()
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
    folder = _folder(settings, data)
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
