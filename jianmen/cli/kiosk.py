"""`jianmen kiosk`: the door, and what an operator does at it."""

from __future__ import annotations

import errno
import json
import logging
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from access.event.definition import Direction
from access.state.event_state import EventState
from config.errors import ConfigError
from config.settings import KioskSettings, kiosk_settings, require_permission
from jianmen.cli.options import data_option, json_option, settings_file_option

if TYPE_CHECKING:  # loaded by the commands that need them
    from kiosk.runtime.run_lock import RunningMark
    from kiosk.runtime.service import Home
    from sync.store.journal import Journal


SHOWN_WITHIN_S = 120.0
"""How long an enrolment code is waited for."""


@click.group()
def kiosk() -> None:
    """The door: reads badges, decides, records."""


settings_option = settings_file_option("The kiosk's settings file.")


def read_settings(
    settings_file: Path | None, data: Path | None, **overrides: object
) -> KioskSettings:
    """The settings, with a folder for the data that this user may write; exits with 2 where they cannot be used."""
    named = {key.replace("_", ".", 1): value for key, value in overrides.items()}
    named["data"] = str(data) if data is not None else None
    try:
        settings = kiosk_settings(settings_file, named)
        require_permission(settings.data)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return settings


def device_named(text: str | None) -> tuple[str | None, str | None]:
    """An adapter and where its device is, from "usb:0", "simulated:FOLDER", "none", or the number of a USB camera.

    A wrong adapter is left for the settings to complain about, which know the right ones.
    """
    if text is None:
        return None, None
    if text.isdecimal():
        return "usb", text
    adapter, colon, where = text.partition(":")
    return ("" if adapter == "none" else adapter), (where if colon else None)


def camera_overrides(camera: str | None) -> dict[str, object]:
    """Settings for the camera named on the command line."""
    adapter, where = device_named(camera)
    key = "camera_path" if adapter in ("pictures", "simulated") else "camera_device"
    return {"camera_adapter": adapter, key: where}


@kiosk.command()
@settings_option
@data_option
@click.option(
    "--camera",
    help="usb:0, pi:0, simulated:FOLDER (a spool of pictures), pictures:FOLDER, none; a number is a USB camera.",
)
@click.option("--scanner", help="serial:DEVICE, keyboard:DEVICE, simulated:FIFO, none.")
@click.option("--port", type=click.IntRange(0, 65535), help="Of the pages; 0: any that is free.")
@click.option(
    "--direction",
    type=click.Choice(["in", "out"]),
    help="Which way the camera of a two-way gate looks; otherwise the switch on the staff screen says.",
)
def run(
    settings_file: Path | None,
    data: Path | None,
    camera: str | None,
    scanner: str | None,
    port: int | None,
    direction: Direction | None,
) -> None:
    """Run the door until it is told to stop.

    The screens are for this machine's own browser; their address is printed. A kiosk that is not enrolled yet says so
    on its screen and begins by itself once it is.
    """
    adapter, where = device_named(scanner)
    settings = read_settings(
        settings_file,
        data,
        pages_port=port,
        scanner_adapter=adapter,
        scanner_device=where,
        **camera_overrides(camera),
    )
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(_run(settings, direction))


def _run(settings: KioskSettings, direction: Direction | None) -> int:
    from hardware.system.errors import HardwareError
    from kiosk.pages.app import create_app
    from kiosk.pages.serving import PageServer
    from kiosk.runtime.parts import parts_of, signal_settings
    from kiosk.runtime.run_lock import AlreadyRunningError, RunningMark
    from kiosk.runtime.service import DoorService
    from sync.enrolment.record import EnrolmentError
    from sync.store.sqlite import NewerFileError

    try:
        running = RunningMark(settings.data)
    except (AlreadyRunningError, OSError) as error:
        return _complain(str(error))

    where = f"{settings.pages.host}:{settings.pages.port}"
    cleanly = False
    try:
        service = DoorService(
            _home(settings.data, running), parts_of(settings), settings.language, direction
        )
        buzzer = settings.signals.adapter == "gpio" and signal_settings(settings).pins.buzzer
        app = create_app(
            service,
            sounds=not buzzer,
            camera_at=settings.pages.camera_at or "",
            preview=settings.pages.preview,
        )
        server = PageServer(app, settings.pages.host, settings.pages.port)
        stop_on_signals(service.stop)
        server.start()
        click.echo(f"screen: {server.url}")
        try:
            service.run()
        finally:
            server.close()
        cleanly = True
    except PermissionError as error:
        what = error.filename or where
        return _complain(f"{what}: {error.strerror}; the door's user must be allowed to use it")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _complain(f"{where} is in use by another program: stop it, or name another --port")
    except (HardwareError, EnrolmentError, NewerFileError) as error:
        return _complain(str(error))
    finally:
        running.close(cleanly=cleanly)
    return 0


