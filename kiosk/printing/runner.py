"""The printer's own thread: draws a badge, gives it to the printer once, and follows what becomes of it.

It decides nothing: what is durable is written by the station in the scan loop's thread, before the printer is given
anything and after it has answered. A start finishes first what the last one left open: it looks for the jobs by name,
and gives none of them to the printer again.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from access.log.entry import EntryRef
from hardware.ports.printer import JobState, Printer, PrinterState, Trouble
from kiosk.printing.drawing import DrawingError, LettersMissingError, drawn
from printing.card import Card

log = logging.getLogger(__name__)

Result = TypeVar("Result")
Outcome = Literal["printed", "not_printed", "unknown"]
NotBegun = Literal["not_printed", "no_letters"]
"""Why the printer was given nothing; "no_letters": no font here has all letters of the name."""

PREFIX = "jianmen-"
"""Of the names of our jobs."""

LOOK_S = 3.0
"""How often a printer at rest is looked at."""

ASK_S = 0.3
"""How often the printer is asked about a job."""

FOLLOW_S = 60.0
"""A badge that has not come out by then is called off: it would come out for whoever stands there next."""

BUSY_S = 10.0
"""How long a printer that still does something else is waited for."""

UNSURE_S = 5.0
"""How long a job is looked for of which nobody knows whether the printer got it."""

WRITE_S = 1.0
"""How often an answer that cannot be written is tried again."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One print that is durable as begun: the entry, and the name that the printer knows the job by."""

    entry: EntryRef

    @property
    def job(self) -> str:
        return f"{PREFIX}{self.entry.digest[:8].hex()}"


class Station(Protocol):
    """What the runner tells the scan loop; every method runs in its thread."""

    def open_attempts(self) -> list[Attempt]: ...
    def printer_is(self, state: PrinterState) -> None: ...
    def begin(self) -> Attempt: ...
    def wait_for(self, troubles: tuple[Trouble, ...]) -> None: ...
    def ended(self, attempt: Attempt, outcome: Outcome) -> None: ...
    def not_begun(self, why: NotBegun = "not_printed") -> None: ...


class _StoppedError(Exception):
    """The kiosk is shutting down."""


