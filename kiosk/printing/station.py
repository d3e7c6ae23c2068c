"""A kiosk that prints badges: a code is held up, its owner says "this is me", and the badge comes out.

It lives in the scan loop's thread, which never waits for it: drawing and the printer are in a thread of their own
(`kiosk.printing.runner`). What is begun is in the journal before the printer is given anything. A badge is printed by
itself once; where nobody knows whether it came out, a person is asked, and again only staff print it.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from access.event.definition import Language
from access.log.entry import EntryRef, Printed, PrintOutcome
from access.rules.badge_prints import PRINT_WHYS
from access.rules.overrides import roles
from hardware.ports.printer import PrinterState, Trouble
from hardware.ports.signals import Light
from kiosk.door.door import Door
from kiosk.door.readiness import Cause
from kiosk.door.staff_actions import StaffActions, StaffError
from kiosk.printing.badge_check import Ordered, Person, Refused, Spelling, card_of, check
from kiosk.printing.earlier_prints import in_doubt, left_open
from kiosk.printing.runner import Attempt, NotBegun, Outcome
from kiosk.screen.attendee_screen import Action, Screen
from kiosk.screen.presenter import Presenter
from kiosk.screen.print_screen import PrintScreens
from printing.card import Card

ASK_S = 30.0
"""How long a question stands. A name stands no longer, either."""

READ_S = 20.0
DONE_S = 6.0
PRINTING_S = 300.0
"""Longer than any print is followed: its screen is taken down by its end."""

SOON_S = 4.0
KEPT = 10

CAUSES: dict[Trouble, Cause] = {
    "away": "printer_away",
    "stopped": "printer_stopped",
    "refusing": "printer_refusing",
    "paper_out": "printer_paper_out",
    "cover_open": "printer_cover_open",
    "jam": "printer_jam",
    "supplies_out": "printer_supplies_out",
    "fault": "printer_fault",
    "no_pdf": "printer_no_pdf",
    "no_media": "printer_no_media",
}


class Runner(Protocol):
    """What prints (`kiosk.printing.runner.PrintRunner`)."""

    def print(self, card: Card) -> None: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A code held up here, for the staff beside it. `text` is the code, in memory alone; `state` follows
    `staff.print_reason.` in a key of the texts."""

    number: int
    at_ms: int
    text: str = field(repr=False)
    masked: str = field(repr=False)
    badge: bytes
    state: str


@dataclass(frozen=True, slots=True)
class _Signed:
    """Staff who asked for a print, and why."""

    badge: bytes | None = None
    issue: int | None = None
    why: str = ""
    spelling: bytes | None = None
    """The name that they put on it, sealed; None: that of the name card."""


@dataclass(slots=True)
class _Asked:
    """A question that stands on the screen."""

    number: int
    person: Person
    actions: tuple[Action, ...]
    until: float


@dataclass(slots=True)
class _Printing:
    """The print under way; `attempt` None: not begun. `shown` is its number among those held up."""

    person: Person
    signed: _Signed
    shown: int
    gate: str
    screens: PrintScreens
    attempt: Attempt | None = None


