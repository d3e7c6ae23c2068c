"""Today's code goes on with the data folders of earlier versions: nothing is lost, nobody has to begin again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from jianmen.cli.registry.client import read_clock
from registry.server.app import Parts, WebSettings, create_app
from registry.service import RegistryService
from registry.storage.ledger import Ledger
from registry.storage.tables import metadata

HERE = Path(__file__).parent / "v0_1_0"
JIANMEN = Path(sys.executable).with_name("jianmen")
PATIENCE_S = 60
CONTROL = "control-token-of-the-tests"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the folders that version 0.1.0 left."""
    return Path(shutil.copytree(HERE, tmp_path / "old"))


@pytest.fixture
def service(old: Path) -> Iterator[RegistryService]:
    with closing(Ledger(None, old / "registry")) as ledger:
        yield RegistryService(ledger, read_clock())


@pytest.fixture
def client(service: RegistryService) -> FlaskClient:
    """A browser somewhere on the network."""
    app = create_app(service, read_clock(), WebSettings(control=CONTROL))
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    return client


def ask(client: FlaskClient, path: str, token: str = CONTROL) -> Any:
    answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json


def log_in(client: FlaskClient, account: str, password: str) -> int:
    client.get("/login")
    with client.session_transaction() as session:
        token = session["page_token"]
    form = {"account": account, "password": password, "page_token": token}
    return client.post("/login", data=form).status_code


def test_everything_the_registry_knew_is_there(old: Path, client: FlaskClient) -> None:
    assert [one["ref"] for one in ask(client, "/registrants")["registrants"]] == ["A1", "A2", "A3"]
    (hall,) = ask(client, "/headcount")["areas"]
    assert hall["missing"] == 0
    (kiosk,) = ask(client, "/kiosks")["kiosks"]
    assert kiosk["gate"] == "hall-1"


def test_passwords_and_tokens_are_still_good(old: Path, client: FlaskClient) -> None:
    token = json.loads((old / "token.json").read_text())
    assert ask(client, "/headcount", token["token"])["event"] == "upgrade-2026"
    assert [(one["id"], one["label"]) for one in ask(client, "/tokens")["tokens"]] == [
        (token["id"], "wall screen")
    ]
    assert log_in(client, "viewer", "a viewer of 0.1.0") == 302
    assert client.get("/api/v1/registrants").status_code == 403
    assert log_in(client, "admin", (old / "password").read_text().strip()) == 302
    assert client.get("/api/v1/registrants").status_code == 200


def test_webhooks_go_on_where_they_were_with_their_secret(old: Path, client: FlaskClient) -> None:
    made = json.loads((old / "webhook.json").read_text())
    (hook,) = ask(client, "/webhooks")["hooks"]
    assert (hook["id"], hook["url"], hook["made"]) == (made["id"], made["url"], made["made"])
    assert hook["behind"] > 0, "nobody answered at its address"
    parts: Parts = client.application.extensions["jianmen"]
    assert parts.hooks.all()[made["id"]].secret == bytes.fromhex(made["secret"])


def test_the_old_places_of_accounts_and_webhooks_are_empty(service: RegistryService) -> None:
    assert {"accounts", "webhooks"}.isdisjoint(service.ledger.values())
    assert {"account", "token", "webhook"} <= metadata.tables.keys()


def test_the_registry_goes_on_in_its_own_log(service: RegistryService) -> None:
    before = {
        log for log in service.ledger.vector() if log.startswith(service.identity.fingerprint)
    }
    service.register_many([])
    service.revoke(next(iter(service.people.everyone())).badge, why="a test")
    after = {log for log in service.ledger.vector() if log.startswith(service.identity.fingerprint)}
    assert len(before) == 1
    assert after == before, "it took its own folder for a backup that was put back"


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [JIANMEN, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def test_the_old_kiosk_scans_and_tells_the_old_registry(
    old: Path, run: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    serve = ("registry", "serve", "--data", old / "registry", "--port", "0", "--json")
    server = run(*serve)
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["url"]
    _moved(old / "kiosk" / "enrolment.json", url)
    before = _export(old)
    os.mkfifo(tmp_path / "scanner")
    scanner = f"simulated:{tmp_path / 'scanner'}"
    door = run(
        *("kiosk", "run", "--data", old / "kiosk", "--camera", "none"),
        *("--scanner", scanner, "--port", "0"),
    )
    assert door.stdout is not None
    assert door.stdout.readline().startswith("screen:")
    code = (old / "codes").read_text().splitlines()[0]
    with (tmp_path / "scanner").open("w") as fifo:
        fifo.write(f"{code}\r\n")
        fifo.flush()
        for _ in range(10):
            _jianmen("sync", "once", "--data", old / "kiosk")
            if len(_export(old)) > len(before):
                break
    after = _export(old)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    assert _jianmen("journal", "verify", old / "kiosk").returncode == 0


def _moved(enrolment: Path, url: str) -> None:
    """The registry listens at another port today."""
    known = json.loads(enrolment.read_text())
    known["registry_url"] = url
    enrolment.write_text(json.dumps(known))


def _jianmen(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [JIANMEN, *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def _export(old: Path) -> list[dict[str, Any]]:
    done = _jianmen("registry", "export", "--json", "--data", old / "registry")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
