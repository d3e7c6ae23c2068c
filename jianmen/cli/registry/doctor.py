"""What a registry needs to be well, looked at one by one."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from config.settings import RegistrySettings
from jianmen.cli.options import Finding, counted, data_option, json_option
from jianmen.cli.registry.options import asking, read_settings, settings_option
from jianmen.own_packages import clashes

if TYPE_CHECKING:
    from jianmen.cli.registry.client import Client

LEAST_FREE = 2_000_000_000
"""Bytes: some ten times what an event of 26,000 people takes, with room for a backup."""

BACKUP_H = 24
"""A backup older than this lacks a whole day of registrations."""


def findings(settings: RegistrySettings, client: Client) -> Iterator[Finding]:
    """All checks. The registry is there, running or not."""
    from jianmen.cli.registry.client import Note
    from registry.http.resources.kiosks import unreachable

    for clash in clashes():
        yield Finding("packages", "mend", str(clash))
    free = shutil.disk_usage(settings.data).free
    yield Finding(
        "disk",
        "good" if free >= LEAST_FREE else "mend",
        f"{free // 1_000_000} MB free on {settings.data}",
    )
    note = Note.read(settings.data)
    yield Finding(
        "server", "good" if note else "note", f"runs at {note.url}" if note else "does not run"
    )
    far = unreachable(client.kiosk_url) if note else ""
    if note:
        yield Finding("address", "mend" if far else "good", far or f"kiosks: {client.kiosk_url}")
    health = client.get("/health")
    yield Finding(
        "clock",
        "good" if health["synced"] else "mend",
        "synchronised"
        if health["synced"]
        else "not synchronised; kiosks take no time from here. Start chrony or systemd-timesyncd",
    )
    yield _backup_age(settings, time.time_ns() // 1_000_000)
    from registry.storage.backup import unfinished

    for left in unfinished(settings.data):
        yield Finding(
            "backup",
            "mend",
            f"{left} was left by a backup that was killed, and holds names and keys: delete it, or make a backup,"
            " which does so",
        )
    yield Finding("log", "good", counted(health["entries"], "entry"))
    kiosks = [one for one in client.get("/kiosks")["kiosks"] if "cut_off" not in one["troubles"]]
    unhealthy = [one for one in kiosks if one["troubles"]]
    yield Finding(
        "kiosks",
        "note" if unhealthy else "good",
        _kiosk_count(len(kiosks), len(unhealthy)),
    )
    for one in unhealthy:
        troubles = ", ".join(trouble.replace("_", " ") for trouble in one["troubles"])
        yield Finding("kiosk", "note", f"{one['gate'] or one['device'][:8]}: {troubles}")


def _kiosk_count(all_of_them: int, unhealthy: int) -> str:
    if not all_of_them:
        return "none is enrolled"
    return f"{all_of_them} enrolled, " + (
        f"{unhealthy} of them with faults" if unhealthy else "all well"
    )


def _backup_age(settings: RegistrySettings, now_ms: int) -> Finding:
    if settings.database_url is not None:
        return Finding("backup", "note", "PostgreSQL: look at the age of its own backups")
    from registry.storage.backup import last_backup

    last = last_backup(settings.data)
    if last is None:
        return Finding("backup", "note", "none yet: jianmen registry backup FILE")
    hours = max(0, now_ms - last.at_ms) // 3_600_000
    size = f"{last.file}, {last.size // 1_000_000} MB"
    if hours < BACKUP_H:
        return Finding("backup", "good", f"{hours} h old ({size})")
    age = f"{hours} h" if hours < 72 else f"{hours // 24} days"
    return Finding("backup", "mend", f"{age} old ({size}): jianmen registry backup FILE")


@click.command()
@settings_option
@data_option
@json_option
def doctor(settings_file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Look at everything a registry needs. Exit 1 if something must be put right."""
    settings = read_settings(settings_file, data)
    with asking(settings_file, data) as client:
        found = list(findings(settings, client))
    for one in found:
        line = msgspec.json.encode(asdict(one)).decode()
        click.echo(line if as_json else f"{one.state}  {one.check}: {one.says}")
    sys.exit(any(one.state == "mend" for one in found))
