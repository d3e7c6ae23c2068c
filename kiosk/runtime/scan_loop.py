"""The scan loop: the one thread that reads codes, writes the journal and opens the door.

A step handles one event (a code, a contact, a page's work) and then a little of the background work: entries of other
logs, the carrier's inbox, what the door records by itself. Nothing in it opens the door but an answer that is already
durable. Whatever fails is shown on the screen, and the loop goes on.
"""

import logging
import sqlite3
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from access.event.definition import Direction
from access.log.entry import EntryRef, Passage
from hardware.ports.door_contacts import DoorEvent, DoorEventKind
from hardware.ports.events import CameraState, Hint, Reading, ScannerState, ShowOne
from hardware.system.systemd import Notifier
from kiosk.door.door import Answer, Door, NotReadyError
from kiosk.door.housekeeping import Housekeeping
from kiosk.door.opening.trial import OpeningTrial
from kiosk.door.readiness import cause_of, incomplete, unready
from kiosk.door.recent_answers import RecentAnswers
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.printing.station import PrintStation
from kiosk.runtime.inputs import Happening, Inputs, Source, Work, age_ms
from kiosk.screen.attendee_screen import Action, Notice
from kiosk.screen.hint_timing import HintTiming
from kiosk.screen.presenter import Presenter

log = logging.getLogger(__name__)

IDLE_S = 0.1
"""The longest wait for something to happen: news of a neighbour's door is folded within this."""

STALE_MS = 2_000
"""A code read longer ago than this was held up by somebody who may be gone."""

SAME_VIEW_S = 1.0
"""A code in view is reported five times a second; one that was away for longer has been held up again."""

PROBE_S = 2.0
"""How often a door that could not write tries to."""

TEND_S = 1.0
"""How often the loop looks whether the replica's file is still the same one, and whether the door is ready."""

CARD_S = 20.0
"""How long a staff card is waited for."""

HINTS: dict[Hint, Notice] = {
    Hint.HOLD_STILL: "hold_still",
    Hint.COME_CLOSER: "come_closer",
    Hint.FURTHER_AWAY: "further_away",
    Hint.HOLD_STRAIGHT: "hold_straight",
    Hint.TOO_DARK: "too_dark",
    Hint.TURN_FROM_LIGHT: "turn_from_light",
    Hint.BRIGHTER_PHONE: "brighter_phone",
}


