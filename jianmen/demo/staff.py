"""The staff at a two-way door: they unlock its staff screen with their key card and PIN, and turn its switch."""

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from access.event.definition import Direction
from jianmen.demo.errors import DemoError
from jianmen.demo.pictures import Hands
from jianmen.demo.site import KioskSite

TOKEN = re.compile(r'data-token="([^"]*)"')
"""How the staff page tells its own requests from those of other sites."""

READY_S = 1.0
"""The door is given this long to wait for a staff card before one is held up."""

TIMEOUT_S = 30.0
TRIES = 3


class DoorStaff:
    """Does by hand what a person does at the staff screen. For one thread."""

    def __init__(self, site: KioskSite, key_card: str, pin: str, hands: Hands) -> None:
        self._site = site
        self._key_card = key_card
        self._pin = pin
        self._hands = hands
        self._browser = requests.Session()
        self._browser.trust_env = False  # no proxy of the machine's environment stands in between
        self._token = ""

    def turn(self, direction: Direction) -> None:
        """Set the switch, after unlocking the screen where need be. Raises DemoError."""
        why = self._post("direction", {"direction": direction}) if self._token else "locked"
        for _ in range(TRIES):
            if not why:
                return
            why = self._unlock() or self._post("direction", {"direction": direction})
        if why:
            raise DemoError(f"the staff screen of {self._site.gate} refuses: {why}")

    def _unlock(self) -> str:
        """Hold up the card, type the PIN; says why it was refused, or nothing."""
        self._token = self._page_token()
        picture = self._hands.draw(self._key_card, "q")
        with ThreadPoolExecutor(1) as waiting:
            card = waiting.submit(self._post, "card", {})
            time.sleep(READY_S)
            self._hands.hold_up(picture)
            why = card.result()
        while not self._hands.down:
            time.sleep(0.1)
        return why or self._post("unlock", {"pin": self._pin})

    def _page_token(self) -> str:
        try:
            page = self._browser.get(f"{self._site.screen}staff", timeout=TIMEOUT_S)
            page.raise_for_status()
        except requests.RequestException as error:
            raise DemoError(f"no staff screen at {self._site.gate}: {error}") from error
        found = TOKEN.search(page.text)
        return html.unescape(found[1]) if found else ""

    def _post(self, deed: str, body: dict[str, str]) -> str:
        """Why the deed was refused, or nothing."""
        headers = {"X-Jianmen-Token": self._token}
        try:
            answer = self._browser.post(
                f"{self._site.screen}staff/{deed}", json=body, headers=headers, timeout=TIMEOUT_S
            )
            if answer.status_code == requests.codes.conflict:
                return str(answer.json().get("why", "?"))
            answer.raise_for_status()
        except (requests.RequestException, ValueError) as error:
            raise DemoError(f"the staff screen of {self._site.gate} fails: {error}") from error
        return ""

    def close(self) -> None:
        """Safe to repeat."""
        self._browser.close()
