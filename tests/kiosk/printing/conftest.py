"""A kiosk that prints badges, at work: its printer is simulated, its loop is stepped by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from access.log.entry import EventDefined, Printed, pack
from config.languages import languages
from hardware.ports.printer import Printer, PrinterSettings
from hardware.printers.simulated import SimulatedPrinter
from kiosk.printing.runner import PrintRunner
from kiosk.printing.station import PrintStation
from kiosk.screen.attendee_screen import Action
from printing import layout as layouts
from printing.card import Card

GATE = "chengdu-main-1"
PAGE = b"%PDF-1.4\n%%EOF\n"


@dataclass
class Desk:
    """A print station. Restarting it opens everything anew over the same files, as a start of the service does."""

    world: Any
    paper: Path
    make_stand: Callable[[Any], Any]
    printer: Printer
    follow_s: float
    drawn: list[Card] = field(default_factory=list)
    stand: Any = None
    runner: PrintRunner | None = None

    def start(self) -> None:
        self.stand = self.make_stand(self.world)
        loop = self.stand.loop

        def draw(card: Card, layout: Path) -> bytes:
            self.drawn.append(card)
            return PAGE

        self.runner = PrintRunner(
            self.printer, layouts.path_of("label-62"), self.stand.inputs.submit, draw, self.follow_s
        )
        loop.station = PrintStation(loop.door, loop.presenter, self.runner, languages())
        self.runner.start(loop.station)
        self.stand.until(lambda: self.stand.loop.presenter.printer != "no_printer" and self.settled)

    @property
    def settled(self) -> bool:
        """Whether nothing of an earlier start is open."""
        return (
            bool(self.stand.loop.presenter.printer) or not self.stand.loop.station.open_attempts()
        )

    @property
    def station(self) -> PrintStation:
        station: PrintStation = self.stand.loop.station
        return station

    def kill(self) -> None:
        """End it where it stands: what is not durable is gone."""
        if self.runner is not None:
            self.runner.close()

    def restart(self) -> None:
        self.kill()
        self.start()

    @property
    def badges(self) -> int:
        """How many came out on paper."""
        return len(list(self.paper.glob("*.pdf")))

    def fault(self, words: str = "") -> None:
        (self.paper / "fault").write_text(words, encoding="ascii")

    def shows(self, text: str) -> str:
        """Hold up a code; the headline then."""
        self.stand.show("nothing")  # another code in between, so that this one is held up anew
        self.stand.show(text)
        self.taken()
        headline: str = self.headline
        return headline

    def taken(self) -> None:
        """Let the loop do everything that came up to now."""
        last = self.stand.loop.submit(lambda: None)
        self.stand.until(last.done)

    @property
    def headline(self) -> str:
        """The English headline, whatever language the screen is in."""
        screen = self.stand.screen_feed.screen
        each = screen.each or screen.wordings
        return next(one.headline for one in each if one.language == "en")

    def touch(self, action: Action) -> None:
        """Answer the question on the screen."""
        question = self.stand.screen_feed.screen.question
        assert action in [one for one, _ in question.answers]
        self.stand.loop.submit(lambda: self.stand.loop.answer(question.number, action))
        self.taken()

    def until_shown(self, headline: str) -> None:
        self.stand.until(lambda: self.headline == headline)

    @property
    def outcomes(self) -> list[str]:
        """Of the entries in the journal, in order."""
        return [one.outcome for one in self.world.written("printed") if isinstance(one, Printed)]


@pytest.fixture
def print_world(make_world: Callable[..., Any]) -> Any:
    """The world of a kiosk at a gate that prints."""
    world = make_world(GATE)
    gates = tuple(
        msgspec.structs.replace(gate, mode="print") if gate.id == GATE else gate
        for gate in world.event.gates
    )
    world.event = msgspec.structs.replace(world.event, gates=gates)
    world.registry_writes(("event", EventDefined(event=msgspec.Raw(pack(world.event)))))
    world.deliver()
    return world


@pytest.fixture
def make_desk(
    print_world: Any, make_stand: Callable[[Any], Any], tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(printer: Printer | None = None, follow_s: float = 60.0, fault: str = "") -> Desk:
        paper = tmp_path / "paper"
        simulated = SimulatedPrinter(PrinterSettings(path=str(paper)))
        desk = Desk(print_world, paper, make_stand, printer or simulated, follow_s)
        desk.fault(fault)
        made.append(desk)
        desk.start()
        return desk

    yield make
    for desk in made:
        desk.kill()


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
