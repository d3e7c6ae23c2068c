"""What the commands of a kiosk have in common: its settings file, its data folder, its camera."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from config.errors import ConfigError
from config.settings import KioskSettings, kiosk_settings, require_permission, require_possible
from jianmen.cli.options import settings_file_option

settings_option = settings_file_option("The kiosk's settings file.")


def read_settings(
    settings_file: Path | None, data: Path | None, *, makes: bool = False, **overrides: object
) -> KioskSettings:
    """The settings; exits with 2 where they cannot be used.

    A command that `makes` a kiosk has the data folder made too, where it is missing; this user may write in it. Others
    leave a folder that may be the wrong one as it is.
    """
    named = {key.replace("_", ".", 1): value for key, value in overrides.items()}
    named["data"] = str(data) if data is not None else None
    try:
        settings = kiosk_settings(settings_file, named)
        (require_permission if makes else require_possible)(settings.data)
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


def complain(why: str) -> int:
    click.echo(why, err=True)
    return 2
