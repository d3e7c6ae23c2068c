"""The people before one door, one after the other, the staff at a two-way door, and people who fetch their badges.

Each person holds up their badge until the door has answered. The staff unlock the staff screen with key card and PIN,
and turn its switch.
"""

import html
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import requests

from access.event.definition import Direction
from jianmen.demo.camera_feed import CameraFeed
from jianmen.demo.errors import DemoError
from jianmen.demo.ground_truth import GroundTruth, Visit
from jianmen.demo.kiosks import KioskSite
from jianmen.demo.script import GateScript
from jianmen.testing.journal_tail import JournalTail

log = logging.getLogger(__name__)

LOOK_S = 0.1
"""How often a person looks whether the door has answered."""

PATIENCE_S = 4.0
"""Longer than a reading stays good in the door: who got no answer by then holds the badge up again."""

ATTEMPTS = 6

IN_BATCH, OUT_BATCH = 5, 3
"""At a two-way door so many go in before staff turns the switch to let so many out."""


class DoorDriver:
    """Runs in a thread of its own until `stop`; whoever stands before the door is answered first."""

    def __init__(
        self,
        gate: str,
        truth: GroundTruth,
        feed: CameraFeed,
        tail: JournalTail,
        turn: Callable[[Direction], None] | None,
        pace_s: float,
    ) -> None:
        """`turn` sets the switch of a two-way gate. `pace_s`: mean seconds between two people."""
        self.gate = gate
        self.failure: Exception | None = None
        self._truth = truth
        self._known = truth.programme.gates[gate]
        self._script = GateScript(truth, self._known)
        self._feed = feed
        self._tail = tail
        self._turn = turn
        self._pace_s = pace_s
        self._dice: Random = truth.dice(gate)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"people at {gate}")

    def open(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let nobody come any more. Does not wait."""
        self._stop.set()

    @property
    def empty(self) -> bool:
        """Whether nobody stands before the door any more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Safe to repeat."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._tail.close()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                if self._known.direction == "both":
                    self._let_pass("in", IN_BATCH)
                    self._let_pass("out", OUT_BATCH)
                else:
                    self._let_pass("in" if self._known.lets_in else "out", IN_BATCH)
        except Exception as error:  # the end of a thread; the demo ends with it, and shows why
            log.exception("the people at %s cannot go on", self.gate)
            self.failure = error

    def _let_pass(self, direction: Direction, count: int) -> None:
        if self._turn is not None:
            self._turn(direction)
        for _ in range(count):
            if self._stop.wait(self._dice.expovariate(1 / self._pace_s)):
                return
            visit = self._script.next_visit(direction)
            if visit is not None:
                self._present(visit)

    def _present(self, visit: Visit) -> None:
        """Raises DemoError where the door does not answer at all."""
        picture = self._feed.draw(visit.text, visit.error)
        self._tail.look()
        before = self._tail.answers
        for _ in range(ATTEMPTS):
            self._feed.hold_up(picture)
            if self._is_answered(before):
                self._truth.answered(visit)
                return
        raise DemoError(f"{self.gate} does not answer a badge that was held up {ATTEMPTS} times")

    def _is_answered(self, before: int) -> bool:
        """Whether the door answers while the badge is held up, or soon after."""
        down_since: float | None = None
        answered = False
        while not answered or not self._feed.down:
            time.sleep(LOOK_S)
            if not answered:
                self._tail.look()
                answered = self._tail.answers > before
            if self._feed.down:
                down_since = down_since or time.monotonic()
                if not answered and time.monotonic() - down_since > PATIENCE_S:
                    return False
        return True


TOKEN = re.compile(r'data-token="([^"]*)"')
"""How the staff page distinguishes its own requests from those of other sites."""

READY_S = 1.0
"""The door is given this long to wait for a staff card before one is held up."""

TIMEOUT_S = 30.0
TRIES = 3


class DoorStaff:
    """Does by hand what a person does at the staff screen. For one thread."""

    def __init__(self, site: KioskSite, key_card: str, pin: str, feed: CameraFeed) -> None:
        self._site = site
        self._key_card = key_card
        self._pin = pin
        self._feed = feed
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
        """Hold up the card and type the PIN; return why it was refused, or ""."""
        self._token = self._page_token()
        picture = self._feed.draw(self._key_card, "q")
        with ThreadPoolExecutor(1) as waiting:
            card = waiting.submit(self._post, "card", {})
            time.sleep(READY_S)
            self._feed.hold_up(picture)
            why = card.result()
        while not self._feed.down:
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

    def _post(self, action: str, body: dict[str, str]) -> str:
        """Send a request of the staff page; return why it was refused, or ""."""
        headers = {"X-Jianmen-Token": self._token}
        try:
            answer = self._browser.post(
                f"{self._site.screen}staff/{action}", json=body, headers=headers, timeout=TIMEOUT_S
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


FETCH_PACE_S = 12.0
"""Mean seconds between two people who fetch their badges."""

QUESTION_S = 10.0
"""How long somebody waits for the screen to ask them."""


class BadgeFetchers:
    """People at a kiosk that prints: each holds up their code and says "this is me". Runs in its own thread."""

    def __init__(
        self, site: KioskSite, codes: Sequence[tuple[str, str]], feed: CameraFeed, dice: Random
    ) -> None:
        """`codes` are texts of badges, each with its level of error correction."""
        self.failure: Exception | None = None
        self._site = site
        self._codes = codes
        self._feed = feed
        self._dice = dice
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"people at {site.gate}")

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Safe to repeat."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._browser.close()

    def _work(self) -> None:
        try:
            for text, error in self._codes:
                if self._stop.wait(self._dice.expovariate(1 / FETCH_PACE_S)):
                    return
                self._feed.hold_up(self._feed.draw(text, error))
                number = self._question()
                if number is not None:
                    self._answer(number)
        except Exception as error:  # the end of a thread; the demo ends with it, and shows why
            log.exception("the people at %s cannot go on", self._site.gate)
            self.failure = error

    def _question(self) -> int | None:
        """The number of the question on the screen, as soon as there is one."""
        ends = time.monotonic() + QUESTION_S
        events = f"{self._site.screen}events"
        with self._browser.get(events, stream=True, timeout=TIMEOUT_S) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines(chunk_size=1):
                if line.startswith(b"data: {"):
                    asked = json.loads(line.removeprefix(b"data: "))["question"]
                    if asked is not None:
                        return int(asked["number"])
                if self._stop.is_set() or time.monotonic() > ends:
                    break
        return None

    def _answer(self, number: int) -> None:
        page = self._browser.get(self._site.screen, timeout=TIMEOUT_S)
        found = TOKEN.search(page.text)
        self._browser.post(
            f"{self._site.screen}answer",
            json={"number": number, "action": "print"},
            headers={"X-Jianmen-Token": html.unescape(found[1]) if found else ""},
            timeout=TIMEOUT_S,
        ).raise_for_status()
