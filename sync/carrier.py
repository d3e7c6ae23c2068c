"""The carrier: takes what the door has written to the registry, and brings back what others have.

A process of its own, so that no network trouble ever reaches the door. One step asks one target; the loop around it
only decides which target is due. What another side holds is asked anew after every error.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from access.entry import Clock
from sync.enrolment import Enrolment
from sync.exchange import Asker
from sync.identity import Identity
from sync.journal import JournalReader, Reading
from sync.link import Link, LinkError
from sync.messages import MessageError, TimeWord
from sync.replica import Replica
from sync.timekeeping import TimeKeeper

ASK_EVERY_S = 2.0
"""How often a target is asked for news when the door has none: what another door let in is known within two seconds."""

LOOK_EVERY_S = 0.2
"""How often the journal is looked at: what the door writes is on its way as soon."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""After an error the pause doubles between these, give or take a quarter: thirty kiosks must not come back at once."""

ROUNDS = 50
"""Rounds of one step at most; a first sync goes on in the next step, after a look at the journal."""


@dataclass
class TargetState:
    """How things stand with one target, for people: times in ms (wall clock), entries it still lacks (None: not known),
    entries received in all, and why the last try failed."""

    url: str
    last_contact_ms: int | None = None
    ahead: int | None = None
    received: int = 0
    failures: int = 0
    why: str = ""
    rejected: dict[str, str] = field(default_factory=dict)


class Target:
    """Another device to exchange with."""

    def __init__(self, name: str, link: Link, asker: Asker) -> None:
        self.name = name
        self.link = link
        self.asker = asker
        self.state = TargetState(link.url)
        self.due_s = 0.0

    def failed(self, why: str, now_s: float) -> None:
        """Wait longer each time, and take nothing for granted."""
        self.asker.forget()
        self.state.failures += 1
        self.state.why = why
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(self.state.failures - 1, 10))
        self.due_s = now_s + pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads kiosks out


class Carrier:
    """The carrier of one kiosk."""

    def __init__(
        self,
        data: Path,
        enrolment: Enrolment,
        identity: Identity,
        read_clock: Callable[[], Reading],
    ) -> None:
        """`data` holds the door's journal and this carrier's replica. Raises sqlite3.Error or OSError."""
        self._journal_path = data / "journal.db"
        self._journal: JournalReader | None = None
        self._read_clock = read_clock
        self._identity = identity
        self._times = TimeKeeper(enrolment.registry)
        self._trusted: Clock | None = None
        self.replica = Replica(data / "replica.db", enrolment.registry_public, enrolment.registry)
        link = Link(enrolment.registry_url, enrolment.certificate_pin)
        self.targets = [Target("registry", link, self._asker(enrolment.registry))]

    def _asker(self, device: str) -> Asker:
        return Asker(self.replica, self._identity, self.now_ms, self.time_word, device)

    def now_ms(self) -> int:
        """The best time this carrier has: a trusted one carried on by the steady clock, else the wall clock."""
        reading = self._read_clock()
        if self._trusted is None:
            return reading.wall_ms
        return self._trusted.trusted_ms + reading.mono_ms - self._trusted.mono_ms

    def time_word(self) -> TimeWord | None:
        """What neighbours may be told of the time: the registry's word heard here, else the kernel's own."""
        if self._trusted is not None and self._trusted.source == "registry":
            return TimeWord(self.now_ms(), self._trusted.error_ms, "registry")
        reading = self._read_clock()
        return TimeWord(reading.wall_ms, 1000, "kernel") if reading.synced else None

    def look(self) -> bool:
        """Take over what the door has written since; whether there was anything."""
        if self._journal is None:
            try:
                self._journal = JournalReader.at(self._journal_path)
            except sqlite3.OperationalError:
                return False  # the door has not started yet
        try:
            with self.replica.transaction():
                new = self.replica.copy_own(self._journal, self._identity, self.now_ms())
                self.replica.forget_inbox(self._journal.inbox_read())
        except sqlite3.DatabaseError:
            self._journal.close()
            self._journal = (
                None  # the door has put a damaged file aside; open the new one next time
            )
            raise
        return new > 0

    def step(self, target: Target) -> bool:
        """Exchange with a target until it is quiet. False, with the reason in its state, where that failed."""
        now_s = time.monotonic()
        try:
            for _ in range(ROUNDS):
                if not self._round(target):
                    break
        except (LinkError, MessageError) as error:
            target.failed(str(error), now_s)
            self._tell(target)
            return False
        target.state.failures = 0
        target.state.why = ""
        target.state.last_contact_ms = self.now_ms()
        behind = target.asker.behind()
        target.state.ahead = None if behind is None else sum(behind.values())
        target.due_s = now_s + ASK_EVERY_S
        self._tell(target)
        return True

    def _round(self, target: Target) -> bool:
        asked = self._read_clock().mono_ms
        raw = target.link.post("/v1/exchange", target.asker.request())
        answered = self._read_clock().mono_ms
        taken, again = target.asker.receive(raw)
        target.state.received += taken.entries
        target.state.rejected = taken.rejected
        if taken.time is not None:
            self._heard(taken.time, target.asker.other, asked, answered)
        return again

    def _heard(self, word: TimeWord, device: str, asked: int, answered: int) -> None:
        clock = self._times.heard(word, device, asked, answered)
        if clock is None:
            return
        if self._trusted is None or clock.source == "registry":
            self._trusted = clock
        with self.replica.transaction():
            self.replica.tell_door("clock", clock)

    def _tell(self, target: Target) -> None:
        with self.replica.transaction():
            self.replica.set_target(target.name, asdict(target.state))

    def run(self, stopped: Callable[[float], bool], alive: Callable[[], None]) -> None:
        """Carry until `stopped(seconds)`, which waits that long, says so. `alive` is called at every step."""
        while not stopped(LOOK_EVERY_S):
            news = self.look()
            now_s = time.monotonic()
            for target in self.targets:
                if now_s >= target.due_s or (news and target.state.failures == 0):
                    self.step(target)
            alive()

    def close(self) -> None:
        """Safe to repeat."""
        for target in self.targets:
            target.link.close()
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        self.replica.close()
