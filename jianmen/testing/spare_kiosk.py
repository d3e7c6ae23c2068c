"""What people do when a kiosk is dead and a spare one takes its place: a supervisor's card, a gate, the first badge."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import requests

from jianmen.testing.waiting import PATIENCE_S, until
from web.texts import text

CARD_WANTED = text("notice.staff_card", "en")

Scan = Callable[[str], None]
"""Holds up a code to the kiosk."""


class GateNotGivenError(RuntimeError):
    """The kiosk did not take the gate."""


class SparePage:
    """The pages of a spare kiosk's door, as its screen uses them. Made once the door answers."""

    def __init__(self, screen: str, scan: Scan) -> None:
        """`screen` is the address of the attendee screen."""
        self._screen = screen.rstrip("/")
        self._scan = scan
        self._session = requests.Session()
        self._session.trust_env = False
        page = self._get("/staff/gate").text
        self._token = page.partition('data-token="')[2].partition('"')[0]

    def knows_the_event(self) -> bool:
        """Whether the event's definition has come."""
        found = self._session.get(f"{self._screen}/staff/gate/state", timeout=PATIENCE_S)
        return found.status_code == 200 and bool(found.json()["event"])

    def status(self) -> dict[str, Any]:
        return dict(self._get("/status.json").json())

    def give(self, gate: str, card: str) -> None:
        """A supervisor holds up their card and gives this kiosk a gate, beside the one that is dead. Raises
        GateNotGivenError."""
        answers: list[requests.Response] = []
        asked = threading.Thread(target=lambda: answers.append(self._post("/staff/gate/card")))
        asked.start()
        until(lambda: CARD_WANTED in self._shown(), "the kiosk to ask for the card")
        self._scan(card)
        asked.join(PATIENCE_S)
        if not answers or answers[0].status_code != 200:
            raise GateNotGivenError(answers[0].text if answers else "the card was not read")
        given = self._post("/staff/gate/give", gate=gate, beside=True)
        if given.status_code != 200:
            raise GateNotGivenError(given.text)

    def answer_to(self, code: str, wanted: str) -> None:
        """Hold up a badge, and wait until an answer for this reason has been recorded."""
        before = self.status()["reasons"].get(wanted, 0)
        self._scan(code)
        until(
            lambda: self.status()["reasons"].get(wanted, 0) > before,
            f"an answer for the reason {wanted}",
        )

    def until_current(self) -> None:
        """Wait until everything that a neighbour has is here and folded."""
        until(self._is_current, "the neighbours' entries to come")

    def _is_current(self) -> bool:
        replica = self.status()["replica"]
        targets = (replica or {}).get("targets", {})
        behind = [one.get("behind") for name, one in targets.items() if name != "registry"]
        return any(behind_one == 0 for behind_one in behind)

    def close(self) -> None:
        self._session.close()

    def _shown(self) -> str:
        """What stands on the screen now."""
        with requests.Session() as session:
            session.trust_env = False
            with session.get(f"{self._screen}/events", stream=True, timeout=PATIENCE_S) as events:
                lines = events.iter_lines(chunk_size=1, decode_unicode=True)
                return str(next(line for line in lines if line.startswith("data: {")))

    def _get(self, path: str) -> requests.Response:
        found = self._session.get(self._screen + path, timeout=PATIENCE_S)
        found.raise_for_status()
        return found

    def _post(self, path: str, **asked: object) -> requests.Response:
        return self._session.post(
            self._screen + path,
            data=json.dumps(asked),
            headers={"Content-Type": "application/json", "X-Jianmen-Token": self._token},
            timeout=PATIENCE_S,
        )
