"""A misspelt name: corrected by staff at a kiosk that prints badges, and right at the registration desk a moment later.

Registry, carrier and door are processes of their own, and the staff use the kiosk's page.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from bench.support.kiosk_folder import free_port
from jianmen.testing.processes import JIANMEN, ROOT, Programs, jianmen, programs
from jianmen.testing.waiting import until
from web.texts import text

PRINTS = '\n[[gate]]\nid = "desk"\narea = "chengdu"\nmode = "print"\n'
PEOPLE = "ref,name,ticket,language\nP1,Chan Tai Mna,delegate,en\nS1,Wong Ka Yan,staff,en\n"
PASSWORD = "correct horse battery staple"
PATIENCE_S = 120.0


def run(*arguments: str | Path) -> dict[str, Any]:
    done = jianmen(*map(str, arguments), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


class Centre:
    """The registry, and its registration desk."""

    def __init__(self, folder: Path, started: Programs) -> None:
        self.data = ["--data", folder / "registry"]
        event = (ROOT / "config" / "events" / "smarthk.toml").read_text(encoding="utf-8") + PRINTS
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
        for day, on in (("2020-11-17", today - timedelta(days=1)), ("2020-11-18", today)):
            event = event.replace(day, on.isoformat())
        (folder / "event.toml").write_text(event, encoding="utf-8")
        (folder / "people.csv").write_text(PEOPLE)
        (folder / "password").write_text(PASSWORD)
        password = ("--password-file", folder / "password")
        run("registry", "init", folder / "event.toml", *self.data, *password)
        run("registry", "import", folder / "people.csv", *self.data)
        serve = [*JIANMEN, "registry", "serve", *map(str, self.data)]
        program = started.start("registry", [*serve, "--port", "0", "--trust-clock", "--json"])
        self.url = json.loads(program.next_line())["url"].rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        page = self._session.get(f"{self.url}/login", timeout=PATIENCE_S).text
        token = re.search(r'name="page_token" value="([^"]*)"', page)
        assert token is not None
        form = {"account": "admin", "password": PASSWORD, "page_token": token[1]}
        login = self._session.post(f"{self.url}/login", data=form, timeout=PATIENCE_S)
        assert login.ok, login.text

    def find(self, query: str) -> list[dict[str, Any]]:
        answer = self._session.get(
            f"{self.url}/api/v1/registrants", params={"q": query}, timeout=PATIENCE_S
        )
        assert answer.ok, answer.text
        found: list[dict[str, Any]] = answer.json()["registrants"]
        return found

    def history(self, code: str) -> dict[str, Any]:
        answer = self._session.get(
            f"{self.url}/api/v1/registrants/{code}/history", timeout=PATIENCE_S
        )
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        self._session.close()


class Desk:
    """The kiosk that prints, and whoever stands at it."""

    def __init__(self, folder: Path, centre: Centre, started: Programs) -> None:
        self.badges = folder / "badges"
        self._scanner = folder / "scanner"
        os.mkfifo(self._scanner)
        settings = folder / "kiosk.toml"
        settings.write_text(
            f'[kiosk]\ndata = "{folder / "kiosk"}"\n'
            f'lan_host = "127.0.0.1"\nlan_port = {free_port()}\nmdns = false\n'
            f'[kiosk.camera]\nadapter = ""\n'
            f'[kiosk.scanner]\nadapter = "simulated"\ndevice = "{self._scanner}"\n'
            f'[kiosk.printer]\nadapter = "simulated"\npath = "{self.badges}"\n'
        )
        code = run("registry", "enrol", *centre.data, "--gate", "desk", "--url", centre.url)
        run("kiosk", "enrol", code["text"], "--settings", settings)
        arguments = ["--settings", str(settings)]
        started.start("carrier", [*JIANMEN, "sync", "run", *arguments], piped=False)
        door = started.start("door", [*JIANMEN, "kiosk", "run", *arguments, "--port", "0"])
        self._url = door.next_line().removeprefix("screen: ").rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        until(lambda: self.status()["state"] == "working", "the door to work", PATIENCE_S)
        page = self._session.get(f"{self._url}/staff", timeout=PATIENCE_S).text
        found = re.search(r'data-token="([^"]*)"', page)
        assert found is not None
        self._session.headers["X-Jianmen-Token"] = found[1]

    def status(self) -> dict[str, Any]:
        answer = self._session.get(f"{self._url}/status.json", timeout=PATIENCE_S)
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, path: str, **what: Any) -> dict[str, Any]:
        answer = self._session.post(f"{self._url}/staff/{path}", json=what, timeout=PATIENCE_S)
        assert answer.ok, (path, answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def unlock(self, card: dict[str, Any]) -> None:
        """Show the key card when the kiosk asks for it, and type the PIN."""
        shown = threading.Thread(target=self.ask, args=("card",))
        shown.start()
        wanted = text("notice.staff_card", "zh-Hans")
        until(lambda: wanted in str(self.screen()), "the kiosk to ask for the card", PATIENCE_S)
        with os.fdopen(os.open(self._scanner, os.O_RDWR), "wb", buffering=0) as scanner:
            scanner.write(f"{card['text']}\n".encode())
        shown.join(PATIENCE_S)
        self.ask("unlock", pin=card["pin"])

    def screen(self) -> dict[str, Any]:
        """What people see there now."""
        with requests.get(f"{self._url}/events", stream=True, timeout=PATIENCE_S) as events:
            lines = events.iter_lines(chunk_size=1, decode_unicode=True)
            line = next(line for line in lines if line.startswith("data: {"))
        found: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return found

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Programs]:
    with programs(tmp_path / "logs") as running:
        yield running


def test_a_misspelt_name_is_corrected_at_the_kiosk_and_right_at_the_centre(
    tmp_path: Path, started: Programs
) -> None:
    centre = Centre(tmp_path, started)
    [before] = centre.find("chan tai")
    assert before["name"] == "Chan Tai Mna"
    card = run("registry", "staff", "card", "S1", "--draw-pin", *centre.data)
    desk = Desk(tmp_path, centre, started)

    desk.unlock(card)
    [found] = until(lambda: desk.ask("search", query="chan tai")["people"], "the roster to come")
    assert desk.ask("badge-name", badge=found["badge"]) == {"name": "Chan Tai Mna"}
    desk.ask("print", badge=found["badge"], why="misspelt", name="Chan Tai Man")
    until(lambda: list(desk.badges.glob("*.pdf")), "the badge", PATIENCE_S)

    [after] = until(
        lambda: [one for one in centre.find("chan tai") if one["name"] == "Chan Tai Man"],
        "the centre to hear of it",
        PATIENCE_S,
    )
    assert after["code"] == before["code"]
    history = centre.history(after["code"])
    assert [one["issue"] for one in history["issues"]] == [1]  # the badge in their hand stays good
    [printed] = history["prints"]
    assert (printed["why"], printed["respelled"], printed["by_staff"]) == ("misspelt", True, True)
    until(
        lambda: desk.ask("search", query="chan tai man")["people"], "the kiosk to hear of it back"
    )
    centre.close()
    desk.close()
