"""`jianmen kiosk run`: the door itself."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from access.event.definition import Direction
from config.errors import ConfigError
from config.settings import KioskSettings
from hardware.system.loading import loading
from jianmen.cli.kiosk.options import (
    camera_overrides,
    complain,
    device_named,
    read_settings,
    settings_option,
)
from jianmen.cli.options import data_option

if TYPE_CHECKING:
    from access.state.event_state import EventState
    from hardware.reader.reader import Reader
    from kiosk.runtime.run_lock import RunningMark
    from kiosk.runtime.service import Home
    from kiosk.screen.speech import Speech
    from sync.store.journal import Journal


@click.command()
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
    on its screen, reads the code that enrols it (and a Wi-Fi code that gives it a network), and begins by itself.
    """
    adapter, where = device_named(scanner)
    settings = read_settings(
        settings_file,
        data,
        makes=True,
        pages_port=port,
        scanner_adapter=adapter,
        scanner_device=where,
        **camera_overrides(camera),
    )
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    sys.exit(_run(settings, direction))


def _run(settings: KioskSettings, direction: Direction | None) -> int:
    from kiosk.runtime.run_lock import AlreadyRunningError, RunningMark

    try:
        running = RunningMark(settings.data)
    except (AlreadyRunningError, OSError) as error:
        return complain(str(error))
    with ExitStack() as ends, ExitStack() as loaded:
        loaded.enter_context(loading())
        return _serve(settings, direction, running, _camera(settings, ends), loaded.close)


def _camera(settings: KioskSettings, ends: ExitStack) -> Reader | None:
    """The camera of a kiosk that is enrolled: it starts at once, and loads its libraries while this process loads those
    of a door. None where there is none, or where `jianmen kiosk enrol` is still to have it."""
    from kiosk.runtime.camera import open_reader
    from sync.store.data_folder import DataFolder

    if settings.camera.adapter is None or not DataFolder(settings.data).enrolment.exists():
        return None
    camera = open_reader(settings)
    ends.callback(camera.close)
    return camera


def _serve(
    settings: KioskSettings,
    direction: Direction | None,
    running: RunningMark,
    camera: Reader | None,
    all_loaded: Callable[[], None],
) -> int:
    from hardware.system.errors import HardwareError
    from kiosk.pages.app import create_app
    from kiosk.pages.phones.serving import phones_of, serving_phones
    from kiosk.pages.serving import PageServer
    from kiosk.runtime.parts import parts_of, signal_settings
    from kiosk.runtime.service import DoorService
    from kiosk.screen.viewing import viewing
    from sync.enrolment.record import EnrolmentError
    from sync.store.sqlite import NewerFileError

    where = f"{settings.pages.host}:{settings.pages.port}"
    cleanly = False
    try:
        parts = parts_of(settings, camera)
        service = DoorService(_home(settings.data, running), parts, settings.language, direction)
        buzzer = settings.signals.adapter == "gpio" and signal_settings(settings).pins.buzzer
        phones = phones_of(service) if settings.pages.phones_port else None
        speech = _speech(settings)
        app = create_app(
            service,
            sounds=not buzzer,
            camera_at=settings.pages.camera_at or "",
            viewing=viewing(settings.screen.inches, settings.screen.metres),
            preview=settings.pages.preview,
            phones=phones,
            speech=speech,
        )
        stop_on_signals(service.stop)
        with ExitStack() as servers:
            server = PageServer(app, settings.pages.host, settings.pages.port)
            servers.callback(server.close)
            server.start()
            if speech is not None:
                servers.callback(speech.close)
                speech.start()
            if phones is not None:
                servers.enter_context(serving_phones(service, phones))
            click.echo(f"screen: {server.url}")
            all_loaded()
            service.run()
        cleanly = True
    except PermissionError as error:
        what = error.filename or where
        return complain(f"{what}: {error.strerror}; the door's user must be allowed to use it")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return complain(f"{where} is in use by another program: stop it, or name another --port")
    except (ConfigError, HardwareError, EnrolmentError, NewerFileError) as error:
        return complain(str(error))
    finally:
        running.close(cleanly=cleanly)
    return 0


def _speech(settings: KioskSettings) -> Speech | None:
    """What speaks, where the settings want it and the program for it is installed. Raises OSError."""
    from kiosk.screen.speech import PROGRAM, Speech, is_installed
    from sync.store.data_folder import DataFolder

    if not settings.pages.speech:
        return None
    if not is_installed():
        logging.getLogger(__name__).warning("nothing is spoken: %s is not installed", PROGRAM)
        return None
    return Speech(DataFolder(settings.data).spoken)


def _home(data: Path, running: RunningMark) -> Home:
    """What a door asks of its folder, again and again while the disk fails it."""
    from hardware.system.errand import Errand
    from jianmen.cli.kiosk.network import NETWORK
    from kiosk.runtime.service import Home
    from kiosk.runtime.setting_up import Errands
    from sync.enrolment.record import Enrolment, EnrolmentError, prepare
    from sync.store.data_folder import ENROLMENT_ERRAND, DataFolder
    from sync.store.journal_recovery import open_journal
    from sync.wire.device_key import DeviceKey
    from sync.wire.enrolment_code import is_enrolment_code

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

    def hand_on(text: str) -> None:
        DeviceKey.at(
            DataFolder(data).device_key
        )  # the door's own, so that the door can replace it one day
        enrolment.ask(text)

    enrolment = Errand(data, ENROLMENT_ERRAND)
    errands = Errands(Errand(NETWORK, "network"), enrolment, hand_on, is_enrolment_code)
    return Home(data, journal, registry, running.begin, begin_with, errands=errands)


def stop_on_signals(ask_to_stop: Callable[[], None]) -> None:
    """Ctrl-C and the service manager's word end the door cleanly."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ask_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
