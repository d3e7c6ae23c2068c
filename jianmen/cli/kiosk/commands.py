"""`jianmen kiosk`: the door, and what an operator does at it."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

import click

from config.settings import KioskSettings
from jianmen.cli.help_pages import WholeHelpGroup
from jianmen.cli.kiosk.doctor import doctor
from jianmen.cli.kiosk.network import network
from jianmen.cli.kiosk.opening import opening
from jianmen.cli.kiosk.options import camera_overrides, complain, read_settings, settings_option
from jianmen.cli.kiosk.run import run
from jianmen.cli.options import data_option, json_option

SHOWN_WITHIN_S = 120.0
"""How long an enrolment code is waited for."""


@click.group(cls=WholeHelpGroup)
def kiosk() -> None:
    """The door: reads badges, decides, records."""


kiosk.add_command(run)
kiosk.add_command(doctor)
kiosk.add_command(opening)
kiosk.add_command(network)


@kiosk.command()
@click.argument("text", required=False)
@settings_option
@data_option
@click.option("--camera", help="Read the code with this camera; as of `run`.")
@click.option("--name", default="", help="What people call this kiosk.")
@click.option(
    "--new-key",
    is_flag=True,
    help="Enrol with a new device key; entries written with the old one are kept and still sent.",
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
    camera; the door must not be running then: one that waits to be enrolled reads the code by itself.

    With --new-key stop door and carrier first, and start them again afterwards. Cut the old key off at the registry
    once its entries have arrived there.
    """
    from sync.enrolment.client import enrol as ask
    from sync.enrolment.record import EnrolmentError
    from sync.store.data_folder import DataFolder
    from sync.wire.device_key import DeviceKey
    from sync.wire.enrolment_code import EnrolmentCode, EnrolmentCodeError

    settings = read_settings(settings_file, data, makes=True, **camera_overrides(camera))
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
        sys.exit(complain(str(error)))
    result = {"device": identity.fingerprint, "event": enrolment.event, "gate": enrolment.gate}
    where = f"gate {enrolment.gate}" if enrolment.gate else "no gate yet"
    message = f"kiosk {identity.fingerprint} is enrolled for {enrolment.event}, {where}"
    click.echo(json.dumps(result) if as_json else message)


def _shown_code(settings: KioskSettings) -> str:
    """The text of the first enrolment code held to the camera. Raises EnrolmentError when none is."""
    from hardware.ports.events import CameraState, Reading
    from jianmen.cli.kiosk.findings import door_runs
    from kiosk.runtime.camera import open_reader
    from sync.enrolment.record import EnrolmentError
    from sync.wire.enrolment_code import is_enrolment_code

    if settings.camera.adapter is None:
        raise EnrolmentError("this kiosk has no camera: give the code as text")
    if door_runs(settings):
        raise EnrolmentError(
            "the door is running and has the camera: hold the code to it while its screen asks for one,"
            " or give the code as text"
        )
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
    """The state of the door, as it reports it. Exit 1 if it does not answer or does not work."""
    import requests

    from jianmen.cli.kiosk.status_lines import status_lines

    settings = read_settings(settings_file, data, pages_port=port)
    url = f"http://{settings.pages.host}:{settings.pages.port}/status.json"
    try:
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(url, timeout=10).json()
    except (requests.RequestException, ValueError):
        click.echo(f"no door answers at {url}: is it running?", err=True)
        sys.exit(1)
    click.echo(
        json.dumps(found)
        if as_json
        else "\n".join(status_lines(found, time.time_ns() // 1_000_000))
    )
    sys.exit(0 if found.get("state") == "working" else 1)


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
        sys.exit(complain(f"{settings.data}: this kiosk is not enrolled"))
    except (ValueError, sqlite3.Error) as error:
        sys.exit(complain(f"{settings.data}: {error}"))
    if tally is None:
        click.echo("no event definition has come yet", err=True)
        sys.exit(1)
    found = tally_json(tally)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for area, count in found["areas"].items():
        heard = count["heard_ms"]
        if heard is None:
            click.echo(f"{area}: not counted, no kiosk heard from there")
            continue
        age = f"{(tally.at_ms - heard) // 1000} s old"
        limit = f" of {count['capacity']}" if count["capacity"] is not None else ""
        click.echo(f"{area}: {count['inside']}{limit} inside, {count['people']} today ({age})")
    for one in found["silent"]:
        if one["touch"] != "in_flight":
            since = f"since {one['since'][11:19]}" if one["since"] else "never heard"
            click.echo(f"not heard from: {one['gate']} ({since})", err=True)


if __name__ == "__main__":
    kiosk()