class PrintRunner:
    """One printer at work. `submit` hands work to the scan loop."""

    def __init__(
        self,
        printer: Printer,
        layout: Path,
        submit: Callable[[Callable[[], object]], Future[object]],
        draw: Callable[[Card, Path], bytes] = drawn,
        follow_s: float = FOLLOW_S,
    ) -> None:
        self._printer = printer
        self._layout = layout
        self._submit = submit
        self._draw = draw
        self._follow_s = follow_s
        self._station: Station | None = None
        self._asked: queue.SimpleQueue[Card | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printer")

    def start(self, station: Station) -> None:
        self._station = station
        self._thread.start()

    def print(self, card: Card) -> None:
        """Print a badge as soon as the printer is looked at. The station hears what becomes of it."""
        self._asked.put(card)

    def close(self) -> None:
        """Stop following; what is open then is found again at the next start. Safe to repeat."""
        self._stop.set()
        self._asked.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._printer.close()

    # The thread.

    def _run(self) -> None:
        settled = False
        seen: PrinterState | None = None
        try:
            while not self._stop.is_set():
                state = self._printer.state()
                if state != seen:
                    self._tell(lambda station, state=state: station.printer_is(state))  # type: ignore[misc]
                    seen = state
                if not settled and "away" not in state.troubles:
                    self._settle()
                    settled = True
                card = self._next()
                if card is not None:
                    seen = None
                    self._guarded(card)
        except _StoppedError:
            pass

    def _guarded(self, card: Card) -> None:
        """Whatever goes wrong with one badge, the next may be well."""
        try:
            self._print(card)
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 -- the thread's own boundary
            # Neither message nor trace: they may repeat what is on the badge.
            log.error("unexpected %s while printing", type(error).__name__)
            self._tell(lambda station: station.not_begun())

    def _next(self) -> Card | None:
        try:
            return self._asked.get(timeout=LOOK_S)
        except queue.Empty:
            return None

    def _settle(self) -> None:
        """Find out what became of the attempts that an earlier start left open."""
        attempts = self._tell(lambda station: station.open_attempts())
        self._call_off({attempt.job for attempt in attempts})
        for attempt in attempts:
            self._answer(attempt, self._followed(attempt.job, sure=True))

    def _call_off(self, wanted: Collection[str] = ()) -> None:
        """Cancel jobs of ours that were given up: a spooler may bring them back long after, when somebody has said
        that no badge came out and is given another."""
        for job in self._printer.unfinished():
            if job.startswith(PREFIX) and job not in wanted:
                log.warning("a print that was given up earlier is cancelled")
                self._printer.cancel(job)

    def _print(self, card: Card) -> None:
        try:
            page = self._draw(card, self._layout)
        except DrawingError as error:
            log.error("a badge could not be drawn: %s", error)
            why: NotBegun = (
                "no_letters" if isinstance(error, LettersMissingError) else "not_printed"
            )
            self._tell(lambda station: station.not_begun(why))
            return
        self._call_off()
        state = self._ready()
        if not state.ready or state.busy:
            self._tell(lambda station: station.printer_is(state))
            self._tell(lambda station: station.not_begun())
            return
        try:
            attempt = self._tell(lambda station: station.begin())
        except sqlite3.Error as error:
            log.error("no badge is printed that cannot be recorded: %s", error)
            self._tell(lambda station: station.not_begun())
            return
        submission = self._printer.submit(attempt.job, page)
        if submission == "refused":
            self._answer(attempt, "not_printed")
        else:
            self._answer(attempt, self._followed(attempt.job, sure=submission == "taken"))

    def _ready(self) -> PrinterState:
        """The printer's state, once it does nothing else, or has gone on doing so for long."""
        ends = time.monotonic() + BUSY_S
        while True:
            state = self._printer.state()
            if not (state.ready and state.busy) or time.monotonic() >= ends:
                return state
            self._pause(ASK_S)

    def _followed(self, job: str, *, sure: bool) -> Outcome:
        """What became of a job. `sure`: the printer has it, or had."""
        began = time.monotonic()
        cancelled = False
        while True:
            found = self._printer.job(job)
            gone_s = time.monotonic() - began
            if found in ("printed", "not_printed"):
                return _certain(found)
            if found == "unknown" and (sure or cancelled or gone_s >= UNSURE_S):
                return "unknown"
            if gone_s >= self._follow_s:
                if cancelled or found == "away":
                    return "unknown"
                self._printer.cancel(job)
                cancelled, began = True, time.monotonic() - self._follow_s + UNSURE_S
            self._report(found)
            self._pause(ASK_S)

    def _report(self, found: JobState) -> None:
        troubles: tuple[Trouble, ...] = (
            ("away",) if found == "away" else self._printer.state().troubles
        )
        self._tell(lambda station: station.wait_for(troubles))

    def _answer(self, attempt: Attempt, outcome: Outcome) -> None:
        """Have an answer written, however long the disk takes to come back."""
        while True:
            try:
                self._tell(lambda station: station.ended(attempt, outcome))
            except sqlite3.Error as error:
                log.error("what became of a badge cannot be recorded yet: %s", error)
                self._pause(WRITE_S)
                continue
            return

    def _tell(self, work: Callable[[Station], Result]) -> Result:
        """Have the scan loop do something. Raises what that raises, and _StoppedError."""
        station = self._station
        if station is None or self._stop.is_set():
            raise _StoppedError
        done = self._submit(lambda: work(station))
        while True:
            try:
                return done.result(ASK_S)  # type: ignore[return-value]
            except CancelledError as error:
                raise _StoppedError from error
            except TimeoutError as error:
                if self._stop.is_set():
                    done.cancel()
                    raise _StoppedError from error

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _StoppedError


def _certain(found: JobState) -> Outcome:
    return "printed" if found == "printed" else "not_printed"
