"""A centre on a database in memory, with the example event, and a clock that the test moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from access.event import Event
from config import event_file
from registry.centre import Centre
from registry.ledger import Ledger
from sync.journal import Reading

EVENT_FILE = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
MORNING_MS = 1_605_573_000_000
"""08:30 in Chengdu on the first event day."""


@dataclass
class Clock:
    """The centre's clock; it stands until it is moved."""

    now_ms: int = MORNING_MS

    def __call__(self) -> Reading:
        return Reading(self.now_ms, self.now_ms, True)

    def wait(self, ms: int) -> None:
        self.now_ms += ms


@pytest.fixture(scope="session")
def event() -> Event:
    return event_file.load(EVENT_FILE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_centre(clock: Clock) -> Iterator[Callable[..., Centre]]:
    """Makes centres over a folder or a database's address; their ledgers are closed at the end."""
    ledgers: list[Ledger] = []

    def make(data: Path | None = None, url: str | None = None) -> Centre:
        ledger = Ledger(url or (None if data else "sqlite://"), data, lambda: clock.now_ms)
        ledgers.append(ledger)
        return Centre(ledger, clock, random.Random(len(ledgers)).randbytes)

    yield make
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def centre(new_centre: Callable[..., Centre], event: Event) -> Centre:
    centre = new_centre()
    centre.init(event)
    return centre
