"""What a door shows: its lights and its screen, an answer for a while and between answers the state it is in."""

import time
from collections.abc import Sequence

import msgspec

from access.event.definition import Direction, Language
from access.log.receipt import gate_code
from access.state.facts import listed_claims
from hardware.ports.signals import Light, Signals
from kiosk.door.door import Answer, Door, NotReadyError
from kiosk.door.readiness import Cause
from kiosk.screen.attendee_screen import (
    LIGHTS,
    Notice,
    Screen,
    answer_screen,
    notice,
    title,
    tone_of,
)
from kiosk.screen.name_on_card import person_of
from kiosk.screen.screen_feed import ScreenFeed
from kiosk.screen.sentences import SHUT
from web.texts import text

SHOWN_S = {"admit": 4.0, "flagged": 4.0, "ask": 30.0, "refuse": 30.0}
"""How long an answer stands while nobody else comes. Names stand no longer than the first two; a refusal takes time to
read, and to read out to somebody who was called."""

READ_S = 12.0
"""A refusal gives way to help with the next person's badge only after so long; an answer stands so long again for
somebody who asks for it in their language."""

NOTICE_S = 1.5
FAILED_S = 4.0


class Presenter:
    """Belongs to the scan loop's thread. `rest` shows the first that applies of: fire, out of order, not ready, camera
    lost, show your badge."""

    def __init__(
        self, door: Door, signals: Signals, screen_feed: ScreenFeed, order: Sequence[Language]
    ) -> None:
        """`order` are the languages of the screen."""
        self._door = door
        self._signals = signals
        self._screen_feed = screen_feed
        self._order = order
        self._until = 0.0
        self._read_until = 0.0
        self.fire = False
        self.broken: Cause | None = None
        self.unready: Cause | None = None
        self.incomplete = False
        self.sees = True
        self.blind = False
        self.direction: Direction = "in"
        self.printer: Cause | None = "no_printer"
        """What keeps a gate that prints badges from it."""
        self.answer: Answer | None = None
        """The answer that stands on the screen now."""

    def show_answer(self, answer: Answer, *, opens: bool) -> bool:
        """Set the lights, open the door, change the screen, in this order; return whether the door was opened. The
        answer must be durable by then."""
        tone = tone_of(answer.decision)
        # A repeat that opens nothing must not look like leave to pass.
        if opens or not (answer.repeat and answer.decision.opens):
            self._signals.show(LIGHTS[tone])
        opened = opens and self._signals.open_door()
        person = person_of(answer, self._door.name_card)
        wanted = answer.decision.opens or answer.decision.reason in SHUT
        booked = self._booked(answer) if wanted else frozenset()
        screen = answer_screen(answer, self._door.programme, person, self._order, booked)
        if answer.case is not None:
            screen = msgspec.structs.replace(screen, cause=text("opening.screen", self._order[0]))
        self._put(screen, SHOWN_S[tone])
        self.answer = answer
        self._read_until = time.monotonic() + min(SHOWN_S[tone], READ_S)
        return opened

    def _booked(self, answer: Answer) -> frozenset[str]:
        """The sessions that the badge has booked, as the roster has it, else the badge itself."""
        presented = answer.presented
        if presented.badge is None or answer.presented.direction == "out":
            return frozenset()
        history = self._door.history(presented.badge)
        claims = listed_claims(history, presented.issue) or presented.claims
        if claims is None:
            return frozenset()
        bits = self._door.programme.session_bit.items()
        return frozenset(session for session, bit in bits if claims.sessions >> bit & 1)

    def keep(self, answer: Answer, seconds: float) -> None:
        """Let a refusal stand for as long as its badge is held up."""
        if self.answer is not None and self.answer.entry == answer.entry and not answer.opens:
            self._until = max(self._until, time.monotonic() + seconds)

    def read_again(self) -> None:
        """Somebody reads the answer that stands in another language: let it stand long enough for that."""
        if self.answer is not None:
            self._read_until = time.monotonic() + READ_S
            self._until = max(self._until, self._read_until)

    @property
    def free(self) -> bool:
        """Whether help with a badge may be shown: no answer stands, or one that has stood long enough."""
        return time.monotonic() >= self._read_until

    def notice(self, what: Notice, seconds: float = NOTICE_S) -> None:
        """Show a notice for a while, without a light."""
        self._put(self._notice(what), seconds)

    def put(self, screen: Screen, seconds: float, light: Light | None = None) -> None:
        """Put up a screen that is no answer of the door's."""
        if light is not None:
            self._signals.show(light)
        self._put(screen, seconds)
        self._read_until = time.monotonic() + seconds

    def failed(self) -> None:
        """Show that this scan failed; the next may succeed."""
        self._signals.show(Light.FAULT)
        self._put(self._notice("failed", "unexpected"), FAILED_S)

    def refuse_unready(self) -> None:
        """Answer a badge at a door that cannot decide yet."""
        self._signals.show(Light.FAULT)
        self._put(self._unready(), FAILED_S)

    def tick(self) -> None:
        """Go back to rest once what was shown has stood long enough."""
        if self._until and time.monotonic() >= self._until:
            self.rest()

    @property
    def state(self) -> tuple[object, ...]:
        """All that the resting screen depends on, but fire and faults, which show at once."""
        door = self._door
        stands = door.gate_id, door.assigned, self.printer
        return self.unready, self.incomplete, self.blind, self.sees, self.direction, stands

    @property
    def resting(self) -> bool:
        return not self._until

    def rest(self) -> None:
        """The light and the screen of a door before which nobody stands."""
        down = self.blind or (self._prints and self.printer is not None)
        at_fault = self.broken is not None or (down and self.unready is None)
        self._signals.show(Light.FAULT if at_fault and not self.fire else Light.READY)
        self._put(self._resting(), 0)

    def _resting(self) -> Screen:
        if self.fire:
            return self._notice("fire")
        if self.broken is not None:
            return self._notice("out_of_order", self.broken)
        if self.unready is not None:
            return self._unready()
        if self.blind:
            return self._notice("camera_lost", "camera")
        if self._prints:
            down = self.printer is not None
            return self._notice("printer_down" if down else "idle_print", self.printer)
        if not self.sees:
            return self._notice("no_camera")
        idle: Notice = "idle_out" if self.direction == "out" else "idle_in"
        return self._notice(idle, "incomplete" if self.incomplete else None)

    @property
    def _prints(self) -> bool:
        """Whether this kiosk stands where badges are printed."""
        try:
            return self._door.gate.mode == "print"
        except NotReadyError:
            return False

    def _unready(self) -> Screen:
        """The notice of a door that cannot decide: one that lacks only a gate may be given one here."""
        lacks_gate = self.unready in ("no_gate", "incomplete")
        return self._notice("spare" if lacks_gate else "not_ready", self.unready)

    def _put(self, screen: Screen, seconds: float) -> None:
        """Put a screen up for so long (0: until the door's state changes)."""
        self.answer = None
        self._read_until = 0.0
        self._until = time.monotonic() + seconds if seconds else 0.0
        self._screen_feed.show(screen)

    def _notice(self, what: Notice, cause: Cause | None = None) -> Screen:
        try:
            gate = self._door.gate
        except NotReadyError:
            return notice(what, self._order, staffed=what == "spare", cause=cause)
        return notice(
            what,
            self._order,
            head=title(self._door.programme, gate, self._order),
            gate=gate_code(self._door.programme, gate.id),
            # Where a supervisor gave the gate, a supervisor may want to give another.
            staffed=gate.mode != "self" or self._door.assigned is None,
            cause=cause,
        )
