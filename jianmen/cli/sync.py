"""`jianmen sync`: the carrier of a kiosk."""

import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
import msgspec

from access.log.clock_reading import ClockReading
from config.errors import ConfigError
from config.settings import (
    KioskSettings,
    kiosk_settings,
    registry_settings,
    require_possible,
    require_writable,
)
from hardware.system.clock import SystemClock
from hardware.system.heap import one_heap
from hardware.system.stop_signal import Stop, ended_cleanly
from hardware.system.systemd import Notifier
from jianmen.cli.help_pages import WholeHelpGroup
from jianmen.cli.kiosk.carrier_memory import without_numpy
from jianmen.cli.kiosk.enrolment_by_code import enrolled
from jianmen.cli.options import counted
from jianmen.cli.sync_progress import aged, cards_line, silent, target_lines, watch
from sync.carrier.carrier import Carrier
from sync.carrier.peer_worker import boot_id
from sync.carrier.usb_bundles import CarrierRunsError, only_carrier, submit_bundle
from sync.enrolment.record import Enrolment, EnrolmentError
from sync.exchange.bundle_file import BundleError, Imported, export, take_in
from sync.store.data_folder import DataFolder
from sync.store.log_store import LogStore
from sync.store.replica import Replica, ReplicaReader
from sync.store.sqlite import NewerFileError
from sync.transport.discovery import lan_host
from sync.transport.lan_server import LanServer
from sync.transport.phone_proxy import phones_served
from sync.transport.tls_certificate import certificate_at
from sync.wire.device_key import DeviceKey

if TYPE_CHECKING:  # loaded where mDNS is on
    from sync.transport.mdns import Hints

_settings = click.option(
    "--settings", type=click.Path(path_type=Path), help="Settings file of the kiosk (TOML)."
)
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder of the kiosk.")
_json = click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")


@click.group(cls=WholeHelpGroup)
def sync() -> None:
    """The carrier: brings the door's log to the registry, and back what others have."""


def _settings_of(settings: Path | None, data: Path | None) -> KioskSettings:
    """The settings of an enrolled kiosk, which can write its data; exits with 2 otherwise."""
    found = _checked(settings, data, require_possible)
    if not DataFolder(found.data).enrolment.exists():
        _not_enrolled(found.data)  # nothing is made in a folder that may be the wrong one
    return _checked(settings, data, require_writable)


def _checked(
    settings: Path | None, data: Path | None, require: Callable[[Path], None]
) -> KioskSettings:
    try:
        found = kiosk_settings(settings, {"data": str(data) if data else None})
        require(found.data)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return found


def _not_enrolled(folder: Path) -> NoReturn:
    click.echo(
        f"{folder}: this kiosk is not enrolled yet. Name its data folder with --data, or run: jianmen kiosk enrol",
        err=True,
    )
    sys.exit(2)


@cache
def _clock() -> SystemClock:
    """One for all readings: to make one loads the C library again."""
    return SystemClock()


def _read() -> ClockReading:
    now = _clock().read()
    return ClockReading(now.mono_ms, now.wall_ms, now.synced)


def _carrier(folder: Path, hints: Callable[[], dict[str, str]] = dict) -> Carrier:
    try:
        enrolment = Enrolment.load(folder)
        identity = DeviceKey.at(DataFolder(folder).device_key)
        return Carrier(folder, enrolment, identity, _read, hints)
    except FileNotFoundError:
        _not_enrolled(folder)
    except (OSError, ValueError, EnrolmentError, NewerFileError, sqlite3.Error) as error:
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
        server = LanServer(
            host, settings.lan_port, certificate, carrier.answer, lambda: carrier.lan_hosts
        )
    except OSError as error:
        click.echo(
            f"{host}:{settings.lan_port}: cannot be listened on ({error.strerror or error});"
            " another carrier is running here, or lan_port is to be changed",
            err=True,
        )
        sys.exit(2)
    carrier.be_reached_at(f"{host}:{server.port}", certificate.fingerprint)
    try:
        with phones_served(settings.data, host, settings.pages.phones_port, certificate):
            yield
    finally:
        server.close()


@sync.command()
@_settings
@_data
@click.option(
    "--wait",
    is_flag=True,
    help="Wait for a kiosk that is not enrolled yet; enrol it by the code that its door reads.",
)
def run(settings: Path | None, data: Path | None, *, wait: bool) -> None:
    """Carry until stopped."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    one_heap()
    notifier = Notifier()
    stop = Stop()
    stop.on_signals()
    if wait and not enrolled(_checked(settings, data, require_writable).data, notifier, stop):
        return
    found = _settings_of(settings, data)
    hints: list[Hints] = []
    with _alone(found.data):
        with without_numpy():
            carrier = _carrier(found.data, lambda: hints[0].heard() if hints else {})
        try:
            _carry(carrier, found, hints, notifier, stop)
        finally:
            notifier.stopping()
            for hint in hints:
                hint.close()
            carrier.close()


def _carry(
    carrier: Carrier,
    settings: KioskSettings,
    hints: "list[Hints]",
    notifier: Notifier,
    stop: Stop,
) -> None:
    with _listening(carrier, settings):
        if settings.mdns and carrier.reach[0]:
            hints += _announce(carrier)
        notifier.ready()
        carrier.run(stop.wait, notifier.watchdog, time.monotonic)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    try:
        with only_carrier(data):
            yield
    except CarrierRunsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _announce(carrier: Carrier) -> "list[Hints]":
    from sync.transport.mdns import AnnounceError, Hints

    host, _, port = carrier.reach[0].rpartition(":")
    try:
        return [Hints(carrier.device, host, int(port))]
    except AnnounceError as error:
        logging.getLogger(__name__).warning("no mDNS here: %s", error)
        return []


@sync.command()
@_settings
@_data
@_json
def once(settings: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Exchange with every target once. Exit 1 if any could not be reached."""
    folder = _settings_of(settings, data).data
    with _alone(folder):
        carrier = _carrier(folder)
        try:
            carrier.look()
            carrier.find_peers()
            good = [carrier.step(target) for target in carrier.targets]
            carrier.purge()
            _show({t.name: asdict(t.state) for t in carrier.targets}, carrier.replica, as_json)
        finally:
            carrier.close()
    sys.exit(0 if all(good) else 1)