class ScanLoop:
    """The door at work. Everything but `submit` and `silent_s` belongs to one thread."""

    def __init__(
        self,
        door: Door,
        feed: ReplicaFeed,
        inputs: Inputs,
        presenter: Presenter,
        duties: Housekeeping,
        notifier: Notifier,
        camera_direction: Direction | None = None,
    ) -> None:
        """`camera_direction` binds the camera of a two-way gate to one of its ways."""
        self.door = door
        self.presenter = presenter
        self.duties = duties
        self.recent = RecentAnswers()
        self.trial = OpeningTrial()
        self.switch: Direction = "in"
        """The way of a two-way gate, as staff has set it."""
        self.station: PrintStation | None = None
        """What prints badges, where this kiosk has a printer."""
        self.submit = inputs.submit
        self._feed = feed
        self._inputs = inputs
        self._notifier = notifier
        self._camera_direction = camera_direction
        self._view: tuple[str, Direction, float] = ("", "in", 0.0)
        self._opened: deque[tuple[EntryRef, bytes | None]] = deque(maxlen=16)
        self._hints = HintTiming()
        self._card: tuple[Future[str], float] | None = None
        self._card_given = ""
        self._probe_due = self._tend_due = self._watchdog_due = 0.0
        self._hearing = False
        self._beat = time.monotonic()

    def open(self) -> None:
        """Show the state that the door is in, before the first step."""
        self._settle()
        self.presenter.rest()

    # What the pages ask for. All run in this thread, by way of `submit`.

    def await_card(self, what: Notice = "staff_card") -> Future[str]:
        """The text of the next code held up: it goes to staff and is not presented to the door. `what` is asked for."""
        if self._card is not None:
            self._card[0].cancel()
        card: Future[str] = Future()
        self._card = (card, time.monotonic() + CARD_S)
        self.presenter.notice(what, CARD_S)
        return card

    def stop_awaiting_card(self) -> None:
        """The next code held up is presented to the door again."""
        if self._card is not None:
            self._card[0].cancel()
            self._card = None
            self.presenter.rest()

    def staff_answered(self, answer: Answer, who: str | bytes) -> None:
        """Show an answer that staff asked for by hand, and open the door if it is let in."""
        self._show_answer(answer, who)

    def gate_changed(self) -> None:
        """This kiosk stands at another gate from here on, or at none."""
        self.door.forget_repeats()
        self.trial.forget()
        self.turn("in")

    def answer(self, number: int, action: Action) -> None:
        """Somebody touched the screen of a kiosk that prints badges. Whatever goes wrong is shown, as with a scan."""
        station = self.station
        if station is not None:
            self._guarded(lambda: station.answer(number, action))

    def turn(self, direction: Direction) -> None:
        """Set the switch of a two-way gate."""
        self.switch = direction
        self._settle()
        self.presenter.rest()

    # The loop.

    def close(self) -> None:
        """Nobody waits for a staff card any more."""
        if self._card is not None:
            self._card[0].cancel()
            self._card = None

    def step(self) -> None:
        """Handle one event, or wait a moment for one, and do a little background work."""
        happened = self._inputs.next(0 if self._hearing else IDLE_S)
        if happened is not None:
            source, what = happened
            self._guarded(lambda: self._take(source, what))
        self._guarded(self._between)
        self.presenter.tick()
        now = self._beat = time.monotonic()
        if self._notifier.watchdog_s is not None and now >= self._watchdog_due:
            self._watchdog_due = now + self._notifier.watchdog_s
            self._notifier.watchdog()

    @property
    def silent_s(self) -> float:
        """Seconds since the last step, for whoever asks whether the door lives. From any thread."""
        return time.monotonic() - self._beat

    @property
    def heard(self) -> int:
        """The number of the last entry of the replica that is folded."""
        return self._feed.position

    def _guarded(self, work: Callable[[], None]) -> None:
        """Whatever fails, nothing opens, the screen shows it, and the loop goes on."""
        try:
            work()
        except sqlite3.Error as error:
            self._break(error)
        except NotReadyError:
            self._settle()
            self.presenter.refuse_unready()
        except Exception as error:  # noqa: BLE001 -- the loop's own boundary: one bad scan must not stop the door
            # The message of an exception may repeat what was on a badge; its place in the code does not.
            trace = "".join(traceback.format_tb(error.__traceback__))
            log.error("unexpected %s; nothing was opened\n%s", type(error).__name__, trace)
            self.presenter.failed()

    def _take(self, source: Source, what: Happening | Work) -> None:
        match what:
            case Work():
                self._do(what)
            case Reading():
                if age_ms(what) < STALE_MS:
                    self._read(source, what)
            case Hint() as hint:
                shown = self._hints.seen(hint, time.monotonic())
                if shown is not None:
                    self._help(HINTS[shown])
            case ShowOne():
                self._help("show_one")
            case CameraState(working=working, why=why):
                log.info("camera %s %s", "works" if working else "lost:", why)
                self.duties.camera_is(working=working)
                self._settle()
            case ScannerState(working=working, why=why):
                log.info("scanner %s %s", "works" if working else "lost:", why)
                self.duties.scanner_is(working=working)
                self._settle()
            case DoorEvent(kind=kind):
                self._contact(kind)

    def _do(self, work: Work) -> None:
        """A page's work: what it raises goes to the page, and a failing disk to the door as well."""
        if not work.done.set_running_or_notify_cancel():
            return
        try:
            result: Any = work.run()
        except Exception as error:  # noqa: BLE001 -- raised again where the page asks for the result
            work.done.set_exception(error)
            if isinstance(error, sqlite3.Error):
                self._break(error)
            return
        work.done.set_result(result)

    def _read(self, source: Source, reading: Reading) -> None:
        self.duties.decoded(reading.ms)
        self._hints.forget()
        same_view = self._same_view(reading.text, self._way(source))
        if self._card is not None:
            # The doors are signed off while the last test badge may still be held up: it is nobody's card.
            if not self.door.is_opening_badge(reading.text):
                self._give_card(self._card[0], reading.text)
            return
        if same_view and reading.text == self._card_given:
            return  # still held up, and still not meant for the door
        self._card_given = ""
        if self.door.gate.mode == "print":
            if self.station is not None and not same_view:
                self.station.scanned(reading.text)
            return
        direction = self._direction(source)
        began = time.perf_counter()
        answer = self.door.present(
            reading.text, direction, "scanner" if source == "scanner" else "camera"
        )
        if answer.case is not None:
            self.trial.note(self.door, answer)
        if not answer.repeat:
            self.duties.answered((time.perf_counter() - began) * 1000)
            self._recover()
        if not answer.repeat or not same_view:
            self._show_answer(answer, reading.text)
        else:
            self.presenter.keep(answer, SAME_VIEW_S)

    def _give_card(self, card: Future[str], text: str) -> None:
        """A staff card was waited for, and this is it."""
        self._card = None
        self._card_given = text
        if card.set_running_or_notify_cancel():
            card.set_result(text)
        self.presenter.rest()

    def _same_view(self, text: str, direction: Direction) -> bool:
        """Whether this code has not left the view since it was last read."""
        now = time.monotonic()
        seen_text, seen_direction, seen_at = self._view
        self._view = (text, direction, now)
        return (text, direction) == (seen_text, seen_direction) and now - seen_at < SAME_VIEW_S

    def _direction(self, source: Source) -> Direction:
        match self.door.gate.direction:
            case "both":
                return self._way(source)
            case only:
                return only

    def _way(self, source: Source) -> Direction:
        """Which way a code was held up, where the gate leads both ways."""
        bound = self._camera_direction if source == "camera" else None
        return bound or self.switch

    def _show_answer(self, answer: Answer, who: str | bytes) -> None:
        if self.presenter.show_answer(answer, opens=answer.opens):
            self._opened.append((answer.entry, answer.presented.badge))
        if not answer.repeat and answer.case is None:
            self.recent.add(answer, who)

    def _help(self, what: Notice) -> None:
        """Help with a code that cannot be read; an answer that stands is more important."""
        presenter = self.presenter
        if presenter.free and self._card is None and not (presenter.broken or presenter.unready):
            presenter.notice(what)

    def _contact(self, kind: DoorEventKind) -> None:
        match kind:
            case DoorEventKind.PASSED | DoorEventKind.NOT_PASSED:
                if self._opened:
                    entry, badge = self._opened.popleft()
                    self.door.record(kind.value, Passage(entry=entry, badge=badge))
                return
            case DoorEventKind.FIRE | DoorEventKind.FIRE_OVER:
                self.presenter.fire = kind is DoorEventKind.FIRE
                self._opened.clear()
                self.presenter.rest()
            case DoorEventKind.FORCED | DoorEventKind.TAILGATED:
                pass
        self.duties.contact(kind)

    def _between(self) -> None:
        """Do background work between scans."""
        now = time.monotonic()
        if self.presenter.broken is not None:
            self._hearing = False
            if now >= self._probe_due:
                self._probe_due = now + PROBE_S
                self._probe()
            return
        if now >= self._tend_due:
            self._tend_due = now + TEND_S
            self._feed.tend()
            self._settle()
            if self._card is not None and now >= self._card[1]:
                self._card[0].cancel()
                self._card = None
        self._hearing = self._feed.read_entries()
        if not self._hearing:
            self._feed.read_inbox()
        if self.station is not None:
            self.duties.printer_is(*self.station.condition)
        self.duties.step()

    def _probe(self) -> None:
        """Try what failed: a commit that adds no entry, and a look into the replica."""
        try:
            self.door.check_writable()
            self._feed.check_readable()
        except sqlite3.Error as error:
            if cause_of(error) != self.presenter.broken:
                self._break(error)
            return
        self._recover()

    def _break(self, error: sqlite3.Error) -> None:
        cause = cause_of(error)
        if cause != self.presenter.broken:
            log.error("out of order: %s (%s)", cause, error)
            self._notifier.status(f"out of order: {cause}")
        self.presenter.broken = cause
        self._probe_due = time.monotonic() + PROBE_S
        self.presenter.rest()

    def _recover(self) -> None:
        if self.presenter.broken is None:
            return
        log.warning("in order again: the journal can be written")
        self._notifier.status("working")
        self.presenter.broken = None
        self.presenter.rest()

    def _settle(self) -> None:
        """Pass the door's state to the presenter; a change shows as soon as nobody is being answered."""
        presenter, duties = self.presenter, self.duties
        before = presenter.state
        presenter.unready = unready(self.door)
        presenter.incomplete = incomplete(self.door)
        presenter.blind = duties.camera == "lost" and duties.scanner != "ok"
        presenter.sees = duties.camera in ("ok", "starting")
        if presenter.unready is None:
            presenter.direction = self._direction("camera")
        if presenter.state != before and presenter.resting:
            presenter.rest()
