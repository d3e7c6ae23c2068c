"""A kiosk that waits to be enrolled: it shows what to do, and reads the two codes that do it without a keyboard, that
of a wireless network and that of the enrolment.

The door has no network itself: it hands a code on to those that have, and shows what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from access.event.definition import Language
from access.text.wifi_code import is_wifi_code
from hardware.ports.events import CameraState, Hint, Reading, ScannerState
from hardware.system.errand import Errand
from hardware.system.wireless import Outcome, has_network
from kiosk.door.readiness import Cause
from kiosk.runtime.inputs import Happening, Inputs, Work, age_ms
from kiosk.runtime.scan_loop import HINTS, STALE_MS
from kiosk.screen.attendee_screen import EnrolmentOutcome, Notice, notice
from kiosk.screen.hint_timing import HintTiming
from kiosk.screen.screen_feed import ScreenFeed

STEP_S = 0.5
"""The longest wait for a code; the answer to one that was handed on is looked for as often."""

ANSWERED_S = 120.0
"""How long an answer is waited for: an address may be slow to come, a registry slow to answer."""

SHOWN_S = 12.0
"""How long the outcome stands: somebody has to read what to do next."""

OTHER_S = 3.0
HINT_S = 1.5

AGAIN_S = 3.0
"""A code that has not been away for so long is still the one that was answered."""

JOINED: Mapping[Outcome, Notice] = {
    "joined": "wifi_joined",
    "wrong_password": "wifi_wrong_password",
    "not_found": "wifi_not_found",
    "no_adapter": "wifi_no_adapter",
    "no_manager": "wifi_no_manager",
    "failed": "wifi_failed",
    "no_name": "wifi_damaged",
    "password": "wifi_wrong_password",
    "unsupported": "wifi_unsupported",
    "damaged": "wifi_damaged",
}
"""What the screen says of a network's code."""


@dataclass(frozen=True)
class Errands:
    """Who does what the codes ask for: `network` joins a network, `enrol` enrols. `hand_on` passes the text of an
    enrolment code on, after whatever must be there before; `is_enrolment_code` tells one from other codes."""

    network: Errand
    enrol: Errand
    hand_on: Callable[[str], None]
    is_enrolment_code: Callable[[str], bool]


class SettingUp:
    """Call `step` again and again until the kiosk is enrolled. Belongs to one thread."""

    def __init__(
        self,
        errands: Errands,
        inputs: Inputs,
        screen_feed: ScreenFeed,
        order: Sequence[Language],
        connected: Callable[[], bool] = has_network,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`connected` tells whether this machine has a network."""
        self._errands = errands
        self._inputs = inputs
        self._screen_feed = screen_feed
        self._order = order
        self._connected = connected
        self._now = now
        self._pending: tuple[Errand, float] | None = None
        self._shown: tuple[Notice, float] | None = None
        self._answered = ""
        self._seen_at = 0.0
        self._hints = HintTiming()
        self._blind = False

    def step(self) -> None:
        """Take one event, or wait a moment for one, and show the state. Raises OSError where a code cannot be handed
        on."""
        self._put_up()
        happened = self._inputs.next(STEP_S)
        if happened is not None:
            self._take(happened[1])
        if self._pending is not None:
            self._look_for_answer(*self._pending)
        self._put_up()

    def _put_up(self) -> None:
        cause: Cause | None = "camera" if self._blind else None
        self._screen_feed.show(notice(self._state(), self._order, cause=cause))

    def _state(self) -> Notice:
        now = self._now()
        if self._shown is not None and now < self._shown[1]:
            return self._shown[0]
        self._shown = None
        if self._pending is not None:
            return "joining" if self._pending[0] is self._errands.network else "enrolling"
        return "not_enrolled" if self._connected() else "no_network"

    def _take(self, what: Happening | Work) -> None:
        match what:
            case Reading():
                if age_ms(what) < STALE_MS:
                    self._read(what.text)
            case Hint():
                hint = self._hints.seen(what, self._now())
                if hint is not None and self._shown is None and self._pending is None:
                    self._show(HINTS[hint], HINT_S)
            case CameraState(working=working):
                self._blind = not working
            case ScannerState(working=True):
                self._blind = False
            case _:
                pass  # nothing that a kiosk without an event can use

    def _read(self, text: str) -> None:
        self._hints.forget()
        now = self._now()
        held = text == self._answered and now - self._seen_at < AGAIN_S
        if self._pending is not None:
            return
        self._answered, self._seen_at = text, now
        if held:
            return
        if is_wifi_code(text):
            self._begin(self._errands.network, self._errands.network.ask, text, "wifi_no_manager")
        elif self._errands.is_enrolment_code(text):
            self._begin(self._errands.enrol, self._errands.hand_on, text, "enrol_unanswered")
        else:
            self._show("other_code", OTHER_S)

    def _begin(self, errand: Errand, ask: Callable[[str], None], text: str, nobody: Notice) -> None:
        try:
            ask(text)
        except (FileNotFoundError, PermissionError):  # not installed as a service
            self._show(nobody, SHOWN_S)
            return
        self._shown = None
        self._pending = errand, self._now() + ANSWERED_S

    def _look_for_answer(self, errand: Errand, until: float) -> None:
        word = errand.answer()
        joins = errand is self._errands.network
        if word is None:
            if self._now() < until:
                return
            errand.take()  # nobody does it now, and a password must not lie there
            found: Notice = "wifi_no_manager" if joins else "enrol_unanswered"
        else:
            found = said_of_network(word) if joins else _said_of_enrolment(word)
        self._pending = None
        self._seen_at = self._now()
        self._show(found, SHOWN_S)

    def _show(self, what: Notice, seconds: float) -> None:
        self._shown = what, self._now() + seconds


def said_of_network(word: str) -> Notice:
    """What the screen says of the word of whoever joins networks."""
    return next((found for one, found in JOINED.items() if one == word), "wifi_failed")


def _said_of_enrolment(word: str) -> Notice:
    outcomes: tuple[EnrolmentOutcome, ...] = get_args(EnrolmentOutcome)
    return next((one for one in outcomes if one == word), "enrol_failed")