@sync.command()
@_settings
@_data
@click.option("--watch", "watching", is_flag=True, help="Show bars first, until all is here.")
@_json
def status(settings: Path | None, data: Path | None, *, watching: bool, as_json: bool) -> None:
    """The state of the exchange with each target, and the progress of the first one.

    Exit 1 if any target is failing, or has not answered for a minute.
    """
    path = DataFolder(_checked(settings, data, require_possible).data).replica
    try:
        if watching:
            watch(path)
        with closing(ReplicaReader.at(path)) as replica:
            states = replica.targets()
            _show(states, replica, as_json)
    except sqlite3.Error as error:
        problem = (
            f"{path}: {error}"
            if path.exists()
            else f"{path.parent}: the carrier has not run here yet"
        )
        click.echo(problem, err=True)
        sys.exit(1)
    if not states:
        click.echo(f"{path.parent}: the carrier has asked nobody yet", err=True)
        sys.exit(1)
    now = _read()
    seen = _aged(states, now).values()
    sys.exit(any(bool(state["failures"]) or silent(state, now.wall_ms) for state in seen))


def _aged(states: Mapping[str, dict[str, Any]], now: ClockReading) -> dict[str, Mapping[str, Any]]:
    return {
        name: aged(state, boot_id(), now.mono_ms, now.wall_ms) for name, state in states.items()
    }


def _show(states: Mapping[str, dict[str, Any]], replica: ReplicaReader, as_json: bool) -> None:
    if as_json:
        cards, named = replica.card_counts()
        for name, state in states.items():
            line = {"target": name, **state, "cards": cards, "cards_to_come": named - cards}
            click.echo(msgspec.json.encode(line).decode())
        return
    now = _read()
    for name, known in _aged(states, now).items():
        for shown in target_lines(name, known, now.wall_ms):
            click.echo(shown)
    if card_line := cards_line(replica):
        click.echo(card_line)


_registry = click.option(
    "--registry",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Data folder of a registry, instead of a kiosk's; --settings is then the registry's too.",
)


@sync.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_settings
@_data
@_registry
def export_(file: Path, settings: Path | None, data: Path | None, registry: Path | None) -> None:
    """Write all logs that are stored here into the bundle FILE, to carry to a machine on another network."""
    try:
        with _store(settings, data, registry) as (store, identity, warrant), ended_cleanly():
            entries = export(store, identity, file, _read().wall_ms, warrant)
    except OSError as error:
        click.echo(f"{file}: cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    click.echo(f"{file}: {counted(entries, 'entry')}")


@sync.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_settings
@_data
@_registry
def import_(file: Path, settings: Path | None, data: Path | None, registry: Path | None) -> None:
    """Take in the bundle FILE. What is here already is skipped. Exit 1 if anything in it was rejected."""
    try:
        imported = _imported(file, settings, data, registry)
    except BundleError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"{error.filename or file}: cannot be read: {error.strerror}", err=True)
        sys.exit(2)
    click.echo(f"{file}: {imported.entries} new entries, {imported.cards} name cards")
    for log, why in imported.rejected.items():
        click.echo(f"{log}: not taken: {why}", err=True)
    sys.exit(1 if imported.rejected else 0)


def _imported(
    file: Path, settings: Path | None, data: Path | None, registry: Path | None
) -> Imported:
    if registry is not None:
        with _store(settings, data, registry) as (store, _, _):
            return take_in(store, file)
    folder = _settings_of(settings, data).data
    try:
        with only_carrier(folder):
            carrier = _carrier(folder)
            try:
                return take_in(carrier.replica, file)
            finally:
                carrier.close()
    except CarrierRunsError:
        return submit_bundle(folder, file)


@contextmanager
def _store(
    settings: Path | None, data: Path | None, registry: Path | None
) -> Iterator[tuple[LogStore, DeviceKey, bytes]]:
    """The logs of a kiosk, or of a registry; the key of the machine, and its warrant (a registry needs none)."""
    if registry is not None:
        with _ledger(settings, registry) as (ledger, identity):
            yield ledger, identity, b""
        return
    folder = _settings_of(settings, data).data
    identity = DeviceKey.at(DataFolder(folder).device_key)
    try:
        with only_carrier(folder):
            carrier = _carrier(folder)
            try:
                carrier.look()
                yield carrier.replica, identity, Enrolment.load(folder).warrant
            finally:
                carrier.close()
    except CarrierRunsError:
        enrolment = Enrolment.load(folder)
        replica = Replica.reading(
            DataFolder(folder).replica, enrolment.registry_public, enrolment.registry
        )
        try:
            yield replica, identity, enrolment.warrant
        finally:
            replica.close()


@contextmanager
def _ledger(settings: Path | None, data: Path) -> Iterator[tuple[LogStore, DeviceKey]]:
    """The logs of a registry, in the database that its settings name."""
    from jianmen.cli.registry.client import opened
    from jianmen.cli.registry.options import has_database, no_event_in
    from registry.storage.errors import RegistryError

    try:
        found = registry_settings(settings, {"data": str(data)})
        if not has_database(found):
            click.echo(no_event_in(found), err=True)
            sys.exit(2)
        with opened(found) as service:
            yield service.ledger, service.identity
    except (ConfigError, RegistryError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
