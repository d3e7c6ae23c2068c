"""A data folder with an event, and the registry as a process over it."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jianmen.cli.registry.commands import registry

EVENT = Path(__file__).parents[2] / "scenarios" / "smarthk.toml"
JIANMEN = Path(sys.executable).with_name("jianmen")
PATIENCE_S = 60
PEOPLE = (
    "ref,name,organisation,language,ticket,venues,days,sessions\n"
    "A1,陳大文,,zh-Hant,delegate,,,\nA2,Jane Smith,,en,delegate,,,\n"
)


def jianmen(*args: str | Path) -> Result:
    """A command of the registry, in this process."""
    return CliRunner().invoke(registry, [str(arg) for arg in args])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an event and two people."""
    (tmp_path / "password").write_text("a password of mine\n")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    folder = tmp_path / "data"
    password = tmp_path / "password"
    done = jianmen("init", EVENT, "--data", folder, "--password-file", password)
    assert done.exit_code == 0, done.stderr
    done = jianmen("import", tmp_path / "people.csv", "--data", folder)
    assert done.exit_code == 0, done.stderr
    return folder


class Server:
    """A running `jianmen registry serve`."""

    def __init__(self, data: Path, *args: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [
                JIANMEN,
                "registry",
                "serve",
                "--data",
                data,
                "--port",
                "0",
                "--json",
                "--open-here",
                *args,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.stop(signal.SIGTERM)
        self.url: str = json.loads(line)["url"]

    def get(self, path: str) -> Any:
        unpinned = ssl._create_unverified_context()
        context = unpinned if self.url.startswith("https") else None
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE_S, context=context) as output:
            return json.load(output)

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Ask it to stop; its exit status and what it said on standard error."""
        self.process.send_signal(number)
        _, output = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, output


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(data: Path, *args: str, **environment: str) -> Server:
        server = Server(data, *args, **environment)
        started.append(server)
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()