class PrintStation:
    """Everything belongs to the scan loop's thread."""

    def __init__(
        self, door: Door, presenter: Presenter, runner: Runner, order: Sequence[Language]
    ) -> None:
        self._door = door
        self._presenter = presenter
        self._runner = runner
        self._order = order
        self._asked: _Asked | None = None
        self._printing: _Printing | None = None
        self._numbers = 0
        self._shown: deque[Shown] = deque(maxlen=KEPT)
        self._left_open = left_open(door)
        self._in_doubt = in_doubt(door)
        self._trouble: Trouble | None = None

    # The person before it.

    def scanned(self, text: str) -> None:
        """A code was held up. Raises NotReadyError, sqlite3.Error."""
        if self._printing is not None:
            return  # one after the other: the screen says that it prints
        found = check(self._door, text)
        if isinstance(found, Refused):
            self._asked = None
            self._presenter.put(
                self._screens.refused(found.reason, found.venues), READ_S, Light.REFUSE
            )
            return
        self._consider(found)

    def _consider(self, person: Person) -> None:
        language = person.content.language
        if person.standing == "free":
            self._remember(person, "free")
            if self._presenter.printer is not None:
                self._asked = None
                self._presenter.rest()
                return
            self._ask(person, ("print", "cancel"))
        elif self._left_open.keys() & set(person.doubtful):
            # What an earlier start began is being looked for at the printer: soon there is an answer.
            self._asked = None
            self._presenter.put(self._screens.printing(person.masked, language), SOON_S)
        elif person.standing == "in_doubt" and person.doubtful:
            self._remember(person, "in_doubt")
            self._ask(person, ("came_out", "did_not"))
        else:
            self._asked = None
            self._remember(person, person.standing)
            doubt = person.standing == "in_doubt"
            self._presenter.put(self._screens.already(language, doubt=doubt), READ_S, Light.ASK)

    def _ask(self, person: Person, actions: tuple[Action, ...]) -> None:
        self._numbers += 1
        asked = _Asked(self._numbers, person, actions, time.monotonic() + ASK_S)
        self._asked = asked
        ask = self._screens.ask_who if "print" in actions else self._screens.ask_came_out
        self._presenter.put(ask(asked.number, person.masked, person.content.language), ASK_S)

    def answer(self, number: int, action: Action) -> None:
        """The screen was touched: the answer to a question of that number, if that one still stands. Raises
        NotReadyError, sqlite3.Error."""
        asked = self._asked
        if asked is None or asked.number != number or action not in asked.actions:
            return
        self._asked = None
        if time.monotonic() >= asked.until or action == "cancel":
            self._presenter.rest()
        elif action == "print":
            # What another kiosk printed meanwhile may have come in.
            found = check(self._door, asked.person.text)
            if isinstance(found, Person) and found.standing == "free":
                self._begin(found, _Signed())
            else:
                self.scanned(asked.person.text)
        else:
            self._came_out(asked.person, came_out=action == "came_out")

    def _came_out(self, person: Person, *, came_out: bool) -> None:
        """Somebody has seen what the printer did not know."""
        outcome: Outcome = "printed" if came_out else "not_printed"
        self._in_doubt.discard((person.badge, person.issue))
        for attempt in person.doubtful:
            self._write(self._door.gate.id, person, outcome, attempt, _Signed())
        if came_out:
            done = self._screens.done(person.masked, person.content.language)
            self._presenter.put(done, DONE_S, Light.ADMIT)
        else:
            self.scanned(person.text)

    # Staff beside it.

    def __iter__(self) -> Iterator[Shown]:
        """The codes held up last, the newest first."""
        return iter(self._shown)

    @property
    def free(self) -> bool:
        """Whether a badge can be printed now."""
        return self._printing is None and self._presenter.printer is None and not self._left_open

    def shown(self, number: int) -> Shown:
        """A code held up here. Raises StaffError."""
        one = next((one for one in self._shown if one.number == number), None)
        if one is None:
            raise StaffError("gone")
        return one

    def print_by_staff(
        self, ordered: Ordered, why: str, staff: str | bytes, spelling: Spelling | None = None
    ) -> None:
        """Print a badge, whatever was printed before. Raises StaffError."""
        if not self.free:
            raise StaffError("printer")
        card, badge, issue = StaffActions(self._door).card(staff)
        if not roles(card, self._door.programme) or badge is None:
            raise StaffError("not_staff")
        found = check(self._door, ordered.text, ordered.content)
        if isinstance(found, Refused):
            raise StaffError(found.reason)
        signed = _Signed(badge, issue, why if why in PRINT_WHYS else "other")
        if spelling is not None:
            content = msgspec.structs.replace(found.content, name=spelling.name)
            found = replace(found, content=content)
            signed = replace(signed, spelling=spelling.sealed)
        self._asked = None
        self._begin(found, signed)

    # The print.

    def _begin(self, person: Person, signed: _Signed) -> None:
        screens, shown = self._screens, self._remember(person, "printing")
        self._printing = _Printing(person, signed, shown, self._door.gate.id, screens)
        self._put(screens.printing(person.masked, person.content.language))
        self._runner.print(card_of(self._door, person))

    # What the runner tells.

    def open_attempts(self) -> list[Attempt]:
        """Prints that an earlier start left without an answer."""
        return [Attempt(ref) for ref in self._left_open]

    @property
    def condition(self) -> tuple[str, int]:
        """What keeps the printer ("ok": nothing), and of how many badges a person must say whether they came out."""
        return self._trouble or "ok", len(self._in_doubt)

    def printer_is(self, state: PrinterState) -> None:
        """How the printer is now: the screen goes out of order with it, and comes back with it."""
        self._trouble = state.troubles[0] if state.troubles else None
        cause = CAUSES[state.troubles[0]] if state.troubles else None
        if cause != self._presenter.printer:
            self._presenter.printer = cause
            if self._printing is None and self._presenter.resting:
                self._presenter.rest()

    def begin(self) -> Attempt:
        """The badge is drawn and the printer is ready: make the attempt durable. Raises sqlite3.Error."""
        printing = self._printing
        if printing is None:
            raise RuntimeError("nobody asked for a print")
        sent = self._write(printing.gate, printing.person, "sent", None, printing.signed)
        printing.attempt = Attempt(sent)
        return printing.attempt

    def wait_for(self, troubles: tuple[Trouble, ...]) -> None:
        """The printer has the badge; something keeps it, or nothing does."""
        self._trouble = troubles[0] if troubles else None
        printing = self._printing
        if printing is None:
            return
        name, language = printing.person.masked, printing.person.content.language
        if troubles:
            self._put(printing.screens.waiting(name, language, troubles[0]))
        else:
            self._put(printing.screens.printing(name, language))

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """What became of a print. Raises sqlite3.Error; asking again does no harm."""
        printing = self._printing
        if printing is None or printing.attempt != attempt:
            begun = self._left_open.get(attempt.entry)
            if begun is not None:
                answered = msgspec.structs.replace(begun, outcome=outcome, attempt=attempt.entry)
                self._door.record("printed", answered)
                if outcome == "unknown":
                    self._in_doubt.add((begun.badge, begun.issue))
                del self._left_open[attempt.entry]
            return
        person = printing.person
        self._write(printing.gate, person, outcome, attempt.entry, printing.signed)
        self._printing = None
        self._remember_as(printing.shown, outcome)
        name, language = person.masked, person.content.language
        if outcome == "printed":
            self._presenter.put(printing.screens.done(name, language), DONE_S, Light.ADMIT)
        elif outcome == "not_printed":
            self._presenter.put(printing.screens.not_printed(name, language), READ_S, Light.FAULT)
        else:
            doubtful = (*person.doubtful, attempt.entry)
            self._ask(replace(person, doubtful=doubtful), ("came_out", "did_not"))

    def not_begun(self, why: NotBegun = "not_printed") -> None:
        """The badge could not be drawn, or the printer is not ready: nothing was printed, and nothing recorded."""
        printing = self._printing
        if printing is None:
            return
        self._printing = None
        self._remember_as(printing.shown, why)
        screen = printing.screens.not_printed(
            printing.person.masked, printing.person.content.language, why
        )
        self._presenter.put(screen, READ_S, Light.FAULT)

    def _write(
        self,
        gate: str,
        person: Person,
        outcome: PrintOutcome,
        attempt: EntryRef | None,
        signed: _Signed,
    ) -> EntryRef:
        body = Printed(
            gate=gate,
            badge=person.badge,
            issue=person.issue,
            outcome=outcome,
            attempt=attempt,
            staff=signed.badge,
            staff_issue=signed.issue,
            why=signed.why,
            spelling=signed.spelling,
        )
        entry = self._door.record("printed", body)
        if outcome == "unknown":
            self._in_doubt.add((person.badge, person.issue))
        elif outcome == "printed":
            self._in_doubt.discard((person.badge, person.issue))
        return EntryRef(entry.log, entry.seq, entry.digest)

    # What is shown.

    @property
    def _screens(self) -> PrintScreens:
        return PrintScreens(self._door.programme, self._door.gate.id, self._order)

    def _put(self, screen: Screen) -> None:
        self._presenter.put(screen, PRINTING_S)

    def _remember(self, person: Person, state: str) -> int:
        """Keep a code for the staff; its number. The same code again takes the place of the last."""
        self._numbers += 1
        if self._shown and self._shown[0].text == person.text:
            self._shown.popleft()
        at_ms = self._door.now().at_ms
        shown = Shown(self._numbers, at_ms, person.text, person.masked, person.badge, state)
        self._shown.appendleft(shown)
        return self._numbers

    def _remember_as(self, number: int, state: str) -> None:
        for at, one in enumerate(self._shown):
            if one.number == number:
                self._shown[at] = replace(one, state=state)
