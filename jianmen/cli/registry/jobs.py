"""Long work that a command waits for: its progress on a terminal, and the file that it made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from jianmen.cli.registry.options import stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jianmen.cli.registry.client import Client

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
    return client.get_file(f"/jobs/{job['id']}/files/{job['files'][0]}")
