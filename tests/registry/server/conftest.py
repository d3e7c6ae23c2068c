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
from jianmen.testing.waiting import until

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


class Centre:
    """A running registry, with an admin's rights."""

    def __init__(self, data: Path, server: Any) -> None:
        self.server = server
        self._token = json.loads((data / "serving.json").read_text())["token"]

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/octet-stream",
        }
        url = f"{self.server.url}/api/v1{path}"
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def begin(self, path: str, body: bytes, *, stage: str) -> None:
        """Begin a job, and wait until it is in the middle of a stage."""
        job = self.call("POST", path, body)["id"]

        def midway() -> bool:
            now = self.call("GET", f"/jobs/{job}")
            assert now["state"] in ("waiting", "running"), now
            return now["stage"] == stage and now["done"] > 0

        until(midway, f"the stage {stage}")

    def people(self) -> int:
        return int(self.call("GET", "/registrants")["total"])

    def kill(self) -> None:
        """As when the power fails: the main process and its worker, at once."""
        main = self.server.process
        workers = Path(f"/proc/{main.pid}/task/{main.pid}/children").read_text().split()
        os.kill(main.pid, signal.SIGKILL)
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        main.communicate(timeout=PATIENCE_S)


@pytest.fixture
def folders(tmp_path: Path, postgres_url: str) -> list[Path]:
    """The data folders of two machines with settings that name one database, in which an event has begun."""
    made = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        settings = f'[registry]\ndata = "{folder}"\ndatabase_url = "{postgres_url}"\n'
        (folder / "settings.toml").write_text(settings)
        made.append(folder)
    (tmp_path / "password").write_text("a password of mine\n")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    settings, password = made[0] / "settings.toml", tmp_path / "password"
    done = jianmen("init", EVENT, "--settings", settings, "--password-file", password)
    assert done.exit_code == 0, done.stderr
    return made


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
