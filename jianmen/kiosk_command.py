"""`jianmen kiosk`: the door, and what an operator does at it."""

from __future__ import annotations

import errno
import logging
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from config.errors import ConfigError
from config.settings import KioskSettings, kiosk_settings, require_writable

DEVICE_KEY = "device.key"
JOURNAL = "journal.db"

_ADAPTERS = ("usb", "pi", "pictures", "simulated", "serial", "keyboard", "none")


@click.group()
def kiosk() -> None:
    """The door: reads badges, decides, records."""


settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The kiosk's settings file.",
)
data_option = click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Another data folder."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


def read_settings(
    settings_file: Path | None, data: Path | None, **overrides: object
) -> KioskSettings:
    """The settings, with a folder for the data that can be written; exits with 2 where they cannot be used."""
    named = {key.replace("_", ".", 1): value for key, value in overrides.items()}
    named["data"] = str(data) if data is not None else None
    try:
        settings = kiosk_settings(settings_file, named)
        require_writable(settings.data)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    return settings


def device_named(text: str | None) -> tuple[str | None, str | None]:
    """An adapter and where its device is, from "usb:0", "simulated:FOLDER", "none", or a bare number or path."""
    if text is None:
        return None, None
    adapter, colon, where = text.partition(":")
    if adapter in _ADAPTERS:
        return ("" if adapter == "none" else adapter), (where if colon else None)
    return ("usb" if re.fullmatch(r"\d+|/dev/.+", text) else "pictures"), text


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
    direction: str | None,
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


def _run(settings: KioskSettings, direction: str | None) -> int:
    from hardware.errors import HardwareError
    from kiosk.pages import create_app
    from kiosk.parts import parts_of, signal_settings
    from kiosk.running import AlreadyRunningError, RunningMark
    from kiosk.service import DoorService, Home
    from kiosk.serving import PageServer
    from sync.enrolment import Enrolment, EnrolmentError
    from sync.identity import Identity
    from sync.salvage import open_journal

    try:
        identity = Identity.at(settings.data / DEVICE_KEY)
        running = RunningMark(settings.data)
    except (AlreadyRunningError, ValueError, OSError) as error:
        return _complain(str(error))

    def registry() -> str | None:
        try:
            return Enrolment.load(settings.data).registry
        except FileNotFoundError:
            return None

    cleanly = False
    try:
        home = Home(
            settings.data,
            lambda: open_journal(settings.data / JOURNAL, identity)[0],
            registry,
            running.crashed,
        )
        service = DoorService(
            home, parts_of(settings), settings.language, "out" if direction == "out" else None
        )
        buzzer = settings.signals.adapter == "gpio" and signal_settings(settings).pins.buzzer
        app = create_app(service, sounds=not buzzer)
        server = PageServer(app, settings.pages.host, settings.pages.port)
        stop_on_signals(service.stop)
        server.start()
        click.echo(f"screen: {server.url}")
        try:
            service.run()
        finally:
            server.close()
        cleanly = True
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        where = f"{settings.pages.host}:{settings.pages.port}"
        return _complain(f"{where} is in use by another program: stop it, or name another --port")
    except (HardwareError, EnrolmentError) as error:
        return _complain(str(error))
    finally:
        running.close(cleanly=cleanly)
    return 0


def stop_on_signals(ask_to_stop: Callable[[], None]) -> None:
    """Ctrl-C and the service manager's word end the door cleanly."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        ask_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _complain(why: str) -> int:
    click.echo(why, err=True)
    return 2


if __name__ == "__main__":
    kiosk()
