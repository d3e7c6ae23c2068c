"""What the registry's commands share: options, settings, and the way to the registry."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import click
import msgspec

from config.errors import ConfigError
from config.settings import RegistrySettings, registry_settings, require_writable
from hardware.system.stop_signal import ended_cleanly
from jianmen.cli.options import settings_file_option
from sync.durable_file import whole_file

if TYPE_CHECKING:
    from jianmen.cli.registry.client import Client

ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to

LOOK_S = 0.2
SELDOM_S = 1.0
"""How often a command looks how far a job is: for a bar, and at most where nobody watches."""

_STAGES = {
    "import.reading": "reading",
    "import.comparing": "comparing with the roster",
    "import.preparing": "making badges",
    "import.writing": "writing",
    "badges.drawing": "drawing badges",
    "purge.erasing": "erasing",
    "export.reading": "reading",
    "export.writing": "writing",
}

settings_option = settings_file_option("Settings file of the registry (TOML).")


def read_settings(
    settings_file: Path | None, data: Path | None, *, begins: bool = False, **overrides: object
) -> RegistrySettings:
    """The settings, with a data folder that can be written; exits with 2 where they cannot be used.

    Nothing is made in a folder without an event, which may be the wrong one, unless the command `begins` one.
    """
    overrides["data"] = str(data) if data is not None else None
    try:
        settings = registry_settings(settings_file, overrides)
        if not (begins or has_database(settings)):
            stop(2, no_event_in(settings))
        require_writable(settings.data)
    except ConfigError as error:
        stop(2, str(error))
    return settings


def is_there(settings_file: Path | None, data: Path | None) -> bool:
    """Whether there is a database already; makes nothing. Raises ConfigError."""
    overrides = {"data": str(data) if data is not None else None}
    return has_database(registry_settings(settings_file, overrides))


def has_database(settings: RegistrySettings) -> bool:
    """Whether there is a database, or shall be one on a server."""
    return settings.database_url is not None or (settings.data / "registry.db").exists()


def no_event_in(settings: RegistrySettings) -> str:
    """What to say of a data folder without a database."""
    return (
        f"{settings.data}: there is no event here yet. Name the registry's data folder with --data, or begin an event:"
        " jianmen registry init EVENT.toml"
    )


def stop(status: int, message: str) -> NoReturn:
    """End the command."""
    click.echo(message, err=True)
    sys.exit(status)


@contextmanager
def asking(settings_file: Path | None, data: Path | None) -> Iterator[Client]:
    """The registry; what it refuses ends the command with 1, what keeps it from being asked with 2."""
    from jianmen.cli.registry.client import RefusedError, connected
    from registry.server.tls import CertificateError
    from registry.storage.errors import RegistryError

    settings = read_settings(settings_file, data)
    try:
        with connected(settings, kiosk_url(settings)) as client:
            yield client
    except RefusedError as error:
        stop(1, str(error))
    except (RegistryError, CertificateError) as error:
        stop(2, str(error))


def followed(client: Client, job: Any, *, quiet: bool) -> Any:
    """A job when it has ended, with a bar meanwhile where somebody looks; Ctrl-C stops the job."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    try:
        watched = console.is_terminal and not quiet
        pause_s = LOOK_S
        with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
            task = bar.add_task("waiting", total=None)
            while job["state"] in ("waiting", "running"):
                stage = _STAGES.get(job["stage"], job["stage"])
                bar.update(
                    task, description=stage, completed=job["done"], total=job["total"] or None
                )
                time.sleep(pause_s)
                if not watched:
                    pause_s = min(SELDOM_S, pause_s + LOOK_S)
                job = client.get(f"/jobs/{job['id']}")
    except KeyboardInterrupt:
        client.post(f"/jobs/{job['id']}/cancel", {})
        while job["state"] in ("waiting", "running"):
            time.sleep(LOOK_S)
            job = client.get(f"/jobs/{job['id']}")
    return job


def made(client: Client, path: str, query: Mapping[str, object]) -> bytes:
    """The file of a job that is begun by a POST; ends the command with 2 where the job does not end well."""
    job = followed(client, client.post(path, {}, **query), quiet=False)
    if job["state"] != "done":
        stop(2, job["error"] or f"The export is {job['state']}; no file was made.")
    if not job["files"]:
        stop(2, "The file is gone again: somebody was erased meanwhile. Run the command again.")
    return client.get_file(f"/jobs/{job['id']}/files/{job['files'][0]}")


def kiosk_url(settings: RegistrySettings, port: int | None = None) -> str:
    """Where kiosks reach the registry: the address in the settings, else its own."""
    from registry.server.tls import certificate_of

    if settings.public_url:
        return settings.public_url.rstrip("/")
    scheme = "https" if certificate_of(settings) else "http"
    host = _outward() if settings.host in ANYWHERE else settings.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or settings.port}"


def _outward() -> str:
    """This machine's own address towards the network; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def quoted(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def show_result(value: object, *, as_json: bool, summary: str) -> None:
    """Print a command's result: as one line of JSON, or as the summary for people."""
    click.echo(msgspec.json.encode(value).decode() if as_json else summary)


def as_given(*but: str) -> list[str]:
    """The arguments and options of this command line, without those named: for a command that it suggests."""
    context = click.get_current_context()
    words = []
    for parameter in context.command.params:
        name, value = parameter.name or "", context.params[parameter.name or ""]
        if name in but or not value:
            continue
        for one in value if isinstance(value, tuple) else (value,):
            words += parameter.opts[:1] if isinstance(parameter, click.Option) else []
            words += [] if one is True else [str(one)]
    return words


def put_file(content: bytes, out: Path) -> None:
    """Write what can be made again: whole or not at all, in the place of an older file of that name."""
    try:
        with ended_cleanly(), whole_file(out, 0o666) as file:
            file.write(content)
    except OSError as error:
        stop(2, f"{out}: cannot be written ({error.strerror})")


def named_like(out: Path, *endings: str) -> None:
    """Ends the command where a file's name says that it is of another kind than what is written."""
    if out.suffix.lower() not in endings:
        raise click.UsageError(
            f"{out}: its name should end in {' or '.join(endings)}, as what is written does."
        )
