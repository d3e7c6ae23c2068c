"""Backups of the registry, made while it runs, and put back into an empty folder."""

from __future__ import annotations

from pathlib import Path

import click

from config.errors import ConfigError
from config.settings import registry_settings
from hardware.system.stop_signal import ended_cleanly
from jianmen.cli.options import data_option, json_option
from jianmen.cli.registry.options import settings_option, show_result, stop
from registry.storage.backup import backup as make_backup
from registry.storage.backup import restore as put_back
from registry.storage.errors import RegistryError


def _folder(settings_file: Path | None, data: Path | None) -> Path:
    """The data folder, which need not be there yet."""
    overrides = {"data": str(data) if data is not None else None}
    try:
        return registry_settings(settings_file, overrides).data
    except ConfigError as error:
        stop(2, str(error))


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@settings_option
@data_option
@json_option
def backup(out: Path, settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Write everything the registry has, keys too, into the new file OUT. It may run meanwhile.

    The file holds names and secrets: keep it as you keep keys. A registry in PostgreSQL is backed up with
    pg_dump instead.
    """
    try:
        with ended_cleanly():
            size = make_backup(_folder(settings_file, data), out)
    except RegistryError as error:
        stop(1, str(error))
    show_result({"file": str(out), "bytes": size}, as_json=as_json, summary=f"{out}: {size} bytes")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@settings_option
@data_option
@json_option
def restore(file: Path, settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Put the backup FILE into an empty data folder. Then start the registry; kiosks bring what is newer."""
    folder = _folder(settings_file, data)
    try:
        with ended_cleanly():
            put_back(file, folder)
    except RegistryError as error:
        stop(1, str(error))
    show_result({"data": str(folder)}, as_json=as_json, summary=f"restored into {folder}")