def _home(data: Path, running: RunningMark) -> Home:
    """What a door asks of its folder, again and again while the disk fails it."""
    from kiosk.runtime.service import Home
    from sync.enrolment.record import Enrolment, EnrolmentError, prepare
    from sync.store.data_folder import DataFolder
    from sync.store.journal_recovery import open_journal
    from sync.wire.device_key import DeviceKey

    def registry() -> str | None:
        try:
            return Enrolment.load(data).registry
        except FileNotFoundError:
            return None

    def journal() -> Journal:
        try:
            identity = DeviceKey.at(DataFolder(data).device_key)
        except ValueError as error:
            raise EnrolmentError(f"{error}: put it back, or remove it and enrol again") from error
        return open_journal(DataFolder(data).journal, identity)[0]

    def begin_with(event_state: EventState, device: str) -> None:
        prepare(event_state, device, Enrolment.load(data))

    return Home(data, journal, registry, running.begin, begin_with)


def stop_on_signals(ask_to_stop: Callable[[], None]) -> None:
    """Let Ctrl-C and the service manager's signal end the door cleanly."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ask_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _complain(why: str) -> int:
    click.echo(why, err=True)
    return 2


@kiosk.command()
@click.argument("text", required=False)
@settings_option
@data_option
@click.option("--camera", help="Read the code with this camera; as of `run`.")
@click.option("--name", default="", help="What people call this kiosk.")
@click.option(
    "--new-key",
    is_flag=True,
    help="Enrol with a new device key; what was written with the old one is kept and brought.",
)
@json_option
def enrol(
    text: str | None,
    settings_file: Path | None,
    data: Path | None,
    camera: str | None,
    name: str,
    *,
    new_key: bool,
    as_json: bool,
) -> None:
    """Enrol this kiosk at a registry.

    TEXT is what an enrolment code says (`JME1:…`, from `jianmen registry enrol`). Without it, hold the QR code to the
    camera; the door must not be running then, unless it waits to be enrolled.

    With --new-key stop door and carrier first, and start them again afterwards. Cut the old key off at the registry
    once its entries have arrived there.
    """
    from sync.enrolment.client import enrol as ask
    from sync.enrolment.record import EnrolmentError
    from sync.store.data_folder import DataFolder
    from sync.wire.device_key import DeviceKey
    from sync.wire.enrolment_code import EnrolmentCode, EnrolmentCodeError

    settings = read_settings(settings_file, data, **camera_overrides(camera))
    try:
        asked = EnrolmentCode.parse(text if text is not None else _shown_code(settings))
        folder = DataFolder(settings.data)
        identity = DeviceKey.new() if new_key else DeviceKey.at(folder.device_key)
        enrolment = ask(asked, identity, name=name)
        if new_key:
            DeviceKey.replace(folder.device_key, identity, folder.next_retired_key())
        enrolment.save(settings.data)
    except (EnrolmentError, EnrolmentCodeError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except (ValueError, OSError) as error:
        sys.exit(_complain(str(error)))
    result = {"device": identity.fingerprint, "event": enrolment.event, "gate": enrolment.gate}
    where = f"gate {enrolment.gate}" if enrolment.gate else "no gate yet"
    message = f"kiosk {identity.fingerprint} is enrolled for {enrolment.event}, {where}"
    click.echo(json.dumps(result) if as_json else message)


def _shown_code(settings: KioskSettings) -> str:
    """The text of the first enrolment code that the camera reads. Raises EnrolmentError when none is."""
    from hardware.ports.events import CameraState, Reading
    from kiosk.runtime.parts import open_reader
    from sync.enrolment.record import EnrolmentError
    from sync.wire.enrolment_code import is_enrolment_code

    if settings.camera.adapter is None:
        raise EnrolmentError("this kiosk has no camera: give the code as text")
    click.echo("Hold the enrolment code to the camera.", err=True)
    ends = time.monotonic() + SHOWN_WITHIN_S
    with open_reader(settings) as reader:
        while time.monotonic() < ends:
            match reader.next(1.0):
                case Reading(text=text) if is_enrolment_code(text):
                    return text
                case Reading():
                    click.echo("This is another code.", err=True)
                case CameraState(working=False, why=why):
                    click.echo(why, err=True)
    raise EnrolmentError("no enrolment code was shown: try again, or give it as text")


@kiosk.command()
@settings_option
@data_option
@click.option("--port", type=click.IntRange(1, 65535), help="Of the door's pages.")
@json_option
def status(
    settings_file: Path | None, data: Path | None, port: int | None, *, as_json: bool
) -> None:
    """How the door is, by its own word. Exit 1 if it does not answer or does not work."""
    import requests

    settings = read_settings(settings_file, data, pages_port=port)
    url = f"http://{settings.pages.host}:{settings.pages.port}/status.json"
    try:
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(url, timeout=10).json()
    except (requests.RequestException, ValueError):
        click.echo(f"no door answers at {url}: is it running?", err=True)
        sys.exit(1)
    click.echo(json.dumps(found) if as_json else "\n".join(_lines(found)))
    sys.exit(0 if found.get("state") == "working" else 1)


def _lines(found: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{before}{key}.")
        else:
            yield f"{before}{key}: {'-' if value is None else value}"


@kiosk.command()
@settings_option
@data_option
@click.option("--camera", help="Look at this camera; as of `run`.")
@json_option
def doctor(
    settings_file: Path | None, data: Path | None, camera: str | None, *, as_json: bool
) -> None:
    """Look at everything a door needs. Exit 1 if something must be mended."""
    from jianmen.cli.kiosk_doctor import findings

    settings = read_settings(settings_file, data, **camera_overrides(camera))
    unhealthy = False
    for finding in findings(settings):
        unhealthy = unhealthy or finding.state == "mend"
        if as_json:
            click.echo(json.dumps(asdict(finding)))
        else:
            click.echo(f"{finding.state}  {finding.check}: {finding.says}")
    sys.exit(1 if unhealthy else 0)


@kiosk.command()
@settings_option
@data_option
@json_option
def headcount(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """The headcount as this kiosk knows it, folded from its files. The door need not be running."""
    from hardware.system.clock import SystemClock
    from hardware.system.version import BUILT_MS
    from kiosk.door.venue_headcount import VenueCount
    from kiosk.door.venue_headcount import as_json as tally_json
    from kiosk.runtime.parts import log_reading
    from sync.enrolment.record import Enrolment

    settings = read_settings(settings_file, data)
    try:
        registry = Enrolment.load(settings.data).registry
        reading = log_reading(SystemClock().read())
        tally = VenueCount(settings.data, registry, BUILT_MS, reading).tally(reading)
    except FileNotFoundError:
        sys.exit(_complain(f"{settings.data}: this kiosk is not enrolled"))
    except (ValueError, sqlite3.Error) as error:
        sys.exit(_complain(f"{settings.data}: {error}"))
    if tally is None:
        click.echo("no event definition has come yet", err=True)
        sys.exit(1)
    found = tally_json(tally)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for area, count in found["areas"].items():
        heard = count["heard_ms"]
        age = "not heard from" if heard is None else f"{(tally.at_ms - heard) // 1000} s old"
        limit = f" of {count['capacity']}" if count["capacity"] is not None else ""
        click.echo(f"{area}: {count['inside']}{limit} inside, {count['people']} today ({age})")
    for silent in found["silent"]:
        click.echo(f"not heard from: {silent['gate']}", err=True)


if __name__ == "__main__":
    kiosk()
